"""Bytes to a case: strict JSON, with every way a file can fail turned into one clear error.

Decided here: size, encoding, duplicate keys, numbers that JSON does not have.
Not decided here: where the bytes come from (the caller) and what a case is (`case`).
Unlike evidence, a case file is not signed, and unknown keys may hold anything, floats included.
"""

from __future__ import annotations

import json
import math
from typing import NoReturn

from bideval.scoring.case import Case, parse_case
from bideval.terms.decimals import shown
from bideval.terms.errors import InputError

MAX_CASE_BYTES = 32 * 1024 * 1024
"""Bytes of a case file: some hundred times the largest real one."""

_MAX_INTEGER_LENGTH = 19
"""Digits of an integer that is worth converting; no count in a case comes near."""


def read_case(data: bytes) -> Case:
    """Decode and read a case file; raises `InputError` naming the field, nothing else."""
    return parse_case(decode_json(data))


def decode_json(data: bytes) -> object:
    """Decode JSON text (RFC 8259) in UTF-8, with or without byte order mark.

    Duplicate keys (section 4 leaves them open) and NaN or Infinity are refused.
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
        place = f"line {error.lineno} column {error.colno}"
        raise _refusal("not_json", f"is not JSON: {error.msg} at {place}") from None
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


def _integer(text: str) -> int | float:
    """Keep huge integers out of the slow conversion; nothing accepts the infinity they become."""
    if len(text) <= _MAX_INTEGER_LENGTH:
        return int(text)
    return -math.inf if text.startswith("-") else math.inf


def _refusal(code: str, detail: str) -> InputError:
    return InputError(code, field="case", detail=detail)
