"""Damage to a bundle is found, and its place: a sample here, all of it by the command `damage`."""

from __future__ import annotations

import random
from functools import cache

import pytest

from bideval.rehearsal.paper_meeting import LEAST, paper_record
from bideval.session.names import Phase
from tests.unit.audit import damage
from tests.unit.audit.hearing import Hearing, at, bundle_of, failure, lines_of, note_of

SEED = 1117


def sample(name: str, count: int) -> list[int]:
    """Return some places of a trial; another seed gives others, the command gives all."""
    return random.Random(f"{SEED} {name}").sample(range(damage.trials()[name].places), count)


COUNTS = {
    "flips": 400,
    "flips in a resealed record": 250,
    "flips in a resealed checkpoint": 40,
    "flips in a resealed manifest": 40,
    "cuts": 250,
}


@pytest.mark.parametrize("name", COUNTS)
def test_sampled_damage_is_found_in_its_place(name: str) -> None:
    assert list(damage.trials()[name].unnoticed(sample(name, COUNTS[name]))) == []


def test_every_trial_is_sampled() -> None:
    assert damage.trials().keys() == COUNTS.keys()


@pytest.mark.parametrize("name", sorted(COUNTS.keys() - {"flips in a resealed manifest"}))
def test_search_finds_what_a_verifier_overlooks(name: str, monkeypatch) -> None:
    trial, places = damage.trials()[name], sample(name, 20)

    monkeypatch.setattr(damage, "finding", lambda _data: None)
    assert list(trial.unnoticed(places)) == places

    monkeypatch.setattr(damage, "finding", lambda _data: ("container", "elsewhere"))
    assert list(trial.unnoticed(places)) == places


def test_every_bit_of_a_length_is_found() -> None:
    bits = [8 * start + bit for start in damage.starts() for bit in range(16)]

    assert list(damage.unnoticed_deep_flips(bits)) == []


# The record, line by line, under the checkpoint that the venues signed

TALK = at(Phase.PREPARED)
ORIGINS = [line.origin for line in TALK.lines]
PLACES = range(len(ORIGINS))
UNSIGNED = ("tree", "checkpoint")


def finding(lines: list[bytes]) -> tuple[str, int | str | None]:
    """Return the step, and the entry that is named, or else the region."""
    step, detail = failure(bundle_of(TALK, lines=lines, note=note_of(TALK, lines_of(TALK))))
    region = detail.partition(": ")[0]
    entry = damage.entry_of(region)
    return step, region if entry is None else entry


@pytest.mark.parametrize("drop", PLACES)
def test_dropped_line_is_found_where_its_number_is_missing(drop: int) -> None:
    lines = lines_of(TALK)
    del lines[drop]
    behind = [place for place in PLACES[drop + 1 :] if ORIGINS[place] == ORIGINS[drop]]

    if drop == 0:
        expected: tuple[str, int | str] = ("fold", 0)
    else:
        expected = ("fold", behind[0] - 1) if behind else UNSIGNED
    assert finding(lines) == expected


@pytest.mark.parametrize("place", PLACES)
def test_doubled_line_is_found(place: int) -> None:
    lines = lines_of(TALK)
    lines.insert(place, lines[place])

    assert finding(lines) == ("fold", place + 1)


@pytest.mark.parametrize("place", PLACES[:-1])
def test_swapped_lines_are_found(place: int) -> None:
    lines = lines_of(TALK)
    lines[place], lines[place + 1] = lines[place + 1], lines[place]
    one_venue = ORIGINS[place] == ORIGINS[place + 1]

    assert finding(lines) == (("fold", place) if one_venue or place == 0 else UNSIGNED)


@cache
def foreign() -> list[bytes]:
    """Return the lines of another session."""
    return paper_record(LEAST, "1").lines


@pytest.mark.parametrize("place", PLACES)
def test_line_of_another_session_is_found(place: int) -> None:
    lines = lines_of(TALK)
    lines[place] = foreign()[place]

    assert finding(lines) == ("fold", place)


def test_lines_of_another_history_of_the_same_session_are_found() -> None:
    other = Hearing()  # the same people with the same signing keys
    other.until(Phase.PREPARED)
    lines, others = lines_of(TALK), lines_of(other)
    differing = [place for place in PLACES if lines[place] != others[place]]

    assert len(differing) > 8
    for place in differing:
        spliced = [*lines[:place], others[place], *lines[place + 1 :]]
        step, found = finding(spliced)
        # Where nothing behind it depends on the line, only the tree tells.
        assert (step, found) == UNSIGNED or (step == "fold" and isinstance(found, int))
