#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The policy examples decide what their tables of cases say. Run by `make check`.
python=/usr/bin/python3
[ -x $python ] || python=$(command -v python3) || {
    echo "skipped: no python3"
    exit 77
}
exec "$python" -B "$srcdir/policy-examples/check_cases.py" ./sendasctl \
    "$srcdir"/policy-examples/*/
