# SPDX-License-Identifier: BSD-2-Clause
"""tests/tally.py counts what was run, and takes no skipped test for granted."""

import pathlib
import shutil
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parent.parent

ALLOWED = """\
# A comment.

asan tsan | cannot load * here | another layer does
check | the moon is * | comes and goes
"""


@pytest.fixture
def tally(tmp_path):
    """tally(ARGUMENT...): the program's lines, with a list of its own."""
    for name in ("tally.py", "skips.py"):
        shutil.copy(TESTS / name, tmp_path)
    (tmp_path / "skips.txt").write_text(ALLOWED)

    def run(*arguments, status=0):
        done = subprocess.run([sys.executable, "-B", tmp_path / "tally.py", *arguments],
                              capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        return (done.stdout or done.stderr).splitlines()

    return run


def build(path, **logs):
    """A build directory in which `make check` has left "RESULT TEXT" of each program."""
    for name, text in logs.items():
        result, _, log = text.partition(" ")
        (path / f"{name}.trs").write_text(f":test-result: {result}\n"
                                          f":global-test-result: {result}\n")
        (path / f"{name}.log").write_text(log)
    return path


def junit(path, *cases):
    path.write_text("<testsuites><testsuite>" + "".join(
        f'<testcase classname="c" name="n{i}">{case}</testcase>' for i, case in enumerate(cases)
    ) + "</testsuite></testsuites>")
    return path


CMOCKA_SKIP = """\
[ RUN      ] test_a
[  SKIPPED ] test_a
[  PASSED  ] 3 test(s).
[  SKIPPED ] tests: 1 test(s), listed below:
[  SKIPPED ] test_a
"""
PYTEST_SKIP = """\
..sss
SKIPPED [2] ../x/test_a.py:12: the moon is full
SKIPPED [1] ../x/test_a.py: the moon is new: or so
2 passed, 3 skipped in 1.02s
"""


@pytest.mark.parametrize("log, lines", [
    ("PASS nothing counted", ["1 0 0"]),
    ("PASS [  PASSED  ] 12 test(s).", ["12 0 0"]),
    ("PASS 7 passed in 0.10s", ["7 0 0"]),
    ("FAIL 7 passed, 2 failed in 0.10s", ["7 2 0", "failed: a: FAIL"]),
    ("ERROR", ["0 1 0", "failed: a: ERROR"]),
    ("PASS " + PYTEST_SKIP,
     ["2 0 3", "skipped: 2 x the moon is full", "skipped: 1 x the moon is new: or so"]),
    ("SKIP SKIPPED: the moon is full", ["0 0 1", "skipped: 1 x the moon is full"]),
    ("PASS SKIPPED: the moon is full", ["1 0 0"]),  # who says so, and has not done so
])
def test_make_check(tally, tmp_path, log, lines):
    assert tally("check", build(tmp_path, a=log)) == lines


@pytest.mark.parametrize("log, count, why", [
    ("SKIP", "0 1 0", "1 x a: no reason given"),
    ("SKIP SKIPPED: the sun is full", "0 1 0", "1 x the sun is full"),
    ("PASS " + CMOCKA_SKIP, "3 1 0", "1 x a: no reason given"),
    ("PASS " + PYTEST_SKIP.replace("moon is new", "sun is new"), "2 1 2",
     "1 x the sun is new: or so"),
    ("PASS 1 passed, 4 skipped in 1.0s", "1 4 0", "4 x a: no reason given"),
    ("SKIP SKIPPED: valgrind is not installed", "0 1 0", "1 x valgrind is not installed"),
])
def test_skipped_without_leave_has_failed(tally, tmp_path, log, count, why):
    lines = tally("check", build(tmp_path, a=log))
    assert lines[0] == count
    assert f"failed: skipped without leave (tests/skips.txt): {why}" in lines


def test_junit(tally, tmp_path):
    skipped = '<skipped type="pytest.skip" message="cannot load a.so here">f.py:1</skipped>'
    path = junit(tmp_path / "x.xml", "", "", '<failure message="m"/>', "<error/>", skipped, skipped)
    assert tally("asan", path) == [
        "2 2 2", "failed: c::n2: FAIL", "failed: c::n3: FAIL",
        "skipped: 2 x cannot load a.so here"]


@pytest.mark.parametrize("layer, allowed", [("asan", True), ("tsan", True), ("e2e", False)])
def test_a_reason_is_one_of_a_layer(tally, tmp_path, layer, allowed):
    path = junit(tmp_path / "x.xml", "", '<skipped message="cannot load it here"/>')
    assert tally(layer, path)[0] == ("1 0 1" if allowed else "1 1 0")


def test_the_whole_reason_counts(tally, tmp_path):
    path = junit(tmp_path / "x.xml", '<skipped message="cannot load it here today"/>',
                 '<skipped message="I cannot load it here"/>', "<skipped/>")
    assert tally("asan", path)[0] == "0 3 0"


def test_several_sources(tally, tmp_path):
    directory = tmp_path / "build"
    directory.mkdir()
    build(directory, a="PASS 3 passed in 1s", b="SKIP SKIPPED: the moon is up", c="PASS")
    assert tally("check", directory, junit(tmp_path / "x.xml", ""))[0] == "5 0 1"


@pytest.mark.parametrize("line, message", [
    ("check | only a reason", "expected LAYER... | reason | why that is all right"),
    ("check | a reason |", "expected LAYER... | reason | why that is all right"),
    ("check | swaks is not installed | never mind", "what is missing must be installed"),
    ("check | needs slapd (Debian: apt-get install slapd) | never mind", "what is missing"),
    ("e2e | SENDAS_EXIM does not name a directory | never mind", "what is missing"),
    ("check | * * | never mind", "this would allow any reason"),
])
def test_a_list_that_makes_no_sense(tally, tmp_path, line, message):
    (tmp_path / "skips.txt").write_text(f"# first\n{line}\n")
    [error] = tally("check", tmp_path, status=1)
    assert "skips.txt:2: " in error and message in error


def test_total(tally, tmp_path):
    (tmp_path / "check.count").write_text("5 0 2\nskipped: 2 x the moon is full\n")
    (tmp_path / "asan.count").write_text(
        "1 2 0\nfailed: a: FAIL\nfailed: skipped without leave (tests/skips.txt): 1 x the sun\n")
    (tmp_path / "demo.count").write_text("1 0 0\n")
    assert tally("--total", *tmp_path.glob("*.count")) == [
        "asan: failed: skipped without leave (tests/skips.txt): 1 x the sun",
        "check: skipped: 2 x the moon is full",
        "7 passed, 2 failed, 2 skipped"]
    (tmp_path / "check.count").write_text("5 0 0\n")
    (tmp_path / "asan.count").write_text("1 0 0\n")
    assert tally("--total", *tmp_path.glob("*.count")) == ["7 passed, 0 failed"]


def test_the_list_itself():
    """It can be read, and names layers that there are."""
    done = subprocess.run([TESTS.parent / "test.sh", "--help"], capture_output=True, text=True,
                          check=True)
    text = (TESTS / "skips.txt").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert rows
    for row in rows:
        for layer in row.split("|")[0].split():
            assert f"\n  {layer} " in done.stdout, row
    done = subprocess.run([sys.executable, "-B", TESTS / "tally.py", "check"], check=False,
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "0 0 0\n")
