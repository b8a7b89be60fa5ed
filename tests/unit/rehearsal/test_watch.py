from __future__ import annotations

from typing import Any

from bideval.rehearsal.watch import Watch


def view(**changes: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "phase": "scoring",
        "next": {"missing": [{"condition": "all_signed"}, {"condition": "all_signed"}]},
        "bids": [],
        "panel": {"members": [], "chair": None},
        "responsiveness": [],
        "result": None,
        "corrections": [],
        "signatures": [],
        "report": None,
    }
    return empty | changes


def test_phase_is_told_once_with_what_it_waits_for() -> None:
    watch = Watch()

    first, second = watch.news(view()), watch.news(view())

    assert first == [("phase", {"phase": "scoring", "waiting": ["all_signed"]})]
    assert second == []


def test_sealed_marks_are_told_at_each_quarter() -> None:
    watch = Watch()

    told = []
    for done in (0, 1, 3, 4, 8):
        member = {"state": "seated", "progress": [done, 4]}
        other = {"state": "replaced", "progress": [4, 4]}
        members = [member, {**member, "progress": [0, 4]}, other]
        told += watch.news(view(panel={"members": members, "chair": None}))

    assert [facts["percent"] for event, facts in told if event == "marks"] == [25, 50, 100]


def test_finding_correction_and_final_result_are_told_in_order() -> None:
    watch = Watch()
    finding = {"kind": "objective_inconsistent", "bid": "bid-002", "criterion": "B1"}
    stopped = {
        "version": 1,
        "final": False,
        "digest": "ab",
        "lots": {"1": {"findings": [finding]}},
    }
    correction = {
        "member": "fenghe-01",
        "bid": "bid-002",
        "criterion": "B1",
        "before": "8",
        "after": "6",
        "ground": "objective",
        "reason": "counted again",
    }
    final = {"version": 2, "final": True, "digest": "cd", "lots": {"1": {"findings": []}}}

    first = watch.news(view(result=stopped))
    second = watch.news(view(result=stopped, corrections=[correction]))
    third = watch.news(view(result=final, corrections=[correction]))

    assert [event for event, _ in first] == ["phase", "finding"]
    assert [(event, facts["after"]) for event, facts in second] == [("corrected", "6")]
    assert third == [("consolidated", {"version": 2, "digest": "cd"})]
