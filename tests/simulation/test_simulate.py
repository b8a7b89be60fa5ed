"""The whole house in one process: no seed breaks an invariant, and planted mistakes do.

`BIDEVAL_TEST_SEEDS` makes the run longer; `bideval simulate --seeds A..B` is the campaign.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from bideval.actions import showing
from bideval.cli.simulate import ENOUGH_SEEDS, read_seeds, report
from bideval.simulation.course import RARE, Played, play
from bideval.terms.errors import InputError
from tests.simulation.planted import HOUSE
from tests.simulation.teeth import bite

pytestmark = pytest.mark.timeout(600)

SEEDS = int(os.environ.get("BIDEVAL_TEST_SEEDS", "60"))
PER_TEST = 50
LONG_COURSE = 300
"""Words of an evaluation's conversation, at least."""
NEAR = {
    "count_who_was_replaced": 141,
    "pay_debts_in_any_order": 143,
    "rest_after_waiting": 713,
    "forget_promised_places": 1003,
    "show_checkpoints_only": 268,
    "forget_what_was_not_kept": 357,
}
"""Where to begin to look for mistakes that are seldom met; `teeth` looks from the beginning."""


@pytest.mark.parametrize("first", range(0, SEEDS, PER_TEST))
def test_house_keeps_its_promises_whatever_breaks(first):
    broken = [
        (one.seed, one.violation)
        for one in (play(seed) for seed in range(first, first + PER_TEST))
        if one.violation is not None
    ]
    assert broken == []


def test_garbled_frames_cost_no_more_than_their_connection():
    played = [play(seed, garble=0.05) for seed in (0, 1, 2, 4, 6, 9)]
    assert [one.violation for one in played] == [None] * len(played)
    assert sum(one.seen["frame garbled"] for one in played) > 0


def test_same_seed_tells_the_same_course():
    one, other = (play(5, tell=True) for _ in range(2))
    assert one == other
    assert one.told[-1].strip() != ""


def test_every_process_tells_the_same_course():
    told = []
    for salt in ("1", "2"):
        command = [sys.executable, "-m", "bideval.cli", "simulate", "--seeds", "21", "--tell"]
        environment = os.environ | {"PYTHONHASHSEED": salt}
        done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
        told.append(done.stdout.rpartition("\n1 seeds")[0])
    assert told[0] == told[1]
    assert len(told[0].splitlines()) > LONG_COURSE


def test_campaign_fails_where_a_rare_event_was_never_reached(capsys):
    seen = Counter(dict.fromkeys(RARE, 1))
    held = [Played(seed, 1, 1, seen, None) for seed in range(ENOUGH_SEEDS)]
    del (less := seen.copy())["fork found"]
    missed = [Played(seed, 1, 1, less, None) for seed in range(ENOUGH_SEEDS)]
    assert (report(held, 1.0, steps=1), report(missed, 1.0, steps=1)) == (0, 1)
    assert "never reached: fork found" in capsys.readouterr().out


def test_broken_seed_is_told_with_the_command_that_replays_it(capsys, monkeypatch):
    HOUSE["cosign_anything"](monkeypatch)
    assert report([play(0)], 1.0, steps=25_000) == 1
    out = capsys.readouterr().out
    assert "changshan -> fenghua: Ping" in out
    assert "replay: bideval simulate --seeds 0 --tell" in out


def test_two_branches_prove_a_fork_that_neither_sees_alone(monkeypatch):
    assert play(448).seen["proof of two_heads"] == 1
    monkeypatch.setattr(showing, "compare_heads", lambda *_asked: False)
    monkeypatch.setattr(showing, "word_for", lambda *_asked: None)
    assert play(448).seen["proof of two_heads"] == 0


def test_rare_events_are_counted():
    seen = play(2).seen + play(4).seen + play(6).seen
    assert seen["hint lost"] > 0


@pytest.mark.parametrize("name", sorted(HOUSE))
def test_planted_mistake_of_the_house_is_found(name):
    assert bite(name, 1_000, first=NEAR.get(name, 0)) is not None


@pytest.mark.parametrize(("text", "seeds"), [("7", range(7, 8)), ("0..9", range(10))])
def test_seeds_are_read(text, seeds):
    assert read_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "9..0", "-1", "1..", "a..b", "1...2"])
def test_other_words_are_no_seeds(text):
    with pytest.raises(InputError, match=r"must be|before"):
        read_seeds(text)
