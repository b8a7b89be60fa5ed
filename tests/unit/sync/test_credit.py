"""The pool of bytes that may be on their way."""

from __future__ import annotations

from bideval.sync import limits
from bideval.sync.credit import Credit


def test_credit_is_taken_and_given_back():
    credit = Credit(100)
    held = credit.resize(0, 60)
    taken = credit.available
    held = credit.resize(held, 10)
    assert (taken, held, credit.available) == (40, 10, 90)


def test_link_starts_with_its_window():
    assert Credit().available == limits.LINK_WINDOW_BYTES
