#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the cases of policy examples through `sendasctl explain`.

usage: check_cases.py SENDASCTL EXAMPLE-DIRECTORY..."""

import dataclasses
import json
import os
import pathlib
import pwd
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

# What a case may say of the client, and the option of `sendasctl explain` that says it.
FACT_OPTIONS = {
    "client": "--client",
    "client_name": "--client-name",
    "daemon": "--daemon",
    "mechanism": "--mechanism",
    "tls": "--tls",
    "cert": "--cert-subject",
    "auth_param": "--auth-param",
}

# The fields that a case may say of the delivered message.
SENDER_FIELDS = ("from", "sender", "reply-to", "resent-from", "resent-sender")


@dataclasses.dataclass
class Case:
    """A line of a cases.tsv: facts and message in, verdict and rule out."""

    line: int
    login: str  # "" for nobody
    facts: dict  # name: value, of FACT_OPTIONS
    mail_from: str
    fields: list
    verdict: str
    place: str
    reason: str
    rule: str
    out: list  # the sender fields as they are delivered; None: as they were

    @property
    def want(self):
        return self.verdict, self.place, self.reason, self.rule


def read_cases(path):
    """The cases of a cases.tsv; its first lines say what its columns are."""
    cases = []
    for number, text in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        if not text or text.startswith("#"):
            continue
        columns = text.split("\t")
        columns += [""] * (8 - len(columns))
        who, mail_from, header, verdict, place, reason, rule, out = columns
        login, *facts = who.split(" ")
        facts = dict(fact.split("=", 1) for fact in facts)
        if not set(facts) <= set(FACT_OPTIONS):
            raise ValueError(f"{path}:{number}: facts are {', '.join(FACT_OPTIONS)}")
        cases.append(Case(number, "" if login == "-" else login, facts, mail_from,
                          header.split("|"), verdict, place, reason, rule or "default",
                          out.split("|") if out else None))
    return cases


def install(example, directory):
    """Copies the example's files to `directory`, where its paths then point; makes the
    database of each file of SQL."""
    for path in pathlib.Path(example).iterdir():
        copy = pathlib.Path(directory, path.name)
        copy.write_text(path.read_text().replace("/etc/sendas/", f"{directory}/"))
        copy.chmod(0o644)
        if path.suffix == ".sql":
            database = copy.with_suffix(".db")
            connection = sqlite3.connect(database)
            connection.executescript(path.read_text())
            connection.close()
            database.chmod(0o644)
    return pathlib.Path(directory, "sendas.conf")


def make_store(sendasctl, conf):
    """The grants file of an example whose grants come from a table of Postfix's."""
    table = conf.parent / "sender_logins"
    if not table.exists():
        return
    me = pwd.getpwuid(os.getuid()).pw_name
    conf.write_text(re.sub(r'(?m)^user .*$', f'user = "{me}"', conf.read_text())
                    + f'store = "{conf.parent}/store/grants.db"\n')
    for words in (["init"], ["import", "--from", "postfix", str(table)]):
        subprocess.run([sendasctl, *words, "--config", str(conf)], check=True,
                       stdout=subprocess.DEVNULL)


def apply_changes(fields, changes):
    """The fields after the changes of a verdict, as the MTA makes them: fields are counted
    by name before any change, new ones come last."""
    out, added = list(fields), []
    for change in changes:
        name = change.get("name") or ""
        if change["change"] in ("add", "insert"):
            added.append(f"{name}: {change['value']}")
        elif change["change"] in ("replace", "delete"):
            places = [i for i, field in enumerate(fields)
                      if field.partition(":")[0].lower() == name.lower()]
            place = places[change["nth"] - 1]
            out[place] = f"{name}: {change['value']}" if change["change"] == "replace" else None
    return [field for field in out if field is not None] + added


def sender_fields(fields):
    """Those of the fields that name a sender, unfolded, in an order of their own."""
    unfolded = [" ".join(field.split()) for field in fields]
    return sorted(field for field in unfolded
                  if field.partition(":")[0].lower() in SENDER_FIELDS)


def explain(sendasctl, conf, case):
    """What `sendasctl explain` says of a case: the object, or a line that says why not."""
    message = "".join(f"{field}\r\n" for field in case.fields) + "\r\nHello.\r\n"
    options = [word for name, value in case.facts.items() for word in (FACT_OPTIONS[name], value)]
    result = subprocess.run(
        [sendasctl, "explain", "--config", str(conf), "--login", case.login,
         "--mail-from", case.mail_from, "--json", *options],
        input=message.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if not result.stdout:
        return f"status {result.returncode}: {result.stderr.decode().strip()}"
    return json.loads(result.stdout)


def complaint(answer, case):
    """What is wrong with an answer of explain(); None when it is as the case says."""
    if isinstance(answer, str):
        return answer
    first = answer["violations"][0] if answer["violations"] else {"place": "", "reason": ""}
    got = answer["verdict"], first["place"], first["reason"], answer["rule"]
    if got != case.want:
        return f"wanted {case.want}, got {got}"
    want = sender_fields(case.out if case.out is not None else case.fields)
    got = sender_fields(apply_changes(case.fields, answer.get("changes", [])))
    if case.verdict not in ("reject", "defer") and got != want:
        return f"wanted the fields {want}, got {got}"
    return None



def main():
    sendasctl, examples = sys.argv[1], sys.argv[2:]
    passed = failed = 0
    for example in examples:
        if not os.path.exists(f"{example}/cases.tsv"):
            continue  # not about who may send as whom
        if os.path.exists(f"{example}/directory.ldif"):
            continue  # wants a directory: tests/e2e/test_directories.py has one
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o755)  # other users read their maps in it
            conf = install(example, directory)
            make_store(sendasctl, conf)
            for case in read_cases(f"{example}/cases.tsv"):
                wrong = complaint(explain(sendasctl, conf, case), case)
                if wrong is None:
                    passed += 1
                else:
                    failed += 1
                    print(f"{example}/cases.tsv:{case.line}: {wrong}")
    print(f"{passed} cases passed, {failed} cases failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
