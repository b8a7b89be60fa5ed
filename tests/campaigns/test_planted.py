"""Campaigns catch the bugs that they are there to catch: each is planted into real servers."""

from __future__ import annotations

import pytest

from tests.campaigns.injuries import CLIENT
from tests.campaigns.private import may_enter
from tests.campaigns.running import LIMIT_S, run_campaign

pytestmark = pytest.mark.timeout(LIMIT_S + 20)

BUGS = [
    ("killing", "fenghua=tidy-start", "lost"),
    ("killing", f"{CLIENT}=signs-again", "double"),
    ("io_errors", "fenghua=deaf-to-faults", "lost"),
]
BUGS_AS_ROOT = [
    ("power", "fenghua=not-synced", "lost"),
    ("lines", "fenghua=hasty-word", "lost"),
]


@pytest.mark.parametrize(("name", "bug", "kind"), BUGS + BUGS_AS_ROOT * may_enter())
def test_campaign_catches_planted_bug(name, bug, kind):
    command, *words = name.split()
    code, report = run_campaign(command, "--count", "6", "--planted", bug, *words)
    assert (code, f"FAULT run 1: {kind}: " in report) == (1, True), report
