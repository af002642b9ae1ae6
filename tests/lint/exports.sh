#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The plugin lives in other people's programs: it shows its two entry points and nothing
# else, and brings no library along.
set -eu
plugin=libsendas.so
[ -e "$plugin" ] || {
    echo "$plugin is not there; is this run in the build directory?" >&2
    exit 1
}
if nm -D "$plugin" | grep -Eq '__(asan|tsan|ubsan|msan)_|__sanitizer'; then
    echo "SKIPPED: a sanitizer brings names and libraries of its own" >&2
    exit 77
fi

bad=0
# same WHAT WANTED FOUND
same()
{
    [ "$2" = "$3" ] || {
        printf '%s: wrong %s\nexpected:\n%s\nfound:\n%s\n' "$plugin" "$1" "$2" "$3" >&2
        bad=1
    }
}

same "exported symbols" "sasl_auxprop_plug_init
sasl_canonuser_init" "$(nm -D --defined-only "$plugin" | sed 's/.* //; s/@.*//' | sort)"
same "libraries" "libc.so.6" "$(LC_ALL=C readelf -d "$plugin" |
    sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | sort)"
# Weak ones are the compiler's own and may be missing.
same "symbols that libc does not have" "" "$(nm -D --undefined-only "$plugin" |
    sed -n 's/^ *U //p' | grep -v '@GLIBC_' || :)"
# No memory that its registrations share: what can be written is of the compiler's alone,
# beside constant tables of addresses.
same "writable data" "" "$(nm "$plugin" | sed -n 's/^[0-9a-f]* [bBdD] //p' |
    grep -Ev '^(_.*|completed\.[0-9]+|never|exact)$' || :)"
exit $bad
