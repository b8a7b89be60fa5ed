"""Venues that lie with the right key: another story is told on the wire, and signed as it is told.

A `Story` stands between a venue's server, which is the honest program, and its line to one peer.
What the server sends of its stream is told as `twist` has it; every word for it is signed anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from bideval.ledger.checkpoint import sign_checkpoint
from bideval.ledger.entry import Seen, entry_payload, parse_entry, sign_entry
from bideval.ledger.line import Line, chain_next, chain_start, encode_line, parse_line
from bideval.ledger.tree import leaf_hash, tree_root
from bideval.simulation.devices import signing_key
from bideval.sync import messages
from bideval.sync.words import RECORD, Vouch

if TYPE_CHECKING:
    from collections.abc import Callable

    Twist = Callable[[list[bytes]], list[bytes]]


@dataclass
class Story:
    """What `venue` tells `peer` of its stream in `session`; `twist` makes it of what is true."""

    venue: str
    peer: str
    session: str
    main: bool
    twist: Twist | None = None
    silent: tuple[type, ...] = ()
    """Messages that it does not send at all."""
    deaf: bool = False
    """Whether the liar's server hears that the peer has what is true."""
    again: Twist | None = None
    """A second story of what was just told, sent right behind it."""
    goes_quiet: bool = False
    """Whether it tells nothing behind the line that is told differently."""
    true: list[bytes] = field(default_factory=list)
    most: int | None = None
    """How many lines it tells, once it has become quiet."""
    lies: int = 0

    def speak(self, frame: bytes) -> list[bytes]:
        """Return what leaves in the place of a frame."""
        message: Any = messages.decode(frame)
        quiet = self.most is not None and isinstance(message, messages.PlacedWord)
        if quiet or isinstance(message, self.silent):
            return []
        if self.twist is None or getattr(message, "session", None) != self.session:
            return [frame]
        if isinstance(message, messages.Vouched):
            told = self.twist(self.true)[: message.n]
            return [messages.encode(self.signed(message, told))] if told else [frame]
        if isinstance(message, messages.Checkpoint):
            told = self.twist(self.true)[: self.most][: message.size]
            if len(told) < message.size:
                return []
            key, root = signing_key(self.venue), self._digest(told)
            note = sign_checkpoint(key, self.session, len(told), root)
            return [messages.encode(replace(message, note=note))]
        if isinstance(message, messages.Lines):
            return self._lines(message)
        return [frame]

    def hear(self, frame: bytes) -> bytes:
        """Return what the liar's server, which knows one story only, is to hear of the peer."""
        message: Any = messages.decode(frame)
        if isinstance(message, messages.Ack) and message.session == self.session:
            return messages.encode(self._believed(message))
        if isinstance(message, messages.Marks):
            marks = [
                self._believed(mark) if mark.session == self.session else mark
                for mark in message.marks
            ]
            return messages.encode(messages.Marks(marks))
        return frame

    def _believed(self, said: Any) -> Any:
        return replace(said, digest=self._digest(self.true[: said.n])) if said.n else said

    def _lines(self, message: messages.Lines) -> list[bytes]:
        before = message.first - 1
        self.true[before:] = message.lines
        told = self.twist(self.true)
        if self.goes_quiet and self.most is None and told != self.true:
            pairs = zip(told, self.true, strict=True)
            self.most = next(n for n, (one, other) in enumerate(pairs, 1) if one != other)
        told = told[: self.most]
        stories = [told, *([self.again(told)] if self.again else [])]
        self.lies += any(story != self.true for story in stories)
        batches = [
            self.signed(replace(message, lines=story[before:]), story)
            for story in stories
            if story[before:]
        ]
        return [messages.encode(batch) for batch in batches]

    def signed(self, message: Any, told: list[bytes]) -> Any:
        """Return a message as the liar says it, whose word is for these lines of its stream."""
        word = Vouch(
            self.session, RECORD if self.main else self.venue, len(told), self._digest(told)
        )
        signature = signing_key(self.venue).sign(word.signed_bytes())
        return replace(message, digest=word.digest, signature=signature)

    def _digest(self, told: list[bytes]) -> bytes:
        if self.main:
            return tree_root([leaf_hash(line) for line in told])
        chain = chain_start(self.session, self.venue)
        for line in told:
            chain = chain_next(chain, line)
        return chain


def nothing(lines: list[bytes]) -> list[bytes]:
    """Tell the truth."""
    return lines


def forge(line: bytes) -> bytes:
    """Return a line whose entry says the same and bears another signature."""
    parsed = parse_line(line)
    head, _, signature = parsed.jws.rpartition(".")
    other = ("A" if signature[0] != "A" else "B") + signature[1:]
    return encode_line(Line(parsed.origin, parsed.n, f"{head}.{other}"))


def renumber(line: bytes, n: int) -> bytes:
    """Return the entry of a line under another number."""
    parsed = parse_line(line)
    return encode_line(Line(parsed.origin, n, parsed.jws))


def retell(line: bytes) -> bytes:
    """Return another entry of the same author under the same number; its signature is right."""
    parsed = parse_line(line)
    entry = parse_entry(parsed.jws)
    payload = entry_payload(
        session=entry.session,
        author=entry.author,
        kind=entry.kind,
        id=entry.id,
        at=entry.at + 1_000,
        body=entry.body,
        seen=Seen(entry.seen_size, entry.seen_root),
    )
    key = signing_key(entry.author.removeprefix("venue/"))
    return encode_line(Line(parsed.origin, parsed.n, sign_entry(key, payload)))


def at(origin: str, n: int, change: Callable[[list[bytes], int], list[bytes]]) -> Twist:
    """Return a story in which something happens to a venue's line, once it is there."""

    def twist(lines: list[bytes]) -> list[bytes]:
        start = f"{origin} {n} ".encode()
        places = [place for place, line in enumerate(lines) if line.startswith(start)]
        return change(list(lines), places[0]) if places else lines

    return twist


def changed(lines: list[bytes], place: int) -> list[bytes]:
    lines[place] = forge(lines[place])
    return lines


def skipped(lines: list[bytes], place: int) -> list[bytes]:
    del lines[place]
    return lines


def told_twice(lines: list[bytes], place: int) -> list[bytes]:
    lines.insert(place, lines[place])
    return lines


def swapped(lines: list[bytes], place: int) -> list[bytes]:
    lines[place - 1], lines[place] = lines[place], lines[place - 1]
    return lines


def retold(lines: list[bytes], place: int) -> list[bytes]:
    lines[place] = retell(lines[place])
    return lines


def last_retold(lines: list[bytes]) -> list[bytes]:
    """Tell the last line differently."""
    return [*lines[:-1], retell(lines[-1])]
