"""Campaigns catch the bugs that they are there to catch: each is planted into real servers.

How often is in docs/campaigns.md. A seed does not fix which commit meets a fault, or who has heard
of it: what a deaf server has lost may be nobody's word yet, and the next one finds the gap.
"""

from __future__ import annotations

import re

import pytest

from tests.campaigns.injuries import CLIENT
from tests.campaigns.private import may_enter
from tests.campaigns.running import LIMIT_S, run_campaign

pytestmark = pytest.mark.timeout(LIMIT_S + 20)

BUGS = [
    ("killing", "fenghua=tidy-start", "lost"),
    ("killing", f"{CLIENT}=signs-again", "double"),
    # Not at the very beginning: where the founding is lost, everybody waits for it.
    ("io_errors --seed 115 --limit 180", "fenghua=deaf-to-faults", "lost|course: stopped"),
]
BUGS_AS_ROOT = [
    ("power", "fenghua=not-synced", "lost"),
    ("lines", "fenghua=hasty-word", "lost"),
]


@pytest.mark.parametrize(("name", "bug", "kind"), BUGS + BUGS_AS_ROOT * may_enter())
def test_campaign_catches_planted_bug(name, bug, kind):
    command, *words = name.split()
    code, report = run_campaign(command, "--count", "12", "--planted", bug, *words)
    seen = re.search(rf"^FAULT run \d: (?:{kind})\b", report, re.MULTILINE)
    assert (code, seen is not None) == (1, True), report
