"""The first tables: records, files, people, pools.

Revision ID: 20261122_first_tables
Revises: nothing
Create Date: 2026-11-22
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_first_tables"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("line", "place", "checkpoint", "cosignature", "conflict")
HEADS = ("head", "origin_head")
GROWING = (("head", "size"), ("head", "epoch"), ("origin_head", "n"))


def upgrade() -> None:
    _create_record()
    _create_files_and_peers()
    _create_people()
    _create_pools()
    guard = _guard_postgresql if op.get_bind().dialect.name == "postgresql" else _guard_sqlite
    guard()


def _create_record() -> None:
    op.create_table(
        "head",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("main", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("size >= 0", name=op.f("ck_head_size")),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_head")),
    )
    op.create_table(
        "origin_head",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("n >= 1", name=op.f("ck_origin_head_n")),
        sa.ForeignKeyConstraint(["session"], ["head.session"], name=op.f("fk_origin_head_head")),
        sa.PrimaryKeyConstraint("session", "origin", name=op.f("pk_origin_head")),
    )
    op.create_table(
        "line",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("entry_hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("n >= 1", name=op.f("ck_line_n")),
        sa.ForeignKeyConstraint(["session"], ["head.session"], name=op.f("fk_line_head")),
        sa.PrimaryKeyConstraint("session", "origin", "n", name=op.f("pk_line")),
        sa.UniqueConstraint(
            "session", "author", "entry_id", name=op.f("uq_line_session_author_entry_id")
        ),
        sa.UniqueConstraint("session", "entry_hash", name=op.f("uq_line_session_entry_hash")),
    )
    op.create_table(
        "place",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_place_position")),
        sa.ForeignKeyConstraint(
            ["session", "origin", "n"],
            ["line.session", "line.origin", "line.n"],
            name=op.f("fk_place_line"),
        ),
        sa.PrimaryKeyConstraint("session", "position", name=op.f("pk_place")),
        sa.UniqueConstraint("session", "origin", "n", name=op.f("uq_place_session_origin_n")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["head.session"], name=op.f("fk_checkpoint_head")),
        sa.PrimaryKeyConstraint("session", "size", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "cosignature",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session", "size"],
            ["checkpoint.session", "checkpoint.size"],
            name=op.f("fk_cosignature_checkpoint"),
        ),
        sa.PrimaryKeyConstraint("session", "size", "venue", name=op.f("pk_cosignature")),
    )
    op.create_table(
        "conflict",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("found_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session", "digest", name=op.f("pk_conflict")),
    )


def _create_files_and_peers() -> None:
    op.create_table(
        "file",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_file")),
    )
    op.create_table(
        "file_use",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("entry_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "session", "sha256", "purpose", "entry_hash", name=op.f("pk_file_use")
        ),
    )
    op.create_index(op.f("ix_file_use_sha256"), "file_use", ["sha256"], unique=False)
    op.create_table(
        "peer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer")),
    )
    op.create_table(
        "nonce",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session", "holder", name=op.f("pk_nonce")),
    )
    op.create_table(
        "projection",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_projection")),
    )


def _create_people() -> None:
    op.create_table(
        "account",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.LargeBinary(), nullable=True),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_account")),
    )
    op.create_index(op.f("ix_account_person"), "account", ["person"], unique=False)
    op.create_index(op.f("ix_account_session"), "account", ["session"], unique=False)
    op.create_table(
        "activation",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("seat", sa.Text(), nullable=True),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("replaces", sa.Text(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=True),
        sa.Column("label", sa.LargeBinary(), nullable=True),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_activation")),
    )
    op.create_index(op.f("ix_activation_session"), "activation", ["session"], unique=False)
    op.create_table(
        "login",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["kid"], ["account.kid"], name=op.f("fk_login_account")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login")),
    )
    op.create_index(op.f("ix_login_kid"), "login", ["kid"], unique=False)
    op.create_index(op.f("ix_login_person"), "login", ["person"], unique=False)
    op.create_table(
        "challenge",
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_challenge")),
    )


def _create_pools() -> None:
    op.create_table(
        "pool_expert",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("blinded", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("discipline", sa.Text(), nullable=False),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("exclusion", sa.Text(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("session", "blinded", name=op.f("pk_pool_expert")),
    )
    op.create_table(
        "seat_booking",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("seat", sa.Text(), nullable=False),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.Column("blinded", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("session", "seat", name=op.f("pk_seat_booking")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("blinded", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(op.f("ix_delivery_session"), "delivery", ["session"], unique=False)


def _guard_sqlite() -> None:
    body = "BEGIN SELECT RAISE(ABORT, 'append-only table'); END"
    for table in APPEND_ONLY:
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {body}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {body}")
    for table in HEADS:
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {body}")
    for table, column in GROWING:
        op.execute(
            f"CREATE TRIGGER {table}_{column}_grows BEFORE UPDATE ON {table} "
            f"WHEN NEW.{column} < OLD.{column} {body}"
        )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append-only table' "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    call = "EXECUTE FUNCTION refuse_change()"
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW {call}"
        )
    for table in HEADS:
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {call}")
    for table in (*APPEND_ONLY, *HEADS):
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT {call}"
        )
    for table, column in GROWING:
        op.execute(
            f"CREATE TRIGGER {table}_{column}_grows BEFORE UPDATE ON {table} "
            f"FOR EACH ROW WHEN (NEW.{column} < OLD.{column}) {call}"
        )
