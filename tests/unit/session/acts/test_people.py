from __future__ import annotations

from typing import Any

import pytest

from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u, hex_digest
from bideval.evidence.jws import sign_compact
from bideval.evidence.signing import new_signing_key
from bideval.session.names import MemberState, Phase, SeatState
from bideval.terms.errors import EvidenceError
from bideval.terms.identifiers import Role
from tests.unit.session.conversation import SESSION, Conversation, at, tender

MAIN = "venue/fenghua"


def founded() -> Conversation:
    talk = Conversation()
    talk.must(MAIN, "session.founded", talk.founding())
    return talk


def enrolling(talk: Conversation, name: str, role: str, **changes: Any) -> str | None:
    return talk.enrol(name, role, **changes).void_code


# Joining


def test_branch_joins_once() -> None:
    talk = founded()
    body = {"founding": talk.session.founding.hex()}
    talk.must("venue/wencheng", "venue.joined", body)

    assert talk.session.people.joined == {"fenghua": 0, "wencheng": 1}
    assert talk.say("venue/wencheng", "venue.joined", body).void_code == "already_joined"


def test_branch_that_saw_another_founding_does_not_join() -> None:
    talk = founded()

    said = talk.say("venue/wencheng", "venue.joined", {"founding": "00" * 32})

    assert said.void_code == "other_founding"


# Enrolling


@pytest.mark.parametrize("role", ["officer", "bidder", "supervisor", "operator"])
def test_main_enrols_people_of_any_role_without_a_seat(role: str) -> None:
    talk = founded()

    assert enrolling(talk, f"{role}-new", role) is None
    assert talk.session.people.persons[f"{role}-new"].role is Role(role)


def test_branch_enrols_its_own_operator_but_no_officer() -> None:
    talk = founded()
    talk.actor("officer-new", "wencheng")
    body = talk.enrolment("officer-new", "officer", "wencheng")

    said = talk.say("venue/wencheng", "person.enrolled", body)

    assert said.void_code == "enrolled_elsewhere"
    assert enrolling(talk, "operator-new", "operator", venue="wencheng") is None


def test_low_order_key_is_refused() -> None:
    talk = founded()

    code = enrolling(talk, "officer-new", "officer", public=b64u(bytes(32)))

    assert code == "key_refused"


def test_key_of_an_unknown_suite_is_refused() -> None:
    assert enrolling(founded(), "officer-new", "officer", suite="RSA") == "key_refused"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("session", "other-session"),
        ("venue", "wencheng"),
        ("person", "officer-other"),
        ("role", "bidder"),
        ("recipient", None),
    ],
)
def test_proof_of_possession_must_say_what_the_enrolment_says(member: str, value: object) -> None:
    talk = founded()
    actor = talk.actor("officer-new")
    claim = {
        "session": SESSION,
        "venue": "fenghua",
        "person": "officer-new",
        "role": "officer",
        "recipient": actor.recipient,
        member: value,
    }
    proof = sign_compact(actor.key, "bideval-proof/1", canonical_bytes(claim))

    assert enrolling(talk, "officer-new", "officer", proof=proof) == "proof_refused"


def test_proof_by_another_key_is_refused() -> None:
    talk = founded()
    actor = talk.actor("officer-new")
    other = new_signing_key("Ed25519", b"\x07" * 32)
    claim = {
        "session": SESSION,
        "venue": "fenghua",
        "person": "officer-new",
        "role": "officer",
        "recipient": actor.recipient,
    }
    proof = sign_compact(other, "bideval-proof/1", canonical_bytes(claim))

    assert enrolling(talk, "officer-new", "officer", proof=proof) == "proof_refused"


def test_key_speaks_for_one_person_only() -> None:
    talk = founded()
    talk.enrol("officer-one", "officer")
    talk.actors["officer-two"] = talk.actors["officer-one"]

    assert enrolling(talk, "officer-two", "officer") == "key_known"


def test_person_is_enrolled_again_only_by_naming_the_present_key() -> None:
    talk = founded()
    talk.enrol("officer-one", "officer")
    present = talk.actors["officer-one"].key.public.key_id
    talk.actor("officer-one", generation=1)

    assert enrolling(talk, "officer-one", "officer") == "person_known"
    assert enrolling(talk, "officer-one", "officer", replaces="nothing") == "person_known"
    assert enrolling(talk, "officer-one", "officer", replaces=present) is None
    assert talk.session.people.closed.keys() == {present}


def test_first_enrolment_replaces_no_key() -> None:
    assert enrolling(founded(), "officer-one", "officer", replaces="x") == "key_unknown"


def test_person_keeps_the_role() -> None:
    talk = founded()
    talk.enrol("officer-one", "officer")
    present = talk.actors["officer-one"].key.public.key_id
    talk.actor("officer-one", generation=1)

    assert enrolling(talk, "officer-one", "supervisor", replaces=present) == "person_differs"


def test_custodian_keeps_the_recipient_that_shares_are_encrypted_to() -> None:
    talk = at(Phase.PREPARED)
    present = talk.actors["officer-lin"].key.public.key_id
    talk.actor("officer-lin", generation=1)
    talk.actors["officer-lin"].recipient = talk.actors["officer-zhao"].recipient

    assert enrolling(talk, "officer-lin", "officer", replaces=present) == "recipient_differs"


def test_who_keeps_no_share_may_change_the_recipient() -> None:
    talk = founded()
    talk.enrol("officer-one", "officer")
    talk.enrol("officer-two", "officer")
    present = talk.actors["officer-one"].key.public.key_id
    talk.actor("officer-one", generation=1)
    talk.actors["officer-one"].recipient = talk.actors["officer-two"].recipient

    assert enrolling(talk, "officer-one", "officer", replaces=present) is None


# Experts


def test_expert_checks_in_on_the_ticket_drawn_for_the_venue() -> None:
    talk = at(Phase.DRAWN)

    assert talk.check_in("wencheng-01", 3).counted is True
    member = talk.session.panel.members["wencheng-01"]
    assert (member.seat, member.discipline, member.declared) == (3, "A08", False)
    assert talk.session.panel.seats[3].state is SeatState.CHECKED_IN


def test_expert_cannot_check_in_before_the_draw() -> None:
    assert at(Phase.OPENED).check_in("wencheng-01", 3).void_code == "not_drawn"


def test_ticket_of_another_venue_is_refused() -> None:
    talk = at(Phase.DRAWN)
    blinded = talk.seat(1)["blinded"]

    assert talk.enrol("wencheng-01", "expert", "wencheng", ticket=blinded).void_code == "not_drawn"


def test_ticket_that_was_not_drawn_is_refused() -> None:
    talk = at(Phase.DRAWN)

    said = talk.enrol("wencheng-01", "expert", "wencheng", ticket="00" * 32)

    assert said.void_code == "not_drawn"


def test_ticket_seats_one_expert() -> None:
    talk = at(Phase.DRAWN)
    talk.check_in("wencheng-01", 3)

    assert talk.check_in("wencheng-09", 3).void_code == "seat_taken"


def test_declined_ticket_seats_nobody() -> None:
    talk = at(Phase.DRAWN)
    body = {"blinded": talk.seat(3)["blinded"], "answer": "declined"}
    talk.must(MAIN, "invitation.answered", body)

    assert talk.check_in("wencheng-01", 3).void_code == "seat_taken"


def test_seat_at_another_venue_is_refused() -> None:
    talk = at(Phase.DRAWN)
    talk.actor("wencheng-01", "wencheng")
    claim = talk.enrolment("wencheng-01", "expert", "fenghua")
    claim |= {
        "seat": {"venue": "wencheng", "name": "wencheng-01"},
        "ticket": talk.seat(3)["blinded"],
    }

    said = talk.say(MAIN, "person.enrolled", claim)

    assert said.void_code == "seat_elsewhere"


def test_expert_without_ticket_has_no_seat_unless_the_purchaser_sends_representatives() -> None:
    assert enrolling(at(Phase.DRAWN), "fenghua-09", "expert") == "no_seat"


def test_newcomer_cannot_join_once_marks_are_released() -> None:
    talk = at(Phase.RELEASED)

    assert enrolling(talk, "fenghua-09", "expert") == "too_late_to_join"


SEATED = "wencheng-01"


def kid_of(talk: Conversation, name: str = SEATED) -> str:
    return talk.session.people.persons[name].kid


def leave(talk: Conversation, by: str = "officer-lin", **changes: Any) -> str | None:
    """Let somebody allow that the seated member's key is replaced; return the void code."""
    body = {"person": SEATED, "replaces": kid_of(talk), "reason": "The computer broke"}
    return talk.say(by, "rekey.allowed", body | changes).void_code


def rekey(talk: Conversation, *, generation: int = 1) -> str | None:
    """Let the venue of the seat enrol a new key for the seated member; return the void code."""
    present, blinded = kid_of(talk), talk.seat(3)["blinded"]
    talk.actor(SEATED, "wencheng", generation=generation)
    body = talk.enrolment(SEATED, "expert", "wencheng", ticket=blinded, replaces=present)
    return talk.say("venue/wencheng", "person.enrolled", body).void_code


def test_venue_alone_cannot_replace_the_key_of_a_seated_member() -> None:
    talk = at(Phase.SCORING)
    before = kid_of(talk)

    assert rekey(talk) == "second_role_missing"
    assert kid_of(talk) == before


@pytest.mark.parametrize("by", ["officer-lin", "supervisor-gu", SEATED])
def test_second_role_lets_a_key_be_replaced_once(by: str) -> None:
    talk = at(Phase.SCORING)
    before = kid_of(talk)

    assert leave(talk, by) is None
    assert rekey(talk) is None
    assert rekey(talk, generation=2) == "second_role_missing"
    used = talk.session.people.rekeys[before]
    assert (used.person, used.by, used.kid) == (SEATED, by, kid_of(talk))


def test_leave_for_a_new_key_names_a_seated_member_and_the_present_key() -> None:
    talk = at(Phase.SCORING)

    assert leave(talk, person="wencheng-09") == "not_seated"
    assert leave(talk, person="officer-lin") == "not_seated"
    assert leave(talk, replaces="x") == "key_unknown"


def test_member_gives_leave_for_nobody_else() -> None:
    assert leave(at(Phase.SCORING), "wencheng-02") == "other_person"


def test_supervisor_whom_the_venue_of_the_seat_brought_in_is_no_second_role() -> None:
    talk = at(Phase.SCORING)
    for name, venue in (("supervisor-own", "wencheng"), ("supervisor-far", "beilun")):
        assert talk.enrol(name, "supervisor", venue).counted is True

    assert leave(talk, "supervisor-own") == "not_independent"
    assert leave(talk, "supervisor-far") is None


def test_expert_with_a_new_key_keeps_seat_and_declaration() -> None:
    talk = at(Phase.DECLARED)

    assert leave(talk) is None
    assert rekey(talk) is None
    member = talk.session.panel.members["wencheng-01"]
    assert (member.state, member.declared) == (MemberState.SEATED, True)


def represented() -> Conversation:
    """Return a session whose panel has one purchaser's representative among five."""
    panel = tender()["panel"] | {
        "representatives": 1,
        "disciplines": [
            {"id": "A08", "name": "Furniture", "members": 3},
            {"id": "A02", "name": "Devices", "members": 1},
        ],
        "seats": [
            {"venue": "fenghua", "members": 2},
            {"venue": "wencheng", "members": 2},
        ],
    }
    talk = Conversation(document=tender(panel=panel))
    talk.until(Phase.OPENED)
    drawing = talk.drawing
    talk.drawing = lambda: drawing() | {"panel": drawing()["panel"][:4]}  # type: ignore[method-assign]  # main draws too few
    return talk.until(Phase.DRAWN)


def test_main_enrols_representatives_up_to_the_number_of_the_tender() -> None:
    talk = represented()

    assert enrolling(talk, "fenghua-08", "expert") is None
    assert talk.session.panel.members["fenghua-08"].representative is True
    assert enrolling(talk, "fenghua-09", "expert") == "no_seat"


def test_branch_enrols_no_representative() -> None:
    assert enrolling(represented(), "wencheng-08", "expert", venue="wencheng") == "no_seat"


def test_representative_votes_for_the_chair_but_cannot_be_it() -> None:
    talk = represented()
    talk.enrol("fenghua-08", "expert")
    names = ["fenghua-01", "fenghua-02", "wencheng-01", "wencheng-02"]
    for number, name in enumerate(names, start=1):
        talk.check_in(name, number)
    talk.move(Phase.CHECKED_IN)
    for name in [*names, "fenghua-08"]:
        talk.declare(name)
    talk.move(Phase.DECLARED)

    said = talk.say("fenghua-01", "chair.voted", {"round": 1, "candidate": "fenghua-08"})
    assert said.void_code == "representative_chair"
    talk.elect("wencheng-01")
    assert talk.session.panel.chair == "wencheng-01"


# Lines, paper, warnings


def test_branch_is_noted_absent_and_back() -> None:
    talk = at(Phase.SCORING)
    body = {"venue": "beilun", "since": "2026-11-22T10:30:00.000+08:00"}

    assert talk.say(MAIN, "venue.returned", body).void_code == "not_absent"
    talk.must(MAIN, "venue.absent", body)
    assert talk.session.people.absent.keys() == {"beilun"}
    assert talk.say(MAIN, "venue.absent", body).void_code == "already_absent"
    talk.must(MAIN, "venue.returned", body)
    assert talk.session.people.absent == {}


@pytest.mark.parametrize("venue", ["fenghua", "ningbo"])
@pytest.mark.parametrize("kind", ["venue.absent", "venue.returned"])
def test_only_branches_of_the_session_are_absent(venue: str, kind: str) -> None:
    body = {"venue": venue, "since": "2026-11-22T10:30:00.000+08:00"}

    assert at(Phase.SCORING).say(MAIN, kind, body).void_code == "unknown_venue"


def test_printed_copies_add_up_for_each_venue() -> None:
    talk = at(Phase.REPORTED)
    for copies in (2, 3):
        talk.must("venue/beilun", "report.printed", {"copies": copies})

    assert talk.session.results.printed == {"beilun": 5}


def test_nothing_is_printed_before_the_report() -> None:
    said = at(Phase.CONFIRMED).say(MAIN, "report.printed", {"copies": 1})

    assert said.void_code == "no_report"


def test_warning_is_kept_with_its_author() -> None:
    talk = at(Phase.SCORING)
    talk.must("supervisor-gu", "supervisor.warned", {"text": "Doors are open"})

    (warned,) = talk.session.procedure.warnings
    assert (warned.by, warned.text) == ("supervisor-gu", "Doors are open")


def test_words_by_the_key_of_a_void_enrolment_are_authentic_and_void() -> None:
    talk = at(Phase.PREPARED)
    talk.actor("wencheng-01", "wencheng")
    ticket = hex_digest(b"?")
    assert talk.enrol("wencheng-01", "expert", "wencheng", ticket=ticket).void_code == "not_drawn"
    said = talk.say("wencheng-01", "supervisor.warned", {"text": "here I am"})
    assert (said.counted, said.void_code) == (False, "not_allowed")
    said = talk.say("wencheng-01", "declaration.signed", {"discipline": True})
    assert (said.counted, said.void_code) == (False, "key_closed")
    assert "wencheng-01" not in talk.session.people.persons


def test_key_of_a_void_enrolment_may_be_enrolled_later() -> None:
    talk = founded()
    talk.actor("supervisor-hu")
    wrong = enrolling(talk, "supervisor-hu", "supervisor", replaces="A" * 22)
    right = enrolling(talk, "supervisor-hu", "supervisor")
    said = talk.say("supervisor-hu", "supervisor.warned", {"text": "here I am"})
    assert (wrong, right, said.void_code) == ("key_unknown", None, None)


def test_key_that_is_not_proven_stays_unknown() -> None:
    talk = founded()
    talk.actor("supervisor-hu")
    assert enrolling(talk, "supervisor-hu", "supervisor", proof="x") == "proof_refused"
    with pytest.raises(EvidenceError, match="no such key"):
        talk.say("supervisor-hu", "supervisor.warned", {"text": "here I am"})


def test_person_lets_no_key_in() -> None:
    talk = at(Phase.PREPARED)
    talk.actor("supervisor-hu")
    body = talk.enrolment("supervisor-hu", "supervisor", "fenghua")
    assert talk.say("officer-lin", "person.enrolled", body).void_code == "not_allowed"
    with pytest.raises(EvidenceError, match="no such key"):
        talk.say("supervisor-hu", "supervisor.warned", {"text": "here I am"})
