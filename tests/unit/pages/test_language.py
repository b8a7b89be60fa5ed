"""Languages of pages."""

from __future__ import annotations

import re

import pytest
from babel.messages.extract import extract_from_dir, extract_from_file
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
    templates = web_root() / "templates"
    extracted = [
        *extract_from_dir(PACKAGE / "pages", METHODS, keywords=KEYWORDS),
        *(
            found
            for folder in (templates / "pages", templates / "parts")
            for found in extract_from_dir(folder, METHODS, keywords=KEYWORDS)
        ),
    ]
    base = extract_from_file("jinja2", templates / "base.html", keywords=KEYWORDS)
    found = [one[2] for one in extracted] + [one[1] for one in base]
    return {message[0] if isinstance(message, tuple) else message for message in found}


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
