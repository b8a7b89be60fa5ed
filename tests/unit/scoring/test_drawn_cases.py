"""Drawn case files, byte for byte through the engine, against the page worked by hand.

The faults planted at the end are found by the same comparison; it would miss none of them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from bideval.scoring import (
    benchmark,
    engine,
    explanation,
    findings,
    panel_mean,
    preference,
    price_score,
    result,
    validity,
)
from bideval.scoring.case import Case
from bideval.scoring.engine import consolidate
from bideval.scoring.explanation import Quantum
from bideval.scoring.marks import Marks
from bideval.scoring.reading import read_case
from bideval.scoring.result import result_document
from bideval.terms.decimals import RoundingMode
from bideval.terms.errors import InputError
from tests.unit.scoring.drawn_cases import draw_case, draw_crowded_case, said_otherwise
from tests.unit.scoring.paper import NoNumberError, Paper

SEEDS = range(400)


def by_engine(document):
    data = json.dumps(document, ensure_ascii=False).encode()
    try:
        return comparable(result_document(consolidate(read_case(data))))
    except InputError as error:
        # Every drawn file is a case: only a method that yields no number may refuse it.
        return None if error.code in {"nothing_left", "division_by_zero"} else str(error)


def on_paper(document):
    try:
        return comparable(Paper(document).result())
    except NoNumberError:
        return None


def comparable(document):
    """Order the findings, which may come in any order, and keep the order of all else."""
    found = sorted(json.dumps(one, sort_keys=True) for one in document["findings"])
    return json.dumps({**document, "findings": found}, ensure_ascii=False, indent=1)


def test_engine_and_paper_give_the_same_texts():
    final = stopped = without = 0
    for seed in SEEDS:
        document = draw_case(seed)
        expected = on_paper(document)
        assert by_engine(document) == expected, seed
        final += expected is not None and '"final": true' in expected
        stopped += expected is not None and '"final": false' in expected
        without += expected is None
    # Of each kind there are enough for the comparison to mean something.
    assert (final > 150, stopped > 50, 0 < without < 50) == (True, True, True)


def test_a_crowd_is_evaluated_as_on_paper():
    final = stopped = 0
    for seed in range(30):
        document = draw_crowded_case(seed)
        expected = on_paper(document)
        assert by_engine(document) == expected, seed
        final += expected is not None and '"final": true' in expected
        stopped += expected is not None and '"final": false' in expected
    assert (final > 8, stopped > 8) == (True, True)


def test_a_case_said_otherwise_has_the_same_result():
    for seed in SEEDS:
        document = draw_case(seed)
        told = said_otherwise(document, seed)
        assert told != document
        assert by_engine(told) == by_engine(document), seed


HALF_EVEN = Quantum(mode=RoundingMode.HALF_EVEN, places=2)


def chain_reversed(case, contenders):
    method = replace(case.method, ties=case.method.ties[::-1])
    return RANKED(replace(case, method=method), contenders)


def without_subjective(case, contenders):
    return RANKED(case, [replace(one, subjective=Fraction(0)) for one in contenders])


def rows_of(marks, bid, criteria):
    sheets = marks.sheets.items()
    return {member: [sheet.mark(bid, one.id) for one in criteria] for member, sheet in sheets}


def absent_as_zero(marks, bid, criteria):
    rows = rows_of(marks, bid, criteria).items()
    return {member: [mark or Decimal(0) for mark in row] for member, row in rows}


def partly_marked(marks, bid, criteria):
    rows = rows_of(marks, bid, criteria).items()
    return {member: [mark for mark in row if mark is not None] for member, row in rows}


def candidates_by_name(evaluation):
    ended = RESULT(evaluation)
    return replace(ended, candidates=tuple(sorted(ended.candidates)))


def off_by_one(opinion, values):
    trim = opinion.case.method.panel_mean.trim
    if trim is not None and len(values) == trim.when_more_than:
        values = dict(sorted(values.items(), key=lambda item: item[1])[:-1])
    return KEPT(opinion, values)


RANKED = engine.rank_contenders
RESULT = engine._Evaluation.result
KEPT = panel_mean._Opinion._kept
ROUND = explanation.round_exact
PRICES_KEPT = benchmark._kept
ON_STEP = findings._is_on_step


PLANTED = {
    "share above thirty": (preference, "JOINT_VENTURE_SHARE", Decimal("30.001")),
    "prices half even": (preference, "MONEY", HALF_EVEN),
    "benchmark half even": (benchmark, "MONEY", HALF_EVEN),
    "steps unrounded in the panel": (panel_mean, "step_quantum", lambda _: None),
    "steps unrounded in the price": (price_score, "step_quantum", lambda _: None),
    "half even as half up": (
        explanation,
        "round_exact",
        lambda value, places, **_: ROUND(value, places, mode=RoundingMode.HALF_UP),
    ),
    "binary floats": (
        explanation,
        "round_exact",
        lambda value, places, *, mode: ROUND(Fraction(float(value)), places, mode=mode),
    ),
    "half up towards plus": (
        explanation,
        "round_exact",
        lambda value, places, *, mode: ROUND(
            value + (Fraction(1, 10**30) if value < 0 else 0), places, mode=mode
        ),
    ),
    "chain reversed": (engine, "rank_contenders", chain_reversed),
    "chain without the panel": (engine, "rank_contenders", without_subjective),
    "candidates by name": (engine._Evaluation, "result", candidates_by_name),
    "ceiling itself too high": (
        validity,
        "is_over_ceiling",
        lambda case, bid: case.tender.ceiling is not None and bid.price >= case.tender.ceiling,
    ),
    "void marks count": (Case, "seated", lambda case: case.members),
    "absent is zero": (Marks, "whole", absent_as_zero),
    "members in part": (Marks, "whole", partly_marked),
    "trimmed one too early": (panel_mean._Opinion, "_kept", off_by_one),
    "drops swapped": (
        benchmark,
        "_kept",
        lambda prices, drop: PRICES_KEPT(
            prices, drop and replace(drop, high=drop.low, low=drop.high)
        ),
    ),
    "steps from zero": (
        findings,
        "_is_on_step",
        lambda mark, _low, *, step: ON_STEP(mark, Decimal(0), step=step),
    ),
    "texts unpadded": (result, "plain", lambda value, **_: str(value)),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_shows(name, monkeypatch):
    monkeypatch.setattr(*PLANTED[name])
    assert any(outcome(draw_case(seed)) for seed in SEEDS)


def outcome(document):
    """Say whether engine and paper differ; a fault may also make the engine fall over."""
    try:
        return by_engine(document) != on_paper(document)
    except (ArithmeticError, LookupError, StopIteration, ValueError):
        return True
