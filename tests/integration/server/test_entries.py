"""Handing entries in: once, by their author, for their session, in their time."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from bideval.audit.receipt import check_alone, read_kept
from bideval.evidence.encoding import b64u
from bideval.evidence.jws import read_compact
from bideval.evidence.sealing import Purpose
from bideval.ledger.entry import entry_hash
from bideval.ledger.receipt import check_receipt, open_receipt, receipt_place
from bideval.ports import Rate
from tests.integration.server.people import Person


def warning(person, session, **other):
    return person.entry(session, "supervisor.warned", {"text": "Please wait."}, **other)


def error_of(response):
    return response.status_code, response.json()["error"]["code"]


def test_entry_is_saved_and_receipted(fenghua, people, published):
    supervisor = people["supervisor"]
    jws = warning(supervisor, published)
    response = supervisor.send(published, jws)
    answer = response.json()
    assert (response.status_code, answer["entry"], answer["saved"]) == (
        201,
        entry_hash(jws),
        "here",
    )
    receipt = open_receipt(answer["receipt"], fenghua.venue.devices.keys.public)
    with fenghua.venue.devices.store.read() as reader:
        chain = reader.by_hash(published, answer["entry"]).chain
    assert (receipt.origin, receipt.place) == ("fenghua", receipt_place(chain))
    assert check_receipt(receipt, jws, chain=chain) is None


def test_neither_answer_nor_receipt_names_the_number_of_a_line(people, published):
    supervisor = people["supervisor"]
    answer = supervisor.send(published, warning(supervisor, published)).json()
    payload = json.loads(read_compact(answer["receipt"]).payload)
    assert sorted(answer) == ["entry", "kept", "origin", "receipt", "saved"]
    assert sorted(payload) == ["at", "entry", "origin", "place", "session"]


def test_same_bytes_get_the_same_answer(people, published):
    supervisor = people["supervisor"]
    jws = warning(supervisor, published)
    first, second = supervisor.send(published, jws), supervisor.send(published, jws)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


def test_same_id_with_other_bytes_is_refused(people, published):
    supervisor = people["supervisor"]
    entry_id = b64u(os.urandom(16))
    supervisor.ok(supervisor.send(published, warning(supervisor, published, entry_id=entry_id)))
    other = supervisor.entry(
        published, "supervisor.warned", {"text": "Please stop."}, entry_id=entry_id
    )
    assert error_of(supervisor.send(published, other)) == (409, "id_reused")


def test_entry_of_somebody_else_is_refused(people, published):
    supervisor, officer = people["supervisor"], people["officer"]
    jws = warning(supervisor, published)
    assert error_of(officer.send(published, jws)) == (403, "not_the_author")


def test_entry_under_a_false_name_is_refused(people, published):
    supervisor, officer = people["supervisor"], people["officer"]
    jws = warning(officer, published, author=supervisor.name)
    assert error_of(supervisor.send(published, jws)) == (403, "other_author")


def test_entry_by_an_unknown_key_is_refused(people, published):
    supervisor = people["supervisor"]
    stranger = Person(supervisor.name, "supervisor", supervisor.at)
    jws = warning(stranger, published)
    assert error_of(supervisor.send(published, jws)) == (422, "unknown_key")


def test_entry_changed_by_a_bit_is_refused(people, published):
    supervisor = people["supervisor"]
    head, body, signature = warning(supervisor, published).split(".")
    flipped = ("B" if signature[5] != "B" else "C").join((signature[:5], signature[6:]))
    answer = supervisor.send(published, f"{head}.{body}.{flipped}")
    assert error_of(answer) == (422, "signature_invalid")


def test_entry_replayed_into_another_session_is_refused(people, published, opened):
    supervisor = people["supervisor"]
    jws = warning(supervisor, published)
    assert error_of(supervisor.send(opened, jws)) == (422, "other_session")


def test_entry_of_an_unknown_session_is_refused(people):
    supervisor = people["supervisor"]
    jws = warning(supervisor, "no-such-session")
    assert error_of(supervisor.send("no-such-session", jws)) == (404, "unknown_session")


def test_entry_into_the_venue_log_is_refused(people):
    supervisor = people["supervisor"]
    jws = warning(supervisor, "log.fenghua")
    assert supervisor.send("log.fenghua", jws).status_code == 422


def test_kind_of_another_role_is_refused(people, published):
    bidder = people["bidder"]
    jws = bidder.entry(published, "phase.ordered", {"from": "prepared", "to": "opened"})
    assert error_of(bidder.send(published, jws)) == (403, "not_allowed")


def test_kind_that_nobody_knows_is_refused(people, published):
    officer = people["officer"]
    jws = officer.entry(published, "tender.burnt", {})
    assert error_of(officer.send(published, jws)) == (409, "unknown_kind")


def test_body_that_is_wrong_names_the_field(people, published):
    officer = people["officer"]
    jws = officer.entry(published, "phase.ordered", {"from": "prepared", "to": "heaven"})
    error = officer.send(published, jws).json()["error"]
    assert (error["code"], error["field"]) == ("unknown_choice", "body.to")


def test_bid_in_a_later_phase_is_late(people, opened):
    bidder = Person("bidder-late", "bidder", people["officer"].at)
    bidder.enrol()
    bidder.join(opened)
    with pytest.raises(AssertionError, match=r'409.*"late"'):
        bidder.bid(opened, "bid-late", "1.00")


def test_bid_whose_file_is_not_here_is_refused(people, published):
    bidder = people["bidder"]
    seal = bidder.deal(published, Purpose.BID)
    body = {"bid": "b", "lot": "1", "ciphertext": {"sha256": "0" * 64, "size": 5}, "seal": seal}
    jws = bidder.entry(published, "bid.sealed", body)
    error = bidder.send(published, jws).json()["error"]
    assert (error["code"], error["field"]) == ("file_missing", "body.ciphertext")


def test_entry_can_be_asked_for_by_its_author_only(people, published):
    supervisor, officer = people["supervisor"], people["officer"]
    answer = supervisor.ok(supervisor.send(published, warning(supervisor, published)))
    path = f"/api/sessions/{published}/entries/{answer['entry']}"
    known = supervisor.ok(supervisor.http.get(path))
    assert (known["saved"], known["void"]) == ("here", None)
    assert error_of(officer.http.get(path)) == (404, "unknown_entry")


def test_receipt_is_kept_as_one_line_that_checks_itself(fenghua, people, published):
    supervisor, officer = people["supervisor"], people["officer"]
    answer = supervisor.ok(supervisor.send(published, warning(supervisor, published)))
    path = f"/api/sessions/{published}/entries/{answer['entry']}/kept"
    kept = supervisor.http.get(path)
    assert kept.text == answer["kept"] + "\n"
    receipt = check_alone(read_kept(kept.content))
    assert (receipt.entry, receipt.origin) == (answer["entry"], "fenghua")
    assert read_kept(kept.content).key == fenghua.venue.devices.keys.public
    assert error_of(officer.http.get(path)) == (404, "unknown_entry")


def test_bidder_does_not_see_the_length_of_the_record_before_the_opening(people, published):
    assert people["bidder"].view(published)["head"] is None
    assert people["officer"].view(published)["head"] is None


def test_several_entries_get_the_answers_that_each_would_have_got_alone(fenghua, people, published):
    supervisor = people["supervisor"]
    several = [warning(supervisor, published) for _ in range(5)]
    response = supervisor.send_several(published, several)
    saved = response.json()["saved"]
    alone = [supervisor.send(published, jws).json() for jws in several]
    assert (response.status_code, saved) == (201, alone)
    with fenghua.venue.devices.store.read() as reader:
        kept = [reader.by_hash(published, entry_hash(jws)) for jws in several]
    first = kept[0]
    places = [(stored.n, stored.position) for stored in kept]
    assert places == [(first.n + index, first.position + index) for index in range(5)]
    receipts = [open_receipt(one["receipt"], fenghua.venue.devices.keys.public) for one in saved]
    assert [one.place for one in receipts] == [receipt_place(stored.chain) for stored in kept]


def test_several_are_taken_up_to_the_first_that_is_refused(fenghua, people, published):
    supervisor = people["supervisor"]
    entry_id = b64u(os.urandom(16))
    first = warning(supervisor, published, entry_id=entry_id)
    same_id = supervisor.entry(published, "supervisor.warned", {"text": "x"}, entry_id=entry_id)
    several = [first, same_id, warning(supervisor, published)]
    saved = supervisor.ok(supervisor.send_several(published, several))["saved"]
    assert [one["entry"] for one in saved] == [entry_hash(first)]
    assert error_of(supervisor.send_several(published, several[1:])) == (409, "id_reused")
    assert not is_kept(fenghua, published, several[2])


def test_several_are_taken_up_to_the_first_that_is_not_the_authors(people, published):
    supervisor, officer = people["supervisor"], people["officer"]
    several = [warning(supervisor, published), warning(officer, published)]
    assert len(supervisor.ok(supervisor.send_several(published, several))["saved"]) == 1
    refused = supervisor.send_several(published, several[::-1])
    assert error_of(refused) == (403, "not_the_author")


def test_the_same_entry_twice_in_a_request_is_kept_once(people, published):
    supervisor = people["supervisor"]
    jws = warning(supervisor, published)
    response = supervisor.send_several(published, [jws, jws])
    first, second = response.json()["saved"]
    assert (response.status_code, first) == (201, second)
    assert supervisor.send_several(published, [jws]).status_code == 200


@pytest.mark.parametrize(
    ("jws", "field"), [([], "jws"), (["a.b.c"] * 65, "jws"), ("a.b.c", "jws"), ([7], "jws.0")]
)
def test_several_that_are_no_list_of_entries_are_refused(people, published, jws, field):
    error = people["supervisor"].send_several(published, jws).json()["error"]
    assert (error["code"], error["field"]) == ("malformed", field)


@pytest.fixture
def four_acts(fenghua):
    """Let nobody do more than four acts for one test."""
    state = fenghua.app.state
    before = state.site
    limits = replace(before.venue.limits, requests=Rate(acts=4, window_ms=60_000))
    state.site = replace(before, venue=replace(before.venue, limits=limits))
    yield
    state.site = before


@pytest.mark.usefixtures("four_acts")
def test_each_of_several_counts_against_the_brake(fenghua, people, published):
    supervisor = people["supervisor"]
    several = [warning(supervisor, published) for _ in range(5)]
    assert error_of(supervisor.send_several(published, several)) == (429, "too_many_requests")
    assert not any(is_kept(fenghua, published, jws) for jws in several)


def is_kept(venue, session, jws):
    with venue.venue.devices.store.read() as reader:
        return reader.by_hash(session, entry_hash(jws)) is not None
