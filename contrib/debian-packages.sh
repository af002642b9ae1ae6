# SPDX-License-Identifier: BSD-2-Clause
# Sourced by demo.sh and test.sh: the Debian packages that they need, and how these get there.

# To build sendas.
PACKAGES_BUILD="autoconf automake pkg-config gcc make libc6-dev libmilter-dev
    libconfuse-dev libidn2-dev libunistring-dev libsqlite3-dev libssl-dev libjansson-dev
    libargon2-dev libcrypt-dev libpwquality-dev libsasl2-dev
    libldap-dev libpcre2-dev"

# To see it at work on a private MTA, and on Postfix.
PACKAGES_DEMO="libsasl2-modules libsasl2-modules-db sasl2-bin openssl python3"
PACKAGES_MTA="postfix postfix-sqlite postfix-pcre $PACKAGES_DEMO"

# To talk to that by hand.
PACKAGES_HAND="swaks libnet-ssleay-perl"

# To test it.
PACKAGES_TEST="ccache clang libclang-rt-14-dev libcmocka-dev python3-pytest python3-pytest-xdist
    sqlite3 valgrind mandoc procps xz-utils libgmime-3.0-dev libemail-address-xs-perl libmailtools-perl
    libetpan-dev libc-client2007e-dev ruby-mail node-addressparser fail2ban postfix-ldap iproute2"

# A directory, to see it work with one.
PACKAGES_LDAP="slapd ldap-utils"

# A domain controller of Active Directory, for the tests.
PACKAGES_AD="samba samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind
    python3-samba"

# Programs that log in, for the tests.
PACKAGES_CLIENTS="msmtp gsasl swaks curl libnet-ssleay-perl libdigest-hmac-perl
    libauthen-sasl-perl mutt neomutt s-nail git-email php-cli libphp-phpmailer node-nodemailer"

# What stands beside us in a mail system, for the tests: who does the login, who stands in front,
# who sends mail on its own.
PACKAGES_BESIDE="dovecot-core dovecot-submissiond haproxy nginx libnginx-mod-mail cron
    bsd-mailx"

# Programs that sign what we let through, and that read what we stamp, for the tests.
PACKAGES_READERS="opendkim opendkim-tools opendmarc spamassassin libmail-dkim-perl python3-dkim
    python3-authres libmail-field-received-perl libemail-received-perl"

# sendmail, unpacked like Exim (packages_unpack), and what it links with.
PACKAGES_SENDMAIL="sendmail-bin sendmail-cf sendmail-base"
PACKAGES_FOR_SENDMAIL="m4 libdb5.3 liblockfile1 libnsl2 libwrap0"

# What Exim links with: it is unpacked, not installed, since Postfix is (packages_unpack).
PACKAGES_EXIM="libdb5.3 libgnutls-dane0 libidn12 libldap-2.5-0 libmariadb3 libnsl2 libpam0g
    libpcre2-8-0 libperl5.36 libpq5 libspf2-2"

# packages_missing PACKAGE... - prints those that are not installed.
packages_missing()
{
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
        sed -n 's/^installed //p' | sort -u >"$packages_tmp"
    printf '%s\n' "$@" | sort -u | grep -vxF -f "$packages_tmp" || :
}

# packages_install PACKAGE... - installs what is missing, asks nothing, starts nothing. Leaves
# the system alone when nothing is missing; prints what is wrong and fails when it cannot.
packages_install()
{
    packages_tmp=$(mktemp) || return 1
    # shellcheck disable=SC2086 # the lists are to be split
    packages_wanted=$(packages_missing $*)
    rm -f "$packages_tmp"
    [ -n "$packages_wanted" ] || return 0

    if [ "$(id -u)" -ne 0 ]; then
        echo "These packages are missing (install them, or run this as root):" \
            $packages_wanted >&2
        return 1
    fi
    # Postfix and another MTA cannot be installed side by side, and apt would remove the other.
    if echo "$packages_wanted" | grep -qx postfix; then
        packages_mta=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' |
            sed -n '/^installed .*mail-transport-agent/s/^installed \([^ ]*\) .*/\1/p')
        if [ -n "$packages_mta" ]; then
            echo "The package postfix is needed, and installing it would remove" \
                "$packages_mta. Please use a machine without another MTA." >&2
            return 1
        fi
    fi
    echo "Installing:" $packages_wanted
    packages_log=$(mktemp) || return 1
    if ! (packages_apt $packages_wanted) >"$packages_log" 2>&1 </dev/null; then
        tail -n 30 "$packages_log" >&2
        rm -f "$packages_log"
        echo "apt-get could not install the packages (its last lines are above)." >&2
        return 1
    fi
    rm -f "$packages_log"
}

# packages_unpack DIRECTORY PACKAGE... - downloads them and lays their files below the directory,
# unless they are there. Nothing of them is installed or configured.
packages_unpack()
{
    packages_tree=$1
    shift
    [ ! -e "$packages_tree/.unpacked" ] || return 0
    rm -rf "$packages_tree"
    mkdir -p "$packages_tree"
    packages_log=$(mktemp) || return 1
    if ! (cd "$packages_tree" && { apt-get -q download "$@" || { apt-get -q update &&
        apt-get -q download "$@"; }; } && for package in *.deb; do
        dpkg-deb -x "$package" . && rm "$package" || exit 1
    done) >"$packages_log" 2>&1 </dev/null; then
        tail -n 5 "$packages_log" >&2
        rm -f "$packages_log"
        return 1
    fi
    rm -f "$packages_log"
    touch "$packages_tree/.unpacked"
}

# In a subshell: the environment and the trap end with it.
packages_apt()
{
    export DEBIAN_FRONTEND=noninteractive
    # No service of a new package is to start; Debian asks this program.
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        trap 'exit 1' HUP INT TERM
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod 755 /usr/sbin/policy-rc.d
    fi
    case " $* " in
    *" postfix "*)
        echo "postfix postfix/main_mailer_type select No configuration" |
            debconf-set-selections
        ;;
    esac
    apt-get -o DPkg::Lock::Timeout=300 -q update &&
        apt-get -o DPkg::Lock::Timeout=300 -q -y --no-install-recommends install "$@"
}
