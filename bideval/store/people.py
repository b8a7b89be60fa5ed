"""Accounts, one-time codes, logins and challenges in the database.

Decided here: that codes and challenges work once and that closing an account closes its logins.
Not decided here: who may get which account; nothing in these tables is evidence.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bideval.ports import Account, Activation, Challenge, Login, StoreError
from bideval.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Connection, Insert, Row, Table
    from sqlalchemy.sql.dml import ReturningInsert

    MayReplace = Callable[[Any, Any], ColumnElement[bool]]

_ACCOUNT = select(t.account).where(t.account.c.kid == bindparam("kid"))
_LOGIN = select(t.login).where(t.login.c.token_hash == bindparam("token_hash"))

VENUE_ITSELF = ""
"""How `session` None is kept: a key column must not be NULL."""


def stored_values(value: object) -> dict[str, Any]:
    """Return a frozen value as a row."""
    row = {f.name: getattr(value, f.name) for f in fields(value)}  # type: ignore[arg-type]  # a dataclass
    if row.get("session", VENUE_ITSELF) is None:
        row["session"] = VENUE_ITSELF
    return row


def loaded_values(row: Row[Any]) -> dict[str, Any]:
    """Return a row as the arguments of its frozen value."""
    values = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for a row as a mapping
    if values.get("session") == VENUE_ITSELF:
        values["session"] = None
    return values


def insert_new(connection: Connection, table: Table, value: object) -> None:
    """Insert a row whose key must be new; raise StoreError `exists` otherwise."""
    row = stored_values(value)
    key = [column == row[column.name] for column in table.primary_key]
    if connection.execute(select(*table.primary_key).where(*key)).first() is not None:
        raise StoreError("exists", field=table.name)
    connection.execute(insert(table), row)


def put(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert a row or change the one with the same key, whichever process made it."""
    connection.execute(_putting(connection.dialect.name, table, tuple(row)), row)


def put_where(
    connection: Connection,
    table: Table,
    row: Mapping[str, Any],
    may_replace: MayReplace,
) -> bool:
    """Insert a row, or change the one with the same key if it may be; tell whether the row is new.

    `may_replace`, a function of a module, gets the columns of the row that comes and of the one
    that is there. Whichever process made the one before.
    """
    putting = _putting(connection.dialect.name, table, tuple(row), may_replace)
    return connection.execute(putting, row).first() is not None


def insert_if_absent(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row; False when its key is there already, whichever process made it."""
    adding = _adding(connection.dialect.name, table, tuple(row))
    return connection.execute(adding, row).first() is not None


@cache
def _putting(
    dialect: str, table: Table, names: tuple[str, ...], may_replace: MayReplace | None = None
) -> ReturningInsert[Any] | Insert:
    adding = _insert_for(dialect, table, names)
    key = [column.name for column in table.primary_key]
    changed = {name: adding.excluded[name] for name in names if name not in key}
    if may_replace is None:
        return adding.on_conflict_do_update(index_elements=key, set_=changed)
    where = may_replace(adding.excluded, table.c)
    adding = adding.on_conflict_do_update(index_elements=key, set_=changed, where=where)
    return adding.returning(*table.primary_key.columns)


@cache
def _adding(dialect: str, table: Table, names: tuple[str, ...]) -> ReturningInsert[Any]:
    # A count of rows is promised for updates and deletions only; PostgreSQL gave none here.
    adding = _insert_for(dialect, table, names).on_conflict_do_nothing()
    return adding.returning(*table.primary_key.columns)


def _insert_for(
    dialect: str, table: Table, names: tuple[str, ...]
) -> postgresql.Insert | sqlite.Insert:
    adding = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    return adding.values({name: bindparam(name) for name in names})


class PeopleReading:
    """Questions about accounts, codes and logins, over one connection."""

    _connection: Connection

    def account(self, kid: str) -> Account | None:
        row = self._connection.execute(_ACCOUNT, {"kid": kid}).first()
        return None if row is None else Account(**loaded_values(row))

    def accounts(
        self, *, person: str | None = None, session: str | None = None, role: str | None = None
    ) -> list[Account]:
        asked = {"person": person, "session": session, "role": role}
        statement = select(t.account).order_by(t.account.c.created_ms, t.account.c.kid)
        for name, value in asked.items():
            if value is not None:
                statement = statement.where(t.account.c[name] == value)
        return [Account(**loaded_values(row)) for row in self._connection.execute(statement)]

    def activation(self, code_hash: str) -> Activation | None:
        statement = select(t.activation).where(t.activation.c.code_hash == code_hash)
        row = self._connection.execute(statement).first()
        return None if row is None else Activation(**loaded_values(row))

    def activations(self, session: str | None) -> list[Activation]:
        statement = (
            select(t.activation)
            .where(t.activation.c.session == (session or VENUE_ITSELF))
            .order_by(t.activation.c.expires_ms, t.activation.c.code_hash)
        )
        return [Activation(**loaded_values(row)) for row in self._connection.execute(statement)]

    def login(self, token_hash: str) -> Login | None:
        row = self._connection.execute(_LOGIN, {"token_hash": token_hash}).first()
        return None if row is None else Login(*row)


class PeopleWriting(PeopleReading):
    """Changes of accounts, codes and logins, inside one savepoint of a transaction."""

    def add_account(self, account: Account) -> None:
        insert_new(self._connection, t.account, account)

    def close_account(self, kid: str, at_ms: int) -> bool:
        c = t.account.c
        closing = update(t.account).where(c.kid == kid, c.closed_ms.is_(None))
        closed = self._connection.execute(closing.values(closed_ms=at_ms)).rowcount
        logins = update(t.login).where(t.login.c.kid == kid, t.login.c.closed_ms.is_(None))
        self._connection.execute(logins.values(closed_ms=at_ms))
        return closed == 1

    def add_activation(self, activation: Activation) -> None:
        insert_new(self._connection, t.activation, activation)

    def use_activation(self, code_hash: str, at_ms: int) -> bool:
        c = t.activation.c
        using = update(t.activation).where(
            c.code_hash == code_hash, c.used_ms.is_(None), c.expires_ms > at_ms
        )
        return self._connection.execute(using.values(used_ms=at_ms)).rowcount == 1

    def count_attempt(self, code_hash: str) -> int:
        c = t.activation.c
        counting = update(t.activation).where(c.code_hash == code_hash)
        self._connection.execute(counting.values(attempts=c.attempts + 1))
        asked = select(c.attempts).where(c.code_hash == code_hash)
        return self._connection.execute(asked).scalar() or 0

    def drop_activations(self, *, person: str, session: str | None) -> int:
        c = t.activation.c
        dropping = delete(t.activation).where(
            c.person == person, c.session == (session or VENUE_ITSELF), c.used_ms.is_(None)
        )
        return self._connection.execute(dropping).rowcount

    def add_login(self, login: Login) -> None:
        insert_new(self._connection, t.login, login)

    def close_login(self, token_hash: str, at_ms: int) -> bool:
        c = t.login.c
        closing = update(t.login).where(c.token_hash == token_hash, c.closed_ms.is_(None))
        return self._connection.execute(closing.values(closed_ms=at_ms)).rowcount == 1

    def close_logins(self, person: str, at_ms: int) -> int:
        c = t.login.c
        closing = update(t.login).where(c.person == person, c.closed_ms.is_(None))
        return self._connection.execute(closing.values(closed_ms=at_ms)).rowcount

    def add_challenge(self, challenge: Challenge) -> None:
        insert_new(self._connection, t.challenge, challenge)

    def take_challenge(self, challenge: str, kid: str, now_ms: int) -> bool:
        c = t.challenge.c
        taking = delete(t.challenge).where(
            c.challenge == challenge, c.kid == kid, c.expires_ms > now_ms
        )
        return self._connection.execute(taking).rowcount == 1

    def drop_expired(self, now_ms: int) -> int:
        unused = t.activation.c.used_ms.is_(None)
        statements = (
            delete(t.challenge).where(t.challenge.c.expires_ms <= now_ms),
            delete(t.login).where(t.login.c.expires_ms <= now_ms),
            delete(t.activation).where(t.activation.c.expires_ms <= now_ms, unused),
        )
        return sum(self._connection.execute(statement).rowcount for statement in statements)
