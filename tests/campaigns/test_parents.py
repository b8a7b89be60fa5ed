"""The campaign over several processes finds a parent that waits for ever: mistakes are planted."""

from __future__ import annotations

import contextlib

import pytest

from tests.campaigns import processes, writing

LIMIT_S = 570

pytestmark = pytest.mark.timeout(LIMIT_S + 20)


@pytest.mark.parametrize(
    ("bug", "harm", "waits"),
    [
        ("deaf-parent", "hung", "a process that hangs to be killed"),
        ("patient-parent", "vain_roll", "the roll to be given up"),
    ],
)
def test_campaign_catches_a_parent_that_waits_for_ever(tmp_path, monkeypatch, bug, harm, waits):
    monkeypatch.setattr(processes, "ACT_S", 25)
    with contextlib.ExitStack() as stack:
        urls = stack.enter_context(writing.postgresql_urls())
        nats = stack.enter_context(processes.nats_server())
        with pytest.raises(AssertionError, match=waits):
            processes.campaign(tmp_path, urls, nats, harms=[harm], seed=1, workers=2, planted=bug)
