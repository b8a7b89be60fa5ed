"""Formulas, inputs and articles of an explanation, in the words of the page.

Decided here: which phrase of the engine is which message; longest phrases are translated first, and
what is not known stays as the engine wrote it. Not decided here: the formulas (scoring).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from bideval.pages.language import catalogue
from bideval.pages.names import N_

if TYPE_CHECKING:
    from bideval.pages.language import Language

PHRASES = {
    "lowest of the evaluated prices": N_("lowest of the evaluated prices"),
    "mean of the kept evaluated prices": N_("mean of the kept evaluated prices"),
    "sum of mark × factor": N_("sum of mark × factor"),
    "mean of the kept member totals": N_("mean of the kept member totals"),
    "sum of criterion scores": N_("sum of criterion scores"),
    "mean of the kept marks": N_("mean of the kept marks"),
    "the greater of floor and max − |deviation| × per_percent": N_(
        "the greater of floor and max − |deviation| × points per per cent"
    ),
    "1 + number of lower evaluated prices": N_("1 + number of lower evaluated prices"),
    "1 + number of bids ahead by total, then by the tie-break chain": N_(
        "1 + number of bids ahead by total, then by the tie-break chain"
    ),
    "reduction_percent": N_("reduction in per cent"),
    "deduct_percent": N_("deduction in per cent"),
    "score_bonus_percent": N_("bonus in per cent"),
    "per_percent": N_("points per per cent"),
    "evaluated_price": N_("evaluated price"),
    "benchmark_price": N_("benchmark price"),
    "criterion_mean": N_("criterion mean"),
    "criterion_score": N_("criterion score"),
    "member_total": N_("member total"),
    "panel_mean": N_("panel mean"),
    "price_score": N_("price score"),
    "objective": N_("objective score"),
    "deviation": N_("deviation"),
    "factor": N_("factor"),
    "floor": N_("floor"),
    "price": N_("bid price"),
    "total": N_("total"),
    "mean": N_("mean"),
    "mark": N_("mark"),
    "max": N_("full marks"),
    "tender documents (no national rule)": N_("tender documents (no national rule)"),
    "tender documents": N_("tender documents"),
    "Order 87 art. 56, 57": N_("Order 87 art. 56, 57"),
    "Order 87 art. 55": N_("Order 87 art. 55"),
    "Order 87 art. 64": N_("Order 87 art. 64"),
    "Cai Ku 2020-46 art. 9": N_("Cai Ku 2020-46 art. 9"),
    "Regulation art. 53": N_("Regulation art. 53"),
}
"""What the engine writes, and what it is called."""

_KNOWN = re.compile(
    "|".join(
        rf"(?<![A-Za-z_]){re.escape(phrase)}(?![A-Za-z_])"
        for phrase in sorted(PHRASES, key=len, reverse=True)
    )
)


@cache
def in_words(text: str, language: Language) -> str:
    """Write a formula, the name of an input or an article in a language."""
    words = catalogue(language)
    return _KNOWN.sub(lambda found: words.gettext(PHRASES[found.group()]), text)
