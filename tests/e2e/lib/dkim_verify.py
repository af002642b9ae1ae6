# SPDX-License-Identifier: BSD-2-Clause
"""Whether messages have a valid signature to dkimpy: standard input is a JSON list of messages
(a byte a character), standard output one of "pass", "fail" and "none"."""

import json
import sys

import dkim


def verdict(data):
    try:
        verifier = dkim.DKIM(data)
        signatures = sum(name.lower() == b"dkim-signature" for name, _ in verifier.headers)
        if not signatures:
            return "none"
        return "pass" if any(verifier.verify(idx=n) for n in range(signatures)) else "fail"
    except dkim.DKIMException:
        return "fail"


print(json.dumps([verdict(text.encode("latin-1")) for text in json.load(sys.stdin)]))
