"""A full disk: nothing new is confirmed, nothing confirmed is lost, and it goes on by itself."""

from __future__ import annotations

import asyncio
import io
import logging
import resource
import time
from contextlib import contextmanager

import pytest
import structlog

from bideval.actions import caretaker as caretaking
from bideval.actions.caretaker import PAUSE_S, TICK_S, Caretaker
from bideval.cli.rebuild import rebuild
from bideval.gateways.clock import SystemClock
from bideval.gateways.log import configure_log
from bideval.terms.errors import FaultError
from tests.integration.server.people import Person, running_venues
from tests.integration.server.test_live import heard, listen

SESSION = "fh-2026-0400"
SAVES_NOTHING = "本中心暂不保存任何内容"


@contextmanager
def full_disk(size):
    """Let no file of this process grow past a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def note(supervisor, number):
    text = f"Warning {number}. " + "x" * 1_900
    return supervisor.entry(SESSION, "supervisor.warned", {"text": text})


def health(place):
    return place.clients[0].get("/healthz").json()["state"]


def until_running(place):
    end = time.monotonic() + 20
    while health(place) != "running":
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture(autouse=True)
def log_in_memory():
    """Keep the log out of files, which cannot grow here."""
    root = logging.getLogger()
    before = root.handlers, root.level
    configure_log(clock=SystemClock(), stream=io.StringIO())
    yield
    root.handlers, root.level = before
    structlog.reset_defaults()


on_a_file = pytest.mark.parametrize("place", [{"database_url": ""}], indirect=True, ids=["file"])
"""The disk that is full here is this process's; a database server has its own (campaigns)."""


@pytest.fixture
def place(tmp_path, request):
    with running_venues(tmp_path, ["fenghua"], **getattr(request, "param", {})) as venues:
        yield venues["fenghua"]


@pytest.fixture
def supervisor(place):
    """A supervisor in a session whose first entry is confirmed."""
    officer = Person("officer-a", "officer", place)
    watching = Person("supervisor-a", "supervisor", place)
    for person in (officer, watching):
        person.enrol()
    founding = {"id": SESSION, "title": "Beds", "rulebook": "rehearsal/1"}
    officer.ok(officer.http.post("/api/sessions", json=founding))
    watching.join(SESSION)
    return watching


def write_until_refused(supervisor):
    """Hand entries in; return those confirmed, the refused one, and its answer."""
    kept = []
    for number in range(500):
        jws = note(supervisor, number)
        response = supervisor.send(SESSION, jws)
        if not response.is_success:
            return kept, jws, response
        kept.append(response.json()["entry"])
    raise AssertionError("the disk never filled")


@on_a_file
def test_full_disk_stops_writes_and_goes_on_by_itself(place, supervisor):
    supervisor.ok(supervisor.send(SESSION, note(supervisor, -1)))
    wal = place.settings.data_dir / "bideval.sqlite-wal"
    faults = []
    place.venue.devices.store.on_fault(faults.append)
    with full_disk(wal.stat().st_size + 30_000):
        kept, jws, refused = write_until_refused(supervisor)
        code = refused.json()["error"]["code"]
        assert (refused.status_code, code, len(faults)) == (503, "storage_fault", 1)
        assert supervisor.http.get(f"/api/sessions/{SESSION}").status_code == 200
    until_running(place)
    again = supervisor.ok(supervisor.send(SESSION, jws))
    for entry in [*kept, again["entry"]]:
        path = f"/api/sessions/{SESSION}/entries/{entry}"
        assert supervisor.ok(supervisor.http.get(path))["void"] is None


@on_a_file
def test_disk_that_stays_full_is_tried_until_it_has_room(place, supervisor):
    with full_disk(4_096):
        assert supervisor.send(SESSION, note(supervisor, 1)).status_code == 503
        time.sleep(3 * TICK_S)
        assert supervisor.send(SESSION, note(supervisor, 2)).status_code == 503
    until_running(place)
    supervisor.ok(supervisor.send(SESSION, note(supervisor, 3)))


def test_clock_that_jumps_stops_writes_until_it_is_back(place, supervisor):
    first, second = (note(supervisor, number) for number in (1, 2))
    supervisor.ok(supervisor.send(SESSION, first))
    place.clock.wrong_ms = -3_600_000
    refused = supervisor.send(SESSION, second)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (503, "clock_breach")
    assert "时钟发生跳变" in error["message"]
    assert health(place) == "faulted"
    assert supervisor.http.get(f"/api/sessions/{SESSION}").status_code == 200
    time.sleep(2 * TICK_S)
    assert health(place) == "faulted"
    place.clock.wrong_ms = 0
    assert health(place) == "faulted"  # it has to verify before
    until_running(place)
    supervisor.ok(supervisor.send(SESSION, second))


def notice_at(person, path):
    shown = person.http.get(path, headers={"accept": "text/html"})
    return SAVES_NOTHING in shown.text


def test_every_page_says_that_the_venue_saves_nothing_and_when_it_does_again(place, supervisor):
    operator = Person("operator-a", "operator", place)
    operator.enrol()
    operator.join(SESSION)
    pages = [
        (operator, f"/sessions/{SESSION}/checkin"),
        (operator, "/"),
        (supervisor, f"/sessions/{SESSION}/board"),
    ]
    assert [notice_at(*page) for page in pages] == [False] * 3
    with listen(operator, SESSION) as socket:
        heard(socket, "head")
        place.clock.wrong_ms = 3_600_000
        assert heard(socket, "storage") == {"type": "storage", "state": "faulted"}
        assert [notice_at(*page) for page in pages] == [True] * 3
        place.clock.wrong_ms = 0
        assert heard(socket, "storage") == {"type": "storage", "state": "running"}
        assert [notice_at(*page) for page in pages] == [False] * 3


class FailingSteward:
    """A steward whose first look at the sessions meets a fault."""

    on_watch = True

    def __init__(self):
        self.ticks = 0

    def wake(self, session):
        pass

    def tick(self):
        self.ticks += 1
        if self.ticks == 1:
            raise FaultError("storage_fault")


async def test_fault_between_two_looks_does_not_end_the_caretaker(place):
    steward = FailingSteward()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Caretaker(place.venue, steward).run(), 3.5 * TICK_S)
    assert steward.ticks >= 2


class CountingCaretaker(Caretaker):
    """Notes when it followed up."""

    def __init__(self, venue, steward):
        super().__init__(venue, steward)
        self.times = []

    def follow_up(self, session, *, tell):
        self.times.append(time.monotonic())
        super().follow_up(session, tell=tell)


async def test_marks_alone_are_followed_up_less_often_but_nothing_else_waits(place, monkeypatch):
    monkeypatch.setattr(caretaking, "LONGEST_PAUSE_S", 20.0)
    caretaker = CountingCaretaker(place.venue, FailingSteward())
    running = asyncio.ensure_future(caretaker.run())
    await asyncio.sleep(3 * PAUSE_S)
    caretaker.times.clear()
    end = time.monotonic() + 40 * PAUSE_S
    while time.monotonic() < end:
        caretaker.touch(SESSION, tell=False, soon=False)
        await asyncio.sleep(PAUSE_S / 4)
    assert 2 <= len(caretaker.times) <= 8  # the pause has doubled each time
    asked = time.monotonic()
    caretaker.touch(SESSION, tell=False)
    await asyncio.sleep(15 * PAUSE_S)
    assert caretaker.times[-1] > asked
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_rebuild_comes_to_the_same_root(place, supervisor):
    supervisor.ok(supervisor.send(SESSION, note(supervisor, 1)))
    head = place.venue.book.head(SESSION)
    (line,) = rebuild(place.venue)
    assert line.startswith(f"{SESSION}: {head.size} entries, 0 pending, ")
    assert line.endswith(f" root {head.root.hex()}")
