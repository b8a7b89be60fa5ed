from __future__ import annotations

from bideval.session.bodies.course import ResultConsolidated, Stance
from bideval.session.results import Confirmation, Refusal, Results, ResultVersion


def version(number: int) -> ResultVersion:
    body = ResultConsolidated(version=number, lots={}, digest=f"{number}", final=True)
    return ResultVersion(body, number)


def confirmation(stance: Stance = Stance.AGREE) -> Confirmation:
    return Confirmation(member="a-01", digest="1", stance=stance, reasons="", position=3)


def test_latest_version_is_the_current_one() -> None:
    results = Results()
    assert results.current is None

    results.consolidate(version(1))
    results.consolidate(version(2))

    assert results.current == version(2)


def test_new_version_voids_signatures_and_refusals() -> None:
    results = Results()
    results.consolidate(version(1))
    results.confirm(confirmation())
    results.refusals["b-01"] = Refusal(
        member="b-01", by="b-02", digest="1", note="left", position=4
    )

    results.consolidate(version(2))

    assert (results.confirmations, results.refusals) == ({}, {})


def test_own_stance_replaces_an_earlier_one_and_a_noted_refusal() -> None:
    results = Results()
    results.refusals["a-01"] = Refusal(
        member="a-01", by="b-02", digest="1", note="silent", position=2
    )

    results.confirm(confirmation())
    results.confirm(confirmation(Stance.DISSENT))

    assert results.confirmations == {"a-01": confirmation(Stance.DISSENT)}
    assert results.refusals == {}
