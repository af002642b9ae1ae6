#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Searches for fields that we accept and in which another reader finds one more address.

Prints the seed; the same seed and number give the same run. README.md explains the rest.
Exit status: 0 nothing found, 1 a violation, 2 wrong usage, 77 a required reader is missing.
"""

import argparse
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

# pylint: disable=wrong-import-position
import cases  # noqa: E402
from generate import Generator  # noqa: E402
from readers import READERS, forms_of, read_ours  # noqa: E402

BATCH = 10000
SHOWN = 20  # violations that are minimised and printed


@dataclass(frozen=True)
class Violation:
    """`reader` finds the addresses `extra` in `value`, and we accept it without them."""

    reader: str
    value: bytes
    extra: tuple


@dataclass
class Result:
    """What a number of fields gave."""

    fields: Counter = field(default_factory=Counter)  # by kind of generation
    accepted: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)  # of what we refuse
    silent: Counter = field(default_factory=Counter)  # by reader: fewer addresses than we
    violations: list = field(default_factory=list)

    def add(self, other):
        """Adds what another batch gave."""
        for name in ("fields", "accepted", "reasons", "silent"):
            getattr(self, name).update(getattr(other, name))
        self.violations += other.violations


def compare(tagged, ours, readers):
    """
    The Result for (kind, value) pairs. `ours` maps values to answers, `readers` maps names
    to functions from values and what we found in each to sets of addresses (None: the
    reader gave up).
    """
    result = Result(fields=Counter(kind for kind, _ in tagged))
    taken = []
    for (kind, value), answer in zip(tagged, ours([value for _, value in tagged])):
        forms = [forms_of(address) for address in answer.addresses]
        if not answer.accepted:
            result.reasons[answer.reason] += 1
        elif answer.literal_only or answer.unownable or None in forms:
            result.reasons["never granted"] += 1
        else:
            result.accepted[kind] += 1
            taken.append((value, set().union(*forms)))
    for name, read in readers.items() if taken else ():
        for (value, known), found in zip(taken, read(*map(list, zip(*taken)))):
            found = found or set()
            if found - known:
                result.violations.append(
                    Violation(name, value, tuple(sorted(found - known)))
                )
            elif not found and known:
                result.silent[name] += 1
    return result


def minimise(violation, ours, readers):
    """A shorter value with a violation by the same reader: pieces are cut off while it lasts."""
    read = {violation.reader: readers[violation.reader]}
    best = violation
    size = len(best.value) // 2
    while size:
        value = best.value
        shorter = [
            ("", value[:at] + value[at + size :]) for at in range(0, len(value), size)
        ]
        found = compare(shorter, ours, read).violations
        if found:
            best = found[0]
            size = min(size, len(best.value) // 2)
        else:
            size //= 2
    return best


def as_case(violation):
    """The violation as a block for a file of tests/data/attacks."""
    text = "".join(
        {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(
            chr(x), chr(x) if 0x20 <= x < 0x7F else f"\\x{x:02x}"
        )
        for x in violation.value
    )
    extra = ", ".join(ascii(address) for address in violation.extra)
    return f"note: {violation.reader} also finds {extra}\nvalue: {text}\nrefuse: REASON\n"


class Search:
    """The readers to ask, by where they are; goes to the worker processes."""

    def __init__(self, readfield, built, names):
        self.readfield = readfield
        self.built = built
        self.names = names

    def ours(self, values):
        """Our own answers."""
        return read_ours(self.readfield, values)

    def readers(self):
        """Functions by reader's name."""
        return {
            reader.name: partial(reader.read, self.built)
            for reader in READERS
            if reader.name in self.names
        }

    def minimise(self, violation):
        """See minimise() above."""
        return minimise(violation, self.ours, self.readers())

    def run(self, seed, count, jobs=1):
        """The Result of `count` generated fields, in batches over `jobs` processes."""
        sizes = [BATCH] * (count // BATCH) + [count % BATCH]
        result = Result()
        with ProcessPoolExecutor(jobs) as pool:
            work = [
                pool.submit(self.batch, seed, number, size)
                for number, size in enumerate(sizes)
                if size
            ]
            for batch in work:
                result.add(batch.result())
        return result

    def batch(self, seed, number, count):
        """The Result of one batch of generated fields."""
        corpus = [case.value for kind in ("attacks", "benign") for case in cases.load(kind)]
        corpus = [value.replace(b"\n", b"\r\n") for value in corpus if len(value) < 500]
        generator = Generator(f"{seed}/{number}", corpus)
        values = [generator.value() for _ in range(count)]
        return compare(values, self.ours, self.readers())


def report(result, seed, seconds, names):
    """Prints what the run gave."""
    fields, accepted = sum(result.fields.values()), sum(result.accepted.values())
    print(f"{fields} fields in {seconds:.0f} s, seed {seed}")
    for kind, count in sorted(result.fields.items()):
        print(f"  {kind:10} {count:9}  accepted {result.accepted[kind]:9}")
    print(f"  {'all':10} {fields:9}  accepted {accepted:9}")
    print("refused, by reason: ", end="")
    print(", ".join(f"{name} {count}" for name, count in result.reasons.most_common()))
    by_reader = Counter(violation.reader for violation in result.violations)
    print(f"{'reader':18} {'finds fewer':>12} {'finds more':>12}")
    for name in names:
        print(f"{name:18} {result.silent[name]:12} {by_reader[name]:12}")


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("-n", type=int, default=20000, help="how many fields")
    parser.add_argument("--seed", help="any word; without it a fresh one")
    parser.add_argument("--jobs", type=int, default=2, help="processes that work at once")
    parser.add_argument("--built", default=".", help="the build tree's tests/differential")
    parser.add_argument("--readfield", help="our reader (default: in the build tree)")
    parser.add_argument(
        "--without", default="", help="readers to leave out, by name, with commas"
    )
    return parser.parse_args()


def choose_readers(arguments):
    """Names of the readers that answer; the names of missing required ones."""
    without = set(filter(None, arguments.without.split(",")))
    unknown = without - {reader.name for reader in READERS}
    if unknown:
        sys.exit(f"differential: no such reader: {', '.join(sorted(unknown))}")
    names, missing = [], []
    for reader in READERS:
        if reader.name in without:
            print(f"left out: {reader.name}")
        elif reader.available(arguments.built):
            names.append(reader.name)
        else:
            print(f"missing: {reader.name} (Debian: {reader.package})")
            if reader.required:
                missing.append(reader.name)
    return names, missing


def main():
    """Runs the search."""
    arguments = parse_arguments()
    seed = arguments.seed or f"{random.SystemRandom().getrandbits(48):x}"
    readfield = arguments.readfield or f"{arguments.built}/../lib/readfield"
    names, missing = choose_readers(arguments)
    if missing:
        return 77
    print(f"seed {seed}", flush=True)
    search = Search(readfield, arguments.built, names)
    start = time.monotonic()
    result = search.run(seed, arguments.n, arguments.jobs)
    report(result, seed, time.monotonic() - start, names)
    smallest = sorted(result.violations, key=lambda violation: len(violation.value))
    for violation in smallest[:SHOWN]:
        print()
        print(f"found in {violation.value!r}")
        print(as_case(search.minimise(violation)), end="")
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
