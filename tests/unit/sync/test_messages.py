"""Shapes of the messages and how strictly they are read."""

from __future__ import annotations

import msgspec
import pytest

from bideval.sync import limits, messages
from bideval.sync.messages import decode, encode
from bideval.terms.errors import InputError

D = b"\x07" * 32
EVERY = [
    messages.Hello(1, "fenghua", "dialler", D, 1),
    messages.Prove(b"s" * 64),
    messages.Marks([messages.StatedMark("fh-2026", main=True, n=3, digest=D, epoch=1)]),
    messages.Marks(
        [
            messages.StatedMark(
                "fh-2026",
                main=False,
                n=3,
                digest=D,
                epoch=1,
                placed=messages.StatedPlace(2, D, 9, b"s" * 64),
            )
        ]
    ),
    messages.Marks([]),
    messages.Refuse("fh-2026", "not_invited"),
    messages.Lines("fh-2026", 1, [b"a", b"b"], D, b"s" * 64),
    messages.Ack("fh-2026", 0, D),
    messages.Vouched("fh-2026", 0, D, b"s" * 64),
    messages.PlacedWord("fh-2026", 0, D, 3, b"s" * 64),
    messages.Checkpoint("fh-2026", 1, "note"),
    messages.Cosign("fh-2026", 1, "line"),
    messages.Head("fh-2026", 1, "note"),
    messages.Told("fh-2026", 1, D, b"s" * 64),
    messages.Proof("fh-2026", b"proof"),
    messages.Want("fh-2026", D, 0, 65_536),
    messages.Chunk(D, 65_536, b"data"),
    messages.Absent(D, 0),
    messages.Ping(1),
    messages.Pong(1),
]


@pytest.mark.parametrize("message", EVERY, ids=lambda message: type(message).__name__)
def test_message_survives_the_wire(message):
    assert decode(encode(message)) == message


def test_frame_is_an_array_that_begins_with_its_tag():
    frame = encode(messages.Ack("fh-2026", 7, D))
    assert msgspec.msgpack.decode(frame) == ["ack", "fh-2026", 7, D]


WRONG = {
    "empty": b"",
    "text": msgspec.msgpack.encode("ping"),
    "unknown tag": msgspec.msgpack.encode(["goodbye", 1]),
    "member names": msgspec.msgpack.encode({"type": "ping", "n": 1}),
    "missing field": msgspec.msgpack.encode(["ack", "fh-2026", 7]),
    "further field": msgspec.msgpack.encode(["ping", 1, 2]),
    "further field inside": msgspec.msgpack.encode(["marks", [["fh-2026", True, 1, D, 1, 1]]]),
    "trailing byte": encode(messages.Ping(1)) + b"\x00",
    "float for a number": msgspec.msgpack.encode(["ping", 1.0]),
    "text for a number": msgspec.msgpack.encode(["ping", "1"]),
    "flag for a number": msgspec.msgpack.encode(["ping", True]),
    "negative": msgspec.msgpack.encode(["ping", -1]),
    "too large": msgspec.msgpack.encode(["ping", 2**53]),
    "line 0": msgspec.msgpack.encode(["lines", "fh-2026", 0, [b"a"], D]),
    "no lines": msgspec.msgpack.encode(["lines", "fh-2026", 1, [], D]),
    "empty line": msgspec.msgpack.encode(["lines", "fh-2026", 1, [b""], D]),
    "long line": msgspec.msgpack.encode(["lines", "fh-2026", 1, [b"x" * 65_536], D]),
    "too many lines": msgspec.msgpack.encode(["lines", "fh-2026", 1, [b"a"] * 257, D]),
    "short digest": msgspec.msgpack.encode(["ack", "fh-2026", 1, D[1:]]),
    "session id": msgspec.msgpack.encode(["ack", "../etc", 1, D]),
    "session id with line feed": msgspec.msgpack.encode(["ack", "fh-2026\n", 1, D]),
    "venue id": msgspec.msgpack.encode(["hello", 1, "Fenghua", "dialler", D, 1]),
    "side": msgspec.msgpack.encode(["hello", 1, "fenghua", "server", D, 1]),
    "code": msgspec.msgpack.encode(["refuse", "fh-2026", "Too late!"]),
    "chunk too long": msgspec.msgpack.encode(["chunk", D, 0, b"x" * 65_537]),
    "want nothing": msgspec.msgpack.encode(["want", "fh-2026", D, 0, 0]),
    "not UTF-8": b"\x93\xa6refuse\xa7fh-\xff\xfe26\xa1a",
}


@pytest.mark.parametrize("frame", WRONG.values(), ids=WRONG.keys())
def test_malformed_frame_is_refused(frame):
    with pytest.raises(InputError) as caught:
        decode(frame)
    assert (caught.value.code, caught.value.field) == ("frame", "frame")


def test_frame_above_the_limit_is_not_even_looked_at():
    with pytest.raises(InputError) as caught:
        decode(b"\x00" * (limits.FRAME_BYTES + 1))
    assert (caught.value.code, caught.value.detail) == ("frame_size", "1048577 bytes")
