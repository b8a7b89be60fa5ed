"""Which lines to other venues are down, as every process of this venue knows it.

Decided here: the process that holds the lines writes their state down, the others read it.
Not decided here: when a line is up (link).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.telling import moved_topic, tell_line
from bideval.ports import PeerLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bideval.actions.venue import Venue


def note_line(venue: Venue, line: PeerLine) -> None:
    """At the process that holds the lines: tell everybody at this venue of a line's state."""
    venue.lines.take([line])
    tell_line(venue, line.venue, up=line.up, since_ms=line.since_ms)
    if venue.shared:
        venue.devices.store.write(lambda tx: tx.put_peer_line(line)).result()
        venue.devices.fanout.send_on(moved_topic())


def begin_lines(venue: Venue) -> None:
    """At the process that holds the lines from now on: none is up yet."""
    now = venue.now_ms()
    known: dict[str, PeerLine] = {}
    if venue.shared:
        with venue.devices.store.read() as reader:
            known = {line.venue: line for line in reader.peer_lines()}
    for peer in venue.peers:
        line = known.get(peer)
        down = PeerLine(peer, up=False, since_ms=now)
        note_line(venue, down if line is None or line.up else line)


def correct_lines(venue: Venue, held: Mapping[str, PeerLine]) -> None:
    """At the process that holds the lines: write again what a fault of the storage has lost."""
    down = venue.lines.down_since()
    for peer, line in held.items():
        if line.up is (peer in down):
            note_line(venue, line)


def tell_changed_lines(venue: Venue, lines: Sequence[PeerLine]) -> None:
    """At the other processes: tell the pages here what has changed."""
    for line in venue.lines.take(line for line in lines if line.venue in venue.peers):
        tell_line(venue, line.venue, up=line.up, since_ms=line.since_ms)
