"""What a link may ask of this venue: sessions in common, marks, lines, files.

Decided here: what another venue gets to see. The peer has proved who it is before any of this, and
it only ever gets sessions whose founding entry names it.
Not decided here: the protocol (sync) and the connection (link); the composition root fits both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.venue_log import note
from bideval.ledger.line import chain_start
from bideval.ledger.tree import Frontier
from bideval.ports import Conflict, KeptFile, Rate
from bideval.session.names import ENDED
from bideval.terms.errors import InputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bideval.actions.venue import Venue
    from bideval.ports import FileUse, Reader, StoredLine, Transaction
    from bideval.sync.words import Placed

CONFLICTS = Rate(acts=20, window_ms=3_600_000)
"""Contradicting bytes of one venue about one session that are kept."""

FAULTS = Rate(acts=60, window_ms=3_600_000)
"""Faults of one kind, of one venue and session, that are written down."""

FILE_BATCH = 200
"""Missing files told at once; the rest follows when these are here."""


@dataclass(frozen=True, slots=True)
class Common:
    """A session shared with a peer: who leads, how far our copy of the peer's stream goes.

    `placed`: at a branch, main's newest word about the places of our lines.
    """

    session: str
    main: bool
    n: int
    state: bytes
    epoch: int
    checkpoint: tuple[int, str] | None
    size: int = 0
    placed: Placed | None = None


@dataclass(frozen=True, slots=True)
class Lacking:
    """A file that a shared session names and that is not here."""

    session: str
    sha256: str
    size: int
    have: int
    purpose: str


def common_sessions(venue: Venue, peer: str) -> list[Common]:
    """Return the sessions that go on between this venue and the peer."""
    return [
        common
        for session in venue.book.sessions()
        if (common := common_session(venue, peer, session)) is not None
    ]


def common_session(venue: Venue, peer: str, session: str) -> Common | None:
    """Return how a session stands between us and the peer; None if it is not the peer's."""
    main = _main_between(venue, peer, session)
    if main is None:
        return None
    with venue.devices.store.read() as reader:
        head = reader.head(session)
        if head is None:
            return None
        if main == peer:
            return Common(
                session=session,
                main=False,
                n=head.size,
                state=head.frontier,
                epoch=head.epoch,
                checkpoint=None,
                placed=venue.findings.placed(session),
            )
        origin = reader.origin_head(session, peer)
        return Common(
            session=session,
            main=True,
            n=origin.n,
            state=origin.chain if origin.n else b"",
            epoch=head.epoch,
            checkpoint=uncosigned(reader, session, peer),
            size=head.size,
        )


def newest_uncosigned(venue: Venue, peer: str, session: str) -> tuple[int, str] | None:
    """Return main's newest checkpoint if the peer's cosignature is missing; we are main."""
    if _main_between(venue, peer, session) != venue.id:
        return None
    with venue.devices.store.read() as reader:
        return uncosigned(reader, session, peer)


def uncosigned(reader: Reader, session: str, peer: str) -> tuple[int, str] | None:
    """Return the newest checkpoint (size, note) if the peer's cosignature is missing."""
    newest = reader.checkpoint(session)
    if newest is None or peer in newest.cosignatures:
        return None
    return newest.size, newest.note


def is_shared(venue: Venue, peer: str, session: str) -> bool:
    """Whether a session goes on between this venue and the peer; asks memory only."""
    return _main_between(venue, peer, session) is not None


def finished(venue: Venue, session: str) -> bool:
    """Whether nothing will be written into the session any more."""
    with venue.book.reading(session) as fold:
        return fold.phase in ENDED


def mark_up(venue: Venue, peer: str, session: str, n: int) -> bytes | None:
    """Return the chain after our own first `n` lines; None if there are fewer."""
    if _main_between(venue, peer, session) is None:
        return None
    if n == 0:
        return chain_start(session, venue.id)
    with venue.devices.store.read() as reader:
        found = reader.origin_lines(session, venue.id, n, 1)
    return found[0].chain if found else None


def mark_down(venue: Venue, peer: str, session: str, size: int) -> bytes | None:
    """Return the serialised frontier of the record's first `size` lines; None if it is shorter."""
    if _main_between(venue, peer, session) is None:
        return None
    with venue.devices.store.read() as reader:
        head = reader.head(session)
        if head is None or head.size < size:
            return None
        if head.size == size:
            return head.frontier
        leaves = reader.leaves(session, 0, size)
    return Frontier(leaves).to_bytes()


def read_up(
    venue: Venue, peer: str, session: str, first: int, *, size: tuple[int, int]
) -> list[bytes]:
    """Return our own lines from number `first`: at most so many lines of so many bytes."""
    if _main_between(venue, peer, session) is None:
        return []
    limit, most_bytes = size
    return list(_fitting(venue.book.own(session, first, limit), most_bytes))


def read_down(
    venue: Venue, peer: str, session: str, first: int, *, size: tuple[int, int]
) -> list[bytes]:
    """Return the record's lines, likewise; line `first` counts from 1."""
    if _main_between(venue, peer, session) is None:
        return []
    limit, most_bytes = size
    return list(_fitting(venue.book.placed(session, first - 1, limit), most_bytes))


def lacking_files(venue: Venue, peer: str) -> list[Lacking]:
    """Return the files that sessions shared with the peer name and that are not here."""
    found: list[Lacking] = []
    for session in venue.book.sessions():
        if _main_between(venue, peer, session) is None:
            continue
        with venue.devices.store.read() as reader:
            uses = reader.missing_files(session, FILE_BATCH)
        found += [_lacking(venue, use) for use in uses]
    return found


def read_chunk(
    venue: Venue, peer: str, session: str, sha256: str, *, offset: int, length: int
) -> bytes | None:
    """Return a part of a file that the session names; None for any other file."""
    if _main_between(venue, peer, session) is None:
        return None
    with venue.devices.store.read() as reader:
        named = any(use.session == session for use in reader.file_uses(sha256))
    if not named or not venue.devices.files.has(sha256):
        return None
    data = venue.devices.files.read_range(sha256, offset, length)
    return data if len(data) == length else None


def write_chunk(  # which file of which session, where, what, and whether it ends
    venue: Venue, session: str, sha256: str, *, offset: int, data: bytes, last: bool
) -> int | None:
    """Keep a part of a missing file; None when its digest turns out wrong."""
    files = venue.devices.files
    if files.has(sha256):
        return files.size(sha256)
    with venue.devices.store.read() as reader:
        uses = [use for use in reader.file_uses(sha256) if use.session == session]
    if not uses:
        return None
    try:
        upto = files.append_part(sha256, offset, data, size=uses[0].size)
        if last:
            files.finish_part(sha256)
            _note_arrived(venue, uses[0])
    except InputError:
        return None
    return upto


def quarantine(venue: Venue, session: str, origin: str, n: int, *, code: str, proof: bytes) -> None:
    """Keep bytes that contradict ours, and say so in the venue's log; so many in an hour.

    Nobody fills the disk of another venue with bytes that do not verify.
    """
    key = f"conflict:{origin}:{session}"
    if not venue.devices.limiter.allow(key, CONFLICTS):
        return
    conflict = Conflict(session, origin, n, code, proof, venue.now_ms())

    def work(tx: Transaction) -> None:
        tx.add_conflict(conflict)

    venue.devices.store.write(work).result()
    note(venue, "attempt.denied", _denied(session, origin, code))


def note_fault(venue: Venue, peer: str | None, session: str | None, kind: str) -> None:
    """Say in the venue's log that something is wrong with a link; so often in an hour."""
    if not venue.devices.limiter.allow(f"fault:{peer}:{session}:{kind}", FAULTS):
        return
    note(venue, "attempt.denied", _denied(session or "", peer or "", f"link_{kind}"))


def _denied(session: str, origin: str, code: str) -> dict[str, object]:
    return {"code": code, "field": session, "rule": "link", "route": "link", "actor": origin}


def are_branches(venue: Venue, peer: str, session: str) -> bool:
    """Whether we and the peer both are branches of a session that goes on here."""
    main, branches = _taking_part(venue, session)
    return main is not None and {peer, venue.id} <= branches


def _main_between(venue: Venue, peer: str, session: str) -> str | None:
    """Return which of the two venues leads a session that both take part in; None once stopped."""
    main, branches = _taking_part(venue, session)
    leads = main in {peer, venue.id} and len(branches & {peer, venue.id}) == 1
    return main if leads else None


def _taking_part(venue: Venue, session: str) -> tuple[str | None, set[str]]:
    """Return main and the branches of a session that goes on here; no venue otherwise."""
    if venue.findings.stopped(session):
        return None, set()
    try:
        with venue.book.settled(session) as fold:
            main, venues = fold.people.main, set(fold.people.venues)
    except RefusedError:
        return None, set()
    return main, venues - {main}


def _fitting(lines: Sequence[StoredLine], most_bytes: int) -> Iterator[bytes]:
    total = 0
    for stored in lines:
        total += len(stored.line)
        if total > most_bytes and total > len(stored.line):
            return
        yield stored.line


def _lacking(venue: Venue, use: FileUse) -> Lacking:
    have = venue.devices.files.part_size(use.sha256)
    return Lacking(use.session, use.sha256, use.size, have, use.purpose)


def _note_arrived(venue: Venue, use: FileUse) -> None:
    media_type = "application/pdf" if use.purpose == "report" else "application/octet-stream"
    kept = KeptFile(use.sha256, use.size, media_type, venue.actor, venue.now_ms())
    venue.devices.store.write(lambda tx: tx.add_file(kept)).result()
