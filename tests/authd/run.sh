#!/bin/sh
# Runs the tests of sendas-authd against the programs in $SENDAS_BUILD (default: here).
# More arguments go to pytest.
here=$(cd "$(dirname "$0")" && pwd) || exit 99
SENDAS_BUILD=${SENDAS_BUILD:-$(pwd)}
export SENDAS_BUILD
# The system's python3 is the one that Debian's python3-pytest serves.
for python in "${PYTHON3:-}" /usr/bin/python3 python3; do
    if [ -n "$python" ] && "$python" -c 'import pytest' 2>/dev/null; then
        exec "$python" -B -m pytest -q -p no:cacheprovider "$@" "$here"
    fi
done
echo "SKIPPED: the tests of sendas-authd need pytest (Debian: apt-get install python3-pytest)" >&2
exit 77
