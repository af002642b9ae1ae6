# SPDX-License-Identifier: BSD-2-Clause
"""The table of the demo: replies, log lines, deliveries, and what `explain` says of each."""

import pytest
from conftest import every_mta, every_store
from lib import smtp
from lib.cases import CASES
from lib.expect import check_log, check_refusal

pytestmark = [every_mta, every_store]

names = [c.name.replace(" ", "-") for c in CASES]


@pytest.mark.parametrize("case", CASES, ids=names)
def test_case(case, office, milter):
    mark = milter.mark()
    sent = office.send(case.login, case.mail_from, case.fields)
    if case.place is None:
        assert sent.accepted, sent
        message = office.delivered(sent)
        assert message.mail_from == case.mail_from
        assert [f.decode() for f in message.fields("From")] == list(case.fields[:1])
        check_log(milter, mark, queue_id=sent.queue_id, decision="accept",
                  login=f"{case.login}@example.org")
        return

    check_refusal(sent.reply, place=case.place, address=case.address)
    assert sent.reply.stage == ("mail" if case.place == "mail_from" else "data")
    check_log(milter, mark, decision="reject", login=f"{case.login}@example.org",
              place=case.place, address=case.address, reason=case.reason)


@pytest.mark.parametrize("case", CASES, ids=names)
def test_explain_agrees(case, milter):
    verdict = milter.explain(f"{case.login}@example.org", case.mail_from,
                             smtp.compose(case.fields))
    if case.place is None:
        assert (verdict["verdict"], verdict["status"]) == ("accept", 0)
        assert verdict["violations"] == []
        return
    assert (verdict["verdict"], verdict["status"]) == ("reject", 1)
    first = verdict["violations"][0]
    assert first["place"] == case.place
    if case.reason is not None:
        assert (first["reason"], first["address"]) == (case.reason, case.address)
