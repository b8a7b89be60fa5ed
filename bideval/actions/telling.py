"""Telling pages and links that something changed, after it is on disk.

Decided here: topics and their hints. A hint carries no content: who gets it reads again.
Not decided here: who subscribes (pages, link) and how hints travel (fan-out).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.naming import NAMING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.actions.venue import Venue
    from bideval.ports import Json, StoredLine

PAGE_LINES = 500
MOVES = frozenset(
    {"phase.moved", "session.paused", "session.resumed", "pause.expired", "result.consolidated"}
)

ANNOUNCING = frozenset({"bid.opened"})
"""Main has the file that the entry is about: a branch that waits for it asks again at once."""

LOGIN = "login."
"""How topics of people's coming and going begin."""

HUSHED = frozenset({"person.enrolled", "bid.sealed", "bid.withdrawn"})
"""What bidders do while the box is open."""


def session_topic(session: str) -> str:
    """Return the topic of one session's news."""
    return f"session.{session}"


def author_topic(session: str, author: str) -> str:
    """Return the topic of what concerns one author's own entries alone."""
    return f"author.{session}.{author}"


def login_topic(person: str) -> str:
    """Return the topic of somebody's coming and going at this venue."""
    return f"{LOGIN}{person}"


def venue_topic() -> str:
    """Return the topic of what this venue itself can do: its lines to others, its storage."""
    return "venue.lines"


def link_topic() -> str:
    """Return the topic of what links send on."""
    return "link.changes"


def moved_topic() -> str:
    """Return the topic by which the venue's server processes tell one another to look."""
    return "venue.moved"


def tell_others(venue: Venue, session: str) -> None:
    """Tell the venue's other processes to look at a session."""
    venue.devices.fanout.send_on(moved_topic(), {"session": session})


def tell_news(venue: Venue, session: str, news: Sequence[StoredLine]) -> None:
    """After a commit: a phase has begun, own entries have a place, links have work."""
    fanout, topic = venue.devices.fanout, session_topic(session)
    if any(stored.kind in MOVES for stored in news):
        fanout.publish(topic, {"type": "phase"})
    if any(stored.kind == "session.founded" for stored in news):
        fanout.publish(link_topic(), {"type": "founded", "session": session})
    fanout.publish(link_topic(), {"type": "lines", "session": session})
    if any(stored.kind in NAMING or stored.kind in ANNOUNCING for stored in news):
        fanout.publish(link_topic(), {"type": "files", "session": session})
    for stored in news:
        if stored.position is not None or stored.origin == venue.id:
            tell_saved(venue, stored)


def tell_of_head(venue: Venue, session: str) -> None:
    """Tell links to other branches that a checkpoint by main is kept here."""
    venue.devices.fanout.publish(link_topic(), {"type": "head", "session": session})


def tell_signed_out(venue: Venue, person: str) -> None:
    """Tell a person's open pages to look whether they are still signed in."""
    hint: Json = {"type": "login"}
    venue.devices.fanout.publish(login_topic(person), hint)
    venue.devices.fanout.send_on(login_topic(person), hint)


def is_hushed(venue: Venue, session: str, news: Sequence[StoredLine]) -> bool:
    """Whether nobody may be told that these lines came: that would count bids."""
    if not all(stored.kind in HUSHED for stored in news):
        return False
    with venue.book.settled(session) as fold:
        return fold.box_is_open()


def tell_head(venue: Venue, session: str) -> None:
    """Tell pages that the record has grown; how long it is only once the box is closed."""
    with venue.book.settled(session) as fold:
        size = fold.size if fold.bidding.closed else None
    venue.devices.fanout.publish(session_topic(session), {"type": "head", "size": size})


def tell_saved(venue: Venue, stored: StoredLine) -> None:
    """Tell an author how far the entry has spread."""
    state = venue.spread.state_of(stored)
    entry: Json = {"entry": stored.entry_hash, "saved": state}
    hint: Json = {"type": "saved", "author": stored.author, **entry}
    venue.devices.fanout.publish(author_topic(stored.session, stored.author), hint)


def tell_growth(venue: Venue, session: str, before: int, after: int) -> None:
    """Tell authors that what they wrote is now held by another venue too.

    Where none of them has a page open here, the lines need not be read for it: a hundred thousand
    come at once when a venue catches up.
    """
    if not venue.devices.fanout.hears(author_topic(session, "")):
        return
    while before < after:
        lines = venue.book.placed(session, before, min(PAGE_LINES, after - before))
        for stored in lines:
            tell_saved(venue, stored)
        if not lines:
            return
        before += len(lines)


def tell_line(venue: Venue, peer: str, *, up: bool, since_ms: int) -> None:
    """Tell everybody here that the line to another venue is up or down."""
    state = "up" if up else "down"
    hint: Json = {"type": "line", "venue": peer, "state": state, "since": since_ms}
    venue.devices.fanout.publish(venue_topic(), hint)


def tell_storage(venue: Venue, *, faulted: bool) -> None:
    """Tell everybody here that the venue saves nothing, or saves again."""
    hint: Json = {"type": "storage", "state": "faulted" if faulted else "running"}
    venue.devices.fanout.publish(venue_topic(), hint)
