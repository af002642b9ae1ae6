# SPDX-License-Identifier: BSD-2-Clause
"""Who guesses passwords must wait; nobody locks anybody else out."""

import re
import time

import pytest

from authd import PASSWORD
from authd_client import OK, UNAVAIL, saslauthd

HOME, EVIL, OTHER = "192.0.2.7", "198.51.100.9", "203.0.113.5"
ALICE = "alice@example.org"


@pytest.fixture
def strict(authd_factory):
    return authd_factory(guessing="max_failures = 3\ndelay_max = 0\nlock = 5m")


def guess(daemon, client, login=ALICE, count=1):
    return [daemon.login_from(client, login, f"wrong{number}") for number in range(count)]


@pytest.mark.parametrize("login", [ALICE, "nobody@example.org"])
def test_lock_of_login_and_network(strict, login):
    """Known or not, all is the same; the lock is a temporary failure."""
    assert guess(strict, EVIL, login, 5) == ["NO", "NO", "NO", "?", "?"]
    assert strict.login_from(EVIL, login, PASSWORD) == "?"
    assert strict.login_from(EVIL, "bob@example.org", "bob") == "OK"
    if login == ALICE:
        assert strict.login_from(HOME, login, PASSWORD) == "OK"
    line = strict.wait_for_log("result=locked")[-1]
    assert re.search(rf"login={login} client={EVIL} .* result=locked "
                     r"until=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", line)


def test_a_right_password_forgives(strict):
    for _ in range(4):
        assert guess(strict, HOME, count=2) == ["NO", "NO"]
        assert strict.login_from(HOME) == "OK"


def test_lock_ends_by_itself(authd_factory):
    daemon = authd_factory(guessing="max_failures = 2\ndelay_max = 0\nlock = 3s")
    assert guess(daemon, EVIL, count=3) == ["NO", "NO", "?"]
    time.sleep(3.2)
    assert daemon.login_from(EVIL) == "OK"


def test_outsiders_cannot_lock_the_owner_out(authd_factory):
    daemon = authd_factory(guessing="max_failures = 1\ndelay_max = 0")
    assert daemon.login_from(HOME) == "OK"
    for number in range(12):
        assert daemon.login_from(f"198.51.100.{number}", password="wrong") in ("NO", "?")
    assert daemon.login_from(OTHER) == "?"  # locked everywhere,
    assert daemon.login_from(HOME) == "OK"  # but not from where it logged in
    assert daemon.login_from(OTHER, "bob@example.org", "bob") == "OK"


def test_network_is_locked(authd_factory):
    daemon = authd_factory(guessing="max_network_failures = 5\ndelay_max = 0")
    for number in range(5):
        assert daemon.login_from(EVIL, f"user{number}@example.org", "x") == "NO"
    assert daemon.login_from(EVIL) == "?"
    assert daemon.login_from(HOME) == "OK"


def test_ipv6_network(authd_factory):
    daemon = authd_factory(guessing="max_failures = 2\ndelay_max = 0")
    assert daemon.login_from("2001:db8::1", password="x") == "NO"
    assert daemon.login_from("2001:db8::ffff", password="x") == "NO"
    assert daemon.login_from("2001:db8::2") == "?"
    assert daemon.login_from("2001:db8:0:1::2") == "OK"


def test_client_unknown_counts_for_the_login_only(authd_factory):
    daemon = authd_factory(guessing="max_failures = 1\nmax_network_failures = 3\n"
                                    "delay_max = 0")
    for _ in range(10):
        assert daemon.login(password="x") == "NO"
    assert daemon.login() == "?"
    assert daemon.login("bob", "bob") == "OK"
    assert daemon.login_from("127.0.0.1", "bob@example.org", "bob") == "OK"


def test_client_is_joined_by_process_and_login(strict):
    with strict.wire() as wire:
        wire.lookup("bob", client=EVIL)
        assert strict.login(password="wrong") == "NO"
        assert "client=-" in strict.wait_for_log("login=alice.*result=refused")[-1]
        wire.lookup("Alice", client="192.0.2.7;4711")
        assert strict.login("ALICE") == "OK"
        assert f"client={HOME}" in strict.wait_for_log("login=alice.*=accepted")[-1]
        wire.lookup("alice", client="nonsense\n" + HOME)
        wire.lookup("x@y@z", client=EVIL)
        assert strict.login("x@y@z", "x") == "NO"
        assert f"client={EVIL}" in strict.wait_for_log("reason=malformed")[-1]


def test_other_processes_are_not_joined(strict):
    import subprocess
    import sys
    from authd import SOURCE
    with strict.wire() as wire:
        wire.lookup("alice", client=HOME)
        script = (f"import sys; sys.path.insert(0, {str(SOURCE / 'tests/lib')!r})\n"
                  "from authd_client import saslauthd\n"
                  f"print(saslauthd({str(strict.mux)!r}, {ALICE!r}, {PASSWORD!r}))")
        done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE,
                              text=True, check=True)
    assert done.stdout.strip() == "OK"
    assert "client=-" in strict.wait_for_log("result=accepted")[-1]


def test_delays_grow(authd_factory):
    daemon = authd_factory(guessing="max_failures = 0\ndelay_max = 1s")

    def took():
        began = time.monotonic()
        assert daemon.login_from(EVIL, password="wrong") == "NO"
        return time.monotonic() - began
    times = [took() for _ in range(6)]
    assert min(times[:2]) < 0.25 # the machine may be busy
    assert times[2] >= 0.25 and times[3] >= 0.5 and times[4] >= 1 and times[5] >= 1
    began = time.monotonic()
    assert daemon.login_from(EVIL) == "OK"
    assert time.monotonic() - began < 1
    # No worker waits with whoever is delayed.
    assert daemon.login("bob", "bob") == "OK"


def test_challenges(authd_factory):
    daemon = authd_factory(guessing="max_challenges = 3")
    with daemon.wire() as wire:
        for login in ("alice", "nobody"):
            for _ in range(3):
                assert wire.lookup(login, "authPassword", client=EVIL).status == OK
            assert wire.lookup(login, "authPassword", client=EVIL).status == UNAVAIL
            assert wire.lookup(login, client=EVIL).status == UNAVAIL  # no PLAIN either
            assert wire.lookup(login, "mail", client=EVIL).status == OK
            assert wire.lookup(login, "authPassword", client=HOME).status == OK
    assert len(daemon.log_lines("mechanism=challenge result=locked")) == 2
    assert len(daemon.log_lines("mechanism=lookup result=locked")) == 2


def test_lock_holds_for_all_mechanisms(strict):
    assert guess(strict, EVIL, count=3) == ["NO"] * 3
    with strict.wire() as wire:
        assert wire.lookup("alice", "authPassword", client=EVIL).status == UNAVAIL
        assert wire.lookup("alice", "authPassword", client=HOME).status == OK


def test_plugin_hears_of_a_lock(strict):
    """Before PLAIN, too: the saslauthd protocol, which has no word for it, is not used then."""
    guess(strict, EVIL, count=3)
    with strict.wire() as wire:
        assert wire.lookup("alice", client=EVIL).status == UNAVAIL
        assert wire.lookup("alice", "mail", client=EVIL).status == OK
        # The last word is said there all the same.
        assert saslauthd(strict.mux, ALICE, PASSWORD) == "?"
        assert wire.lookup("alice", client=HOME).status == OK
        assert saslauthd(strict.mux, ALICE, PASSWORD) == "OK"
    assert strict.log_lines(f"client={EVIL} .*mechanism=lookup result=locked")


def test_locks_and_unlock(strict):
    guess(strict, EVIL, count=3)
    guess(strict, OTHER, "nobody@example.org", count=3)
    with strict.wire() as wire:
        locks = wire.locks()
        assert set(locks) == {f"login={ALICE} network={EVIL}/32",
                              f"login=nobody@example.org network={OTHER}/32"}
        for until, in locks.values():
            assert 280 < until - time.time() < 310
        assert wire.unlock("ALICE").values() == {None: [b"1"]}
        assert strict.login_from(EVIL) == "OK"
        assert wire.unlock(client=OTHER).values() == {None: [b"1"]}
        assert wire.locks() == {}
        assert wire.unlock("alice").values() == {None: [b"0"]}
        assert wire.unlock(client="here").status not in (OK, UNAVAIL)


def test_reload_changes_limits_and_keeps_counts(strict):
    assert guess(strict, EVIL, count=2) == ["NO", "NO"]
    strict.write_config(guessing="max_failures = 4\ndelay_max = 0")
    strict.reload()
    assert guess(strict, EVIL, count=3) == ["NO", "NO", "?"]


def test_parallel_guesses_do_not_get_past(authd_factory):
    from concurrent.futures import ThreadPoolExecutor
    daemon = authd_factory("verify_workers = 2",
                           guessing="max_failures = 3\ndelay_max = 0")
    with daemon.wire() as wire:
        wire.lookup("alice", client=EVIL)
        with ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(lambda n: saslauthd(daemon.mux, ALICE, f"wrong{n}"),
                                    range(40)))
    assert answers.count("NO") <= 3 + 2  # those that were under way
    assert answers.count("?") == 40 - answers.count("NO")
