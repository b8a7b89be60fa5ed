"""The page of bodies names every kind, and for each the members that its reader wants."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from bideval.session.kinds import KINDS
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields
from tests.unit.session.samples import SAMPLES

PAGE = Path(__file__).parents[2] / "docs" / "spec" / "bodies.md"
ROW = re.compile(r"^\| `([a-z]+\.[a-z_]+)` \| (.*) \|$", re.MULTILINE)
MEMBER = re.compile(r"^`([a-z0-9_]+)`(?: and `([a-z0-9_]+)`)?(\??)")


@cache
def rows() -> dict[str, tuple[set[str], set[str]]]:
    """Return for each kind the members that must be there, and all."""
    text = PAGE.read_text().partition("<!-- bodies -->")[2].partition("<!-- end of bodies -->")[0]
    found = {}
    for kind, said in ROW.findall(text):
        needed, known = set(), set()
        for part in said.split("; "):
            member = MEMBER.match(part)
            assert member is not None, (kind, part)
            names = {name for name in member.groups()[:2] if name}
            known |= names
            needed |= set() if member[3] else names
        found[kind] = (needed, known)
    return found


def test_the_page_has_every_kind_in_order() -> None:
    assert sorted(rows()) == sorted(kind.name for kind in KINDS.values())


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_an_entry_that_counts_has_the_members_of_the_page(kind: str) -> None:
    sample = SAMPLES[kind]
    body = sample.body(sample.ready())
    needed, known = rows()[kind]
    assert set(body) <= known
    read = KINDS[kind].read
    read(Fields(body, "body"))
    refused = set()
    for name in known & set(body):
        try:
            read(Fields({key: value for key, value in body.items() if key != name}, "body"))
        except InputError:
            refused.add(name)
    loose = {"reason", "reasons", "seat"}
    assert refused - loose == needed - loose
