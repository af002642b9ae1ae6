#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every manual page passes mandoc's lint. Pages that are not installed yet may be named.
srcdir=${srcdir:-.}
command -v mandoc >/dev/null || {
    echo "mandoc is not installed"
    exit 77
}
found=$(mandoc -Tlint "$srcdir"/man/*.[1-9] | grep -v 'referenced manual not found')
if [ -n "$found" ]; then
    printf '%s\n' "$found"
    exit 1
fi
