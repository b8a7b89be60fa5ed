"""Padding: JSON objects that all have the same number of bytes, so that length tells nothing.

Decided here: a member `pad` of zeros fills the canonical JSON up to a size. Not decided here: which
size; docs/spec/seal.md states it per plaintext. A reader checks the size and that `pad` is zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.terms.errors import EvidenceError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK_SIZE = 128
"""Bytes of the plaintext of one mark."""

SCORESHEET_STEP = 1024
"""The plaintext of a scoresheet has a multiple of this many bytes."""

PADDED_LIMIT = 262_144
"""Bytes of the largest padded plaintext."""

_PAD = "pad"


def pad_to_size(members: Mapping[str, object], size: int) -> bytes:
    """Return canonical JSON of exactly `size` bytes; raise `InputError` if it needs more."""
    bare = len(canonical_bytes({**members, _PAD: ""}))
    if bare > size:
        detail = f"needs {bare} bytes of at most {size}"
        raise InputError("too_long_to_pad", field="plaintext", rule="spec/seal", detail=detail)
    return canonical_bytes({**members, _PAD: "0" * (size - bare)})


def pad_to_step(members: Mapping[str, object], step: int) -> bytes:
    """Return canonical JSON whose size is the next multiple of `step` bytes."""
    bare = len(canonical_bytes({**members, _PAD: ""}))
    return pad_to_size(members, -(-bare // step) * step)


def read_padded(data: bytes, *, step: int, limit: int = PADDED_LIMIT) -> dict[str, object]:
    """Return the members without `pad`; for one fixed size, `limit` and `step` are that size.

    Raises `EvidenceError` where the size is not a multiple of `step` or `pad` is not all zeros,
    `InputError` where it is not a JSON object.
    """
    members = read_json(data, limit=limit, field="plaintext")
    if not isinstance(members, dict):
        raise InputError("not_an_object", field="plaintext", detail="must be an object")
    pad = members.pop(_PAD, None)
    if len(data) % step or not isinstance(pad, str) or pad.strip("0"):
        detail = f"must be padded with zeros to a multiple of {step} bytes"
        raise EvidenceError("not_padded", field="plaintext", detail=detail)
    return members
