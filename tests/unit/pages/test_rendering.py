"""Filters, the security policy, and that every template compiles."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from jinja2 import TemplateSyntaxError, UndefinedError

from bideval.pages import rendering
from bideval.pages.language import LANGUAGES
from bideval.pages.names import TABLES
from bideval.pages.web_files import web_root
from bideval.session.kinds import KINDS
from bideval.session.names import Phase
from bideval.terms.errors import FaultError

TEMPLATES = sorted(
    str(file.relative_to(web_root() / "templates"))
    for file in (web_root() / "templates").rglob("*.html")
    if file.parent.name != "report"
)
PAGES = [name for name in TEMPLATES if name.startswith("pages/")]


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_template_compiles(name: str, language: str) -> None:
    try:
        rendering.environment(language).get_template(name)
    except TemplateSyntaxError as wrong:
        pytest.fail(str(wrong))


@pytest.mark.parametrize("name", PAGES)
def test_page_has_a_title(name: str) -> None:
    source = (web_root() / "templates" / name).read_text()

    assert len(re.findall(r"{% block title %}.+{% endblock %}", source)) == 1


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_has_no_inline_script_style_or_handler(name: str) -> None:
    source = (web_root() / "templates" / name).read_text()
    scripts = [tag for tag in re.findall(r"<script[^>]*>", source) if "src=" not in tag]
    data = ['<script type="importmap">', 'id="words">', 'id="context">']

    assert [tag for tag in scripts if not any(tag.endswith(part) for part in data)] == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", source) == []


def test_policy_names_the_import_map_and_nothing_inline() -> None:
    policy = rendering.security_policy()
    digest = hashlib.sha256(rendering.import_map().encode()).digest()

    assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy.replace(";", "").split()
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")


def test_undefined_names_are_faults() -> None:
    template = rendering.environment("en").from_string("{{ nobody }}")

    with pytest.raises(UndefinedError):
        template.render()


@pytest.mark.parametrize(
    ("amount", "text"), [(None, ""), ("2498000", "2,498,000.00"), ("0.5", "0.50")]
)
def test_money_has_thousands_and_fen(amount: str | None, text: str) -> None:
    assert rendering.money(amount) == text


def test_money_in_capitals_is_empty_for_what_is_no_amount() -> None:
    shown = [rendering.money_in_capitals(each) for each in (None, "x", "0.001", "3")]

    assert shown == ["", "", "", "叁元整"]


def test_instant_is_the_clock_of_beijing() -> None:
    assert rendering.instant(1_795_312_800_000) == "2026-11-22 10:00:00"
    assert rendering.instant(1_795_312_800_000, seconds=False) == "2026-11-22 10:00"
    assert rendering.instant(None) == ""


def test_instant_fills_an_input_of_date_and_time() -> None:
    assert rendering.local_second(1_795_312_800_999) == "2026-11-22T10:00:00"
    assert rendering.local_second(None) == ""


@pytest.mark.parametrize(("size", "text"), [(12, "12 B"), (2048, "2 KiB"), (5_242_880, "5.0 MiB")])
def test_file_size_is_for_people(size: int, text: str) -> None:
    assert rendering.file_size(size) == text


def test_called_speaks_the_language_of_the_page() -> None:
    words = [
        rendering.environment(language).from_string("{{ it|called('phase') }}")
        for language in LANGUAGES
    ]

    assert [word.render(it=Phase.SCORING) for word in words] == ["打分", "Scoring"]


def test_called_does_not_show_what_has_no_word() -> None:
    template = rendering.environment("en").from_string("{{ 'x'|called('phase') }}")

    with pytest.raises(FaultError):
        template.render()


def test_data_in_a_script_block_cannot_close_it() -> None:
    text = str(rendering.in_script({"a": "</script><!--&"}))

    assert ("<" in text, ">" in text, "&" in text) == (False, False, False)
    assert json.loads(text) == {"a": "</script><!--&"}


def test_every_kind_of_entry_has_a_name() -> None:
    assert TABLES["kind"].keys() == KINDS.keys()


def test_name_does_not_turn_the_names_behind_it_around() -> None:
    """Neither bare, nor in a translated sentence, nor in an attribute or a script's data."""
    source = (
        "{{ it }}, B|{% trans %}x {{ it }}{% endtrans %}|{{ _('%(what)s?', what=it) }}"
        "|<i title='{{ it }}'>|{{ {'a': it}|in_script }}|{{ it|upper }}|{{ it|safe }}"
    )
    page = rendering.environment("en").from_string(source).render(it="A\u202e<b>\u2066")

    assert ("\u202e" in page, "\u2066" in page) == (False, False)
    assert page.startswith("A\ufffd&lt;b&gt;\ufffd, B|")
