#!/bin/sh
# Runs the tests of the SASL plugin built in $SENDAS_BUILD (default: here).
# More arguments go to pytest.
here=$(cd "$(dirname "$0")" && pwd) || exit 99
SENDAS_BUILD=${SENDAS_BUILD:-$(pwd)}
export SENDAS_BUILD
# need PACKAGE FILE - skips the tests unless the file (of a pattern) is there.
need()
{
    [ ! -e "$2" ] || return 0
    echo "SKIPPED: the SASL tests need $1 (Debian: apt-get install $1)" >&2
    exit 77
}
need sasl2-bin /usr/sbin/saslpasswd2
need libsasl2-modules /usr/lib*/*/sasl2/libscram.so
need libsasl2-modules-db /usr/lib*/*/sasl2/libsasldb.so
# The system's python3 is the one that Debian's python3-pytest serves.
for python in "${PYTHON3:-}" /usr/bin/python3 python3; do
    if [ -n "$python" ] && "$python" -c 'import pytest' 2>/dev/null; then
        exec "$python" -B -m pytest -q -p no:cacheprovider "$@" "$here"
    fi
done
echo "SKIPPED: the SASL tests need pytest (Debian: apt-get install python3-pytest)" >&2
exit 77
