# SPDX-License-Identifier: BSD-2-Clause
"""The differential test on a few fields, and that it would find what it looks for."""

import os
import random
import re

import cases
import differential
import pytest
from generate import Generator
from readers import Answer, addresses_in, forms_of


def test_no_reader_finds_more(search, capsys):
    """A fresh seed each time; `SEED=` of the failure repeats it."""
    count = int(os.environ.get("N", "20000"))
    seed = os.environ.get("SEED") or f"{random.SystemRandom().getrandbits(48):x}"
    result = search.run(seed, count)
    with capsys.disabled():
        print(f" {count} fields, seed {seed} ", end="")
    report = "\n".join(
        f"{violation}\n{differential.as_case(search.minimise(violation))}"
        for violation in sorted(result.violations, key=lambda found: len(found.value))[:5]
    )
    assert not result.violations, f"SEED={seed}\n{report}"
    # A generator whose fields are all refused, or all accepted, searches nothing.
    assert 0.2 < sum(result.accepted.values()) / count < 0.8


def naive(values):
    """A reader as many filters have one: the last angle, else the last word."""
    answers = []
    for value in values:
        text = value.decode("utf-8", "surrogateescape")
        found = re.findall(r"<([^<>@\s]+@[^<>@\s]+)>", text) or re.findall(
            r"[^\s,<>()]+@[^\s,<>()]+", text
        )
        reason = "none" if found else "syntax"
        answers.append(Answer(reason, found[-1:], False, False, False))
    return answers


def test_finds_what_a_naive_reader_misses(search):
    """The search is worth its name: each reader shows up such a filter, within few fields."""
    readers = search.readers()
    generator = Generator("fixed", [b"Doe <me@ex.com>"])
    values = [generator.value() for _ in range(4000)]
    found = differential.compare(values, naive, readers).violations
    assert {violation.reader for violation in found} == set(readers)
    smallest = min(found, key=lambda violation: len(violation.value))
    small = differential.minimise(smallest, naive, readers)
    assert len(small.value) <= len(smallest.value)
    assert differential.compare([("", small.value)], naive, readers).violations


def test_same_seed_same_fields():
    """A printed seed repeats a run."""
    corpus = [case.value for case in cases.load("benign")]
    one, two, other = (Generator(seed, corpus) for seed in ("a/1", "a/1", "a/2"))
    fields = [one.value() for _ in range(500)]
    assert fields == [two.value() for _ in range(500)]
    assert fields != [other.value() for _ in range(500)]


@pytest.mark.parametrize(
    "text, addresses",
    [
        ("A@EX.com", {"a@ex.com"}),
        (' "a b"@x ', {"a b@x"}),
        ('"a"@x', {"a@x"}),
        ("a @ x", {"a@x"}),
        ("b <a@x>", {"a@x"}),
        ("a@x (c@y)", {"a@x", "c@y"}),
        ("a@müller.example", {"a@xn--mller-kva.example"}),
        ("jose\u0301@x", {"josé@x"}),
        ("a@x@y", {"a@x@y"}),
        ("John", set()),
        ("@x", set()),
        ("a@", set()),
        ("a@[1", set()),
    ],
)
def test_addresses_in(text, addresses):
    """How readers' words become addresses that compare."""
    assert addresses_in(text) == addresses


def test_forms_of():
    """An A-label and what it decodes to are one domain; a broken one has no form."""
    assert forms_of("a@xn--mller-kva.x") == {"a@xn--mller-kva.x"}
    assert forms_of("a@xn--a-.x") == {"a@xn--a-.x", "a@a.x"}
    assert forms_of("a@xn--_.x") is None
