"""Two bundles of one session: what vanished, what was added, who signed two histories.

Decided here: when a second bundle contradicts the first, where, and whom it accuses.
Not decided here: that each of them is true to itself (`bideval.audit.verifier`).

A longer record that begins like the shorter one is no contradiction, unless it is the *other* one
that is longer: then this bundle hides its end. Everything else is two histories of one session; as
main signs one head after another only, its two signatures are a proof of misbehaviour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.audit.bid_checks import Absences
from bideval.audit.checks import cosigners
from bideval.audit.replay import place_of
from bideval.session.names import BidState
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from bideval.audit.bundle import Bundle
    from bideval.audit.replay import Replay

SHOWN = 100
"""Places that are listed of each sort; all of them are counted."""


@dataclass(slots=True)
class Comparison:
    """How two records of one session differ; places are as each record has them.

    `common` counts the entries from the first on that are the same in both. `accused` are the
    venues whose signatures stand under both histories; empty where one only continues the other.
    """

    common: int = 0
    entries: tuple[int, int] = (0, 0)
    vanished: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    moved: int = 0
    accused: list[str] = field(default_factory=list)

    @property
    def contradicts(self) -> bool:
        """Whether neither record continues the other."""
        return self.common < min(self.entries)

    def document(self) -> dict[str, object]:
        """Return the member `against` of the verdict."""
        return {
            "common": self.common,
            "entries": list(self.entries),
            "vanished": {"count": len(self.vanished), "first": self.vanished[:SHOWN]},
            "added": {"count": len(self.added), "first": self.added[:SHOWN]},
            "moved": self.moved,
            "accused": self.accused,
        }


def compare(here: tuple[Bundle, Replay], there: tuple[Bundle, Replay]) -> Comparison:
    """Return how the record of `here` differs from that of `there`; both were folded whole.

    Raises EvidenceError where `there` is another session.
    """
    (bundle, run), (other, other_run) = here, there
    if run.session.session_id != other_run.session.session_id:
        raise EvidenceError("other_session", field="against", detail="is of another session")
    found = Comparison(common=_common(run, other_run), entries=(run.size, other_run.size))
    known = {other_run.leaf(place) for place in range(found.common, other_run.size)}
    kept = {run.leaf(place) for place in range(found.common, run.size)}
    found.added = _strangers(run, known, found.common)
    found.vanished = _strangers(other_run, kept, found.common)
    found.moved = 0 if not found.contradicts else len(known & kept)
    if found.contradicts:
        found.accused = _accused((bundle, run), (other, other_run))
    return found


def _common(run: Replay, other: Replay) -> int:
    shorter = min(run.size, other.size)
    differing = (at for at in range(shorter) if run.leaf(at) != other.leaf(at))
    return next(differing, shorter)


def _strangers(run: Replay, known: set[bytes], start: int) -> list[str]:
    places = (place for place in range(start, run.size) if run.leaf(place) not in known)
    return [run.where(place) for place in places]


def _accused(here: tuple[Bundle, Replay], there: tuple[Bundle, Replay]) -> list[str]:
    """Return the venues with one key in both records that signed both heads, main first."""
    keys = [run.session.people.venues for _, run in (here, there)]
    mains = {run.session.main for _, run in (here, there)}
    signed = cosigners(*here).keys() & cosigners(*there).keys()
    suspects = [*(mains if len(mains) == 1 else ()), *sorted(signed)]
    return [one for one in suspects if keys[0][one].key == keys[1][one].key]


def check_against(
    here: tuple[Bundle, Replay], there: tuple[Bundle, Replay], found: Comparison
) -> Comparison:
    """Raise EvidenceError at the first place where the other bundle contradicts this one."""
    (_, run), (other, other_run) = here, there
    if found.common < other_run.size:
        raise _contradiction(found, run, other_run)
    absences = Absences(run)
    for bid in run.session.bidding.bids.values():
        missing = bid.state is BidState.UNOPENABLE and bid.reason == "ciphertext_missing"
        if missing and bid.ciphertext.sha256 in other.files and not absences.excuse(bid):
            where = run.where(run.session.places[bid.entry].position)
            detail = f"{bid.id}: was given up as missing, and the other bundle has it"
            raise EvidenceError("bid_withheld", field=where, detail=detail)
    return found


def _contradiction(found: Comparison, run: Replay, other: Replay) -> EvidenceError:
    at = found.common
    theirs = place_of(at, other.lines[at])
    sums = f"{len(found.vanished)} vanished, {len(found.added)} added, {found.moved} moved"
    if at == run.size:
        detail = f"vanished with all that follows; the other bundle goes on: {sums}"
        return EvidenceError("cut", field=theirs, detail=detail)
    words = f"the other bundle has {theirs} here" if theirs != run.where(at) else "differs"
    accused = f"; signed both: {', '.join(found.accused)}" if found.accused else ""
    return EvidenceError("fork", field=run.where(at), detail=f"{words}: {sums}{accused}")


def describe(found: Comparison) -> str:
    """Return what a comparison without contradiction found."""
    more = found.entries[0] - found.common
    return f"{found.common} entries are the same" + (f", {more} came after" if more else "")
