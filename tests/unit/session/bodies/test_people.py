from __future__ import annotations

from typing import Any

import pytest

from bideval.evidence.sealing import new_age_identity
from bideval.session.bodies.people import (
    Continued,
    read_continued,
    read_line_state,
    read_person_enrolled,
    read_report_printed,
    read_session_founded,
    read_supervisor_warned,
    read_venue_joined,
)
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields
from tests.unit.session.conversation import Conversation

RECIPIENT = new_age_identity()[1]


def founding(**changes: Any) -> Fields:
    return Fields(Conversation().founding() | changes, "body")


def enrolment(**changes: Any) -> Fields:
    body = {
        "person": "wencheng-02",
        "role": "expert",
        "suite": "Ed25519",
        "public": "AAAA",
        "recipient": None,
        "proof": "x.y.z",
        "replaces": None,
        "seat": {"venue": "wencheng", "name": "wencheng-02"},
        "ticket": "ab" * 32,
        "checked_by": "operator-wencheng",
    }
    return Fields(body | changes, "body")


def test_founding_names_title_rulebook_main_and_venues() -> None:
    body = read_session_founded(founding())

    assert (body.rulebook, body.main) == ("procurement/1", "fenghua")
    assert [venue.id for venue in body.venues] == ["fenghua", "wencheng", "beilun"]


def test_founding_keeps_the_session_before_unread() -> None:
    """Only later rulebooks know it; what stood there before was left alone."""
    assert read_session_founded(founding()).continues is None
    assert read_session_founded(founding(continues=7)).continues == 7

    offer = {"lot": "1", "bidder": "bidder-aaaaaaaa", "digest": "cd" * 32}
    before = {"session": "fh-2026-0100", "size": 9, "root": "ab" * 32, "bids": [offer]}
    assert read_continued(Fields(before, "body.continues")) == Continued(
        session="fh-2026-0100",
        size=9,
        root="ab" * 32,
        offers={("1", "bidder-aaaaaaaa"): "cd" * 32},
    )
    with pytest.raises(InputError) as caught:
        read_continued(Fields(before | {"bids": [offer, offer]}, "body.continues"))
    assert (caught.value.field, caught.value.code) == ("body.continues.bids", "duplicate_bid")


def twice(changes: dict[str, Any]) -> list[dict[str, Any]]:
    venues = Conversation().founding()["venues"]
    return [*venues, venues[0] | changes]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"main": "ningbo"}, "body.main", "unknown_venue"),
        ({"venues": []}, "body.venues", "wrong_count"),
        ({"venues": twice({})}, "body.venues", "duplicate_venue"),
        ({"venues": twice({"id": "ningbo"})}, "body.venues", "duplicate_key"),
        (
            {"venues": twice({"recipient": "age1nothing"})},
            "body.venues[3].recipient",
            "recipient_invalid",
        ),
        ({"title": "x" * 301}, "body.title", "too_long"),
    ],
)
def test_founding_names_the_field_that_is_wrong(
    changes: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_session_founded(founding(**changes))
    assert (caught.value.field, caught.value.code) == (field, code)


def test_joining_names_the_founding_line() -> None:
    assert read_venue_joined(Fields({"founding": "ab" * 32}, "body")).founding == "ab" * 32


def test_expert_is_enrolled_on_a_seat_of_the_own_name() -> None:
    body = read_person_enrolled(enrolment())

    assert body.seat is not None
    assert (body.seat.venue, body.seat.name, body.ticket) == ("wencheng", body.person, "ab" * 32)


def test_officer_is_enrolled_with_a_recipient_and_no_seat() -> None:
    changes = {"person": "officer-lin", "role": "officer", "seat": None, "ticket": None}
    body = read_person_enrolled(enrolment(**changes, recipient=RECIPIENT, replaces="kid"))

    assert (body.seat, body.recipient, body.replaces) == (None, RECIPIENT, "kid")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"role": "auditor"}, "body.role", "unknown_choice"),
        ({"role": "king"}, "body.role", "unknown_choice"),
        ({"role": "officer"}, "body.seat", "seat_without_expert"),
        ({"role": "officer", "seat": None}, "body.ticket", "ticket_without_seat"),
        ({"seat": None}, "body.seat", "not_an_object"),
        (
            {"seat": {"venue": "wencheng", "name": "wencheng-03"}},
            "body.seat.name",
            "seat_name",
        ),
        ({"seat": {"venue": "beilun", "name": "wencheng-02"}}, "body.seat.name", "seat_name"),
        ({"ticket": "short"}, "body.ticket", "not_a_digest"),
        ({"recipient": "age1x"}, "body.recipient", "recipient_invalid"),
        ({"replaces": 7}, "body.replaces", "not_a_text"),
        ({"checked_by": "NOBODY"}, "body.checked_by", "bad_person_id"),
    ],
)
def test_enrolment_names_the_field_that_is_wrong(
    changes: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_person_enrolled(enrolment(**changes))
    assert (caught.value.field, caught.value.code) == (field, code)


def test_line_state_has_venue_and_instant() -> None:
    body = Fields({"venue": "wencheng", "since": "2026-11-22T10:00:00.000+08:00"}, "body")

    assert (read_line_state(body).venue, read_line_state(body).since) == (
        "wencheng",
        1_795_312_800_000,
    )


@pytest.mark.parametrize("copies", [0, 1001])
def test_copies_have_limits(copies: int) -> None:
    with pytest.raises(InputError):
        read_report_printed(Fields({"copies": copies}, "body"))
    assert read_report_printed(Fields({"copies": 3}, "body")).copies == 3


def test_warning_is_a_text() -> None:
    assert read_supervisor_warned(Fields({"text": "Doors"}, "body")).text == "Doors"
