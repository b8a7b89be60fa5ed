"""Bytes to a case: strict JSON, with every way a file can fail turned into one clear error.

Decided here: size, encoding, duplicate keys, numbers that JSON does not have.
Not decided here: where the bytes come from (the caller) and what a case is (`case`).
Unlike evidence, a case file is not signed, and unknown keys may hold anything, floats included.
"""

from __future__ import annotations

import json
from typing import NoReturn

from bideval.scoring.case import Case, parse_case
from bideval.terms.decimals import shown
from bideval.terms.errors import InputError

MAX_CASE_BYTES = 32 * 1024 * 1024
"""Bytes of a case file: some hundred times the largest real one."""

_MAX_INTEGER_LENGTH = 400
"""Characters of an integer: no count comes near, and longer ones would be slow to convert."""


def read_case(data: bytes) -> Case:
    """Decode and read a case file; raises `InputError` naming the field, nothing else."""
    return parse_case(decode_json(data))


def decode_json(data: bytes) -> object:
    """Decode JSON text (RFC 8259) in UTF-8, with or without byte order mark.

    Refused are duplicate keys (section 4 leaves them open), NaN and Infinity, and integers of
    more than 400 characters.
    Raises `InputError` at `case`, the file as a whole.
    """
    if len(data) > MAX_CASE_BYTES:
        raise _refusal("too_large", f"must not be larger than {MAX_CASE_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refusal("not_utf8", f"is not UTF-8 text (at byte {error.start})") from None
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        # Some of the parser's messages end in the preposition already.
        what, place = error.msg.removesuffix(" at"), f"line {error.lineno} column {error.colno}"
        raise _refusal("not_json", f"is not JSON: {what} at {place}") from None
    except RecursionError:
        raise _refusal("too_deep", "is nested too deeply") from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    entries: dict[str, object] = {}
    for key, value in pairs:
        if key in entries:
            raise _refusal("duplicate_key", f"holds the key {shown(key)} twice in one object")
        entries[key] = value
    return entries


def _refuse_constant(name: str) -> NoReturn:
    raise _refusal("not_json", f"is not JSON: {name} is no number")


def _integer(text: str) -> int:
    if len(text) > _MAX_INTEGER_LENGTH:
        detail = f"holds an integer of more than {_MAX_INTEGER_LENGTH} characters"
        raise _refusal("integer_too_long", detail)
    return int(text)


def _refusal(code: str, detail: str) -> InputError:
    return InputError(code, field="case", detail=detail)
