"""The second engine, written from the pages on cases and results, gives the numbers of ours.

Cases of the package, and random ones: both methods, both formulas, trimming, factors, preferences,
ties, absent marks, marks out of range. A digit that differs anywhere in a result fails.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from random import Random
from typing import Any

from bideval.scoring.case import parse_case
from bideval.scoring.engine import consolidate
from bideval.scoring.result import result_document
from bideval.terms.errors import InputError
from tests.interop.second_verifier import ask

DATA = Path(__file__).parents[1] / "data"
RANDOM_CASES = 600
SEED = 20261122


def ours(case: dict[str, Any]) -> dict[str, object] | None:
    try:
        return result_document(consolidate(parse_case(case)))
    except InputError:
        return None


def known_cases() -> list[dict[str, Any]]:
    files = [*sorted((DATA / "cases").iterdir()), *sorted((DATA / "skating").iterdir())[:6]]
    return [json.loads(one.read_text(encoding="utf-8")) for one in files]


def decimal(lottery: Random, low: int, high: int, places: int) -> str:
    """Return a decimal text between two whole numbers."""
    number = str(lottery.randint(low * 10**places, high * 10**places)).rjust(places + 1, "0")
    return f"{number[:-places]}.{number[-places:]}" if places else number


def criterion(lottery: Random, number: int) -> dict[str, str]:
    """Return a criterion whose marks from 1 to 5 are in range."""
    kind = lottery.choice(["subjective", "subjective", "objective"])
    plain = {"id": f"c{number}", "kind": kind, "max": lottery.choice(["5", "5.5", "20"])}
    steps = lottery.choice([{}, {"step": "0.5"}, {"step": "0.25"}])
    least = lottery.choice([{}, {}, {"min": "1"}, {"min": "-2"}])
    factor = lottery.choice([{}, {}, {"factor": "0.3"}, {"factor": "0"}, {"factor": "0.125"}])
    return {**plain, **steps, **least, **factor}


def price(lottery: Random) -> dict[str, Any] | None:
    by_mean = {
        "formula": "mean_benchmark",
        "max": "40",
        "drop": lottery.choice([None, {"high": 1, "low": 1, "when_at_least": 4}]),
        "reduction_percent": lottery.choice(["0", "2.5"]),
        "deviation_places": lottery.randint(0, 3),
        "over_per_percent": "0.9",
        "under_per_percent": "0.6",
        "floor": lottery.choice(["0", "30", "-5"]),
    }
    by_lowest = {"formula": "lowest_price", "max": lottery.choice(["30", "33.3"])}
    return lottery.choice([None, by_lowest, by_mean, by_mean])


def method(lottery: Random) -> dict[str, Any]:
    criteria = [criterion(lottery, number) for number in range(lottery.randint(0, 4))]
    both = {
        "small": {"score_bonus_percent": "3"},
        "joint_venture": {"deduct_percent": "4", "score_bonus_percent": "1.5"},
    }
    ties = ["evaluated_price", "bid_price", "subjective"]
    trim = {"high": 1, "low": 1, "when_more_than": lottery.choice([1, 2, 4])}
    return {
        "type": lottery.choice([*["comprehensive"] * 5, "lowest_price"]),
        "rounding": {
            "mode": lottery.choice(["half_up", "half_even"]),
            "places": lottery.choice([0, 1, 2, 2, 3]),
            "when": lottery.choice(["each_step", "total_only"]),
        },
        "panel_mean": {
            "over": lottery.choice(["member_total", "criterion"]),
            "trim": lottery.choice([None, trim]),
        },
        "absent_marks": lottery.choice(["refuse", "skip"]),
        "criteria": criteria,
        "price": price(lottery),
        "preference": lottery.choice([{}, {"small": {"deduct_percent": "10"}}, both]),
        "ties": lottery.sample(ties, lottery.randint(0, 3)),
        "candidates": lottery.randint(1, 3),
    }


def marks(lottery: Random, bids: list[str], criteria: list[dict[str, str]]) -> dict[str, Any]:
    return {bid: {one["id"]: decimal(lottery, 1, 5, 0) for one in criteria} for bid in bids}


def spoilt(lottery: Random, sheet: dict[str, Any], common: dict[str, Any], plan: Any) -> None:
    """Let objective marks agree mostly, and a few marks be absent, odd or out of range."""
    for bid, row in sheet.items():
        for one in plan["criteria"]:
            name, chance = one["id"], lottery.random()
            if one["kind"] == "objective" and chance < 0.98:
                row[name] = common[bid][name]
            elif chance > 0.97:
                row[name] = lottery.choice([None, "99", "1.37", "4.50"])
            if plan["absent_marks"] == "skip" and lottery.random() < 0.1:
                row.pop(name)


def random_case(lottery: Random) -> dict[str, Any]:
    plan = method(lottery)
    names = [f"B{number}" for number in range(lottery.randint(1, 6))]
    members = [f"M{number}" for number in range(lottery.randint(1, 7))]
    common = marks(lottery, names, plan["criteria"])
    sheets = []
    for member in members:
        sheet = marks(lottery, names, plan["criteria"])
        spoilt(lottery, sheet, common, plan)
        sheets.append({"member": member, "marks": sheet})
    bids = [
        {
            "id": name,
            "price": lottery.choice(["100.00", decimal(lottery, 90, 110, 3)]),
            "size": lottery.choice(["large", "medium", "small", "micro"]),
            "small_share_percent": lottery.choice([None, "30", "29.99", "50"]),
            "valid": lottery.random() < 0.85,
        }
        for name in names
    ]
    return {
        "format": "bideval-case/1",
        "tender": {"category": "goods", "ceiling": lottery.choice([None, "108"])},
        "method": plan,
        "bids": bids,
        "members": [{"id": member} for member in members],
        "scoresheets": sheets,
    }


def test_both_engines_give_the_same_results() -> None:
    lottery = Random(SEED)
    cases = known_cases() + [random_case(lottery) for _ in range(RANDOM_CASES)]

    found = ask({"case": case} for case in cases)

    expected = [ours(case) for case in cases]
    assert found == expected
    final = sum(one is not None and one["final"] is True for one in expected)
    assert final > RANDOM_CASES // 3
    assert sum(one is None for one in expected) > 0
    assert sum(one is not None and not one["final"] for one in expected) > RANDOM_CASES // 10


def test_a_mark_more_shows() -> None:
    case = next(one for one in known_cases() if one["title"].startswith("Ties"))
    other = copy.deepcopy(case)
    other["scoresheets"][0]["marks"]["A"]["others"] = "55.6"

    first, second = ask([{"case": case}, {"case": other}])

    assert (first, second) == (ours(case), ours(other))
    assert first != second
