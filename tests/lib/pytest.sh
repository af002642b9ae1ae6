# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the run.sh of each folder of tests in Python.

# run_pytest WHAT ARGUMENT... - runs the tests beside the script, against the programs in
# $SENDAS_BUILD (default: here), with pytest's further arguments. Does not return.
run_pytest()
{
    what=$1
    shift
    here=$(cd "$(dirname "$0")" && pwd) || exit 99
    SENDAS_BUILD=${SENDAS_BUILD:-$(pwd)}
    export SENDAS_BUILD
    # The system's python3 is the one that Debian's python3-pytest serves.
    for python in "${PYTHON3:-}" /usr/bin/python3 python3; do
        if [ -n "$python" ] && "$python" -c 'import pytest' 2>/dev/null; then
            exec "$python" -B -m pytest -q -rs -p no:cacheprovider "$@" "$here"
        fi
    done
    echo "SKIPPED: $what need pytest (Debian: apt-get install python3-pytest)" >&2
    exit 77
}
