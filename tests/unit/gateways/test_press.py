"""What the printed report tells of a fault."""

from __future__ import annotations

import re

from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.gateways.press import report_html
from bideval.session.names import Phase
from bideval.terms.fields import mapping
from bideval.terms.instants import instant_text
from tests.unit.session.conversation import OFFICERS, at
from tests.unit.session.test_report import report


def test_report_tells_the_clock_of_a_fault_and_the_decision() -> None:
    talk = at(Phase.CHAIRED, "procurement/2")
    body = {"reason": "主会场停电", "fault": {"since": "2026-11-22T10:00:00.000+08:00"}}
    talk.must(OFFICERS[0], "session.paused", body)
    fault = talk.session.procedure.fault
    assert fault is not None
    assert fault.due is not None
    due = {"due": instant_text(fault.due)}
    talk.must("venue/fenghua", "pause.expired", due, at=fault.due + 1_000)
    going_on = {"reason": "电力恢复", "decision": "采购人决定当日继续"}
    talk.must(OFFICERS[0], "session.resumed", going_on)
    talk.until(Phase.CONFIRMED)
    raw = canonical_bytes(report(talk))

    html = report_html(mapping(read_json(raw, limit=len(raw)), "report"))

    (told,) = re.findall(r"<h3>暂停与故障</h3><ul><li>(.*?)</li></ul>", html)
    assert told.partition("：")[2] == (
        "主会场停电（officer-lin）。"
        "故障自 2026-11-22 10:00:00 起，应于 2026-11-22 12:00:00 前排除；"
        "主会场于 2026-11-22 12:00:01 记录时限已过。恢复：电力恢复（officer-lin）。"
        "采购人（招标人）决定：采购人决定当日继续"
    )
