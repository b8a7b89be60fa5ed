"""What a hostile peer makes of its own frames, although it has proved itself.

Decided here: one element of a message is another number, text or bytes, a list loses or repeats
something, one message is sent as if it were another kind, or an earlier one comes again.
Not decided here: who is hostile (course), and what a venue does about it (sync).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

TAGS = (
    "marks",
    "refuse",
    "lines",
    "ack",
    "vouch",
    "placed",
    "checkpoint",
    "cosign",
    "head",
    "told",
    "proof",
    "want",
    "chunk",
    "absent",
    "ping",
    "pong",
)
FAR = 2**53 - 1


def twisted(frame: bytes, chances: random.Random, earlier: Sequence[bytes] = ()) -> bytes:
    """Return another message that is well-formed more often than not."""
    if earlier and chances.random() < 0.2:
        return chances.choice(earlier)
    message: list[Any] = msgspec.msgpack.decode(frame)
    if len(message) < 2 or chances.random() < 0.1:
        return msgspec.msgpack.encode([chances.choice(TAGS), *message[1:]])
    place = chances.randrange(1, len(message))
    message[place] = _other(message[place], chances)
    return msgspec.msgpack.encode(message)


def _other(value: object, chances: random.Random) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return chances.choice((0, 1, max(0, value - 1), value + 1, value * 2, FAR))
    if isinstance(value, str):
        return chances.choice((value[:-1], f"{value}x", "fh-2026-9999", "", "\u0000" * 9))
    if isinstance(value, bytes):
        return _other_bytes(value, chances)
    if isinstance(value, list):
        return _other_list(value, chances)
    return value


def _other_bytes(value: bytes, chances: random.Random) -> bytes:
    turns: tuple[Callable[[], bytes], ...] = (
        lambda: chances.randbytes(len(value)),
        lambda: value[:-1],
        lambda: value + b"x",
        lambda: bytes(len(value)),
    )
    return chances.choice(turns)()


def _other_list(value: list[Any], chances: random.Random) -> list[Any]:
    if not value:
        return [b"", b"line"]
    place = chances.randrange(len(value))
    turns: tuple[Callable[[], list[Any]], ...] = (
        lambda: value[:place] + value[place + 1 :],
        lambda: [*value, value[place]],
        lambda: value[::-1],
        lambda: [*value[:place], _other(value[place], chances), *value[place + 1 :]],
        list,
    )
    return chances.choice(turns)()
