"""A short campaign; the long ones are `python -m tests.campaigns.writing`."""

from __future__ import annotations

import os

import pytest

from tests.campaigns.writing import campaign

KILLS = int(os.environ.get("BIDEVAL_TEST_KILLS", "2"))


@pytest.mark.timeout(240 + 20 * KILLS)
def test_killed_servers_lose_and_double_nothing(tmp_path):
    found = campaign(tmp_path, kills=KILLS, seed=20261122)
    assert (found.lost, found.doubled, len(found.roots)) == ([], [], 1)
    assert found.kills + found.stops == KILLS
    assert found.acknowledged > 0
