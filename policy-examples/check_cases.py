#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the cases of policy examples through `sendasctl explain`.

usage: check_cases.py SENDASCTL EXAMPLE-DIRECTORY..."""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

Case = collections.namedtuple("Case", "line login mail_from fields verdict place reason")


def read_cases(path):
    """The cases of a cases.tsv; its first lines say what its columns are."""
    cases = []
    for number, text in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        if not text or text.startswith("#"):
            continue
        columns = text.split("\t")
        columns += [""] * (6 - len(columns))
        login, mail_from, header, verdict, place, reason = columns
        cases.append(Case(number, "" if login == "-" else login, mail_from,
                          header.split("|"), verdict, place, reason))
    return cases


def install(example, directory):
    """Copies the example's files to `directory`, where its paths then point."""
    for path in pathlib.Path(example).iterdir():
        shutil.copy(path, directory)
    conf = pathlib.Path(directory, "sendas.conf")
    conf.chmod(0o644)
    conf.write_text(conf.read_text().replace("/etc/sendas/", f"{directory}/"))
    return conf


def explain(sendasctl, conf, case):
    message = "".join(f"{field}\r\n" for field in case.fields) + "\r\nHello.\r\n"
    result = subprocess.run(
        [sendasctl, "explain", "--config", str(conf), "--login", case.login,
         "--mail-from", case.mail_from, "--json"],
        input=message.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if not result.stdout:
        return f"status {result.returncode}: {result.stderr.decode().strip()}", "", ""
    answer = json.loads(result.stdout)
    first = answer["violations"][0] if answer["violations"] else {"place": "", "reason": ""}
    return answer["verdict"], first["place"], first["reason"]


def main():
    sendasctl, examples = sys.argv[1], sys.argv[2:]
    passed = failed = 0
    for example in examples:
        if not os.path.exists(f"{example}/cases.tsv"):
            continue  # not about who may send as whom
        if os.path.exists(f"{example}/directory.ldif"):
            continue  # wants a directory: tests/e2e/test_directories.py has one
        with tempfile.TemporaryDirectory() as directory:
            conf = install(example, directory)
            for case in read_cases(f"{example}/cases.tsv"):
                want = (case.verdict, case.place, case.reason)
                got = explain(sendasctl, conf, case)
                if got == want:
                    passed += 1
                else:
                    failed += 1
                    print(f"{example}/cases.tsv:{case.line}: wanted {want}, got {got}")
    print(f"{passed} cases passed, {failed} cases failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
