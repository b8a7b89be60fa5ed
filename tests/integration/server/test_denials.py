"""Every attempt that a route refuses for who somebody is stands in the venue's log."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest
from fastapi.routing import APIRoute
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from bideval.pages import (
    api_entries,
    api_files,
    api_findings,
    api_people,
    api_sessions,
    html_panel,
    html_procedure,
    html_start,
)
from bideval.pages.access import TABLE
from bideval.ports import Rate
from tests.integration.server.people import Person, running_venues
from tests.integration.server.test_access import PUBLIC, ROUTES, denied_attempts

MODULES = (
    api_entries,
    api_files,
    api_findings,
    api_people,
    api_sessions,
    html_panel,
    html_procedure,
    html_start,
)
OPEN = {
    "/",
    "/enrol",
    "/seat-check",
    "/demo",
    "/demo/code",
    "/demo/login",
    "/demo/cut-line",
    "/lang/{language}",
    "/healthz",
    "/logout",
    "/api/venue",
    "/api/enrol",
    "/api/enrol/code",
    "/api/login",
    "/api/login/challenge",
}
"""Routes that anybody may call; what they refuse is a code or a key, tested by itself."""
UNKNOWN = "fh-none"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A venue that writes down every refusal, however many."""
    with running_venues(tmp_path_factory.mktemp("venues"), ["fenghua"]) as venues:
        venue = venues["fenghua"]
        site = venue.app.state.site
        limits = replace(site.venue.limits, denials=Rate(acts=10_000, window_ms=60_000))
        loud = replace(site.venue, limits=limits)
        venue.app.state.site = replace(site, venue=loud)
        venue.app.state.house = replace(venue.house, venue=loud)
        yield venue


def routes():
    found = [one for module in MODULES for one in module.router.routes if isinstance(one, APIRoute)]
    return {(method, one.path) for one in found for method in one.methods if one.path not in OPEN}


def filled(path):
    for name, value in (("{sha256}", "ab" * 32), ("{index}", "0"), ("{entry}", "ab" * 32)):
        path = path.replace(name, value)
    return path.replace("{session}", UNKNOWN).replace("{bid}", "b")


def test_every_route_writes_down_who_is_not_signed_in(place):
    walked = routes()
    assert len(walked) >= 36
    before = len(denied_attempts(place))
    with httpx2.Client(base_url=place.url, trust_env=False) as nobody:
        for method, path in sorted(walked):
            nobody.request(method, filled(path), json={} if method != "GET" else None)
    noted = denied_attempts(place)[before:]
    assert {one["code"] for one in noted} == {"not_signed_in"}
    assert {one["route"] for one in noted} == {path for _, path in walked}


def test_every_route_writes_down_who_has_another_role(place):
    people = {role: Person(f"{role}-d", role, place) for role in ("officer", "bidder", "auditor")}
    for person in people.values():
        person.enrol()
    wrong = [
        (name, person)
        for name in sorted(set(TABLE) - PUBLIC - {"live"})
        for person in people.values()
        if person.role not in TABLE[name]
    ]
    before = len(denied_attempts(place))
    for name, person in wrong:
        method, path = ROUTES[name]
        person.http.request(method, path.format(session=UNKNOWN), json={})
    noted = [(one["rule"], one["actor"]) for one in denied_attempts(place)[before:]]
    assert noted == [(f"access.{name}", person.name) for name, person in wrong]


def last_denied(place):
    return [(one["code"], one["route"]) for one in denied_attempts(place)[-1:]]


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, "not_signed_in"), ({"origin": "https://evil.example"}, "other_site")],
)
def test_live_socket_that_is_refused_is_written_down(headers, code, place):
    address = place.url.replace("http", "ws") + f"/live?session={UNKNOWN}"
    with pytest.raises(InvalidStatus), connect(address, additional_headers=headers, proxy=None):
        pass
    assert last_denied(place) == [(code, "/live")]


def test_request_of_another_site_is_written_down(place):
    with httpx2.Client(base_url=place.url, trust_env=False) as browser:
        refused = browser.post("/api/entries", json={}, headers={"origin": "https://evil.example"})
    assert refused.json()["error"]["code"] == "other_site"
    assert last_denied(place) == [("other_site", "/api/entries")]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/demo/login"), ("GET", "/demo"), ("POST", "/api/entries")]
)
def test_demonstration_answers_to_the_names_of_this_machine_only(method, path, place):
    rebound = {"host": "evil.example:8000", "origin": "http://evil.example:8000"}
    with httpx2.Client(base_url=place.url, trust_env=False) as browser:
        refused = browser.request(
            method, path, headers={**rebound, "sec-fetch-site": "same-origin"}
        )
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "other_host")
    assert refused.headers.get("set-cookie") is None
    assert last_denied(place) == [("other_host", path)]


def test_somebody_else_s_session_entry_and_file_are_written_down_though_they_look_absent(place):
    stranger = Person("bidder-x", "bidder", place)
    officer = Person("officer-x", "officer", place)
    for person in (stranger, officer):
        person.enrol()
    body = {"id": "fh-2026-0300", "title": "Pumps", "rulebook": "rehearsal/1"}
    entry = officer.ok(officer.http.post("/api/sessions", json=body))["entry"]
    sha256 = officer.upload(b"not for others")
    asked = [
        ("/api/sessions/fh-2026-0300", "unknown_session"),
        (f"/api/sessions/fh-2026-0300/entries/{entry}", "unknown_session"),
        (f"/api/files/{sha256}", "unknown_file"),
    ]
    for path, code in asked:
        assert stranger.http.get(path).json()["error"]["code"] == code
    noted = denied_attempts(place)[-len(asked) :]
    assert [(one["code"], one["actor"]) for one in noted] == [
        (code, "bidder-x") for _, code in asked
    ]
