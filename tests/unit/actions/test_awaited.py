"""Who may write into a copy that was put back."""

from __future__ import annotations

import pytest

from bideval.actions.awaited import Awaited, owed_upto, refuse_while_awaiting
from bideval.ports import Owed, RecordHead
from bideval.terms.errors import FaultError

SESSION = "fh-2026-0117"
NARROW, WIDE = Owed("wencheng", 5, 15), Owed("beilun", 9, 17)


def head(awaiting=(), owed=()):
    return RecordHead(SESSION, "fenghua", 14, b"r" * 32, b"", 2, awaiting, owed=owed)


def test_nobody_is_owed_anything_where_nobody_is_awaited():
    refuse_while_awaiting(head())
    assert (owed_upto(head(), "wencheng"), owed_upto(None, "wencheng")) == (None, None)


def test_narrowest_place_has_its_turn_when_everybody_was_heard():
    heard = head(("beilun", "wencheng"), (NARROW, WIDE))
    assert owed_upto(heard, "wencheng") == 5
    with pytest.raises(FaultError, match="waits for beilun, wencheng"):
        owed_upto(heard, "beilun")


def test_what_is_owed_waits_for_the_word_of_others():
    with pytest.raises(FaultError, match="waits for beilun, wencheng"):
        owed_upto(head(("beilun", "wencheng"), (NARROW,)), "wencheng")


def test_end_of_waiting_is_told_once():
    told = []
    awaited = Awaited()
    awaited.on_end(told.append)
    awaited.set(SESSION, ())
    awaited.set(SESSION, ("beilun", "wencheng"))
    awaited.set(SESSION, ("beilun",))
    assert (told, awaited.venues(SESSION)) == ([], {"beilun"})
    awaited.set(SESSION, ())
    awaited.set(SESSION, ())
    assert (told, awaited.venues(SESSION)) == ([SESSION], frozenset())
