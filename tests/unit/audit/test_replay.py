"""Lines folded again: what a replay keeps, where it stops, how it names the place."""

from __future__ import annotations

from bideval.audit.replay import Replay, first_forged, located, replay
from bideval.evidence.signing import new_signing_key
from bideval.ledger.entry import parse_entry
from bideval.ledger.tree import leaf_hash, tree_root
from bideval.session.names import Phase
from bideval.terms.errors import EvidenceError, InputError
from tests.unit.audit.hearing import at, lines_of
from tests.unit.session.conversation import SESSION


def test_replay_reaches_the_session_that_was_held() -> None:
    talk = at(Phase.OPENED)
    lines = lines_of(talk)

    run = replay(SESSION, lines)

    assert run.fault is None
    assert run.size == len(talk.lines)
    assert run.void == []
    assert [run.leaf(place) for place in range(run.size)] == [leaf_hash(line) for line in lines]
    assert [run.entry(place).jws for place in range(run.size)] == [one.jws for one in talk.lines]
    assert run.session.phase == Phase.OPENED
    assert run.session.closing_vector() == talk.session.closing_vector()


def test_replay_names_places_and_finds_kinds() -> None:
    talk = at(Phase.OPENED)
    run = replay(SESSION, lines_of(talk))

    assert run.where(0) == "entry 0 (fenghua 1, session.founded)"
    assert run.where(2) == "entry 2 (beilun 1, venue.joined)"
    assert [place for place, _ in run.of_kind("bid.sealed")] == [14, 15, 16]
    assert [entry.body["bid"] for _, entry in run.of_kind("bid.opened")] == [
        "bid-a",
        "bid-b",
        "bid-c",
    ]


def test_entries_that_do_not_count_are_not_of_their_kind() -> None:
    talk = at(Phase.OPENED)
    late = talk.say("venue/fenghua", "bids.closed", {"vector": talk.session.closing_vector()})

    run = replay(SESSION, lines_of(talk))

    assert late.void_code == "late"
    assert run.void == [late]
    assert len(run.of_kind("bids.closed")) == 1


def test_replay_stops_at_the_first_fault_and_keeps_what_came_before() -> None:
    lines = lines_of(at(Phase.OPENED))
    del lines[10]

    run = replay(SESSION, lines)

    assert run.fault is not None
    assert (run.fault.code, run.fault.field, run.fault.detail) == (
        "gap",
        "entry 12 (fenghua 10, tender.published)",
        "n: expected 9",
    )
    assert run.size == 12


def test_line_that_is_none_is_named_by_its_place() -> None:
    lines = lines_of(at(Phase.PREPARED))
    lines[5] = b"no line"

    run = replay(SESSION, lines)

    assert run.fault is not None
    assert run.fault.field == "entry 5"
    assert run.size == 5


def test_root_is_known_for_every_earlier_size() -> None:
    lines = lines_of(at(Phase.PREPARED))
    run = replay(SESSION, lines)
    leaves = [leaf_hash(line) for line in lines]

    assert [run.root(size) for size in range(run.size + 1)] == [
        tree_root(leaves[:size]) for size in range(len(leaves) + 1)
    ]
    assert run.root() == tree_root(leaves)


def test_fold_goes_no_further_than_its_jobs_are_taken() -> None:
    run = Replay(SESSION, lines_of(at(Phase.PREPARED)))
    jobs = run.fold()

    for _ in range(4):
        next(jobs)

    assert run.size == 3


def test_jobs_are_all_entries_with_the_keys_that_signed_them() -> None:
    talk = at(Phase.OPENED)
    jobs = list(Replay(SESSION, lines_of(talk)).fold())

    assert [jws for jws, _ in jobs] == [line.jws for line in talk.lines]
    assert [key.key_id for _, key in jobs] == [parse_entry(jws).kid for jws, _ in jobs]
    assert first_forged(jobs) is None


def test_first_forged_is_the_first_that_its_key_did_not_sign() -> None:
    jobs = list(Replay(SESSION, lines_of(at(Phase.PREPARED))).fold())
    stranger = new_signing_key("Ed25519", bytes(32)).public
    for place in (9, 4):
        jobs[place] = (jobs[place][0], stranger)

    assert first_forged(jobs) == 4


def test_located_fault_says_where_and_keeps_code_and_rule() -> None:
    fault = InputError("out_of_range", field="body.n", rule="a rule", detail="must be small")

    found = located(fault, "entry 7")

    assert isinstance(found, EvidenceError)
    assert (found.code, found.field, found.rule) == ("out_of_range", "entry 7", "a rule")
    assert found.detail == "body.n: must be small"
    assert located(InputError("odd", field=""), "pool").detail == "odd"
