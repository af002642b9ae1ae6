#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the differential tests; arguments go to pytest.
. "$(dirname "$0")/../lib/pytest.sh"
run_pytest "the differential tests" "$@"
