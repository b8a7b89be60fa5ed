"""The campaign over several processes finds a parent that waits for ever: mistakes are planted."""

from __future__ import annotations

import contextlib
import random

import pytest

from tests.campaigns import processes, writing

LIMIT_S = 570
WORKERS = 2

pytestmark = pytest.mark.timeout(LIMIT_S + 20)


def test_campaign_catches_parents_that_wait_for_ever(tmp_path, monkeypatch):
    """One parent has both mistakes: told to wait five seconds at the most, it does nothing in ten.

    How long it was told to wait does not matter for its own start: it waits for ever there too.
    """
    monkeypatch.setattr(processes, "READY_S", 5)
    monkeypatch.setattr(processes, "SILENT_S", 3)
    monkeypatch.setattr(processes, "ACT_S", 10)
    with contextlib.ExitStack() as stack:
        urls = stack.enter_context(writing.postgresql_urls())
        nats = stack.enter_context(processes.nats_server())
        bugs = "deaf-parent,patient-parent"
        made = processes.processes(tmp_path, urls, nats, workers=WORKERS, planted=bugs)
        main = stack.enter_context(made)[writing.MAIN]
        main.start()
        harm = processes.Harm(main, nats, random.Random(1), WORKERS)
        with pytest.raises(AssertionError, match="a process that hangs to be killed"):
            harm.do("hung")
        with pytest.raises(AssertionError, match="the roll to be given up"):
            harm.do("vain_roll")
    assert not harm.done
