"""What the option of a test run says is what venues get."""

from __future__ import annotations

import pytest

from tests import databases
from tests.databases import CHOICE, KINDS, POSTGRESQL, SQLITE


def kinds(*places):
    urls = [databases.venue_database_url(place) for place in places]
    assert len(set(filter(None, urls))) == len(list(filter(None, urls))), "each has its own"
    return [POSTGRESQL if url.startswith("postgresql://") else url or SQLITE for url in urls]


@pytest.mark.parametrize("choice", KINDS)
def test_venues_have_the_kinds_of_the_choice_by_turns(monkeypatch, choice):
    monkeypatch.setenv(CHOICE, choice)
    told = {
        "sqlite": [SQLITE, SQLITE, SQLITE],
        "postgresql": [POSTGRESQL, POSTGRESQL, POSTGRESQL],
        "mixed": [POSTGRESQL, SQLITE, POSTGRESQL],
        "turned": [SQLITE, POSTGRESQL, SQLITE],
    }
    assert kinds(0, 1, 2) == told[choice]


def test_a_run_that_says_nothing_has_files(monkeypatch):
    monkeypatch.delenv(CHOICE, raising=False)
    assert kinds(0, 1) == [SQLITE, SQLITE]


@pytest.mark.parametrize(("choice", "given"), [("sqlite", 0), ("postgresql", 2), ("turned", 2)])
def test_a_rehearsal_is_given_one_pattern(monkeypatch, choice, given):
    monkeypatch.setenv(CHOICE, choice)
    words = databases.rehearsal_options(["main", "branch"])
    assert len(words) == given
    if words:
        assert (words[0], words[1].count("{venue}")) == ("--database", 1)
