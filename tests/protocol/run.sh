#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the protocol tests; arguments go to pytest.
. "$(dirname "$0")/../lib/pytest.sh"
run_pytest "the protocol tests" "$@"
