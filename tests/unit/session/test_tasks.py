from __future__ import annotations

from typing import Any

from bideval.session.names import Phase
from bideval.session.tasks import tasks_of
from bideval.terms.instants import instant_text
from tests.unit.session.acts.test_panel import refill, replace
from tests.unit.session.conversation import Conversation, at

CHAIR = "wencheng-01"


def tasks(talk: Conversation, name: str) -> list[tuple[str, str]]:
    person = talk.session.people.persons[name]
    return [(str(task["task"]), str(task["state"])) for task in tasks_of(talk.session, person)]


def task(talk: Conversation, name: str, wanted: str) -> dict[str, Any]:
    person = talk.session.people.persons[name]
    return next(one for one in tasks_of(talk.session, person) if one["task"] == wanted)


def state(talk: Conversation, name: str, wanted: str) -> object:
    return task(talk, name, wanted)["state"]


def unpublished() -> Conversation:
    talk = Conversation()
    talk.found()
    talk.people()
    return talk


def test_officer_publishes_the_tender_first() -> None:
    assert tasks(unpublished(), "officer-lin") == [("publish_tender", "todo")]


def test_officer_orders_once_nothing_is_missing() -> None:
    talk = at(Phase.CHAIRED)
    assert tasks(talk, "officer-lin") == [("publish_tender", "done"), ("order_phase", "todo")]
    assert task(talk, "officer-lin", "order_phase")["to"] == "responsiveness"
    talk.order(Phase.RESPONSIVENESS)
    assert state(talk, "officer-lin", "order_phase") == "done"


def test_officer_waits_while_something_is_missing_or_the_session_stands_still() -> None:
    assert state(at(Phase.RESPONSIVENESS), "officer-lin", "order_phase") == "waiting"
    talk = at(Phase.CHAIRED)
    talk.must("officer-lin", "session.paused", {"reason": "fire"})
    assert state(talk, "officer-lin", "order_phase") == "waiting"


def test_officer_decides_once_a_fault_has_outlasted_its_limit() -> None:
    talk = at(Phase.SCORING, "procurement/2")
    fault = {"since": instant_text(talk.now)}
    talk.must("officer-lin", "session.paused", {"reason": "no power", "fault": fault})
    assert talk.session.procedure.fault is not None
    due = talk.session.procedure.fault.due
    assert due is not None
    assert tasks(talk, "officer-lin") == [("publish_tender", "done")]
    talk.must("venue/fenghua", "pause.expired", {"due": instant_text(due)}, at=due)

    assert task(talk, "officer-lin", "decide_fault")["after"] == "new_panel"


def test_officer_orders_nothing_where_main_moves_by_itself() -> None:
    assert tasks(at(Phase.SCORING), "officer-lin") == [("publish_tender", "done")]


def test_officer_may_archive_a_result_whose_findings_stay() -> None:
    talk = at(Phase.SCORING)
    talk.script[CHAIR] = {"bid-a": {"design": "99"}}
    talk.until(Phase.RELEASED)
    assert tasks(talk, "officer-lin") == [("publish_tender", "done")]
    talk.release_marks()
    talk.consolidate()

    assert task(talk, "officer-lin", "order_phase")["to"] == "archived"


def test_officer_answers_objections_and_releases_shares() -> None:
    talk = at(Phase.PREPARED)
    talk.close()
    said = talk.must("bidder-aaaaaaaa", "opening.objected", {"text": "The clock is wrong"})

    assert task(talk, "officer-lin", "answer_objection")["objection"] == said.entry
    shares = [name for name, _ in tasks(talk, "officer-lin") if name == "release_share"]
    assert len(shares) == 3
    first = task(talk, "officer-lin", "release_share")
    assert (first["purpose"], first["about"]) == ("bid", "bid-a")
    talk.must("officer-lin", "share.released", talk.share("officer-lin", first["recipient"]))
    assert task(talk, "officer-lin", "release_share")["about"] == "bid-b"
    answer = {"objection": said.entry, "text": "It is right"}
    talk.must("officer-lin", "opening.answered", answer)
    assert "answer_objection" not in dict(tasks(talk, "officer-lin"))


def test_bidder_seals_for_every_lot() -> None:
    talk = unpublished()
    assert tasks(talk, "bidder-aaaaaaaa") == [("seal_bid", "waiting")]
    talk.publish()
    assert task(talk, "bidder-aaaaaaaa", "seal_bid") == {
        "task": "seal_bid",
        "state": "todo",
        "lot": "1",
        "bid": None,
    }
    talk.seal_bids()
    assert task(talk, "bidder-aaaaaaaa", "seal_bid")["bid"] == "bid-a"
    assert state(talk, "bidder-aaaaaaaa", "seal_bid") == "done"


def test_expert_goes_step_by_step() -> None:
    talk = at(Phase.CHECKED_IN)
    assert tasks(talk, CHAIR) == [
        ("declare", "todo"),
        ("vote_chair", "waiting"),
        ("vote_responsiveness", "waiting"),
        ("sign_sheet", "waiting"),
        ("confirm_result", "waiting"),
    ]
    talk = at(Phase.DECLARED)
    assert dict(tasks(talk, CHAIR))["vote_chair"] == "todo"
    talk.must(CHAIR, "chair.voted", {"round": 1, "candidate": CHAIR})
    assert dict(tasks(talk, CHAIR))["vote_chair"] == "done"
    talk = at(Phase.RESPONSIVENESS)
    assert dict(tasks(talk, CHAIR))["vote_responsiveness"] == "todo"
    talk = at(Phase.SCORING)
    assert dict(tasks(talk, CHAIR)) == {
        "declare": "done",
        "vote_chair": "done",
        "vote_responsiveness": "done",
        "sign_sheet": "todo",
        "confirm_result": "waiting",
    }
    talk.score(CHAIR, items=1)
    assert dict(tasks(talk, CHAIR))["sign_sheet"] == "done"
    talk = at(Phase.CONSOLIDATED)
    assert state(talk, CHAIR, "confirm_result") == "todo"
    talk.confirm(CHAIR)
    assert state(talk, CHAIR, "confirm_result") == "done"


def test_newcomer_starts_from_the_beginning() -> None:
    talk = at(Phase.SCORING)
    replace(talk)
    refill(talk)

    assert tasks(talk, CHAIR) == []
    assert dict(tasks(talk, "wencheng-05")) == {
        "declare": "todo",
        "vote_chair": "waiting",
        "vote_responsiveness": "waiting",
        "sign_sheet": "waiting",
        "confirm_result": "waiting",
    }
    talk.declare("wencheng-05")
    assert dict(tasks(talk, "wencheng-05"))["vote_responsiveness"] == "todo"


def test_findings_are_tasks_of_the_member_concerned_or_of_all() -> None:
    talk = at(Phase.SCORING)
    talk.script[CHAIR] = {
        "bid-a": {"design": "99", "service": "15", "record": "10"},
        "bid-b": {"design": "25.5", "service": "12", "record": "7"},
        "bid-c": {"design": "20", "service": "10", "record": "6"},
    }
    talk.until(Phase.RELEASED)
    talk.release_marks()
    talk.consolidate()

    def kinds(name: str) -> list[object]:
        person = talk.session.people.persons[name]
        found = tasks_of(talk.session, person)
        return [one["finding"]["kind"] for one in found if one["task"] == "correct_mark"]  # type: ignore[index]  # a finding is typed as JSON

    assert sorted(map(str, kinds(CHAIR))) == ["objective_inconsistent", "out_of_range"]
    assert kinds("beilun-01") == ["objective_inconsistent"]


def test_chair_notes_who_does_not_sign() -> None:
    talk = at(Phase.CONSOLIDATED)
    talk.confirm("fenghua-01")

    person = talk.session.people.persons[CHAIR]
    silent = [
        one["person"] for one in tasks_of(talk.session, person) if one["task"] == "note_refusal"
    ]

    assert silent == ["fenghua-02", "wencheng-02", "beilun-01"]
    assert "note_refusal" not in dict(tasks(talk, "beilun-01"))


def test_members_note_that_the_chair_does_not_sign() -> None:
    talk = at(Phase.CONSOLIDATED, "procurement/2")
    task_of = {one: dict(tasks(talk, one)).get("note_refusal") for one in ("fenghua-01", CHAIR)}

    assert task_of == {"fenghua-01": "todo", CHAIR: "todo"}
    person = talk.session.people.persons["fenghua-01"]
    assert [one["person"] for one in tasks_of(talk.session, person) if "person" in one] == [CHAIR]


def test_operator_checks_in_whom_the_draw_sends() -> None:
    talk = at(Phase.DRAWN)
    assert tasks(talk, "operator-wencheng") == [("check_in", "todo")] * 2
    talk.check_in("wencheng-01", 3)
    assert task(talk, "operator-wencheng", "check_in")["seat"] == 4
    assert tasks(at(Phase.OPENED), "operator-wencheng") == []


def test_operator_waits_until_the_draw_is_over() -> None:
    talk = at(Phase.OPENED)
    talk.draw()

    assert tasks(talk, "operator-beilun") == [("check_in", "waiting")]


def test_supervisor_commits_once_the_pool_is_fixed() -> None:
    assert tasks(unpublished(), "supervisor-gu") == []
    talk = at(Phase.OPENED)
    assert tasks(talk, "supervisor-gu") == [("seal_nonce", "waiting")]
    talk.must("venue/fenghua", "pool.sealed", talk.pool())
    assert tasks(talk, "supervisor-gu") == [("seal_nonce", "todo")]
    talk.must("supervisor-gu", "nonce.sealed", talk.nonce())
    assert tasks(talk, "supervisor-gu") == [("seal_nonce", "done")]


def test_supervisor_without_shares_has_nothing_to_do() -> None:
    talk = at(Phase.OPENED)
    talk.enrol("supervisor-new", "supervisor")

    assert tasks(talk, "supervisor-new") == []


def test_broken_off_session_has_no_tasks() -> None:
    talk = at(Phase.SCORING)
    talk.move(Phase.FAILED, ordered=True)

    assert tasks(talk, "officer-lin") == []


def test_archived_session_leaves_the_names_to_be_opened() -> None:
    talk = at(Phase.REPORTED)
    talk.move(Phase.ARCHIVED, ordered=True)

    assert tasks(talk, "supervisor-gu") == [("seal_nonce", "done"), ("release_share", "todo")]
    assert tasks(talk, "officer-lin") == [("publish_tender", "done")]
