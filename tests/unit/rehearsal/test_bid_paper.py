from __future__ import annotations

import io
import re
from decimal import Decimal

import pikepdf
import pytest

from bideval.rehearsal.bid_paper import bid_html, bid_pdf
from bideval.rehearsal.example_files import example_json

BIDS = example_json("bids.json")["bids"]
CRITERIA = example_json("tender.json")["method"]["criteria"]


def cells(html: str, start: str) -> list[list[str]]:
    """Return the cells of the first table after `start`."""
    table = html[html.index(start) :].partition("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in rows]


@pytest.mark.parametrize("number", range(len(BIDS)))
def test_cost_parts_sum_to_the_price(number: int) -> None:
    *parts, total = cells(bid_html(number), 'id="price"')[1:]

    amounts = [Decimal(row[-1].replace(",", "")) for row in parts]

    assert sum(amounts) == Decimal(BIDS[number]["price"])
    assert Decimal(total[-1].replace(",", "")) == Decimal(BIDS[number]["price"])


@pytest.mark.parametrize("number", range(len(BIDS)))
def test_posts_sum_to_the_staff(number: int) -> None:
    *posts, total = cells(bid_html(number), '<h2 id="staff"')[1:]

    assert sum(int(row[2]) for row in posts) == BIDS[number]["staff"]
    assert int(total[1]) == BIDS[number]["staff"]


@pytest.mark.parametrize("number", range(len(BIDS)))
@pytest.mark.parametrize("criterion", ["B1", "B2", "B3"])
def test_tables_hold_what_objective_marks_are_worth(number: int, criterion: str) -> None:
    html = bid_html(number)
    chapter = html[html.index(f'<h2 id="{criterion}"') :].split("<h2", maxsplit=2)[1]

    assert 2 * (chapter.count("<tr>") - 1) == int(BIDS[number]["objective"][criterion])


def test_only_the_unresponsive_bid_withholds_its_promise() -> None:
    withheld = example_json("paper.json")["withheld"]

    found = [number for number in range(len(BIDS)) if withheld in bid_html(number)]

    assert found == [number for number, bid in enumerate(BIDS) if bid["unresponsive"]] == [3]


def test_better_bid_says_more() -> None:
    lengths = {bid["quality"]: len(bid_html(number)) for number, bid in enumerate(BIDS)}

    assert lengths["0.95"] > lengths["0.64"]


def test_paper_has_pages_and_an_outline_that_names_every_criterion() -> None:
    with pikepdf.open(io.BytesIO(bid_pdf(4))) as pdf, pdf.open_outline() as outline:
        titles = [str(item.title) for item in outline.root]

        assert 8 <= len(pdf.pages) <= 14
        assert titles == [
            "目录",
            "一、开标一览表",
            "二、分项报价表",
            "三、投标函与各项承诺",
            *(f"{one['id']} {one['name']}" for one in CRITERIA),
            "附表：驻场人员配置表",
        ]
