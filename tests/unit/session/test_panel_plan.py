"""The panel that a tender asks for."""

from __future__ import annotations

from typing import Any

import pytest

from bideval.draw.seats import SeatPlan
from bideval.session.panel_plan import panel_document, parse_panel, refuse_twice
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields

DOCUMENT: dict[str, Any] = {
    "members": 5,
    "representatives": 1,
    "disciplines": [
        {"id": "A08", "name": "Property", "members": 3, "fallback": ["A09", "A10"]},
        {"id": "A02", "name": "Finance", "members": 1},
    ],
    "seats": [{"venue": "fenghua", "members": 2}, {"venue": "wencheng", "members": 2}],
    "weighted": True,
    "answer_minutes": 30,
}


def read(**changes: Any) -> Any:
    return parse_panel(Fields(DOCUMENT | changes, "panel"))


def test_panel_is_read_and_written_back() -> None:
    plan = read()
    assert panel_document(plan) == DOCUMENT
    assert (plan.drawn, plan.weighted, plan.answer_minutes) == (4, True, 30)
    assert plan.classes == {"A08", "A09", "A10", "A02"}
    assert plan.seat_plan() == SeatPlan(
        {"A08": 3, "A02": 1}, {"fenghua": 2, "wencheng": 2}, {"A08": ("A09", "A10")}
    )


def test_what_is_not_used_is_not_written() -> None:
    disciplines = [{"id": "A08", "name": "Property", "members": 4}]
    plain = read(disciplines=disciplines, weighted=False, answer_minutes=None)
    expected = DOCUMENT | {"disciplines": disciplines}
    del expected["weighted"], expected["answer_minutes"]
    assert panel_document(plain) == expected
    assert parse_panel(Fields(expected, "panel")) == plain


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"members": 0}, "out_of_range", "panel.members"),
        ({"representatives": 6}, "out_of_range", "panel.representatives"),
        ({"representatives": 0}, "seat_sums", "panel.disciplines"),
        ({"seats": DOCUMENT["seats"][:1]}, "seat_sums", "panel.seats"),
        ({"seats": DOCUMENT["seats"][:1] * 2}, "duplicate_id", "panel.seats[1]"),
        ({"weighted": 1}, "not_a_flag", "panel.weighted"),
        ({"answer_minutes": 0}, "out_of_range", "panel.answer_minutes"),
        ({"answer_minutes": 1441}, "out_of_range", "panel.answer_minutes"),
    ],
)
def test_wrong_panel_is_refused_where_it_is_wrong(
    changes: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InputError) as raised:
        read(**changes)
    assert (raised.value.code, raised.value.field) == (code, field)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"id": "物业"}, "bad_discipline_id", "panel.disciplines[0].id"),
        ({"fallback": []}, "wrong_count", "panel.disciplines[0].fallback"),
        ({"fallback": ["A08"]}, "bad_fallback", "panel.disciplines[0].fallback"),
        ({"fallback": ["A09", "A09"]}, "bad_fallback", "panel.disciplines[0].fallback"),
        ({"fallback": ["A 09"]}, "bad_fallback", "panel.disciplines[0].fallback"),
        ({"fallback": [9]}, "not_a_text", "panel.disciplines[0].fallback[0]"),
        ({"fallback": "A09"}, "not_a_list", "panel.disciplines[0].fallback"),
    ],
)
def test_discipline_is_one_that_the_pool_can_name(
    change: dict[str, Any], code: str, field: str
) -> None:
    first, second = DOCUMENT["disciplines"]
    with pytest.raises(InputError) as raised:
        read(disciplines=[first | change, second])
    assert (raised.value.code, raised.value.field) == (code, field)


def test_names_are_used_once() -> None:
    items = [Fields({}, f"lots[{number}]") for number in range(3)]
    refuse_twice(["1", "2", "3"], items)
    with pytest.raises(InputError) as raised:
        refuse_twice(["1", "2", "1"], items)
    assert raised.value.field == "lots[2]"
