"""Time stamps over the record (RFC 3161): a real authority, a real session, OpenSSL as judge."""

from __future__ import annotations

import time

import pytest

from bideval.actions.stamping import milestone
from bideval.evidence.encoding import unb64u
from bideval.gateways.stamping import HttpStamper
from bideval.ledger.checkpoint import Checkpoint, checkpoint_body
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.terms.errors import FaultError, InputError
from tests.integration.server.people import running_venues
from tests.integration.server.stamp_authority import openssl, running_authority
from tests.integration.server.test_course import SESSION, begin, bid_and_open

DATA = b"bideval/v1/session/fh-2026-0117\n3\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    with running_authority(tmp_path_factory.mktemp("tsa")) as running:
        yield running


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    with running_authority(tmp_path_factory.mktemp("stranger")) as running:
        yield running


def test_an_answer_by_somebody_else_or_to_another_question_is_none(authority, stranger):
    with pytest.raises(FaultError) as caught:
        HttpStamper(stranger.url, authority.root).stamp(DATA)
    assert caught.value.code == "stamp_failed"
    stamper = HttpStamper(authority.url, authority.root)
    stamper.stamp(DATA)
    old = authority.asked[-1]
    authority.answer, answer = (lambda _query: answer(old)), authority.answer
    try:
        with pytest.raises(FaultError) as caught:
            stamper.stamp(DATA)
    finally:
        authority.answer = answer
    assert caught.value.code == "stamp_failed"


def test_an_authority_that_is_away_or_not_there_is_a_fault(authority, tmp_path):
    authority.away = True
    try:
        with pytest.raises(FaultError) as caught:
            HttpStamper(authority.url, authority.root).stamp(DATA)
    finally:
        authority.away = False
    assert caught.value.code == "stamp_failed"
    with pytest.raises(FaultError) as caught:
        HttpStamper("http://127.0.0.1:1/", authority.root).stamp(DATA)
    assert caught.value.code == "stamp_failed"
    with pytest.raises(InputError) as mistake:
        HttpStamper(authority.url, tmp_path / "none.pem")
    assert mistake.value.code == "bad_certificate"


def test_the_closed_box_and_the_opening_are_stamped_in_the_record(authority, tmp_path):
    stamps = {"url": authority.url, "authority": authority.root}
    with running_venues(tmp_path, ["fenghua"], stamps=stamps) as venues:
        officers, _ = begin(venues, per_venue=5)
        bid_and_open(venues, officers)
        venue = venues["fenghua"].house.venue
        last = covered(venue)
        bodies = stated(venue.devices.store, "record.stamped")
    assert max(body["head"]["size"] for body in bodies) > last
    for body in bodies:
        head = Checkpoint(SESSION, body["head"]["size"], bytes.fromhex(body["head"]["root"]))
        (tmp_path / "data").write_text(checkpoint_body(head))
        (tmp_path / "stamp").write_bytes(unb64u(body["response"]))
        files = ("-data", str(tmp_path / "data"), "-in", str(tmp_path / "stamp"))
        said = openssl("ts", "-verify", *files, "-CAfile", str(authority.root))
        assert b"Verification: OK" in said


def covered(venue):
    """Return the position of the last end of a phase once the venue has stamped it.

    One stamp may cover both ends where the authority took its time.
    """
    for _ in range(300):
        with venue.book.reading(SESSION) as fold:
            moves, open_end = list(fold.procedure.moves), milestone(fold, venue.id)
        if moves and open_end is None:
            return moves[-1].position
        time.sleep(0.1)
    raise AssertionError("the end of a phase was not stamped")


def stated(store, kind):
    with store.read() as reader:
        lines = reader.lines(SESSION, 0, 500)
    return [parse_entry(parse_line(one.line).jws).body for one in lines if one.kind == kind]
