"""The venue: its name and the devices that its actions use.

Decided here: what one action may reach. The composition root fills it in once.
Not decided here: which device stands behind a port.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.actions.awaited import Awaited
from bideval.actions.lines import Lines
from bideval.actions.stopping import Stops
from bideval.actions.unkept import Unkept
from bideval.ports import Rate
from bideval.terms.identifiers import venue_actor, venue_log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bideval.actions.bridge import Bridge
    from bideval.actions.record_book import RecordBook
    from bideval.actions.spread import Spread
    from bideval.ports import (
        Clock,
        Entropy,
        Fanout,
        FileStore,
        KeyRing,
        Peer,
        Press,
        RateLimiter,
        RecordStore,
        Stamper,
        Viewing,
    )

ATTEMPTS = Rate(acts=20, window_ms=60_000)
DENIALS = Rate(acts=120, window_ms=60_000)
CHALLENGES = Rate(acts=600, window_ms=60_000)
REQUESTS = Rate(acts=6_000, window_ms=60_000)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what people may send to this venue; the settings may lower or raise them."""

    bid_bytes: int = 2 << 30
    """A sealed bid with all its files; uploads are streamed, so memory does not bound it."""
    document_bytes: int = 256 << 20
    """One tender document or report."""
    spare_files: int = 60
    """Files of one person that no entry names (yet)."""
    spare_bytes: int = 6 << 30
    """All of those together: a few bids, so that a broken upload can be tried again."""
    uploads: int = 4
    """Uploads of one person at the same time."""
    session_bids: int = 40
    """Bids of one bidder in one session, withdrawn ones too."""
    session_bytes: int = 8 << 30
    """All of those together."""
    pool_bytes: int = 256 << 20
    """One CSV with a pool: a million experts take about a hundred MiB."""
    login_ms: int = 12 * 3600 * 1000
    """A signed-in browser: one long working day."""
    code_ms: int = 72 * 3600 * 1000
    """An activation code: from the invitation to the day of the session."""
    challenge_ms: int = 120_000
    """A log-in challenge, from asking to signing."""
    attempts: Rate = ATTEMPTS
    """Codes and log-ins tried from one address."""
    challenges: Rate = CHALLENGES
    """Challenges given to one address, known or not: each is a row on the disk."""
    requests: Rate = REQUESTS
    """Requests of one signed-in person."""
    denials: Rate = DENIALS
    """Refused attempts from one address that are written down."""
    live_pages: int = 8
    """Open live connections of one person."""


@dataclass(frozen=True, slots=True)
class Devices:
    """What the house gets from outside (ports)."""

    clock: Clock
    entropy: Entropy
    store: RecordStore
    files: FileStore
    keys: KeyRing
    fanout: Fanout
    limiter: RateLimiter
    viewing: Viewing
    press: Press
    stamper: Stamper | None = None


@dataclass(frozen=True, slots=True)
class Venue:
    """One venue, as its own server sees itself."""

    id: str
    name: str
    url: str
    devices: Devices
    book: RecordBook
    spread: Spread
    bridge: Bridge
    scratch: Path
    peers: Mapping[str, Peer] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    shared: bool = False
    """Other processes serve this venue too, on the same database."""
    findings: Stops = field(default_factory=Stops)
    unkept: Unkept = field(default_factory=Unkept)
    awaiting: Awaited = field(default_factory=Awaited)
    lines: Lines = field(default_factory=Lines)

    @property
    def actor(self) -> str:
        """The author of what this venue itself writes: `venue/fenghua`."""
        return venue_actor(self.id)

    @property
    def log(self) -> str:
        """The session id of this venue's own log: `log.fenghua`."""
        return venue_log(self.id)

    def now_ms(self) -> int:
        return self.devices.clock.now_ms()
