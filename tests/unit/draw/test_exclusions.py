"""Who may not be drawn, and why: one reason each, the first that applies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bideval.draw.exclusions import (
    PUBLIC,
    REASONS,
    Bars,
    check_statuses,
    exclusion_of,
    former_employers,
    listed,
    organisation_key,
    public_reason,
    years_before,
)
from bideval.draw.identity import Identity, Private
from bideval.draw.pool import ELIGIBLE, PoolRow
from bideval.terms.errors import EvidenceError

BARS = Bars(
    venues={"fenghua", "wencheng"},
    disciplines={"A08"},
    bidders={organisation_key("甲（浙江）公司")},
    purchasers={organisation_key("区医院"), organisation_key("Agent Ltd")},
    project="FH-2026-1",
    day=date(2026, 11, 22),
    names={organisation_key("Lin Yi")},
)


def reason(*, bars: Bars = BARS, **cells: Any) -> str:
    kept = {"former": "", "relatives": "", "projects": ""} | {
        name: cells.pop(name) for name in ("former", "relatives", "projects") if name in cells
    }
    private = Private(id_tail="0001", phone="", blind=bytes(16), **kept)
    known = {"name": "Zhao", "employer": "", "title": "", "discipline": "A08", "venue": "fenghua"}
    parts = known | {"weight": 1, "salt": bytes(16), "private": private.digest} | cells
    return exclusion_of(Identity(**parts), private, bars)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, ELIGIBLE),
        ({"venue": "taishun"}, "venue_not_taking_part"),
        ({"discipline": "A09"}, "discipline_not_wanted"),
        ({"employer": "甲(浙江)公司"}, "employer_is_bidder"),
        ({"employer": " 甲（ 浙江 ）公司"}, "employer_is_bidder"),
        ({"employer": "区医院"}, "employer_is_purchaser"),
        ({"employer": "AGENT ltd"}, "employer_is_purchaser"),
        ({"former": "乙公司@2026-01-01; 甲（浙江）公司@2023-11-22"}, "worked_for_bidder"),
        ({"former": "甲（浙江）公司\uff202023-11-22"}, "worked_for_bidder"),
        ({"former": "甲（浙江）公司@2023-11-21"}, ELIGIBLE),
        ({"former": "乙公司@2026-11-21"}, ELIGIBLE),
        ({"relatives": "乙公司；甲（浙江）公司"}, "kin_of_bidder"),
        ({"relatives": "区医院"}, ELIGIBLE),
        ({"projects": "FH-2025-9;FH-2026-1"}, "took_part_before"),
        ({"projects": "FH-2026-10"}, ELIGIBLE),
        ({"name": "LIN YI"}, "named_by_party"),
    ],
)
def test_reason_is_the_rule_that_applies(cells: dict[str, str], expected: str) -> None:
    assert reason(**cells) == expected
    assert expected == ELIGIBLE or expected in REASONS


def test_first_reason_in_the_list_is_the_one_written() -> None:
    everything: dict[str, Any] = {
        "venue": "taishun",
        "discipline": "A09",
        "employer": "甲（浙江）公司",
        "former": "甲（浙江）公司@2026-01-01",
        "relatives": "甲（浙江）公司",
        "projects": "FH-2026-1",
        "name": "Lin Yi",
    }
    found = [reason(**everything)]
    for name in ("venue", "discipline", "employer", "former", "relatives", "projects", "name"):
        everything.pop(name)
        found.append(reason(**everything))
    purchaser = reason(employer="区医院", former="甲（浙江）公司@2026-01-01")
    assert [*found[:3], purchaser, *found[3:]] == [*REASONS, ELIGIBLE]


def test_without_an_employer_nobody_is_staff() -> None:
    assert reason(bars=replace(BARS, bidders={""}, purchasers={""})) == ELIGIBLE


def test_without_the_kept_part_only_published_reasons_are_found() -> None:
    kept = Private(id_tail="0001", former="甲（浙江）公司@2026-01-01", blind=bytes(16))
    identity = Identity(
        name="Zhao",
        employer="",
        title="",
        discipline="A08",
        venue="fenghua",
        weight=1,
        salt=bytes(16),
        private=kept.digest,
    )
    assert exclusion_of(identity, None, BARS) == ELIGIBLE
    assert exclusion_of(identity, kept, BARS) == "worked_for_bidder"


def row(status: str, discipline: str = "A08", venue: str = "fenghua") -> PoolRow:
    return PoolRow(b"\x01" * 32, discipline, venue, status)


def test_statuses_that_everybody_can_judge_hold() -> None:
    rows = [row(ELIGIBLE), row("venue_not_taking_part", venue="taishun")]
    rows += [row("discipline_not_wanted", "A09")]
    rows += [row(code) for code in REASONS if code not in PUBLIC]
    check_statuses(rows, BARS)
    assert public_reason("A08", "fenghua", BARS) is None


@pytest.mark.parametrize(
    "wrong",
    [
        row("venue_not_taking_part"),
        row("discipline_not_wanted"),
        row("because"),
        row(ELIGIBLE, "A09"),
        row(ELIGIBLE, venue="taishun"),
        row("employer_is_bidder", venue="taishun"),
    ],
)
def test_status_that_the_tender_contradicts_is_found(wrong: PoolRow) -> None:
    with pytest.raises(EvidenceError) as raised:
        check_statuses([row(ELIGIBLE), wrong], BARS)
    assert (raised.value.code, raised.value.field) == (
        "exclusion_differs",
        f"pool leaf {wrong.blinded}",
    )


@pytest.mark.parametrize("cell", ["甲公司", "@2024-01-01", "甲公司@2024-02-30", "甲@20240101"])
def test_former_employer_without_name_or_date_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        former_employers(cell)


def test_lists_are_separated_by_semicolons_of_either_width() -> None:
    assert listed(" 甲 ; 乙；;") == ["甲", "乙"]
    assert former_employers("甲@2024-01-02；乙@2025-01-02") == [
        ("甲", date(2024, 1, 2)),
        ("乙", date(2025, 1, 2)),
    ]


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (date(2026, 11, 22), 3, date(2023, 11, 22)),
        (date(2024, 2, 29), 3, date(2021, 2, 28)),
        (date(2024, 2, 29), 4, date(2020, 2, 29)),
        (date(2000, 2, 29), 100, date(1900, 2, 28)),
        (date(2400, 2, 29), 400, date(2000, 2, 29)),
    ],
)
def test_years_are_counted_by_the_calendar(day: date, years: int, expected: date) -> None:
    assert years_before(day, years) == expected
