"""A venue whose database falls silent: people are told so in bounded time, and it goes on later."""

from __future__ import annotations

import io
import logging
import threading
import time

import pytest
import structlog

from bideval.gateways.clock import SystemClock
from bideval.gateways.log import configure_log
from bideval.store.answering import OPTIONS, AnsweringConnection
from tests import databases
from tests.integration.server.people import Person, running_venues
from tests.integration.silence import Way

SESSION = "fh-2026-0400"
ANSWER_S = 2.0
SOON_S = 20.0
"""Seconds in which everybody must have an answer, on a very busy machine."""
LATER = {"storage_fault", "store_busy"}
PAGE = {"accept": "text/html"}


@pytest.fixture(autouse=True)
def log_as_a_server_does():
    """A log for people, with every local of a traceback, would take longer than the answers."""
    root = logging.getLogger()
    before = root.handlers, root.level
    configure_log(clock=SystemClock(), stream=io.StringIO())
    yield
    root.handlers, root.level = before
    structlog.reset_defaults()


@pytest.fixture
def way(monkeypatch):
    monkeypatch.setattr(AnsweringConnection, "answer_s", ANSWER_S)
    monkeypatch.setitem(OPTIONS, "connect_timeout", 2)
    made = Way(databases.postgresql_server().get_uri())
    yield made
    made.close()


@pytest.fixture
def place(tmp_path, way):
    schema = f"silent_venue_{next(databases._numbers)}"
    databases.new_postgresql_url(schema)
    with running_venues(tmp_path, ["fenghua"], database_url=way.url(schema)) as venues:
        yield venues["fenghua"]
        way.go_on()


@pytest.fixture
def watching(place):
    officer = Person("officer-a", "officer", place)
    officer.enrol()
    founding = {"id": SESSION, "title": "Beds", "rulebook": "rehearsal/1"}
    officer.ok(officer.http.post("/api/sessions", json=founding))
    people = [Person(f"supervisor-{number}", "supervisor", place) for number in range(12)]
    for person in people:
        person.enrol()
        person.join(SESSION)
    return people


def warning(person, text):
    return person.entry(SESSION, "supervisor.warned", {"text": text})


def ask(act, answers):
    began = time.monotonic()
    answers.append((act(), time.monotonic() - began))


def all_at_once(acts):
    """Do these at the same time; return the answers and the seconds that each took."""
    answers = []
    threads = [threading.Thread(target=ask, args=(act, answers)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_silent_database_is_told_to_everybody_and_nothing_is_lost_or_doubled(way, place, watching):
    said = [warning(person, "before") for person in watching]
    for person, jws in zip(watching, said, strict=True):
        person.ok(person.send(SESSION, jws))
    late = [warning(person, "late") for person in watching]
    way.stop()
    answers = all_at_once(
        [
            *(lambda p=p, j=j: p.send(SESSION, j) for p, j in zip(watching, late, strict=True)),
            *(lambda p=p: p.http.get(f"/api/sessions/{SESSION}") for p in watching),
            *(lambda p=p: p.http.get(f"/sessions/{SESSION}/board", headers=PAGE) for p in watching),
        ]
    )
    for answer, took in answers:
        assert took < SOON_S
        assert answer.status_code in {200, 503}, answer.text
        if answer.status_code == 503 and "json" in answer.headers["content-type"]:
            assert answer.json()["error"]["code"] in LATER, answer.text
    assert any(answer.status_code == 503 for answer, _ in answers)
    began = time.monotonic()
    assert place.clients[0].get("/healthz").status_code in {200, 503}
    assert time.monotonic() - began < ANSWER_S  # the server itself waits for nothing
    way.go_on()
    for person, jws in zip(watching, late, strict=True):
        send_until_saved(person, jws)
    with place.venue.devices.store.read() as reader:
        authors = [one.author for one in reader.lines(SESSION, 0, 1_000)]
    assert [authors.count(person.name) for person in watching] == [2] * len(watching)


def send_until_saved(person, jws):
    """Send the same bytes again, as the outbox of a page does."""
    end = time.monotonic() + 60
    while (answer := person.send(SESSION, jws)).status_code == 503:
        assert time.monotonic() < end
        time.sleep(0.2)
    person.ok(answer)
