#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Shows sendas at work, on a private Postfix on loopback that is gone afterwards.

set -eu
cd "$(dirname "$0")"

usage()
{
    cat <<'END'
usage: ./demo.sh [--ldap] [--keep] | ./demo.sh --stop

Installs what is missing (as root, on Debian), builds sendas in build-demo/, starts a private
Postfix with sendas-milter, sends honest and spoofed mail as two users, and prints what became
of it. The exit status is 0 when everything went as it should.

  --ldap   accounts and addresses in an OpenLDAP server of its own, in place of sendas's files
  --keep   leave it running, and say how to talk to it
  --stop   end what --keep left running
END
}

keep= ldap=
while [ $# -gt 0 ]; do
    case $1 in
    --keep) keep=--keep ;;
    --ldap) ldap=--ldap ;;
    --stop) exec /usr/bin/python3 tests/e2e/demo.py --stop ;;
    --help)
        usage
        exit
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift
done
if [ "$(id -u)" -ne 0 ]; then
    echo "demo.sh: please run this as root: Postfix does not start otherwise" >&2
    exit 1
fi
exec </dev/null

. contrib/debian-packages.sh
# shellcheck disable=SC2086 # lists of packages
packages_install $PACKAGES_BUILD $PACKAGES_MTA ${keep:+$PACKAGES_HAND} \
    ${ldap:+$PACKAGES_LDAP}

# In a directory of its own, and quietly unless it fails.
build()
{
    { [ -e configure ] || ./bootstrap; } && cd build-demo &&
        { [ -e Makefile ] || ../configure; } && make -j"$(nproc)"
}
mkdir -p build-demo
[ -e build-demo/sendas-milter ] || echo "Building (this takes a minute the first time) ..."
if ! (build) >build-demo/build.log 2>&1; then
    tail -n 30 build-demo/build.log >&2
    echo "demo.sh: the build failed; all of its output is in build-demo/build.log" >&2
    exit 1
fi

# shellcheck disable=SC2086 # each is nothing, or one word
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 tests/e2e/demo.py build-demo $keep $ldap
