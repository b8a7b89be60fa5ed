"""Explanations in words."""

from __future__ import annotations

import re

import pytest

from bideval.pages.formulas import PHRASES, in_words
from bideval.scoring import explanation
from bideval.scoring.case import Category
from bideval.scoring.explanation import Step, article

LETTERS = re.compile(r"[A-Za-z]")


@pytest.mark.parametrize(
    ("formula", "chinese"),
    [
        ("price × (1 − deduct_percent / 100)", "投标报价 × (1 − 扣除百分比 / 100)"),
        ("panel_mean + objective + price_score", "评委均分 + 客观分 + 价格分"),
        ("member_total fenghua-01", "成员总分 fenghua-01"),
    ],
)
def test_formula_is_said_in_chinese(formula: str, chinese: str) -> None:
    assert in_words(formula, "zh-CN") == chinese


def test_formula_is_said_in_english_words() -> None:
    said = in_words("benchmark_price / evaluated_price × max", "en")

    assert said == "benchmark price / evaluated price × full marks"


@pytest.mark.parametrize("phrase", PHRASES)
def test_phrase_has_no_latin_letter_in_chinese(phrase: str) -> None:
    assert LETTERS.findall(in_words(phrase, "zh-CN")) == []


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("category", Category)
def test_article_of_every_step_is_said_in_chinese(step: Step, category: Category) -> None:
    assert LETTERS.findall(in_words(article(step, category), "zh-CN")) == []


def test_articles_are_those_of_the_engine() -> None:
    assert explanation.article(Step.TOTAL, Category.GOODS) == "Order 87 art. 55"
