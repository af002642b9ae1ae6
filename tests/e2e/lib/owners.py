# SPDX-License-Identifier: BSD-2-Clause
"""An SQLite table of owners that Postfix and the milter read by one and the same file."""

import os
import sqlite3


class Owners:
    """An SQLite database of owners, and the .cf file that Postfix and the milter read."""

    def __init__(self, directory):
        self.cf = f"{directory}/owners.cf"
        self.path = f"{directory}/owners.db"
        with open(self.cf, "w", encoding="utf-8") as f:
            f.write(f"dbpath = {self.path}\n"
                    "query = SELECT login FROM owners WHERE address = '%s'\n")
        self.write({"alice@example.org": "alice@example.org",
                    "team@example.org": "alice@example.org,bob@example.org",
                    "o'hara@example.org": "alice@example.org",
                    "bob@example.org": "bob@example.org"})

    def write(self, rows, path=None):
        path = path or self.path
        if os.path.exists(path):
            os.unlink(path)
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE owners (address TEXT, login TEXT)")
            db.executemany("INSERT INTO owners VALUES (?, ?)", rows.items())
        db.close()
        os.chmod(path, 0o644)

    def replace(self, rows):
        """As admins do it: a new file, moved over the old one."""
        self.write(rows, self.path + ".new")
        os.rename(self.path + ".new", self.path)
