"""The lines to other venues as the process that holds them says, for the venue's other processes.

Revision ID: 20261129_peer_lines
Revises: 20261129_words
Create Date: 2026-11-29
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261129_peer_lines"
down_revision = "20261129_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "peer_line",
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("up", sa.Boolean(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("venue", name=op.f("pk_peer_line")),
    )
