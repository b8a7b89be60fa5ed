"""The order of what waits for the socket."""

from __future__ import annotations

from bideval.sync.messages import Ack, Chunk, Lines, Ping, Pong
from bideval.sync.outbox import Outbox, Priority

D = b"d" * 32
BATCHES = [Lines("fh-2026", n, [b"line"], D, b"s" * 64) for n in range(1, 4)]


def drained(outbox):
    out = []
    while (message := outbox.pop()) is not None:
        out.append(message)
    return out


def test_heartbeats_and_acknowledgements_pass_bulk_data():
    outbox = Outbox()
    chunk, ack, ping = Chunk(D, 0, b"data"), Ack("fh-2026", 1, D), Ping(1)
    outbox.put(Priority.CHUNKS, ("chunk",), chunk)
    outbox.append("fh-2026", BATCHES[0], 4)
    outbox.put(Priority.ACKNOWLEDGE, ("ack", "fh-2026"), ack)
    outbox.put(Priority.CONTROL, ("ping",), ping)
    assert drained(outbox) == [ping, ack, BATCHES[0], chunk]


def test_newer_of_the_same_key_takes_the_place_of_the_older():
    outbox = Outbox()
    outbox.put(Priority.CONTROL, ("pong",), Pong(1))
    outbox.put(Priority.CONTROL, ("ping",), Ping(1))
    outbox.put(Priority.CONTROL, ("pong",), Pong(2))
    assert (len(outbox), drained(outbox)) == (2, [Pong(2), Ping(1)])


def test_batches_keep_their_order_and_their_bytes_are_counted():
    outbox = Outbox()
    for batch in BATCHES:
        outbox.append("fh-2026", batch, 4)
    counted = outbox.line_bytes
    assert (counted, drained(outbox), outbox.line_bytes) == (12, BATCHES, 0)


def test_batches_of_one_session_are_dropped_alone():
    outbox = Outbox()
    outbox.append("fh-2026", BATCHES[0], 4)
    outbox.append("wc-2026", BATCHES[1], 5)
    outbox.drop_lines("fh-2026")
    assert (outbox.line_bytes, drained(outbox)) == (5, [BATCHES[1]])


def test_cleared_outbox_is_empty():
    outbox = Outbox()
    outbox.append("fh-2026", BATCHES[0], 4)
    outbox.put(Priority.CONTROL, ("ping",), Ping(1))
    outbox.clear()
    assert (len(outbox), outbox.line_bytes, outbox.pop()) == (0, 0, None)
