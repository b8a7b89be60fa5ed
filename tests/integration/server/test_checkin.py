"""Experts at the door: who sees names, what a seat's code is worth, who follows whom."""

from __future__ import annotations

import time

import pytest

from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from tests.integration.server import test_course as course
from tests.integration.server.people import Person, running_venues

SESSION = course.SESSION
CHECKIN = f"/api/sessions/{SESSION}/checkin"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A session of one venue whose panel is drawn, and its operator."""
    with running_venues(tmp_path_factory.mktemp("venues"), ["fenghua"]) as venues:
        officers, supervisor = course.begin(venues, per_venue=3)
        course.bid_and_open(venues, officers)
        course.draw(officers[0], supervisor, venues, 3)
        operator = Person("operator-door", "operator", venues["fenghua"])
        operator.enrol()
        yield officers[0], operator


@pytest.fixture(scope="module")
def second(drawn):
    """The expert of seat 2, checked in."""
    return seated(drawn[1], 2)[0]


def expected(operator):
    return operator.ok(operator.http.get(CHECKIN))["experts"]


def error_of(response):
    return response.status_code, response.json()["error"]["code"]


def log_of(place, kind):
    """Return what the venue's log says of a kind."""
    with place.venue.devices.store.read() as reader:
        lines = reader.lines(place.venue.log, 0, 1_000)
    entries = [parse_entry(parse_line(stored.line).jws) for stored in lines]
    return [entry.body for entry in entries if entry.kind == kind]


def test_code_and_key_of_a_seat_are_in_the_venue_s_log(drawn, second):
    _, operator = drawn
    given = log_of(operator.at, "code.given")
    expected = {"role": "expert", "session": SESSION, "replaces": None, "by": operator.name}
    assert {"person": second.name, **expected} in given
    keys = [one for one in log_of(operator.at, "key.enrolled") if one["person"] == second.name]
    assert keys[0]["kid"] == second.key.key_id


def seat_three(operator):
    return next(one for one in expected(operator) if one["seat"] == 3)


def seated(operator, number):
    """Check the expert of a drawn seat in, under the seat's number."""
    one = next(one for one in expected(operator) if one["seat"] == number)
    body = {"blinded": one["blinded"], "seat": f"fenghua-{number:02d}"}
    given = operator.ok(operator.http.post(CHECKIN, json=body))
    expert = Person(given["person"], "expert", operator.at, session=SESSION)
    expert.enrol(given["code"], SESSION)
    return expert, one


def test_operator_sees_the_names_of_the_drawn(drawn):
    _, operator = drawn
    experts = expected(operator)
    assert [one["seat"] for one in experts] == [1, 2, 3]
    assert all(one["identity"]["name"].startswith("Expert fenghua ") for one in experts)


def test_names_are_nowhere_else(drawn):
    officer, operator = drawn
    names = [one["identity"]["name"] for one in expected(operator)]
    seen = officer.http.get(f"/api/sessions/{SESSION}").text
    files = [one for one in operator.at.settings.data_dir.rglob("*") if one.is_file()]
    stored = b"".join(one.read_bytes() for one in files)
    assert [name for name in names if name in seen or name.encode() in stored] == []


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"blinded": "0" * 64, "seat": "fenghua-01"}, (409, "not_expected")),
        ({"blinded": None, "seat": "wencheng-01"}, (422, "seat_name")),
        ({"blinded": None, "seat": "Fenghua 01"}, (422, "bad_person_id")),
    ],
)
def test_seat_is_refused(body, answer, drawn):
    _, operator = drawn
    assert error_of(operator.http.post(CHECKIN, json=body)) == answer


def test_expert_is_bound_to_the_session_of_the_seat(drawn):
    _, operator = drawn
    expert, _ = seated(operator, 1)
    me = expert.http.get("/api/me").json()
    assert (me["role"], me["session"]) == ("expert", SESSION)
    assert error_of(expert.http.get("/api/sessions/other-session"))[0] == 404
    assert expert.view(SESSION)["me"]["person"] == expert.name


def test_new_key_of_a_seat_needs_a_second_role_and_closes_the_old_one(drawn, second):
    officer, operator = drawn
    one = next(one for one in expected(operator) if one["seat"] == 2)
    body = {"blinded": one["blinded"], "seat": second.name}
    refused = operator.http.post(CHECKIN, json=body)
    assert error_of(refused) == (409, "second_role_missing")
    assert second.http.get("/api/me").status_code == 200

    leave = {"person": second.name, "replaces": second.key.key_id, "reason": "Its computer broke"}
    officer.say(SESSION, "rekey.allowed", leave)
    fresh, _ = seated(operator, 2)

    assert error_of(second.http.get("/api/me")) == (401, "not_signed_in")
    assert fresh.view(SESSION)["me"]["kid"] == fresh.key.key_id
    old = second.entry(SESSION, "declaration.signed", {"discipline": True, "recusal": "none"})
    assert error_of(fresh.send(SESSION, old)) == (403, "key_closed")


@pytest.mark.usefixtures("second")
def test_taken_seat_is_not_given_to_somebody_else(drawn):
    _, operator = drawn
    third = seat_three(operator)
    body = {"blinded": third["blinded"], "seat": "fenghua-02"}
    assert error_of(operator.http.post(CHECKIN, json=body)) == (409, "seat_taken")


def test_who_declines_is_followed_by_the_next_ticket(drawn):
    officer, operator = drawn
    third = seat_three(operator)
    answer = {"blinded": third["blinded"], "answer": "declined"}
    officer.ok(officer.http.post(f"/api/sessions/{SESSION}/invitations", json=answer))
    noted = log_of(officer.at, "answer.noted")
    assert noted == [{"session": SESSION, **answer, "by": officer.name}]
    end = time.monotonic() + 10
    while (after := seat_three(operator))["blinded"] == third["blinded"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert after["identity"]["name"] != third["identity"]["name"]
