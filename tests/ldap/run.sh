#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the tests of common/ldap on real and on broken servers; arguments go to pytest.
. "$(dirname "$0")/../lib/pytest.sh"
run_pytest "the tests of directories" "$@"
