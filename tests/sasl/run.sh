#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the tests of the SASL plugin; arguments go to pytest.
. "$(dirname "$0")/../lib/pytest.sh"

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
run_pytest "the SASL tests" "$@"
