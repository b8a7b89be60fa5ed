"""Opening bids: closing the box, taking bids apart, announcing them.

Decided here: how a bid whose shares are in is decrypted (aside, never half visible), what is kept
of it, and how a bid that cannot be opened is noted without stopping the others (Order 20 art. 31).
Not decided here: when the box closes and which bids are due (session.duties).
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bideval.actions.authoring import say
from bideval.actions.naming import CONTENT
from bideval.evidence.agefile import decrypt_stream
from bideval.evidence.sealing import combine_shares
from bideval.opening.package import Manifest, check_manifest, files, parse_manifest, read_manifest
from bideval.ports import FileUse, KeptFile
from bideval.session.caseform import check_price
from bideval.session.continued import check_offer
from bideval.terms.errors import EvidenceError, FaultError, InputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bideval.actions.venue import Venue
    from bideval.ports import FileFacts, Transaction
    from bideval.session.bidding import Bid

BID_DIFFERS = "bid_differs"
"""The code of a bid that main announced as something else than was sealed."""

READ_BYTES = 1024 * 1024
"""Bytes of a plaintext that are hashed at once."""


@dataclass(frozen=True, slots=True)
class Content:
    """What came out of a bid: the plaintext's digest and the manifest as it was sealed."""

    sha256: str
    manifest: dict[str, object]
    files: tuple[tuple[FileFacts, str], ...]


class _Unopenable(Exception):  # noqa: N818  # it never leaves this module
    """The bid stays closed, and why; `reason` is one of the session's codes."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def close_bids(venue: Venue, session: str) -> None:
    """Close the box at the deadline, with what main has of every venue."""

    def body(tx: Transaction) -> dict[str, object]:
        return {"vector": closing_vector(venue, session, tx)}

    say(venue, session, "bids.closed", body, about=())


def closing_vector(venue: Venue, session: str, tx: Transaction) -> dict[str, object]:
    """Return `{origin: {n, chain}}` over all venues of the session, as of this transaction."""
    venues = venue.book.ahead(session, tx).session.people.venues
    heads = {origin: tx.origin_head(session, origin) for origin in sorted(venues)}
    return {origin: {"n": head.n, "chain": head.chain.hex()} for origin, head in heads.items()}


def announce_bid(venue: Venue, session: str, bid_id: str) -> None:
    """Open one bid and announce it, or note why it stays closed."""
    bid, shares = _bid_and_shares(venue, session, bid_id)
    _await_file(venue, session, bid)
    try:
        content = take_out(venue, session, bid, shares)
    except _Unopenable as closed:
        body = {"bid": bid.id, "reason": closed.reason, "detail": closed.detail}
        say(venue, session, "bid.unopenable", body, about=(bid.id,))
        return
    announced = {"bid": bid.id, "sha256": content.sha256, "manifest": content.manifest}
    say(venue, session, "bid.opened", announced, about=(bid.id,))


def _await_file(venue: Venue, session: str, bid: Bid) -> None:
    """Refuse while a file that another venue still sends has time to come."""
    if venue.devices.files.has(bid.ciphertext.sha256):
        return
    with venue.book.reading(session) as fold:
        ends = fold.opening_ends()
    if venue.now_ms() < ends:
        raise RefusedError("file_missing", field="bid", rule="order20/31")


def give_up_bid(venue: Venue, session: str, bid_id: str, reason: str) -> None:
    """Note that a bid stays closed because its custodians did not come."""
    body = {"bid": bid_id, "reason": reason, "detail": ""}
    say(venue, session, "bid.unopenable", body, about=(bid_id,))


def mirror_bid(venue: Venue, session: str, bid_id: str) -> None:
    """At a branch: take the files out of a bid that main has announced, and compare the words.

    Raises FaultError `bid_differs` when main announced something else than what was sealed.
    """
    bid, shares = _bid_and_shares(venue, session, bid_id)
    try:
        content = take_out(venue, session, bid, shares)
    except _Unopenable as closed:
        raise FaultError(BID_DIFFERS, detail=f"{closed.reason}: {closed.detail}") from None
    if (content.sha256, parse_manifest(content.manifest)) != (bid.plaintext, bid.manifest):
        raise FaultError(BID_DIFFERS, detail="main announced something else")


def take_out(venue: Venue, session: str, bid: Bid, shares: dict[str, bytes]) -> Content:
    """Decrypt a bid and keep the files in it; nothing of it is visible unless all of it fits."""
    try:
        identity = combine_shares(bid.seal, shares)
    except EvidenceError as wrong:
        raise _Unopenable("shares_do_not_fit", wrong.code) from None
    if not venue.devices.files.has(bid.ciphertext.sha256):
        raise _Unopenable("ciphertext_missing", "")
    with tempfile.TemporaryDirectory(dir=venue.scratch) as folder:
        plain = Path(folder) / "bid"
        with venue.devices.files.open(bid.ciphertext.sha256) as source, plain.open("wb") as target:
            _decrypt(identity, source, target)
        with plain.open("rb") as package:
            content = _unpack(venue, package, bid, session)
    _note_contents(venue, session, bid, content)
    return content


def _bid_and_shares(venue: Venue, session: str, bid_id: str) -> tuple[Bid, dict[str, bytes]]:
    with venue.book.reading(session) as fold:
        bid = fold.bidding.bids[bid_id]
        return bid, fold.sharing.of(bid.seal.recipient)


def _decrypt(identity: str, source: IO[bytes], target: IO[bytes]) -> None:
    try:
        decrypt_stream(identity, source, target)
    except EvidenceError as wrong:
        raise _Unopenable("does_not_decrypt", wrong.code) from None


def _unpack(venue: Venue, package: IO[bytes], bid: Bid, session: str) -> Content:
    digest = hashlib.sha256()
    while piece := package.read(READ_BYTES):
        digest.update(piece)
    package.seek(0)
    try:
        document = read_manifest(package)
        manifest = parse_manifest(document)
        check_manifest(manifest, session=session, bid=bid.id, lot=bid.lot, bidder=bid.bidder)
        with venue.book.reading(session) as fold:
            check_price(fold, manifest.sheet.price)
            check_offer(fold, manifest)
        kept = tuple(_keep_files(venue, package, manifest))
    except (InputError, EvidenceError) as wrong:
        code = "manifest_differs" if wrong.code == "manifest_differs" else "package_malformed"
        raise _Unopenable(code, wrong.code) from None
    return Content(digest.hexdigest(), document, kept)


def _keep_files(
    venue: Venue, package: IO[bytes], manifest: Manifest
) -> Iterator[tuple[FileFacts, str]]:
    for named, chunks in files(package, manifest):
        facts = venue.devices.files.put(chunks, limit=named.size, expected=named.sha256)
        yield facts, named.media_type


def _note_contents(venue: Venue, session: str, bid: Bid, content: Content) -> None:
    now = venue.now_ms()

    def work(tx: Transaction) -> None:
        for facts, media_type in content.files:
            tx.add_file(KeptFile(facts.sha256, facts.size, media_type, venue.actor, now))
            tx.name_file(FileUse(session, facts.sha256, facts.size, CONTENT, bid.entry))

    venue.devices.store.write(work).result()
