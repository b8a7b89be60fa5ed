"""What an insider can do to a finished record, and where each of it is found."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from bideval.audit.bundle import Bundle, read_bundle
from bideval.audit.comparison import check_against, compare
from bideval.audit.kept_receipts import check_kept
from bideval.audit.replay import Replay, replay
from bideval.audit.verifier import verify_bundle
from bideval.ledger.entry import parse_entry
from bideval.terms.errors import EvidenceError
from bideval.terms.identifiers import acting_venue
from tests.unit.audit.hearing import Hearing, bundle_of, failure, lines_of
from tests.unit.audit.insider import (
    AGAINST_THE_RULES,
    BY_ALL_VENUES,
    WITH_EVERY_KEY,
    rewritten_by,
    rewritten_by_venues,
)
from tests.unit.audit.retelling import eventful, retold
from tests.unit.audit.test_kept_receipts import proof

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guide" / "auditor.md"


def opened(talk: Hearing) -> tuple[Bundle, Replay]:
    bundle = read_bundle(bundle_of(talk))
    return bundle, replay(bundle.manifest.session, bundle.lines)


@cache
def branch_copy() -> tuple[Bundle, Replay]:
    return opened(eventful())


def departs(honest: list[bytes], other: list[bytes]) -> int:
    pairs = enumerate(zip(honest, other, strict=False))
    return next((at for at, (one, two) in pairs if one != two), min(len(honest), len(other)))


def test_true_record_and_its_faithful_retelling_pass() -> None:
    talk = eventful()
    again = retold(talk, lambda _story: None)

    alone = verify_bundle(bundle_of(talk))
    assert alone.ok
    assert "another past" not in alone.steps[3].detail
    assert lines_of(again) == lines_of(talk)


def test_there_are_enough_edits() -> None:
    assert len(WITH_EVERY_KEY) >= 40
    assert len(AGAINST_THE_RULES) >= 20


@pytest.mark.parametrize("name", WITH_EVERY_KEY)
def test_history_with_every_key_passes_alone_and_is_found_by_what_others_kept(name: str) -> None:
    talk = rewritten_by(name)
    honest, lines = lines_of(eventful()), lines_of(talk)
    place = departs(honest, lines)

    alone = verify_bundle(bundle_of(talk))
    here = opened(talk)

    assert alone.ok, alone.steps[-1]
    with pytest.raises(EvidenceError) as copy:
        check_against(here, branch_copy(), compare(here, branch_copy()))
    with pytest.raises(EvidenceError) as receipt:
        check_kept(here[1], proof(eventful(), len(honest) - 1))
    assert kind_at(copy.value.field, place, len(lines)) == WITH_EVERY_KEY[name].place
    assert covers(receipt.value.field, place, len(honest))
    assert alone.final is (WITH_EVERY_KEY[name].place != "end")


@pytest.mark.parametrize("name", BY_ALL_VENUES)
def test_history_of_all_venues_contradicts_what_people_have_signed_since(name: str) -> None:
    talk = rewritten_by_venues(name)
    place = departs(lines_of(eventful()), lines_of(talk))

    alone = verify_bundle(bundle_of(talk))

    assert alone.ok, alone.steps[-1]
    found = re.search(
        r"; (\d+) entries name another past than this, the first is entry (\d+) ",
        alone.steps[3].detail,
    )
    assert found is not None
    entries = [parse_entry(line.jws) for line in talk.lines]
    misled = [
        at
        for at, entry in enumerate(entries)
        if entry.seen_size > place and acting_venue(entry.author) is None
    ]
    assert (int(found[1]), int(found[2])) == (len(misled), misled[0])


def kind_at(field: str | None, place: int, size: int) -> str:
    """Return the kind in a place, after making sure that it is the place expected."""
    found = re.fullmatch(r"entry (\d+) \(\S+ \d+, (\S+)\)", field or "")
    assert found is not None
    assert int(found[1]) == place
    return "end" if place == size else found[2]


def covers(field: str | None, place: int, size: int) -> bool:
    """Whether a receipt names the departure, a subtree with it, or the own entry that is gone."""
    numbers = [int(one) for one in re.findall(r"\d+", (field or "").partition("(")[0])]
    return numbers[0] <= place <= numbers[-1] or numbers == [size - 1]


@pytest.mark.parametrize("name", AGAINST_THE_RULES)
def test_fraud_fails_alone_at_its_step_and_place(name: str) -> None:
    fraud = AGAINST_THE_RULES[name]

    step, detail = failure(fraud.make())

    assert step == fraud.step
    assert fraud.place in detail.partition(": ")[0]


def test_guide_lists_every_history_that_passes_alone() -> None:
    text = GUIDE.read_text(encoding="utf-8").partition("## What a bundle alone")[2]
    text = text.partition("\n## ")[0]
    listed = re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE)

    assert sorted(listed) == sorted(WITH_EVERY_KEY)
