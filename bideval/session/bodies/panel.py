"""Bodies of the draw, the invitations, the declarations, the chair and replacements.

Decided here: their shapes. Not decided here: whether the draw is right (`bideval.draw`), who may
be drawn, declare or vote.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bideval.session.bodies.parts import FileRef, read_file, read_reason, read_remark, read_seal
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.evidence.sealing import Seal
    from bideval.terms.fields import Fields

MAX_PANEL = 99
"""Seats of one panel."""

MAX_POOL = 1_000_000
"""Experts of one pool snapshot."""

NONCE_LIMIT = 4_096
"""Bytes of a sealed nonce."""

IDENTITY_LIMIT = 16_384
"""Bytes of one sealed identity: its longest declarations, three bytes for each character."""

MAX_REASONS = 40
"""Reasons for exclusion that one pool may name."""

NAMES_LIMIT = 32_768
"""Bytes of the sealed list of names."""

MAX_ROUNDS = 20
"""Rounds of voting for the chair."""


class Answer(StrEnum):
    """How an invitation ended."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"


class Recusal(StrEnum):
    """Whether a member withdraws (Order 87 art. 49; 198号 art. 16)."""

    NONE = "none"
    RECUSE = "recuse"


class ReplacementGround(StrEnum):
    """Why a member is replaced (Order 87 art. 49; Regulation art. 48)."""

    ABSENT = "absent"
    RECUSAL = "recusal"
    ILLNESS = "illness"
    LINE = "line"
    DISCIPLINE = "discipline"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSealed:
    """Body of `pool.sealed`; `excluded` counts reasons, None where an old record does not say."""

    file: FileRef
    root: str
    count: int
    eligible: int
    excluded: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NonceSealed:
    """Body of `nonce.sealed`."""

    commitment: str
    ciphertext: bytes
    seal: Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSeatBody:
    """One drawn seat: who (blinded), by which ticket, and the name for the venue alone.

    `class_` is the fall-back class that the expert has in place of the discipline, or None.
    """

    seat: int
    blinded: str
    discipline: str
    venue: str
    ticket: str
    for_venue: bytes
    class_: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedNames:
    """The names of the drawn, sealed until the result is published."""

    ciphertext: bytes
    seal: Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawComputed:
    """Body of `draw.computed`."""

    seed: str
    panel: tuple[DrawnSeatBody, ...]
    names: SealedNames


@dataclass(frozen=True, slots=True)
class InvitationAnswered:
    """Body of `invitation.answered`."""

    blinded: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class AnswerWitnessed:
    """Body of `answer.witnessed`; `answer` is the hash of the entry that noted it."""

    answer: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawSupplemented:
    """Body of `draw.supplemented`: the next ticket of the same discipline and venue."""

    reason: str
    leaving: str
    item: DrawnSeatBody
    names: SealedNames


@dataclass(frozen=True, slots=True)
class DeclarationSigned:
    """Body of `declaration.signed`."""

    recusal: Recusal
    reason: str


@dataclass(frozen=True, slots=True)
class ChairVoted:
    """Body of `chair.voted`."""

    round: int
    candidate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReplaced:
    """Body of `member.replaced`."""

    person: str
    ground: ReplacementGround
    reason: str
    by: str | None


def read_pool_sealed(body: Fields) -> PoolSealed:
    """Read `pool.sealed`."""
    count = body.integer("count", least=1, most=MAX_POOL)
    return PoolSealed(
        file=read_file(body, "file"),
        root=body.digest("root"),
        count=count,
        eligible=body.integer("eligible", most=count),
        excluded=body.optional("excluded", lambda name: _excluded(body.nested(name), count)),
    )


def _excluded(body: Fields, count: int) -> dict[str, int]:
    if len(body.members) > MAX_REASONS:
        raise InputError("wrong_count", field=body.path, detail=f"at most {MAX_REASONS} reasons")
    return {name: body.integer(name, least=1, most=count) for name in sorted(body.members)}


def read_nonce_sealed(body: Fields) -> NonceSealed:
    """Read `nonce.sealed`."""
    return NonceSealed(
        commitment=body.digest("commitment"),
        ciphertext=body.binary("ciphertext", limit=NONCE_LIMIT),
        seal=read_seal(body),
    )


def read_draw_computed(body: Fields) -> DrawComputed:
    """Read `draw.computed`: seats are numbered 1, 2, 3, … in the order of the list."""
    items = body.objects("panel", most=MAX_PANEL)
    panel = tuple(_drawn_seat(item) for item in items)
    for number, (item, seat) in enumerate(zip(items, panel, strict=True), start=1):
        if seat.seat != number:
            raise InputError("seat_number", field=item.at("seat"), detail="must count from 1")
    return DrawComputed(seed=body.digest("seed"), panel=panel, names=_names(body))


def _drawn_seat(item: Fields) -> DrawnSeatBody:
    return DrawnSeatBody(
        seat=item.integer("seat", least=1, most=MAX_PANEL),
        blinded=item.digest("blinded"),
        discipline=item.label("discipline"),
        venue=item.venue("venue"),
        ticket=item.digest("ticket"),
        for_venue=item.binary("for_venue", limit=IDENTITY_LIMIT),
        class_=item.optional("class", item.label),
    )


def _names(body: Fields) -> SealedNames:
    part = body.nested("names")
    ciphertext = part.binary("ciphertext", limit=NAMES_LIMIT)
    return SealedNames(ciphertext=ciphertext, seal=read_seal(part))


def read_invitation_answered(body: Fields) -> InvitationAnswered:
    """Read `invitation.answered`."""
    return InvitationAnswered(body.digest("blinded"), body.choice("answer", Answer))


def read_answer_witnessed(body: Fields) -> AnswerWitnessed:
    """Read `answer.witnessed`."""
    return AnswerWitnessed(body.digest("answer"), read_reason(body, "how"))


def read_draw_supplemented(body: Fields) -> DrawSupplemented:
    """Read `draw.supplemented`."""
    return DrawSupplemented(
        reason=read_reason(body),
        leaving=body.digest("for"),
        item=_drawn_seat(body.nested("panel")),
        names=_names(body),
    )


def read_declaration_signed(body: Fields) -> DeclarationSigned:
    """Read `declaration.signed`: discipline must be accepted, a recusal needs its reason."""
    if not body.flag("discipline"):
        raise InputError("discipline_refused", field=body.at("discipline"), rule="order87/62")
    recusal = body.choice("recusal", Recusal)
    read = read_reason if recusal is Recusal.RECUSE else read_remark
    return DeclarationSigned(recusal, read(body))


def read_chair_voted(body: Fields) -> ChairVoted:
    """Read `chair.voted`."""
    return ChairVoted(body.integer("round", least=1, most=MAX_ROUNDS), body.person("candidate"))


def read_member_replaced(body: Fields) -> MemberReplaced:
    """Read `member.replaced`."""
    return MemberReplaced(
        person=body.person("person"),
        ground=body.choice("ground", ReplacementGround),
        reason=read_reason(body),
        by=body.optional("by", body.person),
    )
