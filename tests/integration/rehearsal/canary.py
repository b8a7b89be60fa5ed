"""Searching for secrets in bytes, in every form in which a program may have written them down.

Decided here: the forms, and how places become bytes. Not decided here: what is a secret, and when.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


SEPARATOR = bytes(64)
"""What no secret has inside, longer than the alignments of its forms."""


class Leak(NamedTuple):
    """A secret that was found: where, which, and in what form."""

    place: str
    secret: str
    form: str


def forms(secret: bytes) -> dict[str, bytes]:
    """Return what the secret looks like raw, in UTF-16, hexadecimal, escaped, and both Base 64s.

    In Base 64 a secret inside something longer looks different at each of three alignments; of
    each the letters are taken that the secret alone decides.
    """
    found = {"raw": secret, "hex": secret.hex().encode(), "HEX": secret.hex().upper().encode()}
    for shift in range(3):
        core = _core(secret, shift)
        found[f"base64 at {shift}"] = core
        found[f"base64url at {shift}"] = core.translate(bytes.maketrans(b"+/", b"-_"))
    try:
        text = secret.decode()
    except UnicodeDecodeError:
        return found
    found["utf-16-le"] = text.encode("utf-16-le")
    found["utf-16-be"] = text.encode("utf-16-be")
    found["escaped"] = text.encode("ascii", "backslashreplace")
    return found


def _core(secret: bytes, shift: int) -> bytes:
    encoded = base64.b64encode(bytes(shift) + secret + bytes(3))
    return encoded[(8 * shift + 5) // 6 : 8 * (shift + len(secret)) // 6]


def leaks(places: Mapping[str, bytes], secrets: Mapping[str, bytes]) -> list[Leak]:
    """Return every secret that stands in a place, once for each form."""
    wanted = [(name, form, look) for name, one in secrets.items() for form, look in _looks(one)]
    whole = SEPARATOR.join(set(places.values()))  # searched at once: a leak is rare
    there = [one for one in wanted if one[2] in whole]
    return [
        Leak(place, name, form)
        for place, content in places.items()
        for name, form, look in there
        if look in content
    ]


def _looks(secret: bytes) -> Iterable[tuple[str, bytes]]:
    seen: set[bytes] = set()
    for form, look in forms(secret).items():
        if look not in seen:
            seen.add(look)
            yield form, look


def files_below(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file: databases, write-ahead logs, logs, unfinished files."""
    return dict(_files(folder))


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()
