"""Codes, keys and cookies: each works once, for whom it was made, as long as it should."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from bideval.actions.accounts import code_hash, find_activation, give_code, invite, new_code
from bideval.evidence.encoding import b64u
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.ports import Activation
from bideval.terms.identifiers import Role
from tests.integration.server.people import Person, running_venues

LOW_ORDER = bytes(32)
HOURS_MS = 3_600_000


def newcomer(place, role="bidder"):
    return Person(f"{role}-n{os.urandom(3).hex()}", role, place)


def error_of(response):
    return response.status_code, response.json()["error"]["code"]


def enrol_with(person, code, **other):
    body = person.enrolment(code) | other
    return person.http.post("/api/enrol", json=body)


@pytest.fixture
def code_for(fenghua):
    def make(person):
        return invite(fenghua.venue, person.name, Role(person.role))

    return make


def test_code_says_what_it_is_for(fenghua, code_for):
    person = newcomer(fenghua)
    answer = person.http.post("/api/enrol/code", json={"code": code_for(person)}).json()
    assert answer == {
        "person": person.name,
        "role": "bidder",
        "session": None,
        "venue": "fenghua",
    }


def test_code_is_read_as_people_write_it(fenghua, code_for):
    person = newcomer(fenghua)
    spoken = code_for(person).upper().replace("-", " ")
    assert enrol_with(person, spoken).status_code == 201


def test_enrolling_signs_in(fenghua, code_for):
    person = newcomer(fenghua)
    person.enrol(code_for(person))
    me = person.http.get("/api/me").json()
    assert (me["person"], me["kid"]) == (person.name, person.key.key_id)


def test_code_works_once(fenghua, code_for):
    person = newcomer(fenghua)
    code = code_for(person)
    person.enrol(code)
    again = Person(person.name, person.role, fenghua)
    assert error_of(enrol_with(again, code)) == (403, "bad_code")


def test_new_code_withdraws_the_old_one(fenghua, code_for):
    person = newcomer(fenghua)
    old, new = code_for(person), code_for(person)
    assert error_of(enrol_with(person, old)) == (403, "bad_code")
    assert enrol_with(person, new).status_code == 201


def test_code_expires(fenghua, code_for):
    person = newcomer(fenghua)
    code = code_for(person)
    fenghua.clock.ahead_ms += fenghua.venue.limits.code_ms + 1
    assert error_of(enrol_with(person, code)) == (403, "bad_code")


def test_weak_key_is_refused_and_the_code_stays(fenghua, code_for):
    person = newcomer(fenghua)
    code = code_for(person)
    refused = enrol_with(person, code, public=b64u(LOW_ORDER))
    assert error_of(refused) == (422, "key_invalid")
    assert enrol_with(person, code).status_code == 201


def test_proof_for_another_person_is_refused(fenghua, code_for):
    person = newcomer(fenghua)
    other = person.proof(None, person="officer-somebody")
    refused = enrol_with(person, code_for(person), proof=other)
    assert error_of(refused) == (422, "proof_differs")


def test_proof_by_another_key_is_refused(fenghua, code_for):
    person, thief = newcomer(fenghua), newcomer(fenghua)
    stolen = thief.proof(None, person=person.name)
    assert enrol_with(person, code_for(person), proof=stolen).status_code == 422


def test_unsafe_recipient_is_refused(fenghua, code_for):
    person = newcomer(fenghua)
    bad = "age1" + "q" * 58
    refused = enrol_with(
        person, code_for(person), recipient=bad, proof=person.proof(None, recipient=bad)
    )
    assert error_of(refused) == (422, "recipient_invalid")


def test_log_in_by_key_and_out_again(fenghua, code_for):
    person = newcomer(fenghua)
    person.enrol(code_for(person))
    person.http.post("/logout")
    assert error_of(person.http.get("/api/me")) == (401, "not_signed_in")
    assert person.log_in().status_code == 200
    assert person.http.get("/api/me").status_code == 200


def test_who_signs_in_ends_the_login_that_the_browser_had(fenghua, code_for):
    """And not a second login of the same person: that is another window."""
    first, second = newcomer(fenghua), newcomer(fenghua)
    first.enrol(code_for(first))
    old = {"cookie": f"bideval={first.http.cookies['bideval']}"}
    first.ok(first.log_in())
    anybody = newcomer(fenghua).http
    assert anybody.get("/api/me", headers=old).json()["person"] == first.name

    newer = {"cookie": f"bideval={first.http.cookies['bideval']}"}
    second.http.cookies = first.http.cookies
    second.enrol(code_for(second))
    assert error_of(anybody.get("/api/me", headers=newer)) == (401, "not_signed_in")
    assert second.http.get("/api/me").json()["person"] == second.name


def test_logged_out_cookie_is_worth_nothing(fenghua, code_for):
    person = newcomer(fenghua)
    person.enrol(code_for(person))
    cookie = person.http.cookies["bideval"]
    person.http.post("/logout")
    person.http.cookies.set("bideval", cookie)
    assert error_of(person.http.get("/api/me")) == (401, "not_signed_in")


def test_challenge_works_once(fenghua, code_for):
    person = newcomer(fenghua)
    person.enrol(code_for(person))
    asked = person.http.post("/api/login/challenge", json={"kid": person.key.key_id}).json()
    signed = person.signed_challenge(asked)
    assert person.http.post("/api/login", json=signed).status_code == 200
    assert error_of(person.http.post("/api/login", json=signed)) == (401, "login_failed")


def test_challenge_of_another_venue_does_not_sign_in(fenghua, code_for):
    person = newcomer(fenghua)
    person.enrol(code_for(person))
    asked = person.http.post("/api/login/challenge", json={"kid": person.key.key_id}).json()
    signed = person.signed_challenge(asked | {"venue": "wencheng"})
    assert error_of(person.http.post("/api/login", json=signed)) == (401, "login_failed")


def test_unknown_key_does_not_sign_in(fenghua):
    assert error_of(newcomer(fenghua).log_in()) == (401, "login_failed")


def test_new_key_closes_the_old_one(fenghua, code_for):
    person = newcomer(fenghua)
    person.enrol(code_for(person))
    again = Person(person.name, person.role, fenghua)
    again.enrol(code_for(person))
    assert error_of(person.http.get("/api/me")) == (401, "not_signed_in")
    assert error_of(person.log_in()) == (401, "login_failed")


def test_login_ends_by_itself(fenghua, code_for):
    person = newcomer(fenghua)
    person.enrol(code_for(person))
    fenghua.clock.ahead_ms += 13 * HOURS_MS
    assert error_of(person.http.get("/api/me")) == (401, "not_signed_in")


def test_officer_invites_a_bidder(fenghua):
    officer = newcomer(fenghua, "officer")
    officer.enrol()
    given = officer.http.post("/api/codes", json={"role": "bidder"}).json()
    bidder = Person(given["person"], "bidder", fenghua)
    assert bidder.enrol(given["code"])["person"].startswith("bidder-")


def test_officer_cannot_invite_an_expert(fenghua):
    officer = newcomer(fenghua, "officer")
    officer.enrol()
    response = officer.http.post("/api/codes", json={"role": "expert", "person": "fenghua-01"})
    assert error_of(response) == (403, "role_not_invitable")


def test_invited_id_begins_with_its_role(fenghua):
    officer = newcomer(fenghua, "officer")
    officer.enrol()
    response = officer.http.post("/api/codes", json={"role": "operator", "person": "zhang-san"})
    assert error_of(response) == (422, "bad_person_id")


def test_officer_cannot_take_the_place_of_somebody_who_is_known(fenghua):
    officer, bidder = newcomer(fenghua, "officer"), newcomer(fenghua)
    officer.enrol()
    bidder.enrol()
    body = {"role": "bidder", "person": bidder.name}
    assert error_of(officer.http.post("/api/codes", json=body)) == (409, "person_known")
    assert bidder.http.get("/api/me").status_code == 200


def test_guessing_codes_is_braked(tmp_path):
    with running_venues(tmp_path, ["lishui"]) as venues:
        stranger = newcomer(venues["lishui"])
        answers = [
            error_of(stranger.http.post("/api/enrol/code", json={"code": f"guess-{number}"}))
            for number in range(30)
        ]
    assert answers[0] == (403, "bad_code")
    assert answers[-1] == (429, "too_many_attempts")


def test_challenges_have_an_end_for_one_address(tmp_path):
    with running_venues(tmp_path, ["lishui"]) as venues:
        devices, limits = venues["lishui"].venue.devices, venues["lishui"].venue.limits
        stranger = newcomer(venues["lishui"])

        def ask():
            while devices.limiter.allow("challenge:127.0.0.1", limits.challenges):
                pass
            return stranger.http.post("/api/login/challenge", json={"kid": "A" * 22})

        refused = [answer for answer in (ask() for _ in range(10)) if answer.status_code != 200]
    assert error_of(refused[0]) == (429, "too_many_attempts")


def codes_given(place):
    place.venue.devices.store.write(lambda _tx: None).result()
    with place.venue.devices.store.read() as reader:
        lines = reader.lines(place.venue.log, 0, 1_000)
    entries = [parse_entry(parse_line(stored.line).jws) for stored in lines]
    return [entry.body for entry in entries if entry.kind == "code.given"]


def test_given_code_is_in_the_venue_s_log_with_who_gave_it(fenghua, people):
    officer = people["officer"]
    given = officer.ok(officer.http.post("/api/codes", json={"role": "bidder", "person": None}))
    assert codes_given(fenghua)[-1] == {
        "person": given["person"],
        "role": "bidder",
        "session": None,
        "replaces": None,
        "by": officer.name,
    }
    with fenghua.venue.devices.store.read() as reader:
        kept = b"".join(stored.line for stored in reader.lines(fenghua.venue.log, 0, 1_000))
    assert given["code"].encode() not in kept


def recovery(place, person, kid):
    """Give the code that `bideval enrol --replaces` gives."""
    code = new_code(place.venue)
    expires = place.clock.now_ms() + HOURS_MS
    give_code(
        place.venue,
        Activation(code_hash(code), person.name, person.role, expires, replaces=kid),
    )
    return code


def test_recovered_account_closes_the_lost_key_and_signs_in_by_the_new_one(fenghua):
    lost = newcomer(fenghua)
    lost.enrol()
    fresh = Person(lost.name, lost.role, fenghua)
    fresh.enrol(recovery(fenghua, lost, lost.key.key_id))
    assert lost.http.get("/api/me").status_code == 401
    assert error_of(lost.log_in()) == (401, "login_failed")
    assert fresh.log_in().status_code == 200
    assert fresh.http.get("/api/me").json()["kid"] == fresh.key.key_id


def test_recovery_code_is_worth_nothing_once_another_key_has_come(fenghua):
    lost = newcomer(fenghua)
    lost.enrol()
    older = recovery(fenghua, lost, lost.key.key_id)
    activation = find_activation(fenghua.venue, older)
    second = Person(lost.name, lost.role, fenghua)
    second.enrol(recovery(fenghua, lost, lost.key.key_id))
    fenghua.venue.devices.store.write(
        lambda tx: tx.add_activation(replace(activation, code_hash=code_hash("late-late")))
    ).result()
    third = Person(lost.name, lost.role, fenghua)
    assert error_of(enrol_with(third, "late-late")) == (403, "bad_code")
    assert second.http.get("/api/me").status_code == 200
