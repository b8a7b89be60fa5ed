"""The bids, opened again from their shares.

Decided here: step `bids` of docs/spec/bundle.md. A plaintext is written nowhere and never held: it
is checked as it comes out. Not decided here: what a package may hold (`bideval.opening`).
"""

from __future__ import annotations

from bisect import bisect_left
from operator import itemgetter
from typing import IO, TYPE_CHECKING, cast

from bideval.audit.container import ViewReader
from bideval.audit.replay import located
from bideval.evidence.sealing import combine_shares, decrypt_stream
from bideval.opening.package import PackageCheck, check_manifest, parse_manifest
from bideval.session.caseform import check_price
from bideval.session.continued import check_offer
from bideval.session.names import BidState
from bideval.terms.errors import BidevalError, EvidenceError

if TYPE_CHECKING:
    from bideval.audit.bundle import Bundle
    from bideval.audit.replay import Replay
    from bideval.ledger.entry import Entry
    from bideval.session.bidding import Bid

NO_FILE = frozenset({"ciphertext_missing", "ciphertext_differs"})
"""Reasons that the file itself refutes: it is here, and the container holds it to its digest."""


def check_bids(bundle: Bundle, run: Replay) -> str:
    """Each announced bid is what its shares open; each bid given up really stays closed."""
    opened = given_up = 0
    absences = Absences(run)
    places = _announced(run)
    for bid in run.session.bidding.bids.values():
        position = run.session.places[bid.entry].position
        try:
            if bid.state is BidState.OPENED:
                _check_opened(bundle, run, bid, run.entry(places[bid.id]))
                opened += 1
            elif bid.state is BidState.UNOPENABLE:
                _check_given_up(bundle, run, bid, absences)
                given_up += 1
        except BidevalError as fault:
            raise located(fault, run.where(position)) from None
    return f"{opened} opened, {given_up} that could not be"


def _check_opened(bundle: Bundle, run: Replay, bid: Bid, announced: Entry) -> None:
    _demand_ciphertext(bundle, bid)
    document, digest = _open(bundle, run, bid)
    if digest != bid.plaintext:
        raise EvidenceError("bid_differs", field=bid.id, detail="another plaintext was announced")
    if document != announced.body.get("manifest"):
        raise EvidenceError("bid_differs", field=bid.id, detail="another manifest was announced")


def _check_given_up(bundle: Bundle, run: Replay, bid: Bid, absences: Absences) -> None:
    if bid.reason == "shares_missing":  # the fold has judged that, at its place
        return
    if bid.reason in NO_FILE:
        _check_missing(bundle, bid, absences)
        return
    _demand_ciphertext(bundle, bid)
    try:
        _open(bundle, run, bid)
    except BidevalError:
        return
    raise EvidenceError("bid_withheld", field=bid.id, detail="could have been opened")


def _check_missing(bundle: Bundle, bid: Bid, absences: Absences) -> None:
    """A file said to be missing is not here, unless its venue was noted as absent at that time."""
    if bid.ciphertext.sha256 not in bundle.files or absences.excuse(bid):
        return
    detail = "was given up for want of its file, and the file is here"
    raise EvidenceError("bid_withheld", field=bid.id, detail=detail)


class Absences:
    """Which venues main had noted as absent when it gave bids up; the record is read once."""

    def __init__(self, run: Replay) -> None:
        self._run = run
        self._given_up: dict[object, int] = {}
        for place, entry in run.of_kind("bid.unopenable"):
            self._given_up.setdefault(entry.body.get("bid"), place)
        moves = [
            (place, entry.body.get("venue"), kind == "venue.absent")
            for kind in ("venue.absent", "venue.returned")
            for place, entry in run.of_kind(kind)
        ]
        self._moves: dict[object, list[tuple[int, bool]]] = {}
        for place, venue, left in sorted(moves, key=itemgetter(0)):
            self._moves.setdefault(venue, []).append((place, left))

    def excuse(self, bid: Bid) -> bool:
        """Return whether main had noted the bid's venue as absent when it gave the bid up."""
        moves = self._moves.get(self._run.session.places[bid.entry].origin, [])
        before = bisect_left(moves, self._given_up[bid.id], key=itemgetter(0))
        return before > 0 and moves[before - 1][1]


def _demand_ciphertext(bundle: Bundle, bid: Bid) -> None:
    if bid.ciphertext.sha256 not in bundle.files:
        raise EvidenceError("file_missing", field=bid.id, detail="the sealed bid is not here")


def _open(bundle: Bundle, run: Replay, bid: Bid) -> tuple[dict[str, object], str]:
    identity = combine_shares(bid.seal, run.session.sharing.of(bid.seal.recipient))
    source, package = ViewReader(bundle.files[bid.ciphertext.sha256]), PackageCheck()
    decrypt_stream(identity, cast("IO[bytes]", source), cast("IO[bytes]", package))
    document = package.document()
    manifest = parse_manifest(document)
    check_manifest(
        manifest, session=run.session.session_id, bid=bid.id, lot=bid.lot, bidder=bid.bidder
    )
    check_price(run.session, manifest.sheet.price)
    check_offer(run.session, manifest)
    package.end()
    return document, package.sha256


def _announced(run: Replay) -> dict[str, int]:
    """Return where each opened bid is announced: a bid is opened once."""
    return {str(entry.body["bid"]): place for place, entry in run.of_kind("bid.opened")}
