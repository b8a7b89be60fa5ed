"""What nobody may read before its time: I5 (marks), I6 (bids), I7 (identities).

Decided here: a secret of a simulated evaluation is a text that occurs nowhere else. Before its time
it may stand in no entry (in clear, nor encoded), in no view of any role, and no custodian's venue
may keep a released share of it; no venue's own key opens another venue's names.
The dates are judged by the kinds of the entries that a venue holds, not by the house's own fold.
Not decided here: which secrets there are (meeting).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from bideval.evidence.agefile import age_decrypt
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.terms.errors import EvidenceError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bideval.ledger.entry import Entry
    from bideval.ports import StoredLine

LONG = 40
"""Characters from which on a word of an entry may hide something encoded."""
SEES_MARKS = ("officer", "supervisor", "expert")
SHOWN_FROM = {"bid": "bids.closed", "marks": "released", "identity": "reported"}


class Secrets:
    """The secrets of one evaluation, as texts."""

    def __init__(self) -> None:
        self.bids: dict[str, tuple[str, tuple[str, ...]]] = {}
        """Bid: its bidder, and what is secret in it."""
        self.marks: set[str] = set()
        self.experts: dict[str, str] = {}
        """Name: the venue that may expect this expert."""

    def of_bid(self, bid: str, bidder: str, *texts: str) -> None:
        self.bids[bid] = (bidder, texts)

    def of_mark(self, text: str) -> None:
        self.marks.add(text)

    def of_expert(self, name: str, venue: str) -> None:
        self.experts[name] = venue

    def found_in(self, text: str, *, purpose: str) -> str | None:
        """Return a secret of this purpose that stands in a text."""
        texts: Iterable[str] = {
            "bid": (one for _, texts in self.bids.values() for one in texts),
            "marks": self.marks,
            "identity": self.experts,
        }[purpose]
        return next((one for one in texts if one in text), None)


class Dates:
    """What of the course one venue holds: which dates have come, by its own record."""

    def __init__(self) -> None:
        self.come: set[str] = set()
        self.nonces: set[str] = set()
        self.committers = 0
        self.purposes: dict[str, str] = {}
        """Recipient of a seal: its purpose."""

    def take(self, entry: Entry) -> None:
        """Learn from an entry that this venue holds."""
        body: dict[str, Any] = dict(entry.body)
        if entry.kind == "bids.closed":
            self.come.add(entry.kind)
        elif entry.kind == "phase.moved":
            self.come.add(str(body["to"]))
        elif entry.kind == "tender.published":
            actors = body["tender"]["custody"]["nonces"]["custodians"]
            self.committers = len(actors)
        elif entry.kind == "nonce.sealed":
            self.nonces.add(entry.author)
        for seal in _seals(body):
            self.purposes[seal["recipient"]] = seal["purpose"]

    def is_due(self, recipient: str) -> bool:
        """Tell whether a share of this seal may be in the record."""
        purpose = self.purposes.get(recipient)
        if purpose == "nonce":
            return 0 < self.committers <= len(self.nonces)
        return purpose is not None and SHOWN_FROM[purpose] in self.come


def early_words(entry: Entry, secrets: Secrets, dates: Dates) -> str | None:
    """Return what an entry gives away before its time, None if nothing."""
    text = str(entry.body)
    words = [text, *(_decoded(one) for one in _words(entry.body) if len(one) >= LONG)]
    for purpose, date in SHOWN_FROM.items():
        if date in dates.come:
            continue
        for word in words:
            secret = secrets.found_in(word, purpose=purpose)
            if secret is not None:
                return f"{entry.kind} of {entry.author} says {secret!r} ({purpose})"
    if entry.kind == "share.released" and not dates.is_due(str(entry.body["recipient"])):
        recipient = str(entry.body["recipient"])
        return f"{entry.author} releases a share of a seal ({dates.purposes.get(recipient)}) early"
    return None


def early_view(person: str, view: dict[str, Any], secrets: Secrets, dates: Dates) -> str | None:
    """Return what a view shows to a person who may not see it (yet), None if nothing."""
    text = str(view)
    role = (view["me"] or {}).get("role", "")
    name = secrets.found_in(text, purpose="identity")
    if name is not None:
        return f"{person} sees the name {name!r}"
    mark = secrets.found_in(text, purpose="marks")
    if mark is not None and ("released" not in dates.come or role not in SEES_MARKS):
        return f"{person} ({role}) sees the mark {mark}"
    if "bids.closed" in dates.come:
        return None
    for bid, (bidder, texts) in secrets.bids.items():
        shown = next((one for one in texts if one in text), None)
        if shown is not None or (bid in text and person != bidder):
            return f"{person} ({role}) sees of {bid}: {shown or 'that it is there'}"
    return None


def opened_names(identity: str, venue: str, lines: Iterable[StoredLine]) -> list[str]:
    """Return the seats of other venues whose names a venue's own key opens; must be none."""
    entries = [parse_entry(parse_line(one.line).jws) for one in lines]
    return [
        f"{entry.kind}: seat {seat['seat']} of {seat['venue']}"
        for entry in entries
        for seat in _seats(entry)
        if seat["venue"] != venue and _opens(identity, seat["for_venue"])
    ]


def _seats(entry: Entry) -> list[dict[str, Any]]:
    panel: Any = entry.body.get("panel") if entry.kind.startswith("draw.") else None
    return panel if isinstance(panel, list) else [panel] if isinstance(panel, dict) else []


def _opens(identity: str, ciphertext: str) -> bool:
    try:
        age_decrypt(identity, _bytes(ciphertext))
    except (EvidenceError, InputError):
        return False
    return True


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _decoded(text: str) -> str:
    try:
        return _bytes(text).decode("utf-8", "ignore")
    except ValueError:
        return ""


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _words(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _words(one)


def _seals(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if {"purpose", "recipient", "shares"} <= value.keys():
            yield value
        for one in value.values():
            yield from _seals(one)
