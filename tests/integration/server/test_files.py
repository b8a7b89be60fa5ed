"""Files: kept whole or not at all, and read by whom they are for."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection

import pytest

from bideval.actions.quota import Uploads
from bideval.evidence.sealing import Purpose
from bideval.terms.errors import RefusedError
from tests.integration.server.people import Person


def put(person, data, sha256=None, **headers):
    name = sha256 or hashlib.sha256(data).hexdigest()
    return person.http.put(f"/api/files/{name}", content=data, headers=headers)


def error_of(response):
    return response.status_code, response.json()["error"]["code"]


def test_upload_answers_digest_and_size(people):
    data = os.urandom(70_000)
    response = put(people["officer"], data)
    assert (response.status_code, response.json()) == (
        201,
        {"sha256": hashlib.sha256(data).hexdigest(), "size": 70_000},
    )


def test_upload_with_another_digest_is_refused(fenghua, people):
    name = hashlib.sha256(b"something else").hexdigest()
    assert error_of(put(people["officer"], b"this", name)) == (422, "digest_differs")
    assert not fenghua.venue.devices.files.has(name)


def test_upload_twice_is_one_file(people):
    data = os.urandom(100)
    assert put(people["officer"], data).status_code == 201
    assert put(people["bidder"], data).status_code == 201


def test_upload_that_says_it_is_too_large_is_refused_at_once(people):
    officer = people["officer"]
    with closing(HTTPConnection("127.0.0.1", int(officer.at.url.rpartition(":")[2]))) as line:
        line.putrequest("PUT", f"/api/files/{'0' * 64}")
        line.putheader("cookie", f"bideval={officer.http.cookies['bideval']}")
        line.putheader("content-length", str(10**15))
        line.endheaders()
        with line.getresponse() as response:
            code = json.loads(response.read())["error"]["code"]
    assert (response.status, code) == (413, "file_too_large")


def test_upload_of_a_strange_kind_is_refused(people):
    response = put(people["officer"], b"x", **{"content-type": "text/<script>"})
    assert error_of(response) == (422, "bad_media_type")


def test_own_file_is_read_in_ranges_and_never_run(people):
    data = b"<script>alert(1)</script>" * 10
    put(people["officer"], data, **{"content-type": "text/html"})
    path = f"/api/files/{hashlib.sha256(data).hexdigest()}"
    response = people["officer"].http.get(path, headers={"range": "bytes=0-7"})
    assert (response.status_code, response.content) == (206, b"<script>")
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"] == "attachment"
    assert "sandbox" in response.headers["content-security-policy"]


def test_file_of_somebody_else_looks_like_none(people):
    data = os.urandom(50)
    put(people["officer"], data)
    path = f"/api/files/{hashlib.sha256(data).hexdigest()}"
    assert error_of(people["bidder"].http.get(path)) == (404, "unknown_file")
    missing = people["bidder"].http.get(f"/api/files/{'0' * 64}")
    assert error_of(missing) == (404, "unknown_file")


def test_sealed_bid_is_nobodys_reading_before_the_opening(people, published):
    bidder = Person("bidder-files", "bidder", people["officer"].at)
    bidder.enrol()
    bidder.join(published)
    bidder.bid(published, "bid-files", "12.00")
    with bidder.at.venue.book.reading(published) as fold:
        sha256 = fold.bidding.bids["bid-files"].ciphertext.sha256
    for role in ("officer", "supervisor", "operator", "auditor"):
        response = people[role].http.get(f"/api/files/{sha256}")
        assert error_of(response) == (404, "unknown_file"), role
    assert bidder.http.get(f"/api/files/{sha256}").status_code == 200


def test_bid_contents_are_for_the_panel_alone(people, opened):
    path = f"/api/sessions/{opened}/bids/bid-0/files/0"
    for role in ("officer", "supervisor", "operator", "auditor", "bidder"):
        assert error_of(people[role].http.get(path)) == (403, "role_not_allowed"), role


def test_sealed_bids_can_be_kept_by_watchers_after_the_opening(people, opened):
    with people["officer"].at.venue.book.reading(opened) as fold:
        sha256 = fold.bidding.bids["bid-0"].ciphertext.sha256
    assert people["officer"].http.get(f"/api/files/{sha256}").status_code == 200


@pytest.fixture
def limits(fenghua):
    """Set limits of the venue for one test; returns the venue as its pages see it then."""
    state = fenghua.app.state
    before = state.site

    def choose(**chosen):
        venue = replace(before.venue, limits=replace(before.venue.limits, **chosen))
        state.site = replace(before, venue=venue)
        return venue

    yield choose
    state.site = before


def newcomer(place):
    person = Person(f"bidder-q{os.urandom(2).hex()}", "bidder", place)
    person.enrol()
    return person


def refusal_of(response):
    error = response.json()["error"]
    return response.status_code, error["code"], error["field"], error["rule"]


def test_number_of_files_that_no_entry_names_is_bounded_for_each_person(fenghua, limits):
    limits(spare_files=2)
    first, second = newcomer(fenghua), newcomer(fenghua)
    assert [put(first, os.urandom(10)).status_code for _ in range(2)] == [201, 201]
    refused = put(first, os.urandom(10))
    assert refusal_of(refused) == (413, "quota_files", "sha256", "limits.spare_files")
    assert put(second, os.urandom(10)).status_code == 201


def test_bytes_that_no_entry_names_are_bounded_before_they_come(fenghua, limits):
    limits(spare_bytes=100)
    person = newcomer(fenghua)
    assert put(person, os.urandom(60)).status_code == 201
    refused = put(person, os.urandom(60))
    assert refusal_of(refused) == (413, "quota_bytes", "content-length", "limits.spare_bytes")
    assert put(person, os.urandom(40)).status_code == 201


def test_uploads_under_way_count_for_the_room_they_may_take(limits):
    venue = limits(spare_bytes=100, uploads=2)
    uploads = Uploads()
    with uploads.room(venue, "bidder-way", 50):
        with (
            pytest.raises(RefusedError, match="quota_bytes"),
            uploads.room(venue, "bidder-way", 51),
        ):
            pass
        with (
            uploads.room(venue, "bidder-way", 10),
            pytest.raises(RefusedError, match="too_many_uploads"),
            uploads.room(venue, "bidder-way", 1),
        ):
            pass
    with uploads.room(venue, "bidder-way", 100):
        pass


@pytest.mark.parametrize(
    ("chosen", "field"),
    [({"session_bids": 1}, "body.bid"), ({"session_bytes": 10}, "body.ciphertext")],
)
def test_bids_of_one_bidder_in_a_session_are_bounded(chosen, field, fenghua, published, limits):
    bidder = newcomer(fenghua)
    bidder.join(published)
    name = f"bid-{bidder.name}"
    bidder.bid(published, f"{name}-1", "1000.00")
    bidder.say(published, "bid.withdrawn", {"bid": f"{name}-1"})
    limits(**chosen)
    data = os.urandom(20)
    sealed = {"sha256": bidder.upload(data), "size": len(data)}
    body = {"bid": f"{name}-2", "lot": "1", "ciphertext": sealed}
    body["seal"] = bidder.deal(published, Purpose.BID)
    refused = bidder.send(published, bidder.entry(published, "bid.sealed", body))
    assert refusal_of(refused) == (413, "quota_bids", field, f"limits.{next(iter(chosen))}")


@pytest.mark.parametrize(("part", "named"), [("file", "file"), ("else", "excluded_names")])
def test_pool_that_does_not_say_how_long_it_is_is_bounded_as_it_comes(
    people, published, limits, part, named
):
    """`named`: what the refusal is about; whatever is not the file counts as the form's text."""
    limits(pool_bytes=1_000)

    def trickle():
        head = f'--b\r\ncontent-disposition: form-data; name="{part}"; filename="p.csv"\r\n\r\n'
        yield head.encode()
        for _ in range(8):
            yield b"x" * (1 << 20)

    refused = people["officer"].http.post(
        f"/api/sessions/{published}/pool",
        content=trickle(),
        headers={"content-type": "multipart/form-data; boundary=b"},
    )
    assert refusal_of(refused) == (413, "too_large", named, "limits.pool")
