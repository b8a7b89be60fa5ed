"""What an explanation says, and which article stands behind which step."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from bideval.scoring.case import Category
from bideval.scoring.explanation import (
    MONEY,
    Explanation,
    Quantum,
    Step,
    amount,
    article,
    step_quantum,
    total_quantum,
)
from bideval.scoring.method import Rounding, RoundWhen
from bideval.terms.decimals import RoundingMode


def explanation(quantum):
    return Explanation(
        step=Step.TOTAL,
        bid="A",
        formula="a + b",
        inputs=(("a", "1"), ("b", "2")),
        value=Fraction(2, 3),
        article="none",
        quantum=quantum,
    )


def test_an_exact_step_leaves_its_value():
    exact = explanation(None)
    assert (exact.rounded, exact.left, exact.rounding) == (None, Fraction(2, 3), "exact")


def test_a_rounding_step_leaves_the_rounded_value():
    rounded = explanation(MONEY)
    assert (rounded.rounded, rounded.left) == (Decimal("0.67"), Fraction(67, 100))
    assert rounded.rounding == "half_up to 2 places"


def test_steps_round_only_when_the_method_says_each():
    rounding = Rounding(mode=RoundingMode.HALF_EVEN, places=3)
    quantum = Quantum(mode=RoundingMode.HALF_EVEN, places=3)
    assert (step_quantum(rounding), total_quantum(rounding)) == (quantum, quantum)
    total_only = Rounding(mode=RoundingMode.HALF_EVEN, places=3, when=RoundWhen.TOTAL_ONLY)
    assert (step_quantum(total_only), total_quantum(total_only)) == (None, quantum)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 8), "0.125"),
        (Fraction(25, 3), "25/3"),
        (Decimal("13.50"), "13.5"),
        (Decimal("0.00"), "0"),
        (Decimal(100), "100"),
        (Fraction(0), "0"),
    ],
)
def test_amounts_are_decimals_where_they_end(value, text):
    assert amount(value) == text


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("category", Category)
def test_every_step_has_an_article_or_the_tender_documents(step, category):
    assert article(step, category).startswith(
        ("Order 87", "Cai Ku", "Regulation", "tender documents")
    )


def test_the_line_of_law_decides_the_article():
    assert article(Step.RANK, Category.GOODS) == "Order 87 art. 56, 57"
    assert article(Step.RANK, Category.WORKS) == "Regulation art. 53"
    assert article(Step.BENCHMARK_PRICE, Category.WORKS) == "tender documents (no national rule)"
