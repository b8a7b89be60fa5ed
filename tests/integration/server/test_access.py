"""Every route refuses everybody whom the table does not let in, and writes the attempt down."""

from __future__ import annotations

import httpx2
import pytest

from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.pages.access import TABLE
from tests.integration.server.people import Person

HASH = "0" * 64
ROUTES = {
    "me": ("GET", "/api/me"),
    "codes": ("POST", "/api/codes"),
    "sessions": ("GET", "/api/sessions"),
    "found_session": ("POST", "/api/sessions"),
    "join_session": ("POST", "/api/sessions/{session}/join"),
    "session": ("GET", "/api/sessions/{session}"),
    "entries": ("POST", "/api/entries"),
    "entry": ("GET", "/api/sessions/{session}/entries/" + HASH),
    "receipt": ("GET", "/api/sessions/{session}/entries/" + HASH + "/receipt"),
    "put_file": ("PUT", "/api/files/" + HASH),
    "get_file": ("GET", "/api/files/" + HASH),
    "bid_file": ("GET", "/api/sessions/{session}/bids/b/files/0"),
    "pool": ("POST", "/api/sessions/{session}/pool"),
    "expected": ("GET", "/api/sessions/{session}/checkin"),
    "check_in": ("POST", "/api/sessions/{session}/checkin"),
    "invitations": ("POST", "/api/sessions/{session}/invitations"),
    "printed": ("POST", "/api/sessions/{session}/printed"),
    "bundle": ("GET", "/api/sessions/{session}/bundle"),
    "report": ("GET", "/api/sessions/{session}/report.pdf"),
    "misbehaviour": ("GET", "/api/sessions/{session}/misbehaviour/" + HASH),
    "kept_receipt": ("GET", "/api/sessions/{session}/entries/" + HASH + "/kept"),
}
PUBLIC = {name for name, roles in TABLE.items() if roles is None}


def test_every_guarded_route_is_in_this_test():
    assert set(ROUTES) == set(TABLE) - PUBLIC - {"live"}


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_route_refuses_nobody_in_particular(route, fenghua, published):
    method, path = ROUTES[route]
    with httpx2.Client(base_url=fenghua.url, trust_env=False) as nobody:
        response = nobody.request(method, path.format(session=published), json={})
    assert (response.status_code, response.json()["error"]["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_route_refuses_other_roles(route, people, published):
    method, path = ROUTES[route]
    for role, person in people.items():
        response = person.http.request(method, path.format(session=published), json={})
        code = response.json().get("error", {}).get("code") if response.content else None
        if role in TABLE[route]:
            assert code != "role_not_allowed", (route, role)
        else:
            assert (response.status_code, code) == (403, "role_not_allowed"), (route, role)


def test_denied_attempt_is_in_the_venue_log(fenghua, people, published):
    people["bidder"].http.get(f"/api/sessions/{published}/bundle")
    wanted = {
        "code": "role_not_allowed",
        "rule": "access.bundle",
        "field": None,
        "route": "/api/sessions/{session}/bundle",
        "actor": people["bidder"].name,
    }
    assert wanted in denied_attempts(fenghua)


def denied_attempts(place):
    place.venue.devices.store.write(lambda _tx: None).result()
    with place.venue.devices.store.read() as reader:
        lines = reader.lines(place.venue.log, 0, 1_000)
    entries = [parse_entry(parse_line(stored.line).jws) for stored in lines]
    return [entry.body for entry in entries if entry.kind == "attempt.denied"]


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}],
)
def test_other_sites_cannot_post_with_the_cookie(headers, people, published):
    body = {"session": published, "jws": "x"}
    response = people["officer"].http.post("/api/entries", json=body, headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "other_site")


def test_own_origin_is_let_through(people, published):
    officer = people["officer"]
    headers = {"origin": officer.at.url, "sec-fetch-site": "same-origin"}
    body = {"session": published, "jws": "x"}
    response = officer.http.post("/api/entries", json=body, headers=headers)
    assert response.json()["error"]["code"] == "jws_malformed"


@pytest.mark.parametrize("role", ["officer", "supervisor", "auditor"])
def test_record_page_names_no_bidder_while_the_box_is_open(role, people, published):
    response = people[role].http.get(f"/sessions/{published}/record?from=0")
    assert response.status_code == 200
    assert [kind for kind in ("person.enrolled", "bid.sealed") if kind in response.text] == []
    assert people["bidder"].name not in response.text


def test_record_page_shows_all_once_the_box_is_closed(people, opened):
    text = people["officer"].http.get(f"/sessions/{opened}/record").text
    assert text.count("<code>bid.sealed</code>") == 3


def test_unknown_session_has_its_words(people):
    unknown = people["auditor"].http.get("/api/sessions/no-such-session").json()
    assert unknown["error"]["code"] == "unknown_session"


def test_answers_carry_the_security_headers(people):
    response = people["officer"].http.get("/api/me")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["%00", "a%00b", "%ED%A0%80", "log.fenghua", "x" * 300])
def test_names_that_no_session_can_have_are_refused(name, people, published):
    assert published
    for path in ("", f"/entries/{HASH}", "/bundle"):
        response = people["officer"].http.get(f"/api/sessions/{name}{path}")
        code = response.json()["error"]["code"]
        assert (response.status_code, code) in ((404, "unknown_session"), (422, "malformed"))


def test_only_an_officer_of_a_session_founds_the_one_that_continues_it(fenghua, people, published):
    stranger = Person("officer-stranger", "officer", fenghua)
    stranger.enrol()
    body = {"id": "fh-2026-0290", "title": "Two generators", "rulebook": "rehearsal/2"}
    asked = body | {"continues": published}
    answers = [one.http.post("/api/sessions", json=asked) for one in (stranger, people["officer"])]
    codes = [answer.json()["error"]["code"] for answer in answers]
    assert codes == ["not_its_officer", "not_the_successor"]
