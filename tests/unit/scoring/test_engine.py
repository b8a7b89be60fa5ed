"""Consolidation against worked cases, real panels, and properties that no case may break."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bideval.scoring.case import parse_case
from bideval.scoring.engine import consolidate
from bideval.scoring.explanation import Step
from bideval.scoring.method import MethodType
from bideval.scoring.reading import read_case
from bideval.scoring.result import result_document
from bideval.terms.errors import InputError

DATA = Path(__file__).parents[2] / "data"
WORKED = sorted((DATA / "cases").glob("*.json"))
SKATING = sorted((DATA / "skating").glob("*.json"))
MARKS_OF_1 = {"A": "85.80", "C": "85.63", "E": "84.17", "B": "81.40"}


def loaded(name):
    return json.loads((DATA / "cases" / name).read_text(encoding="utf-8"))


def evaluated(document):
    return result_document(consolidate(parse_case(document)))


def totals(document):
    lines = evaluated(document)["bids"]
    return {bid: line["total"] for bid, line in lines.items() if line["rank"] is not None}


def ranking(document):
    lines = evaluated(document)["bids"].items()
    ranked = [(line["rank"], bid) for bid, line in lines if line["rank"] is not None]
    return [bid for _, bid in sorted(ranked)]


def sorted_findings(findings):
    return sorted(findings, key=lambda finding: sorted(finding.items()))


def test_the_data_is_there():
    assert (len(WORKED), len(SKATING)) == (11, 19)


@pytest.mark.parametrize("path", [*WORKED, *SKATING], ids=lambda path: path.stem)
def test_published_case_yields_what_it_expects(path):
    data = path.read_bytes()
    expected = json.loads(data)["expected"]
    result = result_document(consolidate(read_case(data)))
    expected.pop("published_totals", None)
    bids, findings = expected.pop("bids"), expected.pop("findings")
    assert {key: result[key] for key in expected} == expected
    assert sorted_findings(result["findings"]) == sorted_findings(findings)
    assert list(result["bids"]) == [bid["id"] for bid in json.loads(data)["bids"]]
    shown = {bid: {key: result["bids"][bid][key] for key in line} for bid, line in bids.items()}
    assert shown == bids


@pytest.mark.parametrize("path", SKATING, ids=lambda path: path.stem)
def test_skating_totals_are_those_that_were_published(path):
    document = json.loads(path.read_bytes())
    assert totals(document) == document["expected"]["published_totals"]


def test_example_1_without_deduction_another_bid_would_win():
    document = loaded("01-goods-deduction.json")
    document["method"]["preference"] = {}
    assert totals(document) == {"A": "87.47", "B": "80.20", "C": "87.50", "E": "84.84"}
    assert evaluated(document)["benchmark_price"] == "960000.00"
    assert ranking(document) == ["C", "A", "E", "B"]


def test_example_1_with_the_unresponsive_bid_all_scores_would_change():
    document = loaded("01-goods-deduction.json")
    document["bids"][3]["valid"] = True
    for sheet in document["scoresheets"]:
        sheet["marks"]["D"] = dict(sheet["marks"]["A"], objective="0", design="0")
    rest = {bid: total for bid, total in totals(document).items() if bid != "D"}
    assert rest == {"A": "84.41", "C": "84.06", "E": "82.64", "B": "79.73"}


def test_example_1_half_even_would_round_otherwise():
    document = loaded("01-goods-deduction.json")
    document["method"]["rounding"]["mode"] = "half_even"
    line = evaluated(document)["bids"]["C"]
    assert (line["price_score"], line["total"]) == ("28.12", "85.62")


def test_example_3_a_corrected_mark_restores_the_order():
    document = loaded("03-findings-stop-consolidation.json")
    assert evaluated(document)["final"] is False
    document["scoresheets"][1]["marks"]["C"]["design"] = "16.0"
    document["scoresheets"][4]["marks"]["E"]["objective"] = "15"
    assert totals(document) == MARKS_OF_1
    assert ranking(document) == ["A", "C", "E", "B"]


def test_example_4_the_drawn_coefficient_decides_the_third_place():
    drawn = evaluated(loaded("04a-works-drawn-benchmark-1.5.json"))
    other = evaluated(loaded("04b-works-drawn-benchmark-1.0.json"))
    assert (drawn["candidates"][2], other["candidates"][2]) == ("B4", "B5")
    assert (drawn["benchmark_price"], other["benchmark_price"]) == ("4803.71", "4828.09")


def test_example_5_an_unconfirmed_correction_makes_the_next_first():
    document = loaded("05-lowest-evaluated-price.json")
    document["bids"][1]["valid"] = False
    assert ranking(document) == ["P", "R", "S"]
    assert evaluated(document)["candidates"] == ["P", "R", "S"]


def test_example_6_rounding_alone_decides_the_winner():
    assert ranking(loaded("06a-rounding-total-only.json"))[0] == "X"
    assert ranking(loaded("06b-rounding-each-step.json"))[0] == "Y"


def test_example_7_a_replaced_members_sheet_changes_nothing():
    document = loaded("07-replaced-member.json")
    before = evaluated(document)
    void = next(sheet for sheet in document["scoresheets"] if sheet["member"] == "M3")
    void["marks"] = {"A": {"design": "999", "objective": "-4"}, "B": {}}
    assert evaluated(document) == before
    document["scoresheets"].remove(void)
    document["members"] = [one for one in document["members"] if one["id"] != "M3"]
    assert evaluated(document) == before


def test_findings_stop_totals_and_ranks_but_not_price_scores(changed):
    result = consolidate(changed({"scoresheets/0/marks/A/design": None}))
    assert (result.final, result.candidates) == (False, ())
    assert [line.rank for line in result.bids] == [None, None]
    assert [line.total for line in result.bids] == [None, None]
    assert [line.price_score for line in result.bids] == [Fraction("22.5"), 30]
    steps = {one.step for one in result.explanations}
    assert steps == {Step.EVALUATED_PRICE, Step.BENCHMARK_PRICE, Step.PRICE_SCORE}


def test_over_ceiling_alone_does_not_stop(changed):
    result = consolidate(changed({"tender/ceiling": "110.00"}))
    assert (result.final, result.candidates) == (True, ("B",))
    assert [(line.valid, line.rank) for line in result.bids] == [(False, None), (True, 1)]
    assert [str(finding.kind) for finding in result.findings] == ["over_ceiling"]


def test_without_a_valid_bid_nobody_is_ranked(changed):
    case = changed({"bids/0/valid": False, "bids/1/valid": False})
    for kind in ("comprehensive", "lowest_price"):
        result = consolidate(replace(case, method=replace(case.method, type=MethodType(kind))))
        assert (result.final, result.benchmark_price, result.candidates) == (True, None, ())
        assert [(line.valid, line.rank) for line in result.bids] == [(False, None)] * 2


def test_without_price_formula_the_price_scores_nothing(changed):
    result = consolidate(changed({"method/price": None, "bids/0/price": "0.00"}))
    assert result.benchmark_price is None
    assert [line.price_score for line in result.bids] == [None, None]
    (total,) = result.explain("A", Step.TOTAL)
    assert total.formula == "panel_mean + objective"
    assert result_document(result)["bids"]["A"]["price_score"] is None


def test_one_member_is_a_panel(changed):
    case = changed(
        {
            "members": [{"id": "M1"}],
            "scoresheets": [
                {
                    "member": "M1",
                    "marks": {
                        bid: {"design": "10", "service": "10", "record": "1"} for bid in "AB"
                    },
                }
            ],
        }
    )
    assert consolidate(case).bids[0].panel_mean == 15


def test_price_only_cases_need_no_panel(changed):
    case = changed({"method/criteria": [], "members": [], "scoresheets": []})
    assert [str(line.total) for line in consolidate(case).bids] == ["22.50", "30.00"]


def test_shared_ranks_may_recommend_more_bids_than_ranks(changed):
    bids = [{"id": bid, "price": "100.00"} for bid in "ZAM"]
    case = changed({"bids": bids, "method/candidates": 1, "method/criteria": [], "scoresheets": []})
    assert consolidate(case).candidates == ("Z", "A", "M")


def test_candidates_stand_in_rank_order(changed):
    assert consolidate(changed()).candidates == ("A", "B")
    assert consolidate(changed({"method/candidates": 1})).candidates == ("A",)


def test_lowest_price_ignores_marks_criteria_and_chain(changed):
    case = changed({"method/type": "lowest_price", "scoresheets/0/marks/A/design": "999"})
    result = consolidate(case)
    assert (result.final, result.findings, result.benchmark_price) == (True, (), None)
    assert [line.rank for line in result.bids] == [2, 1]
    assert {one.step for one in result.explanations} == {Step.EVALUATED_PRICE, Step.RANK}


def test_lowest_price_still_finds_bids_over_the_ceiling(changed):
    case = changed({"method/type": "lowest_price", "tender/ceiling": "110"})
    assert [finding.bid for finding in consolidate(case).findings] == ["A"]


def test_a_formula_that_cannot_be_applied_names_the_price(changed):
    with pytest.raises(InputError) as caught:
        consolidate(changed({"bids/1/price": "0"}))
    assert caught.value.field == "bids[1].price"


def test_every_number_of_a_line_is_explained(changed):
    result = consolidate(changed())
    for line in result.bids:
        last = {
            step: result.explain(line.bid, step)[-1].left
            for step in (
                Step.EVALUATED_PRICE,
                Step.PRICE_SCORE,
                Step.PANEL_MEAN,
                Step.OBJECTIVE,
                Step.TOTAL,
                Step.RANK,
            )
        }
        numbers = (
            line.evaluated_price,
            line.price_score,
            line.panel_mean,
            line.objective,
            line.total,
            line.rank,
        )
        assert list(last.values()) == [Fraction(number) for number in numbers]


@st.composite
def documents(draw):
    """Draw comprehensive cases without findings."""
    bids = [f"B{index}" for index in range(draw(st.integers(1, 6)))]
    members = [f"M{index}" for index in range(draw(st.integers(1, 7)))]
    sizes = st.sampled_from(["large", "medium", "small", "micro"])
    marks = st.integers(0, 40).map(lambda halves: f"{halves // 2}.{halves % 2 * 5}")
    credit = {bid: str(draw(st.integers(0, 10))) for bid in bids}
    trim = draw(st.none() | st.just({"high": 1, "low": 1, "when_more_than": 4}))
    return {
        "format": "bideval-case/1",
        "tender": {"category": "works"},
        "method": {
            "type": "comprehensive",
            "rounding": {
                "mode": draw(st.sampled_from(["half_up", "half_even"])),
                "places": draw(st.integers(0, 3)),
                "when": draw(st.sampled_from(["each_step", "total_only"])),
            },
            "panel_mean": {
                "over": draw(st.sampled_from(["member_total", "criterion"])),
                "trim": trim,
            },
            "criteria": [
                {"id": "s", "kind": "subjective", "max": "20", "step": "0.5", "factor": "1.5"},
                {"id": "t", "kind": "subjective", "max": "20"},
                {"id": "o", "kind": "objective", "max": "10"},
            ],
            "price": {"formula": "lowest_price", "max": "30"},
            "preference": {"small": {"deduct_percent": "10"}},
            "ties": draw(st.lists(st.sampled_from(["evaluated_price", "bid_price"]), unique=True)),
            "candidates": draw(st.integers(1, 3)),
        },
        "bids": [
            {"id": bid, "price": f"{draw(st.integers(80, 120))}.5", "size": draw(sizes)}
            for bid in bids
        ],
        "members": [{"id": member} for member in members],
        "scoresheets": [
            {
                "member": member,
                "marks": {
                    bid: {"s": draw(marks), "t": draw(marks), "o": credit[bid]} for bid in bids
                },
            }
            for member in members
        ],
    }


@settings(max_examples=40)
@given(documents(), st.randoms(use_true_random=False))
def test_order_of_bids_members_and_sheets_decides_nothing(document, random):
    before = evaluated(document)
    for key in ("bids", "members", "scoresheets"):
        random.shuffle(document[key])
    after = evaluated(document)
    assert after["bids"] == before["bids"]
    assert sorted(after["candidates"]) == sorted(before["candidates"])


@settings(max_examples=40)
@given(documents())
def test_the_lowest_evaluated_price_scores_the_maximum(document):
    result = consolidate(parse_case(document))
    for line in result.bids:
        assert 0 < line.price_score <= 30
        assert (line.price_score == 30) >= (line.evaluated_price == result.benchmark_price)


@settings(max_examples=40)
@given(documents())
def test_a_replaced_member_counts_nowhere(document):
    before = evaluated(document)
    document["members"].append({"id": "gone", "status": "replaced"})
    marks = {bid["id"]: {"s": "99", "o": "99"} for bid in document["bids"]}
    document["scoresheets"].append({"member": "gone", "marks": marks})
    assert evaluated(document) == before


@settings(max_examples=40)
@given(documents())
def test_ranks_order_totals_and_leave_gaps(document):
    lines = consolidate(parse_case(document)).bids
    for line in lines:
        better = sum(other.rank < line.rank for other in lines)
        assert line.rank == better + 1
        assert all(other.rank > line.rank for other in lines if other.total < line.total)


@settings(max_examples=40)
@given(documents(), st.data())
def test_a_better_mark_never_lowers_the_total(document, data):
    bid = data.draw(st.sampled_from(document["bids"]))["id"]
    sheet = data.draw(st.sampled_from(document["scoresheets"]))
    before = Fraction(evaluated(document)["bids"][bid]["total"])
    sheet["marks"][bid]["s"] = "20.0"
    assert Fraction(evaluated(document)["bids"][bid]["total"]) >= before


@settings(max_examples=40)
@given(documents(), st.data())
def test_a_lower_price_never_lowers_its_own_total(document, data):
    bid = data.draw(st.sampled_from(document["bids"]))
    before = Fraction(evaluated(document)["bids"][bid["id"]]["total"])
    bid["price"] = "60.00"
    assert Fraction(evaluated(document)["bids"][bid["id"]]["total"]) >= before


@settings(max_examples=40)
@given(documents())
def test_total_is_the_rounded_sum_of_what_the_steps_left(document):
    case = parse_case(document)
    for line in consolidate(case).bids:
        exact = line.panel_mean + line.objective + line.price_score
        unit = Fraction(1, 10**case.method.rounding.places)
        assert abs(Fraction(line.total) - exact) <= unit / 2


@settings(max_examples=40)
@given(documents())
def test_consolidation_is_a_function_of_the_case(document):
    case = parse_case(document)
    assert consolidate(case) == consolidate(parse_case(json.loads(json.dumps(document))))
