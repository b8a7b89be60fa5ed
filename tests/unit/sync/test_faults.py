"""What the two families of faults carry."""

from __future__ import annotations

from bideval.sync.effects import FaultKind
from bideval.sync.faults import LinkFault, SessionFault
from bideval.sync.trails import Mark


def test_link_fault_carries_kind_and_detail():
    fault = LinkFault(FaultKind.GAP, "expected 3, got 5")
    assert (fault.kind, fault.code, fault.detail) == (FaultKind.GAP, "gap", "expected 3, got 5")


def test_session_fault_carries_both_marks():
    stated, held = Mark(1, b"a"), Mark(1, b"b")
    fault = SessionFault(FaultKind.FORK, "fh-2026", "other lines", stated=stated, held=held)
    parts = (fault.kind, fault.session, fault.detail, fault.stated, fault.held)
    assert parts == (FaultKind.FORK, "fh-2026", "other lines", stated, held)
