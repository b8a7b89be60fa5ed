"""Twisted messages are other messages, most of them well-formed."""

from __future__ import annotations

import random

import msgspec

from bideval.simulation.twisting import twisted
from bideval.sync import messages
from bideval.sync.messages import decode, encode
from bideval.terms.errors import InputError


def test_twisted_messages_are_others_and_often_well_formed():
    chances = random.Random(1)
    spoken = [
        messages.Marks(
            [messages.StatedMark("fh-2026-0001", main=True, n=3, digest=b"d" * 32, epoch=1)]
        ),
        messages.Lines("fh-2026-0001", 1, [b"a", b"b"], b"d" * 32, b"s" * 64),
        messages.Ack("fh-2026-0001", 5, b"d" * 32),
        messages.Ping(1),
    ]
    outcomes = {"same": 0, "good": 0, "bad": 0}
    for _ in range(400):
        frame = encode(chances.choice(spoken))
        other = twisted(frame, chances)
        msgspec.msgpack.decode(other)
        try:
            decode(other)
        except InputError:
            outcomes["bad"] += 1
        else:
            outcomes["same" if other == frame else "good"] += 1
    assert outcomes["good"] > 80
    assert outcomes["bad"] > 80
    assert outcomes["same"] < 60


def test_earlier_frames_come_again():
    chances = random.Random(1)
    earlier = (encode(messages.Ping(7)),)
    seen = [twisted(encode(messages.Ping(1)), chances, earlier) for _ in range(50)]
    assert earlier[0] in seen
