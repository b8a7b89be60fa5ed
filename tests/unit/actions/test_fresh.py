"""What was read a moment ago is not read again, and what is kept is bounded."""

from __future__ import annotations

import pytest

from bideval.actions.fresh import Fresh


def reader():
    """Return a function that reads text as a number, and the list of what it was asked."""
    asked = []

    def read(text):
        asked.append(text)
        return int(text)

    return read, asked


def test_the_same_text_is_read_once():
    read, asked = reader()
    fresh = Fresh(read)
    assert ([fresh("12"), fresh("1" + "2"), fresh("3")], asked) == ([12, 12, 3], ["12", "3"])


def test_the_oldest_makes_room():
    read, asked = reader()
    fresh = Fresh(read, most=4)
    found = [fresh(text) for text in ("11", "22", "33", "22", "11")]
    assert (found, asked) == ([11, 22, 33, 22, 11], ["11", "22", "33", "11"])


def test_what_is_larger_than_all_room_is_read_and_not_kept():
    read, asked = reader()
    fresh = Fresh(read, most=4)
    assert ([fresh("55555"), fresh("55555")], len(asked)) == ([55555, 55555], 2)


def test_what_cannot_be_read_is_not_kept():
    read, asked = reader()
    fresh = Fresh(read)
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            fresh("x")
    assert asked == ["x", "x"]
