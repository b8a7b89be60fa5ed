"""Triggers by which the database itself keeps the record append-only, whoever asks.

Decided here: which tables refuse UPDATE, DELETE and TRUNCATE, which numbers only grow, and that a
stopped record stays stopped.
Not decided here: what may be added.
"""

from __future__ import annotations

APPEND_ONLY = ("line", "place", "checkpoint", "cosignature", "conflict")
GROWING = (("head", "size"), ("head", "epoch"), ("origin_head", "n"))


def guard_statements(dialect: str) -> list[str]:
    """Return the statements that make the database itself guard the record."""
    return _postgresql_ddl() if dialect == "postgresql" else _sqlite_ddl()


def _sqlite_ddl() -> list[str]:
    body = "BEGIN SELECT RAISE(ABORT, 'append-only table'); END"
    refusals = [
        f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {body}"
        for table in APPEND_ONLY
        for act in ("UPDATE", "DELETE")
    ]
    refusals += [
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {body}"
        for table in ("head", "origin_head")
    ]
    growth = [
        f"CREATE TRIGGER {table}_{column}_grows BEFORE UPDATE ON {table} "
        f"WHEN NEW.{column} < OLD.{column} {body}"
        for table, column in GROWING
    ]
    stop = (
        "CREATE TRIGGER head_stopped_stays BEFORE UPDATE ON head "
        f"WHEN OLD.stopped IS NOT NULL AND NEW.stopped IS NOT OLD.stopped {body}"
    )
    return [*refusals, *growth, stop]


def _postgresql_ddl() -> list[str]:
    function = (
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append-only table' "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    call = "EXECUTE FUNCTION refuse_change()"
    rows = [
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {call}"
        for table in APPEND_ONLY
    ]
    rows += [
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {call}"
        for table in ("head", "origin_head")
    ]
    whole = [
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}"
        for table in (*APPEND_ONLY, "head", "origin_head")
    ]
    growth = [
        f"CREATE TRIGGER {table}_{column}_grows BEFORE UPDATE ON {table} FOR EACH ROW "
        f"WHEN (NEW.{column} < OLD.{column}) {call}"
        for table, column in GROWING
    ]
    stop = (
        "CREATE TRIGGER head_stopped_stays BEFORE UPDATE ON head FOR EACH ROW WHEN "
        f"(OLD.stopped IS NOT NULL AND NEW.stopped IS DISTINCT FROM OLD.stopped) {call}"
    )
    return [function, *rows, *whole, *growth, stop]
