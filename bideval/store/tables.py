"""The tables of a venue's database.

Decided here: columns and keys. Not decided here: what the database refuses to change (the guards),
and how a database that exists already gets there (the migrations, which a test holds equal).
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _maybe(name: str) -> Column[str]:
    return Column(name, Text, nullable=True)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _raw(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def _instant(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _maybe_instant(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=True)


# The record. `head` and `origin_head` are the rows that writers lock.

head = Table(
    "head",
    metadata,
    _words("session"),
    _words("main"),
    _count("size"),
    _raw("frontier"),
    _count("epoch"),
    _maybe("awaiting"),
    _maybe("stopped"),
    PrimaryKeyConstraint("session"),
    CheckConstraint("size >= 0", name="size"),
)

origin_head = Table(
    "origin_head",
    metadata,
    _words("session"),
    _words("origin"),
    _count("n"),
    _raw("chain"),
    PrimaryKeyConstraint("session", "origin"),
    ForeignKeyConstraint(["session"], ["head.session"]),
    CheckConstraint("n >= 1", name="n"),
)

line = Table(
    "line",
    metadata,
    _words("session"),
    _words("origin"),
    _count("n"),
    _words("author"),
    _words("entry_id"),
    _words("entry_hash"),
    _words("kind"),
    _raw("line"),
    _raw("chain"),
    PrimaryKeyConstraint("session", "origin", "n"),
    UniqueConstraint("session", "author", "entry_id"),
    UniqueConstraint("session", "entry_hash"),
    ForeignKeyConstraint(["session"], ["head.session"]),
    CheckConstraint("n >= 1", name="n"),
)

place = Table(
    "place",
    metadata,
    _words("session"),
    _count("position"),
    _words("origin"),
    _count("n"),
    _raw("leaf"),
    PrimaryKeyConstraint("session", "position"),
    UniqueConstraint("session", "origin", "n"),
    ForeignKeyConstraint(["session", "origin", "n"], ["line.session", "line.origin", "line.n"]),
    CheckConstraint("position >= 0", name="position"),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    _words("session"),
    _count("size"),
    _words("note"),
    PrimaryKeyConstraint("session", "size"),
    ForeignKeyConstraint(["session"], ["head.session"]),
)

cosignature = Table(
    "cosignature",
    metadata,
    _words("session"),
    _count("size"),
    _words("venue"),
    _words("line"),
    PrimaryKeyConstraint("session", "size", "venue"),
    ForeignKeyConstraint(["session", "size"], ["checkpoint.session", "checkpoint.size"]),
)

conflict = Table(
    "conflict",
    metadata,
    _words("session"),
    _words("digest"),
    _words("origin"),
    _count("n"),
    _words("code"),
    _raw("proof"),
    _instant("found_ms"),
    PrimaryKeyConstraint("session", "digest"),
)

word = Table(
    "word",
    metadata,
    _words("session"),
    _words("stream"),
    _words("kind"),
    _count("n"),
    _raw("digest"),
    _count("size"),
    _raw("signature"),
    PrimaryKeyConstraint("session", "stream", "kind"),
    ForeignKeyConstraint(["session"], ["head.session"]),
)

# The administration of the venue. `session` '' stands for the venue itself.

file = Table(
    "file",
    metadata,
    _words("sha256"),
    _count("size"),
    _words("media_type"),
    _words("added_by"),
    _instant("added_ms"),
    PrimaryKeyConstraint("sha256"),
)

file_use = Table(
    "file_use",
    metadata,
    _words("session"),
    _words("sha256"),
    _count("size"),
    _words("purpose"),
    _words("entry_hash"),
    PrimaryKeyConstraint("session", "sha256", "purpose", "entry_hash"),
    Index(None, "sha256"),
)

account = Table(
    "account",
    metadata,
    _words("kid"),
    _words("person"),
    _words("role"),
    _words("session"),
    _words("suite"),
    _raw("public"),
    _maybe("recipient"),
    _words("venue"),
    _instant("created_ms"),
    Column("label", LargeBinary, nullable=True),
    _maybe_instant("closed_ms"),
    PrimaryKeyConstraint("kid"),
    Index(None, "person"),
    Index(None, "session"),
)

activation = Table(
    "activation",
    metadata,
    _words("code_hash"),
    _words("person"),
    _words("role"),
    _instant("expires_ms"),
    _words("session"),
    _maybe("seat"),
    _maybe("ticket"),
    _maybe("replaces"),
    _maybe("checked_by"),
    Column("label", LargeBinary, nullable=True),
    _maybe_instant("used_ms"),
    Column("attempts", Integer, nullable=False),
    PrimaryKeyConstraint("code_hash"),
    Index(None, "session"),
)

login = Table(
    "login",
    metadata,
    _words("token_hash"),
    _words("person"),
    _words("kid"),
    _instant("created_ms"),
    _instant("expires_ms"),
    _maybe_instant("closed_ms"),
    PrimaryKeyConstraint("token_hash"),
    ForeignKeyConstraint(["kid"], ["account.kid"]),
    Index(None, "person"),
    Index(None, "kid"),
)

challenge = Table(
    "challenge",
    metadata,
    _words("challenge"),
    _words("kid"),
    _instant("expires_ms"),
    PrimaryKeyConstraint("challenge"),
)

peer = Table(
    "peer",
    metadata,
    _words("id"),
    _words("name"),
    _words("url"),
    _words("suite"),
    _raw("public"),
    _words("recipient"),
    PrimaryKeyConstraint("id"),
)

peer_line = Table(
    "peer_line",
    metadata,
    _words("venue"),
    Column("up", Boolean, nullable=False),
    _instant("since_ms"),
    PrimaryKeyConstraint("venue"),
)

pool_expert = Table(
    "pool_expert",
    metadata,
    _words("session"),
    _words("blinded"),
    _raw("salt"),
    _words("discipline"),
    _words("venue"),
    _words("status"),
    _raw("sealed"),
    _maybe("exclusion"),
    Column("facts", JSON, nullable=False),
    PrimaryKeyConstraint("session", "blinded"),
)

seat_booking = Table(
    "seat_booking",
    metadata,
    _words("session"),
    _words("seat"),
    _words("venue"),
    _words("status"),
    _instant("updated_ms"),
    _maybe("blinded"),
    PrimaryKeyConstraint("session", "seat"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, autoincrement=True, nullable=False),
    _words("session"),
    _words("blinded"),
    _words("channel"),
    _words("outcome"),
    _instant("at_ms"),
    PrimaryKeyConstraint("id"),
    Index(None, "session"),
)

nonce = Table(
    "nonce",
    metadata,
    _words("session"),
    _words("holder"),
    _raw("sealed"),
    PrimaryKeyConstraint("session", "holder"),
)

projection = Table(
    "projection",
    metadata,
    _words("session"),
    _words("title"),
    _words("phase"),
    _count("size"),
    _words("root"),
    _instant("updated_ms"),
    Column("data", JSON, nullable=False),
    PrimaryKeyConstraint("session"),
)
