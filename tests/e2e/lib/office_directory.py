# SPDX-License-Identifier: BSD-2-Clause
"""A directory with people, aliases and groups of all kinds, for tests of LDAP tables."""

from .slapd import DEFAULT_SCHEMAS, SUFFIX, Slapd

# What Postfix's ldap_table(5) calls by name, and what Active Directory has for addresses.
SCHEMA = """\
attributetype ( 1.3.6.1.4.1.55555.1.1 NAME 'maildrop'
    EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch
    SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.55555.1.2 NAME 'mailacceptinggeneralid'
    EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch
    SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.55555.1.3 NAME 'proxyAddresses'
    EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch
    SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.55555.1.4 NAME 'memberAddress'
    EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.55555.1.5 NAME 'memberURL2' SUP labeledURI )
attributetype ( 1.3.6.1.4.1.55555.1.6 NAME 'blob'
    EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
objectclass ( 1.3.6.1.4.1.55555.2.1 NAME 'mailThing' SUP top AUXILIARY
    MAY ( maildrop $ mailacceptinggeneralid $ proxyAddresses $ memberAddress $ mail $
          memberURL2 $ uid $ member $ labeledURI $ blob ) )
"""

DOMAIN = "example.org"


def entry(dn, classes, **attributes):
    """LDIF of one entry; a value may be a list, or bytes; "" as a value is left out."""
    import base64
    lines = [f"dn: {dn}"] + [f"objectClass: {c}" for c in classes]
    for name, values in attributes.items():
        name = name.replace("__", ";").replace("_", "-")
        for value in values if isinstance(values, (list, tuple)) else [values]:
            raw = value if isinstance(value, bytes) else value.encode()
            lines.append(f"{name}:: {base64.b64encode(raw).decode()}")
    return "\n".join(lines) + "\n\n"


def person(uid, *, ou="people", mail=(), **attributes):
    mail = [mail] if isinstance(mail, str) else list(mail)
    return entry(f"uid={uid},ou={ou},{SUFFIX}", ["inetOrgPerson", "mailThing"], uid=uid,
                 cn=uid, sn=uid, mail=mail, **attributes)


def group(cn, members, *, ou="groups", **attributes):
    return entry(f"cn={cn},ou={ou},{SUFFIX}", ["groupOfNames", "mailThing"], cn=cn,
                 member=[m if "=" in m else f"uid={m},ou=people,{SUFFIX}" for m in members],
                 **attributes)


def base():
    return (entry(SUFFIX, ["domain"], dc="example") +
            "".join(entry(f"ou={ou},{SUFFIX}", ["organizationalUnit"], ou=ou)
                    for ou in ("people", "groups", "example.org", "example.com")))


def make(root, ldif, **options):
    """A Slapd with the schema above and these entries below base(); to be started."""
    path = f"{root}/mailthing.schema"
    with open(path, "w", encoding="ascii") as f:
        f.write(SCHEMA)
    server = Slapd(root, schemas=(*DEFAULT_SCHEMAS, path), **options)
    server.load(base() + ldif)
    return server
