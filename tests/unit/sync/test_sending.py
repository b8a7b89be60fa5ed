"""The sending end: credit, acknowledgements, going back."""

from __future__ import annotations

import pytest

from bideval.sync import limits
from bideval.sync.credit import Credit
from bideval.sync.effects import FaultKind, Read
from bideval.sync.faults import LinkFault, SessionFault
from bideval.sync.sending import SendingStream
from bideval.sync.trails import Direction, Mark, trail_at
from tests.unit.sync.playbook import SESSION, chain, line, lines, unsigned

OWN = lines("fenghua", 3_000)
BIG = [line("fenghua", n, "x" * 60_000) for n in range(1, 40)]


def stream(credit=None, now=0):
    trail = trail_at(Direction.UP, session=SESSION, origin="fenghua", n=0, state=b"")
    return SendingStream(
        SESSION, direction=Direction.UP, trail=trail, credit=credit or Credit(), now=now
    )


def read(first, limit=limits.BATCH_LINES, max_bytes=limits.BATCH_BYTES):
    return Read(SESSION, Direction.UP, first, limit, max_bytes)


def send(sending, upto, now=0):
    """Let storage answer one read with lines up to `upto`."""
    asked = sending.next_read(now)
    return sending.lines_read(asked.first, OWN[asked.first - 1 : upto], now)


def test_first_read_needs_no_hint_and_batch_carries_the_chain():
    sending = stream()
    assert sending.next_read(0) == read(1)
    batch, size = sending.lines_read(1, OWN[:3], 0)
    assert batch == unsigned(1, OWN[:3], chain("fenghua", OWN[:3]))
    assert (size, sending.sent, sending.acked) == (sum(map(len, OWN[:3])), 3, 0)


def test_nothing_is_read_while_reading_nor_without_hint():
    sending = stream()
    sending.next_read(0)
    sending.hint()
    during = sending.next_read(0)
    nothing = sending.lines_read(1, [], 0)
    hinted = sending.next_read(0)
    sending.lines_read(1, [], 0)
    assert (during, nothing, hinted, sending.next_read(0)) == (None, None, read(1), None)


def test_reading_goes_on_until_the_window_of_lines_is_full():
    sending = stream()
    for upto in (256, 512, 768, 1_000):
        send(sending, upto)
    assert sending.next_read(0) == read(1_001, limit=24)
    sending.lines_read(1_001, OWN[1_000:1_024], 0)
    assert sending.next_read(0) is None
    sending.acknowledged(256, chain("fenghua", OWN[:256]), 0)
    assert sending.next_read(0) == read(1_025)


def test_reading_goes_on_until_the_window_of_bytes_is_full():
    sending = stream()
    sizes = []
    while (asked := sending.next_read(0)) is not None:
        sizes.append(asked.max_bytes)
        sending.lines_read(asked.first, BIG[asked.first - 1 :], 0)
    last = limits.WINDOW_BYTES - sum(map(len, BIG[:16]))
    assert (sizes, sending.sent) == ([limits.BATCH_BYTES] * 4 + [last], 17)


def test_streams_share_the_credit_of_the_link():
    credit = Credit(limits.BATCH_BYTES + limits.LINE_BYTES)
    first, second, third = stream(credit), stream(credit), stream(credit)
    asked = [first.next_read(0), second.next_read(0), third.next_read(0)]
    assert asked == [read(1), read(1, max_bytes=limits.LINE_BYTES), None]
    first.lines_read(1, [], 0)
    assert third.next_read(0) == read(1)
    for sending in (first, second, third):
        sending.end()
    assert credit.available == limits.BATCH_BYTES + limits.LINE_BYTES


def test_answer_to_another_question_is_ignored():
    sending = stream()
    early = sending.lines_read(1, OWN[:1], 0)
    sending.next_read(0)
    other = sending.lines_read(2, OWN[1:2], 0)
    assert (early, other, sending.sent) == (None, None, 0)


def test_storage_that_gives_too_much_is_cut_to_what_was_asked():
    sending = stream()
    sending.next_read(0)
    batch, _ = sending.lines_read(1, OWN, 0)
    sending.next_read(0)
    rest, _ = sending.lines_read(257, OWN[256:300], 0)
    assert (len(batch.lines), len(rest.lines)) == (256, 44)
    large = stream()
    large.next_read(0)
    batch, _ = large.lines_read(1, BIG, 0)
    assert len(batch.lines) == 4


def test_storage_that_gives_lines_that_do_not_follow_stops_the_session():
    sending = stream()
    sending.next_read(0)
    with pytest.raises(SessionFault) as caught:
        sending.lines_read(1, [OWN[0], OWN[2]], 0)
    assert (caught.value.kind, sending.sent) == (FaultKind.STORAGE, 0)
    assert caught.value.detail.startswith("our own line 2: ")


def test_acknowledgements_are_cumulative_and_old_ones_change_nothing():
    sending = stream()
    send(sending, 2)
    send(sending, 5)
    moved = [
        sending.acknowledged(5, chain("fenghua", OWN[:5]), 0),
        sending.acknowledged(2, chain("fenghua", OWN[:2]), 0),
        sending.acknowledged(5, b"?" * 32, 0),
    ]
    assert (moved, sending.acked) == ([True, False, False], 5)


@pytest.mark.parametrize("n", [1, 3])
def test_acknowledgement_of_what_was_never_sent_closes(n):
    sending = stream()
    send(sending, 2)
    with pytest.raises(LinkFault) as caught:
        sending.acknowledged(n, chain("fenghua", OWN[:n]), 0)
    assert caught.value.kind is FaultKind.ORDER


def test_acknowledgement_with_another_digest_is_not_believed():
    sending = stream()
    send(sending, 2)
    with pytest.raises(LinkFault) as caught:
        sending.acknowledged(2, b"?" * 32, 0)
    assert (caught.value.kind, sending.acked) == (FaultKind.ORDER, 0)


def test_stream_stalls_only_with_lines_on_their_way():
    sending = stream()
    late = limits.NO_PROGRESS_MS
    idle = sending.stalled(late)
    send(sending, 2)
    sending.left(1)
    waiting = [sending.stalled(late), sending.stalled(late + 1)]
    sending.acknowledged(2, chain("fenghua", OWN[:2]), late)
    assert (idle, waiting, sending.stalled(2 * late)) == (False, [False, True], False)


def test_first_batch_after_a_long_rest_has_its_full_time():
    sending = stream()
    sending.next_read(0)
    sending.lines_read(1, [], 0)
    late = 10 * limits.NO_PROGRESS_MS
    sending.hint()
    send(sending, 2, late)
    assert [sending.stalled(late), sending.stalled(late + limits.NO_PROGRESS_MS)] == [False, True]


def test_stalled_stream_goes_back_once_until_there_is_progress():
    sending = stream()
    send(sending, 2)
    send(sending, 4)
    assert (sending.rewind(9), sending.rewind(9)) == (True, False)
    assert (sending.next_read(9), sending.sent) == (read(1), 0)
    sending.lines_read(1, OWN[:3], 0)
    sending.acknowledged(3, chain("fenghua", OWN[:3]), 9)
    assert sending.rewind(9)


def test_late_acknowledgement_after_going_back_saves_sending_again():
    sending = stream()
    send(sending, 2)
    send(sending, 4)
    sending.rewind(0)
    sending.next_read(0)
    assert sending.acknowledged(4, chain("fenghua", OWN[:4]), 0)
    assert sending.lines_read(1, OWN[:4], 0) is None
    assert (sending.sent, sending.next_read(0)) == (4, read(5))


def test_credit_is_kept_while_the_first_sending_may_still_be_committed():
    credit = Credit()
    sending = stream(credit)
    asked = sending.next_read(0)
    batch, size = sending.lines_read(asked.first, BIG[:4], 0)
    sending.rewind(0)
    kept = limits.LINK_WINDOW_BYTES - credit.available
    sending.next_read(0)
    sending.lines_read(1, BIG[:2], 0)
    still = limits.LINK_WINDOW_BYTES - credit.available
    sending.acknowledged(4, batch.digest, 0)
    assert (kept, still, credit.available) == (size, size, limits.LINK_WINDOW_BYTES)


def test_idle_stream_looks_again_without_being_told():
    sending = stream(now=0)
    sending.next_read(0)
    sending.lines_read(1, [], 0)
    sending.poll(limits.IDLE_POLL_MS - 1)
    early = sending.next_read(limits.IDLE_POLL_MS - 1)
    sending.poll(limits.IDLE_POLL_MS)
    assert (early, sending.next_read(limits.IDLE_POLL_MS)) == (None, read(1))


def test_digests_of_what_is_on_its_way_are_known():
    sending = stream()
    send(sending, 2)
    send(sending, 3)
    ends = [sending.digest_at(n) for n in (0, 1, 2, 3)]
    assert ends == [
        chain("fenghua", []),
        None,
        chain("fenghua", OWN[:2]),
        chain("fenghua", OWN[:3]),
    ]
    sending.acknowledged(2, chain("fenghua", OWN[:2]), 0)
    assert sending.acked_mark == Mark(2, chain("fenghua", OWN[:2]))
