"""A short campaign; longer ones are `python -m tests.campaigns.processes`."""

from __future__ import annotations

import contextlib

import pytest

from tests.campaigns import processes, writing


@pytest.mark.timeout(580)
def test_harmed_processes_of_one_venue_lose_and_double_nothing(tmp_path):
    with contextlib.ExitStack() as stack:
        urls = stack.enter_context(writing.postgresql_urls())
        nats = stack.enter_context(processes.nats_server())
        kinds = ("process", "nats", "keeper", "roll")
        found, done = processes.campaign(tmp_path, urls, nats, harms=kinds, seed=20261129)
    assert (found.lost, found.doubled, len(found.roots)) == ([], [], 1)
    assert done == dict.fromkeys(kinds, 1)
    assert found.acknowledged > 0
