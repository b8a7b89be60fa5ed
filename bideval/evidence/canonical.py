"""JSON: the one way we write what will be signed or hashed, and the strict way we read anything.

Decided here: key order, white space and numbers of what we write; what a reader refuses.
Not decided here: meaning. Written bytes are kept; nothing is ever written again to be verified.
"""

from __future__ import annotations

import json
import math
import re
from typing import cast

from bideval.terms.errors import FaultError, InputError

MAX_DEPTH = 32
"""Objects and lists inside one another: the deepest format of ours has 8."""

INTEGER_LIMIT = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8259 section 6)."""

_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=True
)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def canonical_bytes(value: object) -> bytes:
    """Return JSON in UTF-8: keys sorted by code point, no white space, no floats, |n| < 2^53.

    Raises `FaultError`: what we write is our own.
    """
    _check_writable(value, 0)
    return _ENCODER.encode(value).encode()


def read_json(data: bytes, *, limit: int, field: str = "json", allow_float: bool = False) -> object:
    """Return the value of a JSON text of at most `limit` bytes.

    Refuses, with `InputError` at `field`: text that is not UTF-8 or has lone surrogates, a key
    that occurs twice in one object, NaN and infinities, numbers with a point or exponent (unless
    `allow_float`), integers from 2^53 on, more than `MAX_DEPTH` levels.
    """
    if len(data) > limit:
        raise _wrong("too_large", field, f"must have at most {limit} bytes")
    try:
        value = _decode(_LENIENT if allow_float else _STRICT, data.decode())
    except _RefusedError as refused:
        raise _wrong(refused.code, field, refused.detail) from None
    except (ValueError, RecursionError):
        raise _wrong("not_json", field, "must be JSON in UTF-8") from None
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _deeper(value, MAX_DEPTH):
        raise _wrong("too_deep", field, f"must have at most {MAX_DEPTH} levels")
    if b"\\u" in data and _SURROGATE.search(data):
        _check_unicode(value, field)
    return value


def _decode(decoder: json.JSONDecoder, text: str) -> object:
    """As `decoder.decode`, which looks for white space around the text even where there is none."""
    if text[:1] == "{":
        value, end = decoder.raw_decode(text)
        if end == len(text):
            return cast("object", value)
    return cast("object", decoder.decode(text))


class _RefusedError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def _read_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RefusedError("duplicate_key", "must not hold a key twice in one object")
    return members


def _read_integer(digits: str) -> int:
    if len(digits) <= 17 and abs(number := int(digits)) <= INTEGER_LIMIT:  # sign and 16 digits
        return number
    raise _RefusedError("number_too_large", "must hold integers below 2^53 only")


def _refuse_float(_digits: str) -> float:
    raise _RefusedError("float", "must not hold numbers with a point or an exponent")


def _read_float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _RefusedError("number_too_large", "must hold finite numbers only")
    return number


def _refuse_constant(_name: str) -> float:
    raise _RefusedError("float", "must not hold NaN or infinities")


_STRICT = json.JSONDecoder(
    object_pairs_hook=_read_object,
    parse_int=_read_integer,
    parse_float=_refuse_float,
    parse_constant=_refuse_constant,
)
_LENIENT = json.JSONDecoder(
    object_pairs_hook=_read_object,
    parse_int=_read_integer,
    parse_float=_read_float,
    parse_constant=_refuse_constant,
)


def _check_writable(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise FaultError("not_canonical", detail="too deep")
    if isinstance(value, dict):
        for key, member in value.items():
            _check_text(key)
            _check_writable(member, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_writable(item, depth + 1)
    elif value is not None and not isinstance(value, bool):
        _check_scalar(value)


def _check_scalar(value: object) -> None:
    if not isinstance(value, int):
        _check_text(value)
    elif abs(value) > INTEGER_LIMIT:
        raise FaultError("not_canonical", detail="an integer from 2^53 on")


def _check_text(value: object) -> None:
    if not isinstance(value, str):
        raise FaultError("not_canonical", detail=f"{type(value).__name__} has no canonical form")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise FaultError("not_canonical", detail="a lone surrogate") from None


def _deeper(value: object, levels: int) -> bool:
    if isinstance(value, dict):
        return not levels or any(_deeper(member, levels - 1) for member in value.values())
    if isinstance(value, list):
        return not levels or any(_deeper(item, levels - 1) for item in value)
    return False


def _check_unicode(value: object, field: str) -> None:
    try:
        _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        raise _wrong("not_json", field, "must not hold lone surrogates") from None


def _wrong(code: str, field: str, detail: str) -> InputError:
    return InputError(code, field=field, detail=detail)
