#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What it costs to read an address field, in instructions as callgrind counts them.

Two tables: typical fields, each against the limit, and the worst fields that are known,
at growing sizes up to the size cap, to show that the growth is linear. Exit status 1 when
a typical field is over the limit or a worst one grows faster.
"""
import argparse
import re
import subprocess
import sys
import tempfile

TYPICAL_LIMIT = 4000
ENCODED = ("8-bit name", "encoded name", "IDN")  # decoded or converted: no limit
SIZES = (1024, 4096, 16384, 65536)
# Instructions a byte at the largest size, against those at 4096 bytes.
GROWTH_LIMIT = 1.5


def count(program, case, size, repeat):
    """Instructions inside of mailbox_list_parse(), the field's length and the result."""
    with tempfile.NamedTemporaryFile() as out:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=mailbox_list_parse",
             "--callgrind-out-file=" + out.name, program, case, str(size), str(repeat)],
            capture_output=True, text=True, check=False)
    match = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or match is None:
        sys.exit(f"reader_cost: {case}: {run.stderr}")
    length, reason = run.stdout.split()
    return int(match.group(1)), int(length), reason


def steady(program, case, size):
    """The cost of one reading that is not the first: allocators and tables are warm."""
    once, length, reason = count(program, case, size, 1)
    more, _, _ = count(program, case, size, 3)
    return (more - once) // 2, length, reason


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="tests/bench/reader_cost")
    args = parser.parse_args()
    listed = subprocess.run([args.program], capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in listed.stdout.splitlines()]
    failed = False

    print(f"{'typical field':28} {'bytes':>6} {'instructions':>13}")
    for case, kind in rows:
        if kind != "typical":
            continue
        cost, length, _ = steady(args.program, case, 0)
        over = case not in ENCODED and cost >= TYPICAL_LIMIT
        failed |= over
        print(f"{case:28} {length:6} {cost:13}{'  OVER THE LIMIT' if over else ''}")

    print(f"\n{'worst field':28}" + "".join(f"{size:>12}" for size in SIZES) +
          "   a byte at 4096, 65536; result")
    for case, kind in rows:
        if kind != "grows":
            continue
        costs = [steady(args.program, case, size) for size in SIZES]
        per_byte = [cost / length for cost, length, _ in costs]
        over = per_byte[-1] > GROWTH_LIMIT * max(per_byte[1], 1)
        failed |= over
        print(f"{case:28}" + "".join(f"{cost:12}" for cost, _, _ in costs) +
              f"   {per_byte[1]:8.1f} {per_byte[-1]:8.1f}; {costs[-1][2]}" +
              ("  NOT LINEAR" if over else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
