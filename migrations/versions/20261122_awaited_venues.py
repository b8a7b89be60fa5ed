"""Whose word is awaited before a copy that was put back is written again.

Revision ID: 20261122_awaited_venues
Revises: 20261122_first_tables
Create Date: 2026-11-22
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_awaited_venues"
down_revision = "20261122_first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("head", sa.Column("awaiting", sa.Text(), nullable=True))
