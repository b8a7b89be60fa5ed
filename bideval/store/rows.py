"""Rows as the database's driver takes them, for the tables that grow with every entry.

Decided here: that a statement is written once and each row goes as it is. The general way looks at
every value of every row, which costs four times what the database takes for the row.
Not decided here: which rows. Their values are what the driver knows: texts, bytes, whole numbers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Dialect, Insert

    Row = dict[str, Any]

STATEMENTS = 16
"""Statements that stay written: two tables, for the engines of one process."""


def send_rows(connection: Connection, statement: Insert, rows: Sequence[Row]) -> None:
    """Insert rows, each with every column of the statement's table, by name.

    Raises what the database says, as `Connection.execute` does.
    """
    text, order = _written(statement, connection.dialect)
    named = [row if order is None else tuple(row[name] for name in order) for row in rows]
    connection.exec_driver_sql(text, named)


@lru_cache(maxsize=STATEMENTS)
def _written(statement: Insert, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
    """Return the statement in the driver's words, and the order of its values; None: by name."""
    compiled: Any = statement.compile(dialect=dialect)
    order = compiled.positiontup
    return str(compiled), None if order is None else tuple(order)
