"""Whether a page speaks one language: names and texts of the tender may stay in theirs."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from bideval.rehearsal.example_files import example_json
from bideval.rehearsal.example_play import PAPER_NAME, VENUES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

CHINESE = re.compile(r"[\u3400-\u9fff\uff0c\u3002\uff1a\uff1b]+")
ENGLISH_SENTENCE = re.compile(r"[A-Za-z]{2,}(?:[ ,]+[A-Za-z]{2,}){2,}")
FILES = ("tender.json", "bids.json", "play.json", "paper.json", "people.json")
OTHER_LANGUAGE = {"zh-CN": "English", "en": "中文"}
"""What the other language is called on the way there."""
HTML_LANGUAGE = {"zh-CN": "zh-Hans", "en": "en"}


def check_language(page: Page, language: str, *, names: tuple[str, ...] = ()) -> None:
    """Assert that a page is in one language throughout."""
    assert page.locator("html").get_attribute("lang") == HTML_LANGUAGE[language]
    text = page.inner_text("body").replace(OTHER_LANGUAGE[language], "", 1)
    for known in sorted((*names, *given_texts()), key=len, reverse=True):
        text = text.replace(known, "")
    foreign = CHINESE if language == "en" else ENGLISH_SENTENCE
    found = foreign.findall(text)
    assert found == [], f"{page.url} in {language}: {found}"


@cache
def given_texts() -> frozenset[str]:
    """Names, titles and texts that people of the example gave, in the language they gave them."""
    given = {text for name in FILES for text in _texts(example_json(name))}
    return frozenset(text for text in given | {PAPER_NAME, *VENUES.values()} if len(text) > 1)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
