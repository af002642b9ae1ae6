#!/bin/sh
# Checks the direction of includes: a room may use the rooms below it and no others, and
# each outside library is named in its own room only. The table is the architecture. The
# unit tests of a room are of that room; the other test programs may use every room.
set -eu
cd "${srcdir:-$(dirname "$0")/../..}"

awk '
BEGIN {
    # room: the rooms whose headers it may include, beside its own
    allow["base"]   = ""
    allow["conf"]   = "base"
    allow["mail"]   = "base"
    allow["store"]  = "base"
    allow["ldap"]   = "base"
    allow["map"]    = "base mail store ldap"
    allow["policy"] = "base mail map conf"
    allow["cred"]   = "base mail map store ldap conf"
    allow["wire"]   = ""
    allow["prog"]   = "base conf"
    allow["milter"] = "base mail map conf policy prog"
    allow["authd"]  = "base mail map store conf cred prog wire"
    allow["auxprop"] = "wire"
    allow["ctl"]    = "base mail map store conf policy cred prog wire"
    allow["tests"]  = "base mail map store ldap conf policy cred prog wire authd ctl"

    # outside header (as a pattern): the files that may include it
    only["confuse\\.h"]    = "^common/conf/"
    only["libmilter/"]     = "^(milter|tests/bench)/"
    only["sqlite3\\.h"]    = "^(common|tests/unit)/(store|map|cred)/"
    only["l(dap|ber)\\.h"]  = "^((common|tests/unit)/ldap/|tests/bench/directory_)"
    only["pcre2\\.h"]      = "^common/map/map_pcre\\.c"
    only["idn2\\.h"]       = "^common/mail/"
    only["uni(norm|str|case|type|ctype|name)\\.h"] = "^common/(mail|base|cred)/"
    only["uniwidth\\.h"]   = "^ctl/table"
    only["openssl/"]       = "^((common/(mail|prog|cred)|milter)/|common/ldap/certificate\\.)"
    only["argon2\\.h"]     = "^common/cred/"
    only["crypt\\.h"]      = "^common/cred/"
    only["pwquality\\.h"]  = "^ctl/"
    only["sasl/"]          = "^(auxprop/|common/ldap/handle_bind\\.|tests/(lib|bench|sasl)/)"
    only["jansson\\.h"]    = "^(ctl|tests/lib)/"
    only["cmocka\\.h"]     = "^tests/unit/"
    only["syslog\\.h"]     = "^(common|tests/unit)/(prog|conf)/"
}
function room_of(path) {
    sub(/^(common|tests\/unit)\//, "", path)
    sub(/\/.*/, "", path)
    return path
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, part, "\"")
    if (part[2] == "config.h" || (FILENAME ~ /^tests/ && index(part[2], "/") == 0))
        next
    to = room_of(part[2])
    from = room_of(FILENAME)
    if (!(from in allow)) {
        printf "%s: room \"%s\" has no row in tests/lint/layers.sh\n", FILENAME, from
        bad++
    } else if (to != from && index(" " allow[from] " ", " " to " ") == 0) {
        printf "%s:%d: room \"%s\" must not include \"%s\"\n", FILENAME, FNR, from, part[2]
        bad++
    }
    checked++
}
/^[ \t]*#[ \t]*include[ \t]*</ {
    for (pattern in only) {
        if ($0 ~ "<" pattern && FILENAME !~ only[pattern]) {
            printf "%s:%d: %s belongs to %s\n", FILENAME, FNR, $0, only[pattern]
            bad++
        }
    }
}
END {
    if (checked < 200) {
        print "tests/lint/layers.sh: found hardly any includes; is it run in the source tree?"
        bad++
    }
    exit bad != 0
}' common/*/*.[ch] milter/*.[ch] authd/*.[ch] auxprop/*.[ch] ctl/*.[ch] tests/*/*.[ch] tests/unit/*/*.[ch]
