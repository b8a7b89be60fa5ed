"""The live socket: who may listen, and what each role hears."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from bideval.pages.live import FORBIDDEN
from tests.integration.server.people import Person


def listen(person, session, **other):
    cookie = f"bideval={person.http.cookies['bideval']}"
    options = {"origin": person.at.url, "proxy": None} | other
    address = f"{person.at.url.replace('http', 'ws')}/live?session={session}"
    return connect(address, additional_headers={"Cookie": cookie}, **options)


def heard(socket, kind, patience_s=30):
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        event = json.loads(socket.recv(timeout=patience_s))
        if event["type"] == kind:
            return event
    raise AssertionError(kind)


def warn(supervisor, session):
    return supervisor.say(session, "supervisor.warned", {"text": "Please wait."})


def test_first_event_says_where_to_begin(people, published):
    with listen(people["officer"], published) as socket:
        assert json.loads(socket.recv(timeout=30)) == {"type": "head", "size": None}


def test_news_tell_no_size_while_the_box_is_open(people, published):
    with listen(people["officer"], published) as socket:
        heard(socket, "head")
        warn(people["supervisor"], published)
        assert heard(socket, "head")["size"] is None


def test_news_tell_the_size_after_the_opening(people, opened):
    with listen(people["officer"], opened) as socket:
        heard(socket, "head")
        warn(people["supervisor"], opened)
        size = people["officer"].at.venue.book.head(opened).size
        told = heard(socket, "head")
        while told["size"] < size:  # news of an entry before it may still be on its way
            told = heard(socket, "head")
        assert told == {"type": "head", "size": size}


def test_author_hears_that_the_entry_is_saved(people, published):
    supervisor = people["supervisor"]
    with listen(supervisor, published) as socket:
        heard(socket, "head")
        entry = warn(supervisor, published)["entry"]
        assert heard(socket, "saved") == {"type": "saved", "entry": entry, "saved": "here"}


def test_others_do_not_hear_whose_entry_was_saved(people, published):
    with listen(people["officer"], published) as socket:
        heard(socket, "head")
        warn(people["supervisor"], published)
        heard(socket, "head")
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.5)


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_foreign_origin_is_refused_before_accepting(origin, people, published):
    with pytest.raises(InvalidStatus), listen(people["officer"], published, origin=origin):
        pass


def test_stranger_is_refused(people, published):
    address = f"{people['officer'].at.url.replace('http', 'ws')}/live?session={published}"
    with pytest.raises(InvalidStatus), connect(address, proxy=None):
        pass


def test_session_of_others_is_refused(fenghua, published):
    bidder = Person("bidder-listens", "bidder", fenghua)
    bidder.enrol()
    with pytest.raises(InvalidStatus), listen(bidder, "fh-nothing-here"):
        pass
    with listen(bidder, published) as socket:
        heard(socket, "head")


def test_person_has_so_many_live_pages(fenghua, published):
    bidder = Person("bidder-many", "bidder", fenghua)
    bidder.enrol()
    with ExitStack() as pages:
        for _ in range(fenghua.venue.limits.live_pages):
            pages.enter_context(listen(bidder, published))
        with pytest.raises(InvalidStatus), listen(bidder, published):
            pass
    time.sleep(0.3)
    with listen(bidder, published) as socket:
        heard(socket, "head")


def test_socket_ends_with_the_login_it_lives_on(fenghua, published):
    bidder = Person("bidder-leaves", "bidder", fenghua)
    bidder.enrol()
    with listen(bidder, published) as socket:
        heard(socket, "head")
        bidder.http.post("/logout").raise_for_status()
        with pytest.raises(ConnectionClosedError) as closed:
            socket.recv(timeout=30)
        assert closed.value.rcvd.code == FORBIDDEN
