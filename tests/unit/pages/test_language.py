"""Languages of pages."""

from __future__ import annotations

import re

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from starlette.requests import Request

from bideval.pages.language import catalogue, language_of
from bideval.pages.web_files import PACKAGE, web_root

METHODS = [("**.py", "python"), ("**.html", "jinja2")]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def request(cookie: str) -> Request:
    headers = [(b"cookie", cookie.encode())] if cookie else []
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("cookie", "language"), [("", "zh-CN"), ("lang=en", "en"), ("lang=xx", "zh-CN")]
)
def test_language_is_chinese_unless_english_is_chosen(cookie: str, language: str) -> None:
    assert language_of(request(cookie)) == language


def messages() -> set[str]:
    """Every message that pages, templates and scripts show."""
    found = set()
    for folder in (PACKAGE / "pages", web_root() / "templates"):
        for _, _, message, _, _ in extract_from_dir(
            folder, METHODS, keywords=KEYWORDS, options_map={"**.html": {"trimmed": "true"}}
        ):
            found.add(message[0] if isinstance(message, tuple) else message)
    return found


def translations() -> dict[str, str]:
    with (web_root() / "locale" / "zh_CN.po").open("rb") as source:
        read = [one for one in read_po(source, locale="zh_CN") if one.id]
    assert [one.id for one in read if one.fuzzy] == []
    return {
        one.id if isinstance(one.id, str) else one.id[0]: one.string
        if isinstance(one.string, str)
        else one.string[0]
        for one in read
    }


def test_chinese_has_every_message_and_no_other() -> None:
    assert set(translations()) == messages()


def test_chinese_fills_the_same_places() -> None:
    differing = [
        text
        for text, chinese in translations().items()
        if sorted(PLACES.findall(text)) != sorted(PLACES.findall(chinese))
    ]

    assert differing == []


def test_no_translation_is_empty() -> None:
    assert [text for text, chinese in translations().items() if not chinese.strip()] == []


def test_catalogues_translate() -> None:
    assert catalogue("zh-CN").gettext("Sign in") == "登录"
    assert catalogue("en").gettext("Sign in") == "Sign in"
