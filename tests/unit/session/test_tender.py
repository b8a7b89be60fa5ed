from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bideval.evidence.sealing import Purpose
from bideval.scoring.rulebooks import RULEBOOKS
from bideval.session.tender import (
    breaches,
    parse_tender,
    refuse_breaches,
    tender_document,
)
from bideval.terms.errors import InputError
from tests.unit.session.conversation import method, tender


def panel(**changes: Any) -> dict[str, Any]:
    return tender()["panel"] | changes


def test_tender_is_read_and_written_back_to_an_equal_value() -> None:
    parsed = parse_tender(tender())

    assert parse_tender(tender_document(parsed)) == parsed
    assert (parsed.number, parsed.ceiling) == ("FH-2026-0117", Decimal("1200000.00"))
    assert parsed.panel.drawn == 5
    assert parsed.custody[Purpose.BID].threshold == 2


def test_tender_may_leave_out_agent_budget_ceiling_and_clause() -> None:
    document = tender(
        agent=None, budget=None, ceiling=None, requirements=[{"id": "r1", "text": "Guarantee"}]
    )

    parsed = parse_tender(document)

    assert (parsed.agent, parsed.budget, parsed.ceiling) == ("", None, None)
    assert parsed.requirements[0].clause == ""
    assert parse_tender(tender_document(parsed)) == parsed


def test_tender_knows_its_lots() -> None:
    parsed = parse_tender(tender())

    assert (parsed.has_lot("1"), parsed.has_lot("2")) == (True, False)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"format": "bideval-tender/2"}, "body.tender.format", "unknown_choice"),
        ({"number": ""}, "body.tender.number", "too_short"),
        ({"budget": "0"}, "body.tender.budget", "out_of_bounds"),
        ({"ceiling": "-1"}, "body.tender.ceiling", "out_of_bounds"),
        ({"ceiling": 5}, "body.tender.ceiling", "not_a_decimal"),
        ({"category": "gifts"}, "body.tender.category", "unknown_choice"),
        ({"deadline": "tomorrow"}, "body.tender.deadline", "not_an_instant"),
        ({"lots": []}, "body.tender.lots", "wrong_count"),
        (
            {"lots": [{"id": "1", "title": "a"}, {"id": "1", "title": "b"}]},
            "body.tender.lots[1]",
            "duplicate_id",
        ),
        (
            {"method": method() | {"candidates": 9}},
            "body.tender.method.candidates",
            "out_of_bounds",
        ),
        (
            {"requirements": [{"id": "r", "text": "a"}, {"id": "r", "text": "b"}]},
            "body.tender.requirements[1]",
            "duplicate_id",
        ),
        ({"documents": [{"name": "a"}]}, "body.tender.documents[0].sha256", "missing"),
        ({"panel": panel(members=0)}, "body.tender.panel.members", "out_of_range"),
        (
            {"panel": panel(representatives=6)},
            "body.tender.panel.representatives",
            "out_of_range",
        ),
        ({"panel": panel(representatives=1)}, "body.tender.panel.disciplines", "seat_sums"),
        ({"panel": panel(seats=[])}, "body.tender.panel.seats", "seat_sums"),
        (
            {"panel": panel(seats=[{"venue": "fenghua", "members": 3}] * 2)},
            "body.tender.panel.seats[1]",
            "duplicate_id",
        ),
        (
            {"panel": panel(disciplines=[{"id": "A", "name": "a", "members": 3}] * 2)},
            "body.tender.panel.disciplines[1]",
            "duplicate_id",
        ),
        (
            {"panel": panel(disciplines=[{"id": "物业", "name": "a", "members": 5}])},
            "body.tender.panel.disciplines[0].id",
            "bad_discipline_id",
        ),
        ({"custody": {}}, "body.tender.custody.bids", "missing"),
        ({"decryption_minutes": 0}, "body.tender.decryption_minutes", "out_of_range"),
    ],
)
def test_tender_names_the_field_that_is_wrong(
    changes: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse_tender(tender(**changes))
    assert (caught.value.field, caught.value.code) == (field, code)


def test_tender_within_the_rulebook_breaches_nothing() -> None:
    assert breaches(parse_tender(tender()), RULEBOOKS["procurement/1"]) == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"budget": "10000000.00"}, "committee.size"),
        (
            {
                "panel": panel(
                    members=4,
                    disciplines=[{"id": "A", "name": "a", "members": 4}],
                    seats=[{"venue": "fenghua", "members": 4}],
                )
            },
            "committee.size",
        ),
        (
            {
                "panel": panel(
                    representatives=2,
                    disciplines=[{"id": "A", "name": "a", "members": 3}],
                    seats=[{"venue": "fenghua", "members": 3}],
                )
            },
            "committee.experts",
        ),
    ],
)
def test_tender_outside_the_rulebook_is_refused_with_the_rule(
    changes: dict[str, Any], rule: str
) -> None:
    parsed = parse_tender(tender(**changes))

    assert breaches(parsed, RULEBOOKS["procurement/1"])[0].rule == rule
    assert breaches(parsed, RULEBOOKS["rehearsal/1"]) == []
    with pytest.raises(InputError) as caught:
        refuse_breaches(parsed, RULEBOOKS["procurement/1"])
    assert caught.value.code == rule.replace(".", "_")


def test_method_outside_the_rulebook_is_refused_at_its_field() -> None:
    price = {"formula": "lowest_price", "max": "10"}
    parsed = parse_tender(tender(method=method() | {"price": price}))

    with pytest.raises(InputError) as caught:
        refuse_breaches(parsed, RULEBOOKS["procurement/1"])
    assert caught.value.field.startswith("body.tender.method")


def test_warnings_of_the_rulebook_do_not_stop_a_tender() -> None:
    preference = {"small": {"deduct_percent": "25"}}
    parsed = parse_tender(tender(method=method() | {"preference": preference}))
    found = breaches(parsed, RULEBOOKS["procurement/1"])

    assert [str(breach.severity) for breach in found] == ["warning"]
    refuse_breaches(parsed, RULEBOOKS["procurement/1"])
