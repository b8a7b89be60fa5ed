"""What honest venues sign, whatever breaks, never contradicts itself, nor what came of it."""

from __future__ import annotations

import pytest

from bideval.sync import effects as fx
from tests.simulation import scenario
from tests.simulation.world import World

pytestmark = pytest.mark.timeout(300)


class Listening(World):
    """A province in which somebody writes down every word, and who said it."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.heard = []
        self.accused = []

    def perform(self, end, effect):
        if isinstance(effect, fx.WordHeard):
            self.heard.append((end.peer.id, effect.word))
            return
        if isinstance(effect, fx.Commit):
            self.heard.append((end.peer.id, effect.word))
        if isinstance(effect, fx.FaultFound) and effect.said is not None:
            self.accused.append(effect)
        super().perform(end, effect)


@pytest.mark.parametrize("first", [0, 4])
def test_honest_words_fit_together_whatever_breaks(first, monkeypatch):
    monkeypatch.setattr(scenario, "World", Listening)
    for seed in range(first, first + 4):
        world = scenario.play(seed, drop=0.01)
        said = {}
        for speaker, word in world.heard:
            key = (type(word), word.session, speaker, word.stream, word.n)
            assert said.setdefault(key, word.digest) == word.digest
        assert (world.accused, len(world.heard) > 0) == ([], True)
