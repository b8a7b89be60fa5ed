"""Effects are plain values."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import get_args

import pytest

from bideval.sync import effects
from bideval.sync.trails import Direction, Mark


def test_effects_compare_by_value():
    marks = [Mark(1, b"d"), Mark(1, b"d")]
    commits = [
        effects.Commit("fh-2026", Direction.UP, "wencheng", 1, (b"a",), mark, b"s")
        for mark in marks
    ]
    assert commits[0] == commits[1]


@pytest.mark.parametrize("kind", get_args(effects.Effect))
def test_effect_cannot_be_changed(kind):
    effect = kind.__new__(kind)
    with pytest.raises(FrozenInstanceError):
        setattr(effect, kind.__match_args__[0], None)
