"""A meeting on paper verifies like one that was held, and is as long as asked."""

from __future__ import annotations

import pytest

from bideval.audit.replay import replay
from bideval.audit.verifier import STEPS, verify_bundle
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.rehearsal import paper_meeting
from bideval.rehearsal.paper_meeting import LEAST, MEMBERS, bids_for, paper_record
from bideval.rehearsal.paper_record import SESSION, paper_bundle
from bideval.session.unsealing import open_marks


@pytest.mark.parametrize("entries", [LEAST, LEAST + 1, LEAST + MEMBERS + 1])
def test_paper_passes_every_step_and_nothing_in_it_is_void(entries: int) -> None:
    verdict = verify_bundle(b"".join(paper_bundle(paper_record(entries, "1"))))

    assert (verdict.ok, verdict.entries, len(verdict.steps)) == (True, entries, len(STEPS))
    assert verdict.steps[2].detail == "phase archived, 0 void entries kept"
    assert verdict.steps[7].detail == f"version 1, {MEMBERS} scoresheets, final"
    assert verdict.cosigned_by == ["branch-a", "branch-b"]


def test_marks_are_those_of_many_members_and_the_sheets_say_the_same() -> None:
    record = paper_record(LEAST + 2 * MEMBERS, "1")
    entries = [parse_entry(parse_line(line).jws) for line in record.lines]
    marks = [entry.author for entry in entries if entry.kind == "mark.sealed"]
    opened = open_marks(replay(SESSION, record.lines).session)

    assert (len(marks), len(set(marks))) == (2 * MEMBERS, MEMBERS)
    assert (len(opened.sheets), opened.remarks) == (MEMBERS, ())


def test_longer_records_have_more_bids() -> None:
    assert [bids_for(entries) for entries in (LEAST, 30_000, 1_000_000)] == [3, 10, 30]


def test_length_is_counted_right_for_any_number_of_bids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper_meeting, "bids_for", lambda _entries: 4)
    least = paper_meeting.fixed_entries(4)

    assert len(paper_record(least, "1").lines) == least
