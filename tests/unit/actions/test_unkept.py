"""What could not be kept waits for the store, once and in its order."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future

import pytest

from bideval.actions.unkept import MOST, Unkept
from bideval.terms.errors import FaultError, RefusedError


class Works:
    """Works of which some fail for as long as the disk is broken."""

    def __init__(self):
        self.broken = True
        self.done = []

    def work(self, name):
        def work():
            if self.broken:
                raise FaultError("storage_fault")
            self.done.append(name)
            return name

        return work


@pytest.fixture
def works():
    return Works()


def try_all(unkept, works, *names):
    for name in names:
        with pytest.raises(FaultError, match="storage_fault"):
            unkept.attempt(name, works.work(name))


def test_work_that_is_done_is_not_kept(works):
    works.broken = False
    unkept = Unkept()
    assert unkept.attempt("a", works.work("a")) == "a"
    assert len(unkept) == 0


def test_works_wait_until_the_store_writes_again(works):
    unkept = Unkept()
    try_all(unkept, works, "a", "b", "a")
    unkept.again()
    assert (works.done, len(unkept)) == ([], 2)
    works.broken = False
    unkept.again()
    unkept.again()
    assert (works.done, len(unkept)) == (["a", "b"], 0)


def test_work_whose_reason_has_ended_is_given_up(works):
    unkept = Unkept()
    answers = iter([FaultError("storage_fault"), RefusedError("session_stopped")])

    def ended():
        raise next(answers)

    with pytest.raises(FaultError):
        unkept.attempt("ended", ended)
    try_all(unkept, works, "b")
    works.broken = False
    unkept.again()
    assert (works.done, len(unkept)) == (["b"], 0)


def test_refusal_is_no_reason_to_wait():
    unkept = Unkept()

    def refuse():
        raise RefusedError("session_stopped")

    with pytest.raises(RefusedError):
        unkept.attempt("a", refuse)
    assert len(unkept) == 0


def test_first_works_stay_where_too_many_wait(works):
    unkept = Unkept()
    try_all(unkept, works, *range(MOST + 9), 0)
    works.broken = False
    unkept.again()
    assert works.done == list(range(MOST))


def test_queued_write_that_fails_is_done_again(works):
    unkept = Unkept()
    failed, refused, written, cancelled = (Future() for _ in range(4))
    for name, future in enumerate((failed, refused, written, cancelled)):
        unkept.watch(name, future, works.work(name))
    failed.set_exception(FaultError("storage_fault"))
    refused.set_exception(RefusedError("session_stopped"))
    written.set_result(None)
    cancelled.cancel()
    with pytest.raises(CancelledError):
        cancelled.result()
    works.broken = False
    unkept.again()
    assert works.done == [0]
