"""Reading decoded JSON: each reader returns the typed value or names the exact path that is wrong.

Decided here: the shapes that bodies, settings and files are made of, and their limits.
Not decided here: what the values mean. Errors never quote the value, because it may be a secret;
members that nobody asks for are left alone, because old readers must survive newer writers.

    tender = Fields(body["tender"], "body.tender")
    title = tender.text("title", limit=200)
    lots = [(lot.label("id"), lot.text("title")) for lot in tender.objects("lots", most=50)]
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar, cast

from bideval.terms import base64url, identifiers
from bideval.terms.decimals import parse_decimal
from bideval.terms.errors import InputError
from bideval.terms.instants import Instant, parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal
    from enum import StrEnum

TEXT_LIMIT = 4_000
"""Characters of a free text (a reason, an objection) unless the reader says otherwise."""

LIST_LIMIT = 1_000
"""Items of a list unless the reader says otherwise."""

BINARY_LIMIT = 49_152
"""Bytes of a base64url member unless the reader says otherwise: 64 KiB of text."""

INTEGER_LIMIT = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly."""

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

Choice = TypeVar("Choice", bound="StrEnum")
Value = TypeVar("Value")


def text(value: object, field: str, *, limit: int = TEXT_LIMIT, least: int = 1) -> str:
    """Return a string of `least` to `limit` characters without control characters.

    Tab and line feed are allowed; a blank text counts as empty.
    """
    if not isinstance(value, str):
        raise _wrong("not_a_text", field, "must be a string")
    if len(value) > limit:
        raise _wrong("too_long", field, f"must have at most {limit} characters")
    if len(value) < least or (least and not value.strip()):
        raise _wrong("too_short", field, f"must have at least {least} characters")
    if not value.isprintable() and _CONTROL.search(value):
        raise _wrong("control_character", field, "must not contain control characters")
    return value


def integer(value: object, field: str, *, least: int = 0, most: int = INTEGER_LIMIT) -> int:
    """Return a whole number from `least` to `most`; true and false are not numbers."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong("not_an_integer", field, "must be a whole number")
    if not least <= value <= most:
        raise _wrong("out_of_range", field, f"must lie between {least} and {most}")
    return value


def flag(value: object, field: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise _wrong("not_a_flag", field, "must be true or false")
    return value


def digest(value: object, field: str) -> str:
    """Return a SHA-256 digest in 64 lower-case hexadecimal digits."""
    if not isinstance(value, str) or _DIGEST.fullmatch(value) is None:
        raise _wrong("not_a_digest", field, "must be 64 lower-case hexadecimal digits")
    return value


def binary(
    value: object, field: str, *, size: int | None = None, limit: int = BINARY_LIMIT
) -> bytes:
    """Return the bytes of a base64url text without padding: exactly `size`, or at most `limit`."""
    most = limit if size is None else size
    if not isinstance(value, str) or len(value) > (most * 4 + 2) // 3:
        raise _wrong("not_base64url", field, f"must be at most {most} bytes in base64url")
    try:
        data = base64url.decode(value)
    except ValueError:
        raise _wrong("not_base64url", field, "must be base64url without padding") from None
    if size is not None and len(data) != size:
        raise _wrong("wrong_size", field, f"must be exactly {size} bytes")
    return data


def sequence(value: object, field: str, *, least: int = 0, most: int = LIST_LIMIT) -> list[object]:
    """Return a list of `least` to `most` items, of whatever kind."""
    if not isinstance(value, list):
        raise _wrong("not_a_list", field, "must be a list")
    if not least <= len(value) <= most:
        raise _wrong("wrong_count", field, f"must have {least} to {most} items")
    return value


def mapping(value: object, field: str) -> dict[str, object]:
    """Return a JSON object as a dict; its keys are strings because JSON knows no others."""
    if not isinstance(value, dict):
        raise _wrong("not_an_object", field, "must be an object")
    return cast("dict[str, object]", value)


def choice(value: object, field: str, choices: type[Choice]) -> Choice:
    """Return the member of a `StrEnum` whose value this text is."""
    if isinstance(value, str):
        for member in choices:
            if member.value == value:
                return member
    names = ", ".join(member.value for member in choices)
    raise _wrong("unknown_choice", field, f"must be one of {names}")


def word(value: object, field: str, words: Sequence[str]) -> str:
    """Return the text if it is one of `words`."""
    if not isinstance(value, str) or value not in words:
        raise _wrong("unknown_choice", field, f"must be one of {', '.join(words)}")
    return value


class Fields:
    """One JSON object and where it stands; every reader takes the name of a member.

    A reader's path is `<path>.<name>`; items of lists are `<path>.<name>[<index from 0>]`.
    """

    __slots__ = ("members", "path")

    def __init__(self, value: object, path: str) -> None:
        self.members = mapping(value, path or "(top)")
        self.path = path

    def at(self, name: str) -> str:
        """Return the path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def required(self, name: str) -> object:
        """Return the raw member; raise `InputError` where it is missing (null is a value)."""
        try:
            return self.members[name]
        except KeyError:
            raise _wrong("missing", self.at(name), "is missing") from None

    def absent(self, name: str) -> bool:
        """Return whether a member is missing or null."""
        return self.members.get(name) is None

    def optional(self, name: str, read: Callable[[str], Value]) -> Value | None:
        """Return None for a missing or null member, else `read(name)`, such as `f.text`."""
        return None if self.absent(name) else read(name)

    def only(self, *names: str) -> None:
        """Refuse members that are not among `names`; for what is closed by its specification."""
        for name in self.members:
            if name not in names:
                raise _wrong("unknown_member", self.path or "(top)", "has an unknown member")

    def text(self, name: str, *, limit: int = TEXT_LIMIT, least: int = 1) -> str:
        """As `text`."""
        return text(self.required(name), self.at(name), limit=limit, least=least)

    def integer(self, name: str, *, least: int = 0, most: int = INTEGER_LIMIT) -> int:
        """As `integer`."""
        return integer(self.required(name), self.at(name), least=least, most=most)

    def flag(self, name: str) -> bool:
        """As `flag`."""
        return flag(self.required(name), self.at(name))

    def digest(self, name: str) -> str:
        """As `digest`."""
        return digest(self.required(name), self.at(name))

    def binary(self, name: str, *, size: int | None = None, limit: int = BINARY_LIMIT) -> bytes:
        """As `binary`."""
        return binary(self.required(name), self.at(name), size=size, limit=limit)

    def decimal(self, name: str) -> Decimal:
        """As `bideval.terms.decimals.parse_decimal`."""
        return parse_decimal(self.required(name), field=self.at(name))

    def instant(self, name: str) -> Instant:
        """As `bideval.terms.instants.parse_instant`."""
        return parse_instant(self.required(name), field=self.at(name))

    def choice(self, name: str, choices: type[Choice]) -> Choice:
        """As `choice`."""
        return choice(self.required(name), self.at(name), choices)

    def word(self, name: str, words: Sequence[str]) -> str:
        """As `word`."""
        return word(self.required(name), self.at(name), words)

    def label(self, name: str) -> str:
        """As `bideval.terms.identifiers.label`."""
        return identifiers.label(self.required(name), field=self.at(name))

    def venue(self, name: str) -> str:
        """As `bideval.terms.identifiers.venue_id`."""
        return identifiers.venue_id(self.required(name), field=self.at(name))

    def session(self, name: str) -> str:
        """As `bideval.terms.identifiers.session_id`."""
        return identifiers.session_id(self.required(name), field=self.at(name))

    def person(self, name: str) -> str:
        """As `bideval.terms.identifiers.person_id`."""
        return identifiers.person_id(self.required(name), field=self.at(name))

    def actor(self, name: str) -> str:
        """As `bideval.terms.identifiers.actor_id`."""
        return identifiers.actor_id(self.required(name), field=self.at(name))

    def nested(self, name: str) -> Fields:
        """Return the member, an object, with its own path."""
        return Fields(self.required(name), self.at(name))

    def sequence(self, name: str, *, least: int = 0, most: int = LIST_LIMIT) -> list[object]:
        """As `sequence`."""
        return sequence(self.required(name), self.at(name), least=least, most=most)

    def items(
        self,
        name: str,
        read: Callable[[object, str], Value],
        *,
        least: int = 0,
        most: int = LIST_LIMIT,
    ) -> list[Value]:
        """Return the items of a list, each through `read(item, path)`, such as `digest`."""
        at = self.at(name)
        items = self.sequence(name, least=least, most=most)
        return [read(item, f"{at}[{index}]") for index, item in enumerate(items)]

    def objects(self, name: str, *, least: int = 0, most: int = LIST_LIMIT) -> list[Fields]:
        """Return the items of a list of objects, each with its own path."""
        return self.items(name, Fields, least=least, most=most)


def _wrong(code: str, field: str, detail: str) -> InputError:
    return InputError(code, field=field, detail=detail)
