"""Every template compiles, has a title, and holds neither script nor style of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from jinja2 import Environment, StrictUndefined, nodes

from bideval.gateways import press
from bideval.pages.language import HTML_NAMES
from bideval.pages.rendering import environment

if TYPE_CHECKING:
    from pathlib import Path

REPORT = "report/"
# The one script that stands in a page is the import map; the page's policy names its digest.
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*\btype=\"(?:importmap|application/json)\")"
    r"|<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:",
    re.IGNORECASE,
)


def _templates(root: Path) -> dict[str, str]:
    folder = root / "web" / "templates"
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def templates(root: Path) -> dict[str, str]:
    found = _templates(root)
    assert len(found) > 5, "hardly any template is there; the checks would look at nothing"
    return found


@pytest.fixture(scope="module")
def jinja() -> Environment:
    return environment(next(iter(HTML_NAMES)))


def test_page_templates_compile(templates: dict[str, str], jinja: Environment) -> None:
    names = [name for name in templates if not name.startswith(REPORT)]

    assert [jinja.get_template(name).name for name in names] == names


def test_report_templates_compile(templates: dict[str, str]) -> None:
    """The report is printed by the press, which has filters of its own."""
    reports = {name: text for name, text in templates.items() if name.startswith(REPORT)}
    jinja = Environment(undefined=StrictUndefined, autoescape=True)
    used = {f.name for text in reports.values() for f in jinja.parse(text).find_all(nodes.Filter)}
    jinja.filters |= {name: getattr(press, f"_{name}") for name in used - jinja.filters.keys()}

    assert len(reports) == 1
    for text in reports.values():
        assert jinja.from_string(text) is not None


def test_full_pages_have_a_title(templates: dict[str, str], jinja: Environment) -> None:
    trees = {name: jinja.parse(text) for name, text in templates.items()}
    full = {
        name: tree
        for name, tree in trees.items()
        if tree.find(nodes.Extends) or "<html" in templates[name]
    }
    untitled = [
        name
        for name, tree in full.items()
        if "title" not in {block.name for block in tree.find_all(nodes.Block)}
    ]

    assert len(full) > 5, "hardly any template extends a frame"
    assert untitled == [], "a tab without a title cannot be told from the next one"


def test_templates_hold_no_inline_script_or_style(templates: dict[str, str]) -> None:
    found = [
        f"{name}: {match.group().strip()}"
        for name, text in templates.items()
        for match in INLINE.finditer(text)
    ]

    assert found == [], "the content security policy forbids it, so it would silently not work"


@pytest.mark.parametrize(
    "planted",
    [
        "<script>x</script>",
        '<script type="module">x</script>',
        '<p style="color: red">',
        "<style>",
        '<a onclick="x()">',
        '<a href="javascript:x()">',
    ],
)
def test_check_for_inline_script_sees_a_planted_one(planted: str) -> None:
    assert INLINE.search(planted) is not None
