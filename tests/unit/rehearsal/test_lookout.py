"""People at one desk share looks at a session."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import count

import pytest

from bideval.rehearsal.lookout import CALM_S, Lookout


class Venue:
    """Counts looks; `phase` is what a look shows."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.phase = "opened"

    async def look(self) -> dict[str, object]:
        return {"phase": self.phase, "tasks": [], "number": next(self.numbers)}


@contextlib.asynccontextmanager
async def looking(lookout: Lookout):
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(lookout.run())
        yield
        running.cancel()


def test_people_who_wait_together_get_one_look():
    async def scene():
        lookout = Lookout(Venue().look)
        async with looking(lookout):
            return await asyncio.gather(*(anext(lookout.views()) for _ in range(3)))

    views = asyncio.run(scene())

    assert [view["number"] for view in views] == [1, 1, 1]


def test_phase_is_looked_at_at_once():
    async def scene():
        venue = Venue()
        lookout = Lookout(venue.look)
        clock = asyncio.get_running_loop().time
        async with looking(lookout):
            views = lookout.views()
            for _ in range(2):
                await anext(views)
            began = clock()
            venue.phase = "drawn"
            lookout.hear("phase")
            view = await anext(views)
        return view["phase"], clock() - began

    phase, waited = asyncio.run(scene())

    assert phase == "drawn"
    assert waited < CALM_S


def test_looks_that_bring_nothing_become_rare_while_much_is_said():
    async def talk(lookout):
        while True:
            lookout.hear("head")
            await asyncio.sleep(CALM_S / 10)

    async def scene():
        venue = Venue()
        lookout = Lookout(venue.look)
        async with looking(lookout), asyncio.TaskGroup() as tasks:
            talking = tasks.create_task(talk(lookout))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(25 * CALM_S):
                    async for _ in lookout.views():
                        pass
            talking.cancel()
        return next(venue.numbers) - 1

    # After 0, 1, 2, 4, 8 and 10 times CALM_S, which is the longest pause: 0 + 1 + 3 + 7 + 15 + 25.
    assert 3 <= asyncio.run(scene()) <= 6


def test_fault_of_a_look_goes_to_who_asked_and_the_next_look_is_made():
    async def scene():
        answers = iter([ValueError("no"), {"phase": "opened", "tasks": []}])

        async def look():
            answer = next(answers)
            if isinstance(answer, ValueError):
                raise answer
            return answer

        lookout = Lookout(look)
        async with looking(lookout):
            with pytest.raises(ValueError, match="no"):
                await anext(lookout.views())
            return await anext(lookout.views())

    assert asyncio.run(scene())["phase"] == "opened"


@pytest.mark.parametrize("news", ["head", "phase"])
@pytest.mark.parametrize("after_s", [CALM_S / 2, CALM_S * 2])
def test_lookout_that_is_told_to_stop_as_news_comes_stops(news, after_s):
    async def scene():
        lookout = Lookout(Venue().look)
        running = asyncio.ensure_future(lookout.run())
        views = lookout.views()
        await anext(views)
        waiting = asyncio.ensure_future(anext(views))
        await asyncio.sleep(after_s)
        lookout.hear(news)
        await asyncio.sleep(0)  # the news has reached whoever waits for it, and not yet been taken
        running.cancel()
        done, _ = await asyncio.wait((running,), timeout=5)
        waiting.cancel()
        return done == {running}

    assert asyncio.run(scene())
