"""Bodies of founding, joining and enrolling, and of what venues say about lines and paper.

Decided here: their shapes. Not decided here: who may write them, and when they count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.evidence.agefile import check_recipient
from bideval.session.bodies.parts import MAX_VENUES, NAME_LIMIT, REASON_LIMIT
from bideval.terms.errors import InputError
from bideval.terms.fields import text
from bideval.terms.identifiers import ENROLLED_ROLES, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.terms.fields import Fields
    from bideval.terms.instants import Instant

TITLE_LIMIT = 300
"""Characters of a session's title."""

URL_LIMIT = 300
"""Characters of a venue's address."""

PROOF_LIMIT = 2_000
"""Characters of a proof of possession (compact JWS)."""

KEY_LIMIT = 128
"""Bytes of a raw public key; ES256 ones have 65."""

MAX_OFFERS = 300
"""Opened bids that a founding entry may name: they fit into one entry."""

MAX_COPIES = 1_000
"""Copies that one print entry may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueBody:
    """A venue as the founding entry names it."""

    id: str
    name: str
    suite: str
    public: bytes
    recipient: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFounded:
    """Body of `session.founded`; `continues` is not yet read: only later rulebooks know it."""

    title: str
    rulebook: str
    main: str
    venues: tuple[VenueBody, ...]
    continues: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """The session that a new panel evaluates again, and the head at which its record ends.

    `offers` maps lot and bidder to the digest of what was opened (`bideval.session.continued`).
    """

    session: str
    size: int
    root: str
    offers: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class VenueJoined:
    """Body of `venue.joined`: the leaf hash of the founding line, so the branch saw it."""

    founding: str


@dataclass(frozen=True, slots=True)
class SeatBody:
    """The seat of an expert; its name is the expert's person id."""

    venue: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonEnrolled:
    """Body of `person.enrolled`."""

    person: str
    role: Role
    suite: str
    public: bytes
    recipient: str | None
    proof: str
    replaces: str | None
    seat: SeatBody | None
    ticket: str | None
    checked_by: str | None


@dataclass(frozen=True, slots=True)
class RekeyAllowed:
    """Body of `rekey.allowed`: whose key may be replaced, once; `replaces` is the present kid."""

    person: str
    replaces: str
    reason: str


@dataclass(frozen=True, slots=True)
class LineState:
    """Body of `venue.absent` and `venue.returned`."""

    venue: str
    since: Instant


@dataclass(frozen=True, slots=True)
class ReportPrinted:
    """Body of `report.printed`."""

    copies: int


@dataclass(frozen=True, slots=True)
class SupervisorWarned:
    """Body of `supervisor.warned`."""

    text: str


def read_session_founded(body: Fields) -> SessionFounded:
    """Read `session.founded`: main is one of the venues, no venue and no key twice."""
    venues = tuple(_venue(item) for item in body.objects("venues", least=1, most=MAX_VENUES))
    main = body.venue("main")
    names = [venue.id for venue in venues]
    if len(set(names)) != len(names):
        raise InputError("duplicate_venue", field=body.at("venues"))
    if len({venue.public for venue in venues}) != len(venues):
        raise InputError("duplicate_key", field=body.at("venues"))
    if main not in names:
        raise InputError("unknown_venue", field=body.at("main"))
    return SessionFounded(
        title=body.text("title", limit=TITLE_LIMIT),
        rulebook=body.label("rulebook"),
        main=main,
        venues=venues,
        continues=body.members.get("continues"),
    )


def read_continued(part: Fields) -> Continued:
    """Read `continues` of `session.founded`."""
    return Continued(
        session=part.session("session"),
        size=part.integer("size", least=1),
        root=part.digest("root"),
        offers=_offers(part),
    )


def _offers(part: Fields) -> dict[tuple[str, str], str]:
    items = part.objects("bids", least=1, most=MAX_OFFERS)
    offers = {(item.label("lot"), item.person("bidder")): item.digest("digest") for item in items}
    if len(offers) != len(items):
        raise InputError("duplicate_bid", field=part.at("bids"))
    return offers


def _venue(item: Fields) -> VenueBody:
    return VenueBody(
        id=item.venue("id"),
        name=item.text("name", limit=NAME_LIMIT),
        suite=item.label("suite"),
        public=item.binary("public", limit=KEY_LIMIT),
        recipient=check_recipient(item.required("recipient"), field=item.at("recipient")),
        url=item.text("url", limit=URL_LIMIT, least=0),
    )


def read_venue_joined(body: Fields) -> VenueJoined:
    """Read `venue.joined`."""
    return VenueJoined(body.digest("founding"))


def read_person_enrolled(body: Fields) -> PersonEnrolled:
    """Read `person.enrolled`: an expert has a seat of his own name, nobody else has one."""
    role = body.choice("role", Role)
    if role not in ENROLLED_ROLES:
        raise InputError("unknown_choice", field=body.at("role"))
    person = body.person("person")
    seat = _seat(body, role, person)
    if seat is None and not body.absent("ticket"):
        raise InputError("ticket_without_seat", field=body.at("ticket"))
    return PersonEnrolled(
        person=person,
        role=role,
        suite=body.label("suite"),
        public=body.binary("public", limit=KEY_LIMIT),
        recipient=_recipient(body),
        proof=body.text("proof", limit=PROOF_LIMIT),
        replaces=_optional_text(body, "replaces", NAME_LIMIT),
        seat=seat,
        ticket=None if body.absent("ticket") else body.digest("ticket"),
        checked_by=body.optional("checked_by", body.person),
    )


def _seat(body: Fields, role: Role, person: str) -> SeatBody | None:
    if role is not Role.EXPERT:
        if not body.absent("seat"):
            raise InputError("seat_without_expert", field=body.at("seat"))
        return None
    part = body.nested("seat")
    seat = SeatBody(part.venue("venue"), part.person("name"))
    if seat.name != person:
        raise InputError("seat_name", field=part.at("name"), detail="must be the person's id")
    if not seat.name.startswith(f"{seat.venue}-"):
        detail = "must be the venue's id, a hyphen and a number"
        raise InputError("seat_name", field=part.at("name"), detail=detail)
    return seat


def _recipient(body: Fields) -> str | None:
    if body.absent("recipient"):
        return None
    return check_recipient(body.required("recipient"), field=body.at("recipient"))


def _optional_text(body: Fields, name: str, limit: int) -> str | None:
    return None if body.absent(name) else text(body.required(name), body.at(name), limit=limit)


def read_rekey_allowed(body: Fields) -> RekeyAllowed:
    """Read `rekey.allowed`."""
    return RekeyAllowed(
        person=body.person("person"),
        replaces=body.text("replaces", limit=NAME_LIMIT),
        reason=body.text("reason", limit=REASON_LIMIT),
    )


def read_line_state(body: Fields) -> LineState:
    """Read `venue.absent` or `venue.returned`."""
    return LineState(body.venue("venue"), body.instant("since"))


def read_report_printed(body: Fields) -> ReportPrinted:
    """Read `report.printed`."""
    return ReportPrinted(body.integer("copies", least=1, most=MAX_COPIES))


def read_supervisor_warned(body: Fields) -> SupervisorWarned:
    """Read `supervisor.warned`."""
    return SupervisorWarned(body.text("text", limit=REASON_LIMIT))
