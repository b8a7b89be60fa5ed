"""The names of the drawn, opened after the result, against the leaves of the pool.

Decided here: that whom main names is whom the tickets drew, seat by seat. The leaf binds a name to
the pool that was fixed before the nonces were known (docs/spec/draw.md section 2).
Not decided here: who was drawn (`draw_checks`), and whether a name is a person's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.audit.replay import located
from bideval.draw.exclusions import exclusion_of
from bideval.draw.identity import leaf_of, read_identity
from bideval.draw.pool import ELIGIBLE
from bideval.evidence.canonical import read_json
from bideval.evidence.sealing import age_decrypt, combine_shares
from bideval.session.barring import bars_of
from bideval.session.bodies.panel import NAMES_LIMIT, DrawComputed, DrawSupplemented
from bideval.session.kinds import KINDS
from bideval.terms.errors import BidevalError, EvidenceError, InputError
from bideval.terms.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.audit.replay import Replay
    from bideval.ledger.entry import Entry
    from bideval.session.bodies.panel import DrawnSeatBody, SealedNames


def check_names(run: Replay) -> str:
    """Every list of names that its custodians opened names exactly the drawn; say how many."""
    opened = sealed = 0
    for kind in ("draw.computed", "draw.supplemented"):
        for position, entry in run.of_kind(kind):
            items, names = _drawn(entry)
            if not run.session.sharing.enough(names.seal.recipient):
                sealed += len(items)
                continue
            try:
                _check_list(run, items, names)
            except BidevalError as fault:
                raise located(fault, run.where(position)) from None
            opened += len(items)
    return f"{opened} names opened" + (f", {sealed} still sealed" if sealed else "")


def _drawn(entry: Entry) -> tuple[Sequence[DrawnSeatBody], SealedNames]:
    body = KINDS[entry.kind].read(Fields(entry.body, "body"))
    if isinstance(body, DrawComputed):
        return body.panel, body.names
    if isinstance(body, DrawSupplemented):
        return (body.item,), body.names
    raise EvidenceError("draw_differs", field="names", detail="is not a draw")


def _check_list(run: Replay, items: Sequence[DrawnSeatBody], names: SealedNames) -> None:
    identity = combine_shares(names.seal, run.session.sharing.of(names.seal.recipient))
    try:
        plain = read_json(age_decrypt(identity, names.ciphertext), limit=NAMES_LIMIT, field="names")
        leaves = [_published_leaf(one) for one in _listed(plain)]
    except InputError:
        # Whose name is wrong is not repeated here: it may be somebody's who was not drawn.
        raise _wrong("are no list of identities") from None
    if len(leaves) != len(items):
        raise _wrong(f"{len(leaves)} identities for {len(items)} drawn experts")
    for item, leaf in zip(items, leaves, strict=True):
        if leaf != item.blinded:
            raise _wrong(f"seat {item.seat}: is not the expert whom the ticket drew")
    _check_eligible(run, items, plain)


def _published_leaf(document: object) -> str:
    """Return the leaf in hex; what only the venue of the seat may know is not published."""
    if "kept" in Fields(document, "names").members:
        raise InputError("not_published", field="names.kept")
    return leaf_of(document).hex()


def _check_eligible(run: Replay, items: Sequence[DrawnSeatBody], plain: object) -> None:
    """What is published of a drawn expert gives no reason for exclusion (docs/spec/draw.md 4)."""
    bars = bars_of(run.session)
    for item, document in zip(items, _listed(plain), strict=True):
        if Fields(document, "names").absent("format"):
            continue
        reason = exclusion_of(read_identity(document), None, bars)
        if reason != ELIGIBLE:
            raise _wrong(f"seat {item.seat}: should have been excluded, {reason}")


def _listed(plain: object) -> list[object]:
    if not isinstance(plain, list):
        raise InputError("not_a_list", field="names")
    return plain


def _wrong(detail: str) -> EvidenceError:
    return EvidenceError("names_differ", field="names", detail=detail)
