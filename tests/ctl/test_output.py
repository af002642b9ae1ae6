# SPDX-License-Identifier: BSD-2-Clause
"""Output that cannot be written is an error; reasons; odd rows in the store."""

import os
import sqlite3
import subprocess

import pytest

from program import PROGRAM

PRINTING = [["grants"], ["grants", "--json"], ["export"], ["reasons"], ["reasons", "--json"],
            ["config", "options"], ["config", "options", "--json"], ["--help"], ["--version"],
            ["check", "alice", "alice@example.org"], ["grant", "alice", "alice@example.org"],
            ["explain", "--login", "alice", "--mail-from", "alice@example.org", "--json"]]


@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_full_disk(office, words):
    with open("/dev/full", "wb") as full:
        result = subprocess.run([PROGRAM, *words, "-c", office.conf], stdout=full,
                                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    assert result.returncode == 74
    assert b"No space left on device" in result.stderr


@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_broken_pipe(office, words):
    read, write = os.pipe()
    os.close(read)
    result = subprocess.run([PROGRAM, *words, "-c", office.conf], stdout=write,
                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert result.returncode == 74
    assert b"Broken pipe" in result.stderr


def test_closed_output(office):
    result = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', PROGRAM, "grants", "-c",
                             office.conf], stderr=subprocess.PIPE, check=False)
    assert result.returncode == 74


def test_reasons(bare):
    rows = bare.json("reasons", config=False)
    text = bare.ok("reasons", config=False)
    assert len({row["reason"] for row in rows}) == len(rows) > 5
    for row in rows:
        assert set(row) == {"reason", "sentence", "paragraph"} and all(row.values())
        assert f"{row['reason']}: {row['sentence']}\n" in text
    assert max(map(len, (line for line in text.splitlines() if line.startswith(" ")))) <= 78


@pytest.fixture
def odd(office):
    """Rows that sendasctl would not have made."""
    database = sqlite3.connect(office.store)
    database.execute("INSERT INTO rights VALUES (?, 1, ?, 1, NULL)",
                     ("a\x1b[2J\u202e@example.org", "x\ny@example.org z"))
    database.execute("INSERT INTO rights VALUES (CAST(X'FF40787878' AS TEXT), 1, 'bob', 1, NULL)")
    database.commit()
    database.close()
    return office


def test_odd_rows_are_shown_harmless(odd):
    text = odd.ok("grants")
    assert "a\\x1b[2J\\xe2\\x80\\xae@example.org" in text
    assert "x\\x0ay@example.org z" in text and "\\xff@xxx" in text


def test_odd_rows_in_json(odd):
    assert ("a\x1b[2J\u202e@example.org", "x\ny@example.org z") in odd.rows()
    assert ("\\xff@xxx", "bob") in odd.rows()


def test_odd_rows_are_not_exported(odd):
    result = odd.run_bytes("export")
    assert result.returncode == 75
    assert b"a table cannot hold" in result.stderr
