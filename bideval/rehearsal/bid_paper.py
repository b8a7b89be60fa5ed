"""The example's bids on paper: PDF files as bidders would send them.

Decided here: how a bid's figures become text (a better bid says more, and its tables have as many
rows as its objective marks are worth) and pages. Not decided here: figures and wording; both are
files of `example`.

The outline of each PDF names the page on which each criterion is dealt with.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined
from weasyprint import CSS, HTML  # type: ignore[import-untyped]  # annotated nowhere

from bideval.rehearsal.example_files import example_json, example_text

if TYPE_CHECKING:
    from collections.abc import Mapping

CENT = Decimal("0.01")
POINTS_PER_ROW = 2
"""The example's rules give two points for each contract, certificate or three years."""


def bid_pdf(number: int) -> bytes:
    """Return the bid with this number (from 0) of the example as PDF bytes.

    Takes a second or two; meant for worker processes.
    """
    html = HTML(string=bid_html(number), url_fetcher=_refuse)
    pdf: bytes = html.write_pdf(
        stylesheets=[CSS(string=example_text("paper.css"))], pdf_identifier=b"bideval"
    )
    return pdf


def bid_html(number: int) -> str:
    """Return the bid as one HTML page."""
    tender, words = example_json("tender.json"), example_json("paper.json")
    bid = example_json("bids.json")["bids"][number]
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(example_text("paper.html")).render(
        bid=bid,
        tender=tender,
        words=words,
        sizes=words["sizes"],
        duration=words["duration"],
        parts=_cost_parts(words, Decimal(bid["price"])),
        posts=_posts(words, bid["staff"]),
        chapters=[_chapter(criterion, bid, words) for criterion in tender["method"]["criteria"]],
        money=_money,
    )


def _chapter(
    criterion: Mapping[str, Any], bid: Mapping[str, Any], words: Mapping[str, Any]
) -> dict[str, Any]:
    """Return title, table and paragraphs on one criterion, as far as the bidder has any."""
    name = criterion["id"]
    table = words["tables"].get(name, {"heads": [], "rows": []})
    count = int(bid["objective"].get(name, 0)) // POINTS_PER_ROW
    parts = words["chapters"][name]
    rows = table["rows"][:count]
    said = parts if name in bid["objective"] else parts[: _share(len(parts), bid["quality"])]
    return {
        "criterion": criterion,
        "along": name in words["same_page"],
        "heads": table["heads"],
        "rows": rows,
        "parts": [{"title": title, "text": _filled(text, bid)} for title, text in said],
    }


def _share(count: int, quality: str) -> int:
    return int((count * Decimal(quality)).to_integral_value(ROUND_CEILING))


def _filled(text: str, bid: Mapping[str, Any]) -> str:
    return text.replace("{name}", bid["name"]).replace("{staff}", str(bid["staff"]))


def _cost_parts(words: Mapping[str, Any], price: Decimal) -> list[dict[str, Any]]:
    """Divide the price; the last part takes what rounding leaves, so that the sum is the price."""
    parts: list[dict[str, Any]] = []
    with localcontext(prec=40):
        left = price
        for part in words["cost_parts"]:
            share = part["share"]
            amount = left if share is None else (price * Decimal(share)).quantize(CENT)
            left -= amount
            parts.append({**part, "amount": amount})
    return parts


def _posts(words: Mapping[str, Any], staff: int) -> list[dict[str, Any]]:
    """Spread the staff over the posts; the post without a count takes the rest."""
    posts = words["posts"]
    rest = staff - sum(post["count"] or 0 for post in posts)
    return [{**post, "count": post["count"] or rest} for post in posts]


def _money(amount: object) -> str:
    return f"{Decimal(str(amount)):,.2f}"


def _refuse(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a bid fetches nothing, not even {url[:60]}")
