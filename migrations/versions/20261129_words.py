"""What other venues have signed about lines, so that a restart does not forget it.

Revision ID: 20261129_words
Revises: 20261122_awaited_venues
Create Date: 2026-11-29
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261129_words"
down_revision = "20261122_awaited_venues"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "word",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session", "stream", "kind", name="pk_word"),
        sa.ForeignKeyConstraint(["session"], ["head.session"], name="fk_word_head"),
    )
