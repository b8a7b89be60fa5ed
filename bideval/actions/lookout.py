"""What the venue's other server processes wrote, followed from the database.

Decided here: what a process looks at when it is told to look, and every second anyway: how far each
session goes, who is awaited, what stopped a session, which lines to other venues are down. A
wake-up only says where to look; nothing that it brings is believed, and one that was lost costs a
second.
Not decided here: what follows from what is seen (caretaker) and how wake-ups travel (fan-out).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bideval.actions.findings import load_findings, stop_records, tell_stopped
from bideval.actions.peer_lines import tell_changed_lines
from bideval.actions.starting import remember_spread
from bideval.actions.telling import moved_topic
from bideval.terms.errors import BidevalError, RefusedError
from bideval.terms.identifiers import VENUE_LOG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.actions.venue import Venue
    from bideval.ports import Edge, Event


class Lookout:
    """Follows the other processes of one venue. One look at a time."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._conflicts = 0

    async def run(self) -> None:
        """Look whenever another process says so, until cancelled."""
        async with self._venue.devices.fanout.subscribe(moved_topic()) as news:
            async for event in news:
                await asyncio.to_thread(self._told, event)

    def look(self) -> None:
        """Look at everything."""
        with self._venue.devices.store.read() as reader:
            edges = reader.edges(self._venue.id)
            conflicts = reader.conflict_count()
            lines = reader.peer_lines()
            stopped = load_findings(self._venue, reader) if conflicts != self._conflicts else []
        self._conflicts = conflicts
        if stopped:
            stop_records(self._venue, stopped)
        for session in stopped:
            tell_stopped(self._venue, session)
        tell_changed_lines(self._venue, lines)
        self._look_at_all(edges)

    def _told(self, event: Event) -> None:
        session = event.data.get("session")
        try:
            if event.lagging or not isinstance(session, str):
                self.look()
                return
            with self._venue.devices.store.read() as reader:
                edges = reader.edges(self._venue.id, session=session)
                conflicts = reader.conflict_count()
            if conflicts != self._conflicts:
                self.look()
            self._look_at_all(edges)
        except BidevalError:
            return  # the next look tells, and comes within a second

    def _look_at_all(self, edges: Sequence[Edge]) -> None:
        for edge in edges:
            if not edge.session.startswith(VENUE_LOG):
                self._look_at(edge)

    def _look_at(self, edge: Edge) -> None:
        venue = self._venue
        if venue.awaiting.venues(edge.session) != frozenset(edge.awaiting):
            venue.awaiting.set(edge.session, edge.awaiting)
        try:
            if venue.book.behind(edge):
                venue.book.follow(edge.session)
            if venue.spread.size(edge.session) < edge.size:
                remember_spread(venue, edge.session)
        except RefusedError:
            return  # a head without its first line yet
