"""Two bundles of two sessions: does one continue the other, after a fault that lasted too long?

Decided here: whether both records say so, and of the same end and the same opened bids
(docs/spec/phases.md, faults, rules 4 and 5). One record alone cannot show that.
Not decided here: that each of them is true to itself (`bideval.audit.verifier`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.session.continued import offers_of
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from bideval.audit.replay import Replay
    from bideval.session.bodies.people import Continued


def check_succession(here: Replay, there: Replay) -> str:
    """Return in words which of two folded records continues the other.

    Raises EvidenceError `other_session` where neither says so, `not_the_successor` where the
    earlier one does not name the later, `other_root` where it ends otherwise than the later one
    says, `other_bids` where other bids were opened there.
    """
    for later, earlier in ((here, there), (there, here)):
        before = later.session.continues
        if before is not None and before.session == earlier.session.session_id:
            _check_link(later, earlier, before)
            return f"{later.session.session_id} continues {before.session}, of one end and its bids"
    raise _differs("other_session", "is of another session, which neither continues")


def _check_link(later: Replay, earlier: Replay, before: Continued) -> None:
    named = earlier.session.procedure.successor()
    if named != later.session.session_id:
        raise _differs("not_the_successor", f"{before.session} names {named or 'no session'}")
    if earlier.size < before.size or earlier.root(before.size).hex() != before.root:
        raise _differs("other_root", f"{before.session} has another record up to {before.size}")
    opened = {(one["lot"], one["bidder"]): one["digest"] for one in offers_of(earlier.session)}
    if opened != before.offers:
        raise _differs("other_bids", f"in {before.session} other bids were opened")


def _differs(code: str, detail: str) -> EvidenceError:
    return EvidenceError(code, field="against", detail=detail)
