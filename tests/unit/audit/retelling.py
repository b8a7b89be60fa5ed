"""A finished session told anew: how somebody with every key would write another history.

    talk = eventful()
    other = retold(talk, lambda story: story.drop("supervisor.warned"))

The retelling signs every entry with its author's true key, numbers the lines, and makes again what
depends on the lines before: founding, vectors, orders, objections, heads, result, stance. With
`by_venues` it has the venues' keys alone, and people's entries stay as they were signed.
`Hearing.files` and `bundle_of` give the bundle, with checkpoint and cosignatures of the new record.
"""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from bideval.evidence.encoding import b64u
from bideval.ledger.entry import (
    NOTHING_SEEN,
    Seen,
    entry_hash,
    entry_payload,
    parse_entry,
    sign_entry,
)
from bideval.ledger.line import Line, encode_line
from bideval.ledger.tree import leaf_hash, tree_root
from bideval.session.caseform import consolidation
from bideval.session.names import Phase
from bideval.session.state import Session
from bideval.session.unsealing import open_marks
from bideval.terms.identifiers import acting_venue
from tests.unit.audit.hearing import Hearing
from tests.unit.session.conversation import EXPERTS, OFFICERS, SESSION, SUPERVISOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DISSENTER = EXPERTS[-1]


class Eventful(Hearing):
    """A hearing in which a little of everything happens, and everybody says which head was seen."""

    def entry(self, author: str, kind: str, body: dict[str, Any], **changes: Any) -> str:
        """Sign an entry that names the head of now, but while the box is open."""
        return super().entry(author, kind, body, **{"seen": seen_in(self), **changes})

    def seal_bids(self) -> None:
        """The second bidder first seals another bid and takes it back."""
        self.packages["bid-d"] = {"price": "990000.00", "size": "small"}
        self.must("bidder-bbbbbbbb", "bid.sealed", self.bid("bid-d"))
        self.must("bidder-bbbbbbbb", "bid.withdrawn", {"bid": "bid-d"})
        super().seal_bids()

    def to_opened(self) -> None:
        """There is an objection, a warning and a pause at the opening."""
        super().to_opened()
        words = {"text": "the price was read wrongly"}
        objection = self.must("bidder-aaaaaaaa", "opening.objected", words).entry
        answer = {"objection": objection, "text": "it was read rightly"}
        self.must(OFFICERS[0], "opening.answered", answer)
        self.must(SUPERVISOR, "supervisor.warned", {"text": "the door is open"})
        self.must(OFFICERS[0], "session.paused", {"reason": "fire alarm"})
        self.must(OFFICERS[0], "session.resumed", {"reason": "it was a drill"})

    def score(self, name: str, *, items: int | None = None) -> str:
        """Let the first expert sign twice; the first sheet gives bid-a less."""
        if name != EXPERTS[0]:
            return super().score(name, items=items)
        recipient = self.deal_marks(name)
        lower = {"bid-a": {"design": "1", "service": "1", "record": "10"}}
        first = self.sheet(name, recipient, marks={**self.marks_of(name), **lower})
        self.must(name, "scoresheet.signed", first)
        self.must(name, "scoresheet.signed", self.sheet(name, recipient))
        return recipient

    def to_confirmed(self) -> None:
        """One member dissents."""
        self.confirm(DISSENTER, "dissent", "the service of bid-a is worth less")
        super().to_confirmed()

    def confirm(self, name: str, stance: str = "agree", reasons: str = "") -> Any:
        """Sign once only."""
        if name in self.session.results.confirmations:
            return None
        return super().confirm(name, stance, reasons)


@cache
def eventful() -> Eventful:
    """Return the archived session; nobody may change it."""
    talk = Eventful().until(Phase.ARCHIVED)
    assert isinstance(talk, Eventful)
    return talk


@dataclass
class Said:
    """One entry as its author meant it; `was` is its hash in the true record."""

    origin: str
    author: str
    kind: str
    body: dict[str, Any]
    at: int
    id: str
    was: str = ""
    jws: str = ""
    key_of: str | None = None


class Story(list[Said]):
    """What was said, in record order, to be changed."""

    def of(self, kind: str) -> list[Said]:
        """Return the entries of a kind."""
        return [one for one in self if one.kind == kind]

    def drop(self, *kinds: str) -> None:
        """Leave out everything of these kinds."""
        self[:] = [one for one in self if one.kind not in kinds]

    def insert_after(self, kind: str, said: Said) -> None:
        """Add an entry behind the first of a kind."""
        self.insert(self.index(self.of(kind)[0]) + 1, said)

    def invent(self, author: str, origin: str, kind: str, body: dict[str, Any]) -> Said:
        """Return an entry that nobody said."""
        digest = hashlib.sha256(f"{author} {kind} {body}".encode()).digest()
        return Said(origin, author, kind, body, self[-1].at, b64u(digest[:16]))


def story_of(talk: Hearing) -> Story:
    """Return what was said in a hearing."""
    return Story(_said(line) for line in talk.lines)


def _said(line: Line) -> Said:
    entry = parse_entry(line.jws)
    body = copy.deepcopy(entry.body)
    was = entry_hash(line.jws)
    return Said(line.origin, entry.author, entry.kind, body, entry.at, entry.id, was, jws=line.jws)


def seen_in(talk: Hearing) -> Seen:
    """Return the head that an author sees now."""
    if talk.session.box_is_open() or not talk.lines:
        return NOTHING_SEEN
    root = tree_root([leaf_hash(encode_line(line)) for line in talk.lines])
    return Seen(len(talk.lines), root.hex())


def retold(talk: Hearing, edit: Callable[[Story], object], *, by_venues: bool = False) -> Hearing:
    """Return the hearing as the edited story has it; the true one stays as it is."""
    story = story_of(talk)
    edit(story)
    other = replace(talk, session=Session(SESSION), lines=[], outcomes=[], files=dict(talk.files))
    hashes: dict[str, str] = {}
    for said in story:
        if by_venues and acting_venue(said.author) is None:
            _write(other, said.origin, said.jws)
        else:
            _tell(other, said, hashes)
        hashes[said.was] = entry_hash(other.lines[-1].jws)
    return other


def _tell(talk: Hearing, said: Said, hashes: dict[str, str]) -> None:
    body = said.body | dict(_dependent(talk, said, hashes))
    payload = entry_payload(
        session=SESSION,
        author=said.author,
        kind=said.kind,
        id=said.id,
        at=said.at,
        body=body,
        seen=seen_in(talk),
    )
    _write(talk, said.origin, sign_entry(talk.actors[said.key_of or said.author].key, payload))


def _write(talk: Hearing, origin: str, jws: str) -> None:
    chain = talk.session.chains.get(origin, [b""])
    line = Line(origin, len(chain), jws)
    talk.outcomes.append(talk.session.apply(line, parse_entry(jws)))
    talk.lines.append(line)


def _dependent(talk: Hearing, said: Said, hashes: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield the members of a body that the lines before decide, unless the edit set them."""
    session = talk.session
    if said.kind == "venue.joined":
        yield "founding", session.founding.hex()
    if said.kind in {"bids.closed", "phase.moved"} and "lie" not in said.body:
        yield "vector", session.closing_vector()
    if said.kind == "phase.moved" and said.body["order"] is not None:
        yield "order", hashes[said.body["order"]]
    if said.kind == "opening.answered":
        yield "objection", hashes[said.body["objection"]]
    if said.kind == "result.consolidated" and "lie" not in said.body:
        yield from consolidation(session, open_marks(session)).body.items()
    if said.kind in {"result.confirmed", "report.issued"} and session.results.current:
        yield "digest", session.results.current.body.digest
    if said.kind == "report.issued" and "lie" not in said.body:
        root = tree_root([leaf_hash(encode_line(line)) for line in talk.lines]).hex()
        yield "head", {"size": len(talk.lines), "root": root}
