"""The receiving end: gaps, duplicates, windows, one commit at a time."""

from __future__ import annotations

import pytest

from bideval.sync import limits
from bideval.sync.effects import Commit, FaultKind
from bideval.sync.faults import LinkFault, SessionFault
from bideval.sync.receiving import ReceivingStream
from bideval.sync.sending import UNSIGNED
from bideval.sync.trails import Direction, Mark, trail_at
from bideval.sync.words import Said, Vouch
from tests.unit.sync.playbook import SESSION, chain, line, lines, unsigned

THEIRS = lines("wencheng", 1_300)
BIG = [line("wencheng", n, "x" * 60_000) for n in range(1, 40)]


def stream(before=0):
    state = chain("wencheng", THEIRS[:before])
    trail = trail_at(Direction.UP, session=SESSION, origin="wencheng", n=before, state=state)
    return ReceivingStream(SESSION, direction=Direction.UP, origin="wencheng", trail=trail)


def batch(first, last, written=THEIRS):
    return unsigned(first, written[first - 1 : last], chain("wencheng", written[:last]))


def commit(first, last):
    mark = Mark(last, chain("wencheng", THEIRS[:last]))
    return Commit(
        SESSION, Direction.UP, "wencheng", first, tuple(THEIRS[first - 1 : last]), mark, UNSIGNED
    )


def test_lines_are_committed_one_commit_at_a_time_and_merged_meanwhile():
    receiving = stream()
    taken = [receiving.received(batch(1, 2)), receiving.next_commit()]
    receiving.received(batch(3, 3))
    receiving.received(batch(4, 6))
    during = receiving.next_commit()
    done = receiving.committed(2, chain("wencheng", THEIRS[:2]))
    assert (taken, during, done) == ([True, commit(1, 2)], None, True)
    assert receiving.next_commit() == commit(3, 6)


def test_only_what_is_committed_is_durable():
    receiving = stream(3)
    receiving.received(batch(4, 5))
    receiving.next_commit()
    before = (receiving.durable.n, receiving.held_bytes)
    receiving.committed(5, chain("wencheng", THEIRS[:5]))
    after = (receiving.durable, receiving.held_bytes)
    assert before == (3, len(THEIRS[3]) + len(THEIRS[4]))
    assert after == (Mark(5, chain("wencheng", THEIRS[:5])), 0)


def test_gap_closes():
    receiving = stream(3)
    with pytest.raises(LinkFault) as caught:
        receiving.received(batch(5, 6))
    assert (caught.value.kind, caught.value.detail) == (
        FaultKind.GAP,
        f"{SESSION}: expected 4, got 5",
    )


def test_duplicates_are_not_taken_twice():
    receiving = stream(3)
    receiving.received(batch(4, 6))
    whole = [receiving.received(batch(4, 6)), receiving.received(batch(1, 3))]
    part = receiving.received(batch(2, 8))
    assert (whole, part, receiving.next_commit()) == ([False, False], True, commit(4, 8))


def refused(receiving, sent, family):
    with pytest.raises(family) as caught:
        receiving.received(sent)
    assert receiving.next_commit() is None
    return caught.value


def test_lines_that_are_not_those_that_were_signed_close_and_nothing_is_taken():
    for written in (THEIRS[:2], [THEIRS[0], THEIRS[2]], [b"no line"]):
        fault = refused(stream(), unsigned(1, written, b"?" * 32), LinkFault)
        assert fault.kind is FaultKind.LINES


def test_lines_that_were_signed_and_are_not_that_venues_stop_the_session():
    for written in ([THEIRS[0], THEIRS[2]], [b"no line"]):
        digest = chain("wencheng", written)
        fault = refused(stream(), unsigned(1, written, digest), SessionFault)
        word = Vouch(SESSION, "wencheng", len(written), digest, UNSIGNED)
        assert (fault.kind, fault.held.n) == (FaultKind.LINES, 0)
        assert fault.said == Said(word, 1, tuple(written))


@pytest.mark.parametrize(("first", "last"), [(1, 3), (2, 3), (3, 5)])
def test_other_lines_for_numbers_that_are_here_are_a_fork_with_the_word(first, last):
    other = [*THEIRS[: first - 1], *lines("wencheng", last - first + 1, first=first, text="other")]
    receiving = stream(3)
    sent = batch(first, last, other)
    fault = refused(receiving, sent, SessionFault)
    word = Vouch(SESSION, "wencheng", last, sent.digest, UNSIGNED)
    assert (fault.kind, fault.said) == (FaultKind.FORK, Said(word, first, tuple(sent.lines)))


def test_what_was_signed_about_lines_long_past_is_not_remembered():
    receiving = stream(3)
    assert (receiving.remembers(3), receiving.remembers(2)) == (True, False)
    assert receiving.received(batch(1, 2, lines("wencheng", 2, text="other"))) is False


def test_batch_above_its_bytes_closes():
    with pytest.raises(LinkFault) as caught:
        stream().received(unsigned(1, BIG[:5], b"?" * 32))
    assert (caught.value.kind, caught.value.detail) == (
        FaultKind.LIMIT,
        f"{SESSION}: batch too large",
    )


def test_window_of_lines_is_enforced_on_the_peer():
    receiving = stream()
    for first in range(1, 1_024, 256):
        receiving.received(batch(first, first + 255))
    with pytest.raises(LinkFault) as caught:
        receiving.received(batch(1_025, 1_025))
    assert caught.value.kind is FaultKind.LIMIT


def test_window_of_bytes_is_enforced_on_the_peer():
    receiving = stream()
    for first in (1, 5, 9, 13):
        receiving.received(batch(first, first + 3, BIG))
    with pytest.raises(LinkFault) as caught:
        receiving.received(batch(17, 18, BIG))
    held = sum(map(len, BIG[:16]))
    assert (caught.value.kind, receiving.held_bytes) == (FaultKind.LIMIT, held)


def test_storage_that_holds_more_than_was_asked_is_believed_up_to_the_question():
    receiving = stream()
    receiving.received(batch(1, 2))
    receiving.next_commit()
    done = receiving.committed(9, chain("wencheng", THEIRS[:9]))
    assert (done, receiving.durable.n) == (True, 2)


def test_answer_without_a_question_is_ignored():
    assert stream().committed(0, b"?" * 32) is False


@pytest.mark.parametrize("answer", [(1, chain("wencheng", THEIRS[:1])), (2, b"?" * 32)])
def test_storage_that_holds_something_else_closes(answer):
    receiving = stream()
    receiving.received(batch(1, 2))
    receiving.next_commit()
    with pytest.raises(LinkFault) as caught:
        receiving.committed(*answer)
    assert caught.value.kind is FaultKind.STORAGE


def test_digests_of_the_last_commits_are_remembered():
    receiving = stream()
    for n in range(1, limits.MARKS_REMEMBERED + 2):
        receiving.received(batch(n, n))
        receiving.next_commit()
        receiving.committed(n, chain("wencheng", THEIRS[:n]))
    last = limits.MARKS_REMEMBERED + 1
    known = [receiving.digest_at(n) for n in (0, 1, 2, last)]
    assert known == [None, None, chain("wencheng", THEIRS[:2]), chain("wencheng", THEIRS[:last])]
    with pytest.raises(LinkFault) as caught:
        receiving.digest_at(last + 1)
    assert caught.value.kind is FaultKind.ORDER
