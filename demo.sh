#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Shows sendas at work, on a private Postfix or sendmail on loopback that is gone afterwards.

set -eu
cd "$(dirname "$0")"

usage()
{
    cat <<'END'
usage: ./demo.sh [--mta NAME] [--ldap] [--keep] | ./demo.sh --stop

Installs what is missing (as root, on Debian), builds sendas in build-demo/, starts a private
Postfix with sendas-milter, sends honest and spoofed mail as two users, and prints what became
of it. The exit status is 0 when everything went as it should.

  --mta NAME  postfix, or sendmail: its packages are not installed, only unpacked in
              build-demo/sendmail
  --ldap      accounts and addresses in an OpenLDAP server of its own, in place of sendas's
              files
  --keep      leave it running, and say how to talk to it
  --stop      end what --keep left running
END
}

keep= ldap= mta=postfix
while [ $# -gt 0 ]; do
    case $1 in
    --keep) keep=--keep ;;
    --ldap) ldap=--ldap ;;
    --mta) mta=${2:-} && [ $# -eq 1 ] || shift ;;
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
    echo "demo.sh: please run this as root: no MTA starts otherwise" >&2
    exit 1
fi
exec </dev/null

. contrib/debian-packages.sh
case $mta in
postfix) packages=$PACKAGES_MTA ;;
sendmail) packages="$PACKAGES_DEMO $PACKAGES_FOR_SENDMAIL" ;;
*)
    echo "demo.sh: --mta is postfix or sendmail, not '$mta'" >&2
    exit 2
    ;;
esac
# shellcheck disable=SC2086 # lists of packages
packages_install $PACKAGES_BUILD $packages ${keep:+$PACKAGES_HAND} ${ldap:+$PACKAGES_LDAP}

# In a directory of its own, and quietly unless it fails.
build()
{
    { [ -e configure ] || ./bootstrap; } && cd build-demo/build &&
        { [ -e Makefile ] || ../../configure; } && make -j"$(nproc)"
}
mkdir -p build-demo/build
if [ "$mta" = sendmail ]; then
    # shellcheck disable=SC2086 # a list
    packages_unpack "$PWD/build-demo/sendmail" $PACKAGES_SENDMAIL
    export SENDAS_SENDMAIL="$PWD/build-demo/sendmail"
fi
[ -e build-demo/build/sendas-milter ] || echo "Building (this takes a minute the first time) ..."
if ! (build) >build-demo/build.log 2>&1; then
    tail -n 30 build-demo/build.log >&2
    echo "demo.sh: the build failed; all of its output is in build-demo/build.log" >&2
    exit 1
fi

# shellcheck disable=SC2086 # each is nothing, or one word
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 tests/e2e/demo.py build-demo/build --mta $mta $keep $ldap
