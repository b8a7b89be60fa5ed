"""A decoded JSON value together with its place, and the strict ways to read it.

Decided here: what an object, a list, a text, an identifier, a count, a yes/no and a choice are, and
how a place is written (`scoresheets[3].marks.A.design`). Not decided here: which keys a case has.
Every refusal is an `InputError` at the place of the value; nothing else is ever raised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from bideval.terms.decimals import parse_decimal, plain, shown
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal
    from enum import StrEnum

    Choice = TypeVar("Choice", bound=StrEnum)

MAX_ID_LENGTH = 128
"""Characters of an identifier: blinded ids and digests fit, paragraphs do not."""

MAX_TEXT_LENGTH = 2_000
"""Characters of a title or name."""

_SIMPLE_KEY = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Node:
    """One value and the path that leads to it from the top of the document."""

    value: object
    path: str

    def child(self, key: str, value: object) -> Node:
        """Return the node of `value` found under `key`."""
        if _SIMPLE_KEY.fullmatch(key) is None or not key.isprintable():
            return Node(value, f"{self.path}[{shown(key)}]")
        key = key if len(key) <= MAX_ID_LENGTH else key[:MAX_ID_LENGTH] + "..."
        return Node(value, f"{self.path}.{key}" if self.path else key)

    def refuse(self, code: str, detail: str) -> InputError:
        """Return the error to raise about this value."""
        return InputError(code, field=self.path or "case", detail=detail)

    def entries(self) -> dict[str, object]:
        """Return the members of an object."""
        if not isinstance(self.value, dict):
            raise self.refuse("not_an_object", "must be an object")
        return self.value

    def need(self, key: str) -> Node:
        """Return the node under a key that must be there."""
        node = self.get(key)
        if node is None:
            raise self.child(key, None).refuse("missing_key", "is missing")
        return node

    def get(self, key: str) -> Node | None:
        """Return the node under a key, or None when the object has no such key."""
        entries = self.entries()
        return self.child(key, entries[key]) if key in entries else None

    def filled(self, key: str) -> Node | None:
        """Return the node under a key, or None when it is missing or null."""
        node = self.get(key)
        return None if node is None or node.value is None else node

    def items(self, *, limit: int) -> Sequence[Node]:
        """Return the nodes of a list of at most `limit` items."""
        if not isinstance(self.value, list):
            raise self.refuse("not_a_list", "must be a list")
        if len(self.value) > limit:
            raise self.refuse("too_many", f"must have at most {limit} items")
        return [Node(item, f"{self.path}[{index}]") for index, item in enumerate(self.value)]

    def members(self) -> Iterator[tuple[str, Node]]:
        """Yield keys and nodes of an object."""
        for key, value in self.entries().items():
            yield key, self.child(key, value)

    def text(self, *, limit: int = MAX_TEXT_LENGTH) -> str:
        """Return a text of at most `limit` characters that can be written as UTF-8."""
        if not isinstance(self.value, str):
            raise self.refuse("not_text", "must be a string")
        if len(self.value) > limit:
            raise self.refuse("too_long", f"must have at most {limit} characters")
        if any("\ud800" <= letter <= "\udfff" for letter in self.value):
            raise self.refuse("not_text", "holds half of a surrogate pair, which is no character")
        return self.value

    def identifier(self) -> str:
        """Return a text that may name something: not empty, printable, not only white space."""
        text = self.text(limit=MAX_ID_LENGTH)
        if not text.strip() or not text.isprintable():
            raise self.refuse("bad_identifier", "must be a non-empty string of printable letters")
        return text

    def decimal(self, *, low: Decimal | None = None, high: Decimal | None = None) -> Decimal:
        """Return a decimal string's value within `low`..`high`, both included."""
        value = parse_decimal(self.value, field=self.path)
        if low is not None and value < low:
            raise self.refuse("out_of_bounds", f"must not be below {plain(low)}")
        if high is not None and value > high:
            raise self.refuse("out_of_bounds", f"must not be above {plain(high)}")
        return value

    def count(self, *, low: int, high: int) -> int:
        """Return a JSON integer within `low`..`high`, both included."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.refuse("not_a_count", "must be a whole JSON number")
        if not low <= self.value <= high:
            raise self.refuse("out_of_bounds", f"must be from {low} to {high}")
        return self.value

    def flag(self) -> bool:
        """Return a JSON boolean."""
        if not isinstance(self.value, bool):
            raise self.refuse("not_a_flag", "must be true or false")
        return self.value

    def choice(self, choices: type[Choice]) -> Choice:
        """Return one of the names that `choices` lists."""
        names = [str(choice) for choice in choices]
        if not isinstance(self.value, str) or self.value not in names:
            found = shown(self.value) if isinstance(self.value, str) else "something else"
            raise self.refuse("unknown_value", f"must be one of {', '.join(names)}, not {found}")
        return choices(self.value)


def refuse_duplicates(nodes: Sequence[Node], names: Sequence[str]) -> None:
    """Raise at the first node whose name an earlier one has already."""
    seen: set[str] = set()
    for node, name in zip(nodes, names, strict=True):
        if name in seen:
            raise node.refuse("duplicate_id", f"repeats {shown(name)}")
        seen.add(name)
