"""The limits fit each other."""

from __future__ import annotations

from bideval.ledger.line import LINE_LIMIT
from bideval.sync import limits, messages


def test_line_limit_is_the_ledgers():
    assert limits.LINE_BYTES == LINE_LIMIT


def test_one_line_always_fits_a_batch_and_a_batch_fits_the_windows():
    sizes = [
        limits.LINE_BYTES,
        limits.BATCH_BYTES,
        limits.WINDOW_BYTES,
        limits.LINK_WINDOW_BYTES,
    ]
    assert sizes == sorted(sizes)


def test_largest_messages_fit_a_frame():
    lines = [b"x" * (limits.BATCH_BYTES // limits.BATCH_LINES)] * limits.BATCH_LINES
    batch = messages.Lines("s" * 64, 2**53 - 1, lines, b"d" * 32, b"s" * 64)
    most = 2**53 - 1
    place = messages.StatedPlace(most, b"d" * 32, most, b"s" * 64)
    mark = messages.StatedMark(
        "s" * 64, main=False, n=most, digest=b"d" * 32, epoch=most, placed=place
    )
    marks = messages.Marks([mark] * limits.SESSIONS)
    note = messages.Checkpoint("s" * 64, 1, "n" * limits.NOTE_BYTES)
    sizes = [len(messages.encode(message)) for message in (batch, marks, note)]
    assert [size for size in sizes if size > limits.FRAME_BYTES] == []


def test_deadlines_leave_room_for_what_they_watch():
    times = [limits.TICK_MS, limits.HEARTBEAT_MS, limits.SILENCE_MS, limits.MARKS_MS]
    assert times == sorted(times)
    assert limits.SILENCE_MS >= 3 * limits.HEARTBEAT_MS
