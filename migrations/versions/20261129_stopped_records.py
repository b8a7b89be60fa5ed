"""A record that takes nothing more says so at its head, where every writer looks.

Revision ID: 20261129_stopped_records
Revises: 20261129_peer_lines
Create Date: 2026-11-29
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261129_stopped_records"
down_revision = "20261129_peer_lines"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an earlier program has stopped is marked when the server starts and judges the proof.
    op.add_column("head", sa.Column("stopped", sa.Text(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER head_stopped_stays BEFORE UPDATE ON head FOR EACH ROW WHEN "
            "(OLD.stopped IS NOT NULL AND NEW.stopped IS DISTINCT FROM OLD.stopped) "
            "EXECUTE FUNCTION refuse_change()"
        )
    else:
        op.execute(
            "CREATE TRIGGER head_stopped_stays BEFORE UPDATE ON head "
            "WHEN OLD.stopped IS NOT NULL AND NEW.stopped IS NOT OLD.stopped "
            "BEGIN SELECT RAISE(ABORT, 'append-only table'); END"
        )
