"""Bytes to a case: strict JSON, with every way a file can fail turned into one clear error.

Decided here: size, encoding, duplicate keys, numbers that JSON does not have, and where in the
document such a thing stands: a parser's hooks know what is wrong, but not yet where.
Not decided here: where the bytes come from (the caller) and what a case is (`case`).
Unlike evidence, a case file is not signed, and unknown keys may hold anything, floats included.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.scoring.case import Case, parse_case
from bideval.scoring.nodes import Node
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CASE_BYTES = 32 * 1024 * 1024
"""Bytes of a case file: some hundred times the largest real one."""

_MAX_INTEGER_LENGTH = 400
"""Characters of an integer: no count comes near, and longer ones would be slow to convert."""

_NAMED_STEPS = 8
"""Steps of a place that an error names: `scoresheets[3].marks.A.design` has five, and what lies
deeper is below an unknown key."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """Stands in the decoded document where the text held what no JSON value is."""

    code: str
    detail: str


class _Faults:
    """The parser's hooks; each leaves a fault in place of the value that it refuses."""

    def __init__(self) -> None:
        self.some = False

    def _leave(self, code: str, detail: str) -> _Fault:
        self.some = True
        return _Fault(code, detail)

    def entries(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        entries: dict[str, object] = {}
        for key, value in pairs:
            repeated = key in entries
            entries[key] = (
                self._leave("duplicate_key", "is there twice in one object") if repeated else value
            )
        return entries

    def constant(self, name: str) -> object:
        return self._leave("not_json", f"is not JSON: {name} is no number")

    def integer(self, text: str) -> object:
        if len(text) > _MAX_INTEGER_LENGTH:
            detail = f"must not be an integer of more than {_MAX_INTEGER_LENGTH} characters"
            return self._leave("integer_too_long", detail)
        return int(text)


def read_case(data: bytes) -> Case:
    """Decode and read a case file; raises `InputError` naming the field, nothing else."""
    return parse_case(decode_json(data))


def decode_json(data: bytes) -> object:
    """Decode JSON text (RFC 8259) in UTF-8, with or without byte order mark.

    Refused are duplicate keys (section 4 leaves them open), NaN and Infinity, and integers of
    more than 400 characters.
    Raises `InputError` at the value, or at `case`, the file as a whole.
    """
    faults = _Faults()
    if len(data) > MAX_CASE_BYTES:
        raise _refusal("too_large", f"must not be larger than {MAX_CASE_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refusal("not_utf8", f"is not UTF-8 text (at byte {error.start})") from None
    try:
        document: object = json.loads(
            text,
            object_pairs_hook=faults.entries,
            parse_constant=faults.constant,
            parse_int=faults.integer,
        )
    except json.JSONDecodeError as error:
        # Some of the parser's messages end in the preposition already.
        what, place = error.msg.removesuffix(" at"), f"line {error.lineno} column {error.colno}"
        raise _refusal("not_json", f"is not JSON: {what} at {place}") from None
    except RecursionError:
        raise _refusal("too_deep", "is nested too deeply") from None
    if faults.some:
        raise _first_fault(document)
    return document


@dataclass(frozen=True, slots=True)
class _Place:
    """A value and the way to it; written out for one of them only, since a file has millions."""

    value: object
    above: _Place | None = None
    step: str | int = 0

    def below(self) -> Iterator[_Place]:
        """Yield the places of what a list or an object holds."""
        if isinstance(self.value, dict):
            yield from (_Place(value, self, key) for key, value in self.value.items())
        elif isinstance(self.value, list):
            yield from (_Place(value, self, index) for index, value in enumerate(self.value))

    def node(self) -> Node:
        """Return the node here, or the one above it with the last step that is named."""
        steps = []
        place = self
        while place.above is not None:
            steps.append(place.step)
            place = place.above
        node = Node(self.value, "")
        for step in reversed(steps[-_NAMED_STEPS:]):
            node = (
                node.child(step, self.value)
                if isinstance(step, str)
                else Node(self.value, f"{node.path}[{step}]")
            )
        return node


def _first_fault(document: object) -> InputError:
    """Return the refusal of the first fault in the order of the file.

    Held open are the ways down to one value, never a whole level: a file may be one long list.
    """
    open_levels: list[Iterator[_Place]] = [iter((_Place(document),))]
    while True:
        place = next(open_levels[-1], None)
        if place is None:
            open_levels.pop()
        elif isinstance(place.value, _Fault):
            return place.node().refuse(place.value.code, place.value.detail)
        else:
            open_levels.append(place.below())


def _refusal(code: str, detail: str) -> InputError:
    return InputError(code, field="case", detail=detail)
