#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Counts test cases: of `make check` in build directories, and of pytest from its JUnit files.

usage: tally.py BUILD-DIRECTORY|FILE.xml...
Prints "PASSED FAILED SKIPPED" and, after that, a line for each failed test."""

import pathlib
import re
import sys
import xml.etree.ElementTree

# What the programs under `make check` say at their end, as (passed, failed, skipped) patterns.
CMOCKA = (r"^\[  PASSED  \] (\d+) test", r"^\[  FAILED  \] [^,\n]*?(\d+) test\(s\), listed",
          r"^\[  SKIPPED \] [^,\n]*?(\d+) test\(s\), listed")
PYTEST = (r"^=*\s?.*?(\d+) passed.* in [\d.]+s", r"^=*\s?.*?(\d+) (?:failed|error).* in [\d.]+s",
          r"^=*\s?.*?(\d+) skipped.* in [\d.]+s")
PLAIN = (r"^(\d+) cases passed", r"(\d+) cases failed$", r"(\d+) cases skipped$")


def count_log(text):
    """Cases counted by the program itself, over all the frameworks it used."""
    counts = [0, 0, 0]
    for patterns in (CMOCKA, PYTEST, PLAIN):
        for i, pattern in enumerate(patterns):
            counts[i] += sum(int(n) for n in re.findall(pattern, text, re.MULTILINE))
    return counts


def tally_make_check(build):
    """Sums over the .trs files; a program that counts no cases of its own is one case."""
    total, failures = [0, 0, 0], []
    for trs in sorted(build.rglob("*.trs")):
        if trs.name == "test-suite.trs":
            continue
        result = re.search(r"^:global-test-result: (\w+)", trs.read_text(), re.MULTILINE)
        result = result.group(1) if result else "ERROR"
        log = trs.with_suffix(".log")
        counts = count_log(log.read_text(errors="replace")) if log.exists() else [0, 0, 0]
        if result in ("PASS", "XFAIL") and sum(counts) == 0:
            counts[0] = 1
        elif result == "SKIP" and sum(counts) == 0:
            counts[2] = 1
        elif result not in ("PASS", "XFAIL", "SKIP"):
            counts[1] = max(counts[1], 1)
            failures.append(f"{trs.relative_to(build).with_suffix('')}: {result}")
        total = [a + b for a, b in zip(total, counts)]
    return total, failures


def tally_junit(path):
    total, failures = [0, 0, 0], []
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            total[1] += 1
            failures.append(f"{case.get('classname')}::{case.get('name')}: FAIL")
        elif case.find("skipped") is not None:
            total[2] += 1
        else:
            total[0] += 1
    return total, failures


def main():
    total, failures = [0, 0, 0], []
    for path in map(pathlib.Path, sys.argv[1:]):
        counts, names = tally_make_check(path) if path.is_dir() else tally_junit(path)
        total = [a + b for a, b in zip(total, counts)]
        failures += names
    print(*total)
    for line in failures:
        print(line)


if __name__ == "__main__":
    main()
