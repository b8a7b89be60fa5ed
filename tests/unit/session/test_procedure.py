from __future__ import annotations

from dataclasses import replace

from bideval.session.names import Phase
from bideval.session.procedure import Moved, Order, Pause, Procedure


def order(entry: str, leaving: Phase, to: Phase) -> Order:
    return Order(entry=entry, officer="officer-lin", leaving=leaving, to=to, reason="", position=1)


def moved(leaving: Phase, to: Phase) -> Moved:
    return Moved(leaving=leaving, to=to, vector={}, order=None, reason="", at=0, position=2)


def test_procedure_starts_prepared_and_running() -> None:
    procedure = Procedure()

    assert (procedure.phase, procedure.paused, procedure.order()) == (Phase.PREPARED, False, None)


def test_latest_order_that_leaves_the_present_phase_is_the_open_one() -> None:
    procedure = Procedure()
    for one in (
        order("a", Phase.PREPARED, Phase.OPENED),
        order("b", Phase.PREPARED, Phase.FAILED),
    ):
        procedure.orders[one.entry] = one

    assert procedure.order() == order("b", Phase.PREPARED, Phase.FAILED)

    procedure.move(moved(Phase.PREPARED, Phase.OPENED))

    assert procedure.order() is None


def test_reached_phases_are_the_present_one_and_those_left() -> None:
    procedure = Procedure()
    procedure.move(moved(Phase.PREPARED, Phase.OPENED))

    assert [procedure.reached(phase) for phase in list(Phase)[:3]] == [True, True, False]


def test_session_stands_still_while_the_last_pause_lasts() -> None:
    procedure = Procedure()
    stop = Pause(by="officer-lin", reason="fire", since=1, position=4)
    procedure.pauses.append(stop)
    assert procedure.paused is True

    procedure.pauses[-1] = replace(stop, until=2, resumed_by="officer-lin")
    assert procedure.paused is False
