"""Answering the peer's questions for chunks."""

from __future__ import annotations

import pytest

from bideval.sync.effects import FaultKind, ReadFile
from bideval.sync.faults import LinkFault
from bideval.sync.messages import Absent, Chunk, Want
from bideval.sync.serving import SERVED_WANTS, Serving
from tests.unit.sync.playbook import SESSION

A = b"a" * 32


def want(offset):
    return Want(SESSION, A, offset, 10)


def test_one_read_at_a_time_in_the_order_of_the_questions():
    serving = Serving()
    serving.wanted(want(0))
    serving.wanted(want(10))
    assert (serving.next_read(), serving.next_read()) == (ReadFile(SESSION, A, 0, 10), None)
    assert serving.read(A, 10, b"x" * 10) is None
    assert serving.read(A, 0, b"x" * 10) == Chunk(A, 0, b"x" * 10)
    assert serving.next_read() == ReadFile(SESSION, A, 10, 10)


@pytest.mark.parametrize("data", [None, b"short"])
def test_what_is_not_here_as_asked_is_absent(data):
    serving = Serving()
    serving.wanted(want(0))
    serving.next_read()
    assert serving.read(A, 0, data) == Absent(A, 0)
    assert serving.read(A, 0, data) is None


def test_same_question_counts_once_until_its_answer_has_left():
    serving = Serving()
    serving.wanted(want(0))
    serving.wanted(want(0))
    serving.next_read()
    answer = serving.read(A, 0, b"x" * 10)
    assert serving.next_read() is None
    serving.left(answer)
    serving.wanted(want(0))
    assert serving.next_read() == ReadFile(SESSION, A, 0, 10)


def test_too_many_open_questions_close():
    serving = Serving()
    for number in range(SERVED_WANTS):
        serving.wanted(want(number))
    with pytest.raises(LinkFault) as caught:
        serving.wanted(want(SERVED_WANTS))
    assert caught.value.kind is FaultKind.LIMIT
