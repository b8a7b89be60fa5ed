"""The result against the opened marks: frauds of the venue that consolidates."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from bideval.audit.bundle import read_bundle
from bideval.audit.replay import Replay, replay
from bideval.audit.result_checks import check_result, stated_result
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u, hex_digest
from bideval.evidence.sealing import Purpose
from bideval.session.caseform import consolidation
from bideval.session.names import Phase
from bideval.session.unsealing import open_marks
from tests.unit.audit.hearing import Hearing, at, bundle_of, failure
from tests.unit.session.conversation import MARKS

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "entry 115 (fenghua 71, result.consolidated)"


def run_of(talk: Hearing) -> Replay:
    bundle = read_bundle(bundle_of(talk))
    return replay(bundle.manifest.session, bundle.lines)


def falsified(change: Callable[[dict[str, Any]], object]) -> Hearing:
    """Return a hearing whose result main changed and signed, with a digest that fits."""
    talk = at(Phase.RELEASED)
    talk.release_marks()
    body = dict(consolidation(talk.session, open_marks(talk.session)).body)
    lots = copy.deepcopy(body["lots"])
    assert isinstance(lots, dict)
    change(lots["1"])
    body |= {"lots": lots, "digest": hex_digest(canonical_bytes(lots))}
    talk.must("venue/fenghua", "result.consolidated", body)
    return talk


def test_result_is_what_the_marks_give() -> None:
    assert check_result(run_of(at(Phase.RELEASED))) == "not reached"
    assert check_result(run_of(at(Phase.ARCHIVED))) == "version 1, 5 scoresheets, final"


def test_other_order_of_candidates_is_found_even_if_everybody_confirms_it() -> None:
    talk = falsified(lambda lot: lot["candidates"].reverse())
    talk.move(Phase.CONSOLIDATED)

    data = bundle_of(talk.until(Phase.ARCHIVED))

    assert failure(data) == ("result", f"{REGION}: the marks give another result")


def test_other_total_is_found() -> None:
    talk = falsified(lambda lot: lot["bids"]["bid-c"].update(total="99.99"))

    assert failure(bundle_of(talk)) == ("result", f"{REGION}: the marks give another result")


def test_suppressed_finding_is_found() -> None:
    talk = at(Phase.SCORING)
    talk.script["beilun-01"] = {"bid-a": {"design": "30"}}
    talk.until(Phase.RELEASED).release_marks()
    body = dict(consolidation(talk.session, open_marks(talk.session)).body)
    lots = copy.deepcopy(body["lots"])
    assert isinstance(lots, dict)
    assert lots["1"]["final"] is False
    lots["1"] |= {"final": True, "findings": []}
    digest = hex_digest(canonical_bytes(lots))
    body |= {"lots": lots, "digest": digest, "final": True}
    talk.must("venue/fenghua", "result.consolidated", body)

    step, detail = failure(bundle_of(talk))

    assert (step, detail.partition(": ")[2]) == ("result", "the marks give another result")


def test_sheet_that_says_else_than_the_sealed_marks_is_shown() -> None:
    talk = at(Phase.SCORING)
    for member in ("fenghua-01", "beilun-01"):
        seal = talk.deal_marks(member)
        for item in talk.session.items():
            changed = {"mark": "1"} if member == "beilun-01" or item[1] == "record" else {}
            talk.must(member, "mark.sealed", talk.mark(member, seal, item, **changed))
        talk.must(member, "scoresheet.signed", talk.sheet(member, seal))
    talk.until(Phase.ARCHIVED)

    said = check_result(run_of(talk))

    assert said.startswith(
        "version 1, 5 scoresheets, final; remarked: "
        "sheet_differs_from_marks fenghua-01 bid-a record, "
        "sheet_differs_from_marks fenghua-01 bid-b record, "
    )
    assert said.endswith("bid-c design and 2 more")


def test_correction_that_waits_for_the_next_version_contradicts_nothing() -> None:
    talk = at(Phase.SCORING)
    talk.script["beilun-01"] = {**MARKS, "bid-a": {**MARKS["bid-a"], "design": "99"}}
    talk.until(Phase.RELEASED).release_marks()
    assert talk.consolidate()["final"] is False
    correction = {"bid": "bid-a", "criterion": "design", "before": "99", "after": "20"}
    because = {"ground": "out_of_range", "reason": "the sheet says 20"}
    talk.must("beilun-01", "mark.corrected", correction | because)

    assert check_result(run_of(talk)) == "version 1, 5 scoresheets, stopped by findings"


def test_share_that_comes_after_a_version_contradicts_nothing() -> None:
    talk = at(Phase.SCORING)
    wrong = bytes(74) + b"\xff"
    recipient = dealt_badly(talk, "beilun-01", wrong)
    talk.until(Phase.RELEASED)
    seal = talk.session.sharing.seals[recipient].seal
    first, *others = seal.custodians
    body = {"recipient": recipient, "custodian": first, "share": b64u(wrong)}
    talk.must(first, "share.released", body)
    for custodian in others[: seal.threshold - 1]:
        talk.must(custodian, "share.released", talk.share(custodian, recipient))
    talk.release_marks()
    talk.consolidate()

    late = others[seal.threshold - 1]
    talk.must(late, "share.released", talk.share(late, recipient))

    assert "beilun-01" in open_marks(talk.session).sheets
    said = check_result(run_of(talk))
    ending = "version 1, 4 scoresheets, stopped by findings; remarked: seal_unopenable beilun-01"
    assert said == ending


def dealt_badly(talk: Hearing, member: str, wrong: bytes) -> str:
    """Let a member seal all marks to a seal whose first share is not one of its key."""
    seal = talk.deal(Purpose.MARKS)
    shares = seal["shares"]
    shares[0]["digest"] = hex_digest(wrong)
    talk.must(member, "marks.dealt", {"seal": seal})
    recipient = str(seal["recipient"])
    talk.must(member, "scoresheet.signed", talk.sheet(member, recipient))
    return recipient


def test_stated_result_is_the_document_of_the_only_lot() -> None:
    talk = at(Phase.CONSOLIDATED)
    current = talk.session.results.current
    assert current is not None

    assert stated_result(run_of(at(Phase.SCORING))) is None
    assert stated_result(run_of(talk)) == dict(current.body.lots["1"])
