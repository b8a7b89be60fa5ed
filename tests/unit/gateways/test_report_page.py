"""What the report's page says of a record's own oddities."""

from __future__ import annotations

from bideval.gateways.press import report_html
from bideval.session.caseform import consolidation, corrected_marks
from bideval.session.names import Phase
from bideval.session.report import report_content
from bideval.session.unsealing import open_marks
from tests.unit.session.conversation import at


def page(**changes):
    talk = at(Phase.CONFIRMED)
    opened = open_marks(talk.session)
    content = report_content(
        talk.session,
        marks=corrected_marks(talk.session, opened),
        numbers=consolidation(talk.session, opened),
        root="ab" * 32,
    )
    return report_html(content | changes)


def test_report_tells_which_sheets_could_not_be_opened():
    remarks = [
        {"code": "seal_unopenable", "member": "fenghua-01", "bid": None, "criterion": None},
        {"code": "mark_unreadable", "member": "fenghua-02", "bid": "bid-a", "criterion": "design"},
    ]
    found = page(remarks=remarks)
    assert "fenghua-01：评分密封不能开启" in found
    assert "fenghua-02：一项密封评分不能读取（1. " in found
    assert "评分表开启情况" not in page()


def test_report_holds_the_head_and_where_every_member_signed():
    found = page()
    assert "ab" * 32 in found
    assert found.count("<td>同意</td>") >= 3


def test_report_shows_what_would_turn_a_text_around():
    remarks = [{"code": "seal_unopenable", "member": "a\u202eb", "bid": None, "criterion": None}]
    assert "a\ufffdb：评分密封不能开启" in page(remarks=remarks)
