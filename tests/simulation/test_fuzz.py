"""A short run of the fuzzer, and proof that it finds what was put there."""

from __future__ import annotations

import pytest

from bideval.sync.fetching import Fetching
from bideval.sync.machine import LinkMachine
from bideval.sync.outbox import Outbox
from bideval.sync.serving import Serving
from tests.simulation.fuzz import fuzz

pytestmark = pytest.mark.timeout(300)

CASES = 1_000


def test_no_peer_raises_or_makes_the_machine_hold_more_than_it_may():
    most = fuzz(0, CASES)
    assert most.pending_bytes > 0


def answer_every_ping(patch):
    """Let every answer wait, although a newer one replaces it."""
    original = Outbox.put

    def put(self, priority, key, message):
        self._serial += 1
        original(self, priority, (*key, str(self._serial)), message)

    patch.setattr(Outbox, "put", put)


def serve_without_end(patch):
    """Remember every question for a chunk."""

    def wanted(self, want):
        self._unsent.add((want.sha256, want.offset, len(self._unsent)))

    patch.setattr(Serving, "wanted", wanted)


def trust_chunks(patch):
    """Take a chunk for one that was asked for."""
    patch.setattr(Fetching, "arrived", lambda self, chunk, _now: self._files[chunk.sha256])


def let_mistakes_out(patch):
    """Raise what a peer does wrong."""
    patch.setattr(LinkMachine, "_fail", lambda *_asked: 1 / 0)


@pytest.mark.parametrize(
    "bug", [answer_every_ping, serve_without_end, trust_chunks, let_mistakes_out]
)
def test_fuzzer_finds_a_planted_bug(bug, monkeypatch, capsys):
    bug(monkeypatch)
    with pytest.raises((AssertionError, ArithmeticError, LookupError, AttributeError)):
        fuzz(0, 3_000)
    assert "python -m tests.simulation.fuzz --seed" in capsys.readouterr().err
