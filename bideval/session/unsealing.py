"""Opening what was sealed in scoring and for the draw, once enough shares are in the record.

Decided here: how the shares, the sheets and the sealed marks of a record become plain marks; that a
sheet which cannot be read has no marks (the member corrects them as missing, Order 87 art. 64);
where a sheet says something else than the member's last sealed marks. Everybody who has the record
finds the same. Not decided here: whether the marks are in range (the engine).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bideval.draw.tickets import check_nonce
from bideval.evidence.padding import MARK_SIZE, SCORESHEET_STEP, read_padded
from bideval.evidence.sealing import Purpose, age_decrypt, combine_shares
from bideval.terms.errors import BidevalError, InputError
from bideval.terms.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from bideval.evidence.sealing import Seal
    from bideval.session.bodies.panel import NonceSealed
    from bideval.session.marks import SealedMark, Sheet
    from bideval.session.standing import Standing

SEALS_KEPT = 256
SHEETS_KEPT = 256
MARKS_KEPT = 16_384
"""What stays opened in memory: public since its release, and every view asks for all of it."""

SHEET_FORMAT = "bideval-scoresheet/1"
"""The `format` of a scoresheet's plaintext (docs/spec/marks.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about a sheet that people should see; it stops nothing.

    Codes: `seal_unopenable` (its shares rebuild no key), `sheet_unreadable` (no scoresheet is
    inside), `mark_unreadable` (a sealed mark is none), `sheet_differs_from_marks` (the sheet says
    something else than the last sealed mark), `before_differs` (a correction names another mark
    than the sheet; it is not applied).
    """

    code: str
    member: str
    bid: str | None = None
    criterion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedMarks:
    """The marks of every sheet that could be opened, by member, bid and criterion.

    None is an absent mark; a missing member has no readable sheet.
    """

    sheets: Mapping[str, Mapping[str, Mapping[str, Decimal | None]]]
    remarks: tuple[Remark, ...]


def open_marks(session: Standing) -> OpenedMarks:
    """Open the last sheet of every member, replaced ones included, as far as the shares allow."""
    identities, unopenable = _identities(session)
    sheets: dict[str, Mapping[str, Mapping[str, Decimal | None]]] = {}
    remarks: list[Remark] = []
    for member in session.panel.members:
        sheet = session.marks.sheet(member)
        if sheet is None:
            continue
        if sheet.recipient in unopenable:
            remarks.append(Remark(code="seal_unopenable", member=member))
        identity = identities.get(sheet.recipient)
        if identity is None:
            continue
        try:
            sheets[member] = _read_sheet(session.session_id, sheet, identity)
        except BidevalError:
            remarks.append(Remark(code="sheet_unreadable", member=member))
            continue
        remarks += _compare(session, member, marks=sheets[member], identities=identities)
    return OpenedMarks(sheets=sheets, remarks=tuple(remarks))


def _identities(session: Standing) -> tuple[dict[str, str], set[str]]:
    """Return the identities of the seals with enough shares, and the seals that do not open."""
    identities: dict[str, str] = {}
    unopenable: set[str] = set()
    for recipient, secret in session.sharing.seals.items():
        if secret.purpose is not Purpose.MARKS or not session.sharing.enough(recipient):
            continue
        identity = _identity(secret.seal, tuple(session.sharing.of(recipient).items()))
        if identity is None:
            unopenable.add(recipient)
        else:
            identities[recipient] = identity
    return identities, unopenable


@lru_cache(maxsize=SEALS_KEPT)
def _identity(seal: Seal, shares: tuple[tuple[str, bytes], ...]) -> str | None:
    """Return what the shares rebuild, None where they do not; every view after release asks."""
    try:
        return combine_shares(seal, dict(shares))
    except BidevalError:
        return None


@lru_cache(maxsize=SHEETS_KEPT)
def _read_sheet(
    session_id: str, sheet: Sheet, identity: str
) -> Mapping[str, Mapping[str, Decimal | None]]:
    plain = age_decrypt(identity, sheet.ciphertext)
    body = Fields(read_padded(plain, step=SCORESHEET_STEP), "scoresheet")
    body.word("format", (SHEET_FORMAT,))
    if (body.session("session"), body.person("member")) != (session_id, sheet.member):
        raise InputError("other_sheet", field="scoresheet")
    marks = body.nested("marks")
    return {bid: _row(marks.nested(bid)) for bid in marks.members}


def _row(row: Fields) -> dict[str, Decimal | None]:
    return {criterion: row.optional(criterion, row.decimal) for criterion in row.members}


def _compare(
    session: Standing,
    member: str,
    *,
    marks: Mapping[str, Mapping[str, Decimal | None]],
    identities: Mapping[str, str],
) -> list[Remark]:
    """Return where the sheet differs from the last sealed marks that can be opened."""
    remarks = []
    for (bid, criterion), sealed in session.marks.last_marks(member).items():
        identity = identities.get(sealed.recipient)
        if identity is None:
            continue
        try:
            same = _read_mark(sealed, identity) == marks.get(bid, {}).get(criterion)
        except BidevalError:
            remarks.append(_remark("mark_unreadable", sealed))
            continue
        if not same:
            remarks.append(_remark("sheet_differs_from_marks", sealed))
    return remarks


def _remark(code: str, sealed: SealedMark) -> Remark:
    return Remark(code=code, member=sealed.member, bid=sealed.bid, criterion=sealed.criterion)


@lru_cache(maxsize=MARKS_KEPT)
def _read_mark(sealed: SealedMark, identity: str) -> Decimal | None:
    plain = age_decrypt(identity, sealed.ciphertext)
    body = Fields(read_padded(plain, step=MARK_SIZE, limit=MARK_SIZE), "mark")
    named = (body.label("bid"), body.required("criterion"), body.integer("counter"))
    if named != (sealed.bid, sealed.criterion, sealed.counter):
        raise InputError("other_mark", field="mark")
    return body.optional("mark", body.decimal)


def spoilt_nonces(session: Standing) -> list[str]:
    """Return the committers whose revealed nonce does not open, or is not the committed one.

    No draw can be computed with it, and none without it: who commits badly would choose between two
    panels. Everybody who has the record finds the same; the panel is formed anew.
    """
    sharing = session.sharing
    return [
        actor
        for actor, nonce in session.panel.nonces.items()
        if sharing.enough(nonce.seal.recipient)
        and not _fits(
            session.session_id, actor, nonce, tuple(sharing.of(nonce.seal.recipient).items())
        )
    ]


@lru_cache(maxsize=SEALS_KEPT)
def _fits(
    session_id: str, actor: str, sealed: NonceSealed, shares: tuple[tuple[str, bytes], ...]
) -> bool:
    identity = _identity(sealed.seal, shares)
    if identity is None:
        return False
    try:
        nonce = age_decrypt(identity, sealed.ciphertext)
        check_nonce(session_id, actor, nonce, bytes.fromhex(sealed.commitment))
    except BidevalError:
        return False
    return True
