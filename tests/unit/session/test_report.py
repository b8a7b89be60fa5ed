from __future__ import annotations

from typing import Any

import pytest

from bideval.evidence.canonical import canonical_bytes
from bideval.session.caseform import Consolidation, consolidation, corrected_marks
from bideval.session.names import Phase
from bideval.session.report import report_content
from bideval.session.unsealing import open_marks
from bideval.terms.errors import RefusedError
from bideval.terms.instants import instant_text
from tests.unit.session.conversation import EXPERTS, Conversation, at

CHAIR = "wencheng-01"


def report(talk: Conversation) -> dict[str, Any]:
    opened = open_marks(talk.session)
    return report_content(
        talk.session,
        marks=corrected_marks(talk.session, opened),
        numbers=consolidation(talk.session, opened),
        root="ab" * 32,
    )


def eventful() -> Conversation:
    """Return a confirmed session with everything in it that a report has to tell."""
    talk = Conversation(rulebook="works/1")
    talk.document["category"] = "works"
    del talk.document["method"]["preference"]
    talk.until(Phase.PREPARED)
    talk.packages["bid-c"]["price"] = "1300000.00"
    talk.close()
    said = talk.must("bidder-aaaaaaaa", "opening.objected", {"text": "The clock is wrong"})
    answer = {"objection": said.entry, "text": "It is the time service's"}
    talk.must("officer-lin", "opening.answered", answer)
    for bid in ("bid-a", "bid-b", "bid-c"):
        talk.open_bid(bid)
    talk.move(Phase.OPENED, ordered=True)
    talk.until(Phase.RESPONSIVENESS)
    for name in EXPERTS[:3]:
        talk.votes[name, "bid-b"] = "unresponsive"
    talk.until(Phase.SCORING)
    talk.must("officer-lin", "session.paused", {"reason": "fire alarm"})
    talk.must("supervisor-gu", "supervisor.warned", {"text": "Doors are open"})
    talk.must("officer-lin", "session.resumed", {"reason": "false alarm"})
    talk.until(Phase.CONSOLIDATED)
    correction = {
        "bid": "bid-a",
        "criterion": "design",
        "before": "30",
        "after": "31",
        "ground": "abnormal",
        "reason": "counted twice",
    }
    talk.must(CHAIR, "mark.corrected", correction)
    talk.consolidate()
    talk.confirm("fenghua-01", "dissent", "The design is overrated")
    talk.confirm("fenghua-02", "refuse")
    talk.must(CHAIR, "refusal.noted", {"person": "beilun-01", "note": "left without signing"})
    for name in (CHAIR, "wencheng-02"):
        talk.confirm(name)
    talk.move(Phase.CONFIRMED)
    return talk


def test_report_has_the_items_of_the_rules_in_order() -> None:
    found = report(at(Phase.CONFIRMED))

    assert [*found] == [
        "format",
        "basics",
        "members",
        "opening",
        "responsive",
        "rejected",
        "method",
        "comparison",
        "ranking",
        "candidates",
        "clarifications",
        "corrections",
        "remarks",
        "signatures",
        "course",
        "verification",
    ]
    assert canonical_bytes(found)


def test_plain_session_makes_a_plain_report() -> None:
    talk = at(Phase.CONFIRMED)
    found = report(talk)

    assert found["basics"]["procuring_entity"] == "Fenghua Library"
    assert [one["member"] for one in found["members"]] == [*EXPERTS]
    assert [one["member"] for one in found["members"] if one["chair"]] == [CHAIR]
    assert found["responsive"] == ["bid-a", "bid-b", "bid-c"]
    assert found["rejected"] == []
    assert found["ranking"] == {
        "1": [
            {"rank": 1, "label": 1, "bid": "bid-a"},
            {"rank": 2, "label": 2, "bid": "bid-b"},
            {"rank": 3, "label": 3, "bid": "bid-c"},
        ]
    }
    assert found["candidates"] == {"1": ["bid-a", "bid-b", "bid-c"]}
    assert found["comparison"]["1"]["marks"]["beilun-01"]["bid-a"]["design"] == "30"
    assert found["comparison"]["1"]["lines"]["bid-a"]["total"] == "80.00"
    assert found["verification"] == {
        "digest": talk.session.results.versions[-1].body.digest,
        "version": 1,
        "size": talk.session.size,
        "root": "ab" * 32,
        "void_lines": 0,
    }


def test_every_number_is_explained() -> None:
    explanations = report(at(Phase.CONFIRMED))["comparison"]["1"]["explanations"]

    totals = [one for one in explanations if one["step"] == "total" and one["bid"] == "bid-b"]

    assert [(one["rounded"], one["article"] != "") for one in totals] == [("75.50", True)]


def test_eventful_session_tells_everything() -> None:
    found = report(eventful())

    assert found["responsive"] == ["bid-a", "bid-c"]
    assert found["rejected"] == [
        {
            "bid": "bid-b",
            "cause": "unresponsive",
            "grounds": [
                {"requirement": "r1", "reason": "no guarantee", "member": name}
                for name in EXPERTS[:3]
            ],
        },
        {"bid": "bid-c", "cause": "over_ceiling", "grounds": []},
    ]
    assert found["clarifications"][0]["answer"] == "It is the time service's"
    assert [one["after"] for one in found["corrections"]] == ["31"]
    assert [(one["member"], one["stance"]) for one in found["signatures"]] == [
        ("fenghua-01", "dissent"),
        ("fenghua-02", "refuse"),
        ("wencheng-01", "agree"),
        ("wencheng-02", "agree"),
        ("beilun-01", "noted"),
    ]
    assert [one["reason"] for one in found["course"]["pauses"]] == ["fire alarm"]
    assert [one["text"] for one in found["course"]["warnings"]] == ["Doors are open"]
    assert found["verification"]["version"] == 2


def test_responsive_bids_leave_out_those_above_the_ceiling() -> None:
    found = report(eventful())

    assert [one["bid"] for one in found["rejected"]] == ["bid-b", "bid-c"]
    assert [*found["comparison"]["1"]["marks"][CHAIR]] == ["bid-a"]


def test_pause_without_end_and_unopenable_bid_are_told() -> None:
    talk = Conversation(rulebook="rehearsal/1")
    talk.until(Phase.PREPARED)
    talk.close()
    talk.release(talk.session.bidding.bids["bid-c"].seal.recipient)
    fault = {"bid": "bid-c", "reason": "package_malformed", "detail": ""}
    talk.must("venue/fenghua", "bid.unopenable", fault)
    for bid in ("bid-a", "bid-b"):
        talk.open_bid(bid)
    talk.move(Phase.OPENED, ordered=True)
    talk.until(Phase.CONSOLIDATED)
    talk.must("officer-lin", "session.paused", {"reason": "fire alarm"})

    found = report(talk)

    assert [(one["bid"], one["unopenable"]) for one in found["opening"]["bids"]] == [
        ("bid-a", None),
        ("bid-b", None),
        ("bid-c", "package_malformed"),
    ]
    assert found["course"]["pauses"][0]["until"] is None
    assert {one["stance"] for one in found["signatures"]} == {"missing"}


def test_fault_is_told_with_its_clock_and_what_was_decided() -> None:
    talk = at(Phase.CHAIRED, "procurement/2")
    body = {"reason": "no power", "fault": {"since": instant_text(talk.now)}}
    talk.must("officer-lin", "session.paused", body)
    fault = talk.session.procedure.fault
    assert fault is not None
    assert fault.due is not None
    due = instant_text(fault.due)
    talk.must("venue/fenghua", "pause.expired", {"due": due}, at=fault.due)
    going_on = {"reason": "power is back", "decision": "the tenderer goes on today"}
    talk.must("officer-lin", "session.resumed", going_on)
    talk.until(Phase.CONFIRMED)

    (told,) = report(talk)["course"]["pauses"]

    assert (told["resumed_by"], told["resume_reason"]) == ("officer-lin", "power is back")
    assert told["decision"] == "the tenderer goes on today"
    assert (told["fault"]["due"], told["fault"]["expired"]) == (due, due)
    assert told["fault"]["after"] == "tenderer_decides"


def test_remarks_about_sheets_are_told() -> None:
    talk = at(Phase.SCORING)
    seal = talk.deal_marks(CHAIR)
    talk.must(CHAIR, "mark.sealed", talk.mark(CHAIR, seal, ("bid-a", "design"), mark="1"))
    talk.must(CHAIR, "scoresheet.signed", talk.sheet(CHAIR, seal))
    talk.until(Phase.CONFIRMED)

    assert report(talk)["remarks"] == [
        {
            "code": "sheet_differs_from_marks",
            "member": CHAIR,
            "bid": "bid-a",
            "criterion": "design",
        }
    ]


def test_report_of_other_numbers_is_refused() -> None:
    talk = at(Phase.CONFIRMED)
    opened = open_marks(talk.session)
    numbers = consolidation(talk.session, opened)
    other = Consolidation(results=numbers.results, body={**numbers.body, "digest": "00" * 32})

    with pytest.raises(RefusedError) as caught:
        report_content(talk.session, marks=opened, numbers=other, root="00")
    assert caught.value.code == "digest_differs"


def test_session_without_result_has_no_report() -> None:
    talk = at(Phase.RELEASED)
    talk.release_marks()
    opened = open_marks(talk.session)

    with pytest.raises(RefusedError):
        report_content(
            talk.session, marks=opened, numbers=consolidation(talk.session, opened), root="00"
        )
