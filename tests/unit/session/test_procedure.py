from __future__ import annotations

from dataclasses import replace

from bideval.session.names import Phase
from bideval.session.procedure import Fault, Moved, Order, Pause, Procedure, fault_document
from bideval.session.rulebook import AfterLimit, FaultLimit


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


def test_clock_of_a_fault_runs_from_its_beginning_to_its_limit() -> None:
    fault = Fault(since=1_000, limit=FaultLimit(500, AfterLimit.NEW_PANEL))

    assert fault.due == 1_500
    assert [fault.has_expired(now) for now in (1_499, 1_500)] == [False, True]
    assert replace(fault, expired=1_600).has_expired(0) is True


def test_fault_without_a_limit_never_expires() -> None:
    fault = Fault(since=0, limit=None)

    assert (fault.due, fault.has_expired(10**13)) == (None, False)
    assert fault_document(fault) == {
        "since": "1970-01-01T08:00:00.000+08:00",
        "limit_ms": None,
        "due": None,
        "after": None,
        "expired": None,
    }


def test_fault_is_written_with_what_main_noted() -> None:
    fault = Fault(since=0, limit=FaultLimit(1_000, AfterLimit.TENDERER_DECIDES), expired=2_000)

    assert fault_document(fault) == {
        "since": "1970-01-01T08:00:00.000+08:00",
        "limit_ms": 1_000,
        "due": "1970-01-01T08:00:01.000+08:00",
        "after": "tenderer_decides",
        "expired": "1970-01-01T08:00:02.000+08:00",
    }


def test_session_has_a_fault_only_while_it_stands_still_for_one() -> None:
    procedure = Procedure()
    assert (procedure.pause, procedure.fault) == (None, None)
    fault = Fault(since=0, limit=None)
    stop = Pause(by="officer-lin", reason="no power", since=1, position=4, fault=fault)
    procedure.pauses.append(stop)
    assert (procedure.pause, procedure.fault) == (stop, fault)

    procedure.pauses[-1] = replace(stop, until=2)
    assert (procedure.pause, procedure.fault) == (None, None)


def test_successor_is_the_one_that_the_order_named_once_main_has_moved() -> None:
    procedure = Procedure()
    named = replace(order("a", Phase.PREPARED, Phase.RE_FORMED), successor="fh-2026-0200")
    procedure.orders["a"] = named
    assert procedure.successor() is None
    procedure.move(replace(moved(Phase.PREPARED, Phase.RE_FORMED), order="a"))

    assert procedure.successor() == "fh-2026-0200"


def test_new_panel_without_an_order_has_no_successor() -> None:
    procedure = Procedure()
    procedure.move(moved(Phase.PREPARED, Phase.RE_FORMED))

    assert procedure.successor() is None
