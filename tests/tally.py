#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Counts test cases: of `make check` in build directories, and of pytest from its JUnit files.

usage: tally.py LAYER BUILD-DIRECTORY|FILE.xml...
       tally.py --total FILE.count...

The first prints "PASSED FAILED SKIPPED" and, after that, a line for each failed test and for each
reason why tests were skipped. Those whose reason tests/skips.txt does not allow this layer of
test.sh are counted as failed. The second adds up what the first has written to LAYER.count."""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree

import skips

# What the programs under `make check` say at their end, as (passed, failed, skipped) patterns.
CMOCKA = (r"^\[  PASSED  \] (\d+) test", r"^\[  FAILED  \] [^,\n]*?(\d+) test\(s\), listed",
          r"^\[  SKIPPED \] [^,\n]*?(\d+) test\(s\), listed")
PYTEST = (r"^=*\s?.*?(\d+) passed.* in [\d.]+s", r"^=*\s?.*?(\d+) (?:failed|error).* in [\d.]+s",
          r"^=*\s?.*?(\d+) skipped.* in [\d.]+s")
PLAIN = (r"^(\d+) cases passed", r"(\d+) cases failed$", r"(\d+) cases skipped$")

# And why they have skipped something: pytest -rs, with the number, and the scripts.
REASONS = re.compile(r"^SKIPPED(?: \[(\d+)\] \S+?:(?: |\d+: )|: )(.*)$", re.MULTILINE)
NO_REASON = "no reason given"


class Tally:
    """Numbers of tests, the names of those that failed, the reasons of those that were skipped."""

    def __init__(self):
        self.passed = self.failed = 0
        self.failures = []
        self.skipped = collections.Counter()

    def fail(self, what, number=1):
        self.failed += number
        self.failures.append(what)

    def judge_skips(self, layer, allowed):
        """What was skipped without leave has failed."""
        for reason, number in list(self.skipped.items()):
            if not allowed.allow(layer, reason):
                del self.skipped[reason]
                self.fail(f"skipped without leave (tests/skips.txt): {number} x {reason}", number)

    def text(self):
        lines = [f"{self.passed} {self.failed} {self.skipped.total()}"]
        lines += [f"failed: {what}" for what in self.failures]
        lines += [f"skipped: {number} x {reason}" for reason, number in self.skipped.items()]
        return "\n".join(lines)


def count_log(text):
    """Cases counted by the program itself, over all the frameworks it used."""
    counts = [0, 0, 0]
    for patterns in (CMOCKA, PYTEST, PLAIN):
        for i, pattern in enumerate(patterns):
            counts[i] += sum(int(n) for n in re.findall(pattern, text, re.MULTILINE))
    return counts


def add_make_check(tally, build):
    """Sums over the .trs files; a program that counts no cases of its own is one case."""
    for trs in sorted(build.rglob("*.trs")):
        if trs.name == "test-suite.trs":
            continue
        name = trs.relative_to(build).with_suffix("")
        result = re.search(r"^:global-test-result: (\w+)", trs.read_text(), re.MULTILINE)
        result = result.group(1) if result else "ERROR"
        log = trs.with_suffix(".log")
        text = log.read_text(errors="replace") if log.exists() else ""
        passed, failed, skipped = count_log(text)
        if result in ("PASS", "XFAIL") and passed + failed + skipped == 0:
            passed = 1
        elif result == "SKIP" and skipped == 0:
            skipped = 1
        elif result not in ("PASS", "XFAIL", "SKIP"):
            tally.fail(f"{name}: {result}", max(failed, 1))
        tally.passed += passed
        for number, reason in REASONS.findall(text):
            number = min(int(number or 1), skipped)
            skipped -= number
            tally.skipped[reason.strip()] += number
        if skipped:
            tally.skipped[f"{name}: {NO_REASON}"] += skipped
    tally.skipped = +tally.skipped


def add_junit(tally, path):
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            tally.fail(f"{case.get('classname')}::{case.get('name')}: FAIL")
        elif skipped is not None:
            tally.skipped[skipped.get("message") or NO_REASON] += 1
        else:
            tally.passed += 1


def count(layer, paths):
    tally = Tally()
    for path in paths:
        (add_make_check if path.is_dir() else add_junit)(tally, path)
    tally.judge_skips(layer, skips.Skips())
    return tally.text()


def total(files):
    """What was skipped, by layer, and the sum over all of them."""
    sums, lines = [0, 0, 0], []
    for file in sorted(files):
        first, *details = file.read_text(encoding="utf-8").splitlines()
        sums = [a + int(b) for a, b in zip(sums, first.split())]
        lines += [f"{file.stem}: {detail}" for detail in details
                  if detail.startswith("skipped: ") or "skipped without leave" in detail]
    lines.append("{} passed, {} failed".format(*sums) + (f", {sums[2]} skipped" if sums[2] else ""))
    return "\n".join(lines)


def main():
    first, *rest = sys.argv[1:]
    paths = list(map(pathlib.Path, rest))
    try:
        print(total(paths) if first == "--total" else count(first, paths))
    except skips.Error as error:
        sys.exit(f"tally.py: {error}")


if __name__ == "__main__":
    main()
