"""Who a pool leaf stands for: what is published of an expert, and what stays with the venue.

Decided here: the document `bideval-expert/1` and the leaf that it gives (docs/spec/draw.md, 2).
Not decided here: to whom a document is opened, and who may not be drawn (`exclusions`).

The leaf covers everything that is known of the expert. The published document carries name,
employer and title; telephone, identity number and declarations are in it as a digest only.
"""

from __future__ import annotations

from dataclasses import dataclass

from bideval.draw.pool import MAX_WEIGHT, SALT_BYTES, is_discipline, pool_leaf
from bideval.evidence.encoding import DIGEST_SIZE, b64u, tagged_hash
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields

FORMAT = "bideval-expert/1"
LEAF_TAG = "bideval/pool-leaf/v2"
PRIVATE_TAG = "bideval/pool-private/v1"
CELL_LIMIT = 200
"""Characters of a name, an employer or another cell of one value."""
LIST_LIMIT = 600
"""Characters of a cell that holds a list: fifteen companies. A draw is one entry with all of it."""
PRIVATE = ("id_tail", "phone", "former", "relatives", "projects")
"""What is never published, in the order in which it is hashed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """What stays between the venue of the pool and the venue of the seat.

    `former`, `relatives` and `projects` are the cells of the pool's table as they were imported.
    """

    id_tail: str
    phone: str = ""
    former: str = ""
    relatives: str = ""
    projects: str = ""
    blind: bytes

    @property
    def digest(self) -> bytes:
        """The 32 bytes that the leaf holds of it."""
        cells = (getattr(self, name) for name in PRIVATE)
        return tagged_hash(PRIVATE_TAG, self.blind, *(str(cell).encode() for cell in cells))


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is published of a drawn expert; `private` is the digest of the rest."""

    name: str
    employer: str
    title: str
    discipline: str
    venue: str
    weight: int
    salt: bytes
    private: bytes

    @property
    def leaf(self) -> bytes:
        """The 32 bytes that stand for this expert in the pool."""
        words = (self.name, self.employer, self.title, self.discipline, self.venue)
        cells = (*words, str(self.weight))
        return tagged_hash(LEAF_TAG, self.salt, *(cell.encode() for cell in cells), self.private)


def identity_document(identity: Identity, private: Private | None = None) -> dict[str, object]:
    """Return the document; with `private` for the venue of the seat, without it for everybody."""
    document: dict[str, object] = {
        "format": FORMAT,
        "name": identity.name,
        "employer": identity.employer,
        "title": identity.title,
        "discipline": identity.discipline,
        "venue": identity.venue,
        "weight": identity.weight,
        "salt": b64u(identity.salt),
    }
    if private is None:
        return {**document, "private": b64u(identity.private)}
    cells = {name: cell for name in PRIVATE if (cell := getattr(private, name))}
    return {**document, "kept": {**cells, "blind": b64u(private.blind)}}


def read_identity(value: object, field: str = "identity") -> Identity:
    """Read a `bideval-expert/1` document; raises InputError at the member that is wrong.

    Where the document holds what is kept, its digest follows from that.
    """
    body = Fields(value, field)
    body.word("format", (FORMAT,))
    if not is_discipline(body.text("discipline", limit=CELL_LIMIT)):
        raise InputError("bad_discipline", field=body.at("discipline"))
    return Identity(
        name=body.text("name", limit=CELL_LIMIT),
        employer=body.text("employer", limit=CELL_LIMIT, least=0),
        title=body.text("title", limit=CELL_LIMIT, least=0),
        discipline=body.text("discipline", limit=CELL_LIMIT),
        venue=body.venue("venue"),
        weight=body.integer("weight", least=1, most=MAX_WEIGHT),
        salt=body.binary("salt", size=SALT_BYTES),
        private=_private_digest(body),
    )


def _private_digest(body: Fields) -> bytes:
    if body.absent("kept"):
        return body.binary("private", size=DIGEST_SIZE)
    return read_private(body.members, body.path).digest


def read_private(value: object, field: str = "identity") -> Private:
    """Read what a document for the venue of the seat holds beside the identity."""
    kept = Fields(value, field).nested("kept")
    cells = {
        name: kept.text(name, limit=LIST_LIMIT, least=0) for name in PRIVATE if name in kept.members
    }
    return Private(**{"id_tail": "", **cells}, blind=kept.binary("blind", size=SALT_BYTES))


def leaf_of(document: object, field: str = "identity") -> bytes:
    """Return the 32-byte pool leaf of an identity document, published or for the seat's venue.

    Also of the documents of pools of version 1, which have no `format`. Raises InputError at the
    member that is wrong. Whoever knows a drawn seat compares with its `blinded` (as hex).
    """
    body = Fields(document, field)
    if not body.absent("format"):
        return read_identity(document, field).leaf
    expert = f"{body.text('name')}/{body.text('id_tail')}"
    salt = body.binary("salt", size=SALT_BYTES)
    return pool_leaf(salt, expert, body.text("discipline"), body.text("venue"))
