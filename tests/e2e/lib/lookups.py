# SPDX-License-Identifier: BSD-2-Clause
"""The same table asked by postmap -q and by mapquery, which is nothing but map_lookup() on a
command line."""

import os
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MAPQUERY = Path(os.environ.get("SENDAS_BUILD", ".")) / "tests/lib/mapquery"


def postfix_reads(kind):
    """With a directory of our own: a Postfix that nobody configured has no main.cf."""
    if not shutil.which("postmap"):
        return False
    with tempfile.TemporaryDirectory() as place:
        make_config(Path(place))
        run = subprocess.run(["postconf", "-c", place, "-m"], capture_output=True, text=True)
    return kind in run.stdout.split()


def built(kind):
    """Has mapquery such tables?"""
    if not MAPQUERY.exists():
        return False
    run = subprocess.run([MAPQUERY, f"{kind}:/nonexistent"], input="", capture_output=True,
                         text=True)
    return "not built into" not in run.stderr


def make_config(directory):
    """A main.cf that is enough for postmap."""
    directory.mkdir(exist_ok=True)
    (directory / "main.cf").write_text("compatibility_level = 3.6\n", encoding="ascii")


def split(value):
    return tuple(re.split(r"[, \t\r\n]+", value.strip(", \t\r\n")))


def ask_postmap(config, spec, keys):
    """{key: values, None for none, "error" for a query that failed}"""
    command = ["postmap", "-f", "-c", config, "-q"]

    def ask_one(key):
        run = subprocess.run(command + [key, spec], capture_output=True, text=True)
        if "fatal" in run.stderr or "error" in run.stderr:
            return "error"
        return split(run.stdout) if run.stdout.strip() else None

    run = subprocess.run(command + ["-", spec], input="\n".join(keys) + "\n",
                         capture_output=True, text=True)
    if "fatal" in run.stderr or "error" in run.stderr:
        # The first failure ended it (and postmap sleeps for a second then).
        with ThreadPoolExecutor(8) as pool:
            return dict(zip(keys, pool.map(ask_one, keys)))
    found = {}
    for line in run.stdout.splitlines():
        for key in keys:
            if line.startswith(key + "\t"):
                found[key] = split(line[len(key) + 1:])
    return {key: found.get(key) for key in keys}


def ask_mapquery(spec, keys):
    """The same of us."""
    return {key: {"yes": split(rest), "no": None, "unknown": "error"}[word]
            for key, (word, rest) in zip(keys, ask_mapquery_words(spec, keys))}


def ask_mapquery_words(spec, keys):
    """A list of what mapquery says of each key: (word, what follows it)."""
    run = subprocess.run([MAPQUERY, spec], input="\n".join(keys) + "\n",
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.split("\n")[:-1]
    assert len(lines) == len(keys)
    return [line.partition(" ")[::2] for line in lines]
