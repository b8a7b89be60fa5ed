"""Time stamps against the record: over a head that it had, judged by whoever is trusted."""

from __future__ import annotations

import pytest

from bideval.audit.replay import Replay
from bideval.audit.stamp_checks import check_stamps
from bideval.evidence.encoding import b64u
from bideval.ledger.checkpoint import Checkpoint, checkpoint_body
from bideval.ledger.tree import leaf_hash, tree_root
from bideval.session.names import Phase
from bideval.terms.errors import EvidenceError
from tests.unit.audit.hearing import lines_of
from tests.unit.session.conversation import SESSION, Conversation, at


def stamp(talk: Conversation, size: int, *, root: str | None = None) -> None:
    known = tree_root([leaf_hash(line) for line in lines_of(talk)[:size]]).hex()
    body = {"head": {"size": size, "root": root or known}, "response": b64u(b"der %d" % size)}
    talk.must("venue/wencheng", "record.stamped", body)


def replayed(talk: Conversation) -> Replay:
    run = Replay(SESSION, lines_of(talk))
    for _ in run.fold():
        pass
    assert run.fault is None
    return run


def test_every_stamp_is_judged_over_the_head_that_the_record_had() -> None:
    talk = at(Phase.SCORING)
    stamp(talk, 3)
    stamp(talk, 20)
    run = replayed(talk)
    asked = []

    def judge(response: bytes, data: bytes) -> int:
        asked.append((response, data.decode()))
        return 1_795_320_000

    said = check_stamps(run, judge)

    heads = [Checkpoint(SESSION, size, run.root(size)) for size in (3, 20)]
    assert asked == [(b"der %d" % head.size, checkpoint_body(head)) for head in heads]
    assert said.split("; ")[0].startswith("3 entries by 2026-11-22T")
    assert said.endswith("(wencheng)")


def test_a_stamp_over_another_root_is_named() -> None:
    talk = at(Phase.SCORING)
    stamp(talk, 3, root="ab" * 32)
    run = replayed(talk)

    with pytest.raises(EvidenceError) as caught:
        check_stamps(run, lambda _response, _data: 0)

    assert (caught.value.code, caught.value.field) == ("root_differs", run.where(run.size - 1))


def test_a_stamp_that_does_not_hold_is_named() -> None:
    talk = at(Phase.SCORING)
    stamp(talk, 3)
    run = replayed(talk)

    def judge(_response: bytes, _data: bytes) -> int:
        raise EvidenceError("bad_stamp", field="response", detail="by nobody")

    with pytest.raises(EvidenceError) as caught:
        check_stamps(run, judge)

    assert (caught.value.code, caught.value.field) == ("bad_stamp", run.where(run.size - 1))


def test_a_record_without_stamps_says_so() -> None:
    assert check_stamps(replayed(at(Phase.SCORING)), lambda _r, _d: 0) == "none in this record"
