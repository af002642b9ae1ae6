#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the tests of what counts the tests; arguments go to pytest.
. "$(dirname "$0")/../lib/pytest.sh"
run_pytest "the tests of the tally" "$@"
