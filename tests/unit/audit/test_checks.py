"""The steps that look at the record alone: frauds against signatures, order, tree, witnesses."""

from __future__ import annotations

import dataclasses

import pytest

from bideval.audit import checks
from bideval.audit.bundle import Bundle, read_bundle
from bideval.audit.replay import Replay, replay
from bideval.evidence.encoding import hex_digest
from bideval.ledger.cosignature import cosign, with_cosignature
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import encode_line
from bideval.ledger.note import parse_note
from bideval.session.names import Phase
from bideval.session.results import Refusal
from bideval.terms.errors import EvidenceError
from bideval.terms.instants import instant_text
from tests.unit.audit.hearing import (
    BRANCHES,
    REPORT,
    TIME_S,
    Hearing,
    at,
    bundle_of,
    failure,
    lines_of,
    note_of,
    position,
    rewritten,
)

MAIN = "venue/fenghua"
SHEET = "scoresheet.signed"
REPORTED = "entry 123 (fenghua 76, report.issued)"


def opened(data: bytes) -> tuple[Bundle, Replay]:
    bundle = read_bundle(data)
    return bundle, replay(bundle.manifest.session, bundle.lines)


def signed_by(talk: Hearing, lines: list[bytes]) -> bytes:
    """Return the bundle of other lines, with a checkpoint that main and all branches signed."""
    return bundle_of(talk, lines=lines)


# Signatures


def test_changed_mark_is_found() -> None:
    talk = at(Phase.ARCHIVED)
    place = position(talk, "mark.sealed")
    other = parse_entry(talk.lines[place + 1].jws).body["ciphertext"]

    assert failure(signed_by(talk, rewritten(talk, place, ciphertext=other))) == (
        "signatures",
        "entry 85 (fenghua 58, mark.sealed): is not signed by its author's enrolled key",
    )


def test_sheets_swapped_between_members_are_found() -> None:
    talk = at(Phase.ARCHIVED)
    first, last = position(talk, SHEET), position(talk, SHEET, last=True)
    other = parse_entry(talk.lines[first].jws).body["ciphertext"]

    assert failure(signed_by(talk, rewritten(talk, last, ciphertext=other))) == (
        "signatures",
        "entry 103 (fenghua 64, scoresheet.signed): is not signed by its author's enrolled key",
    )


# The fold


def test_entry_signed_by_somebody_else_is_found() -> None:
    talk = at(Phase.ARCHIVED)
    place = position(talk, "result.confirmed")
    lines = rewritten(talk, place, MAIN, stance="dissent", reasons="changed my mind")

    assert failure(signed_by(talk, lines)) == (
        "fold",
        "entry 117 (fenghua 73, result.confirmed): author: the key speaks for somebody else",
    )


def test_removed_entry_is_found() -> None:
    talk = at(Phase.ARCHIVED)
    lines = lines_of(talk)
    del lines[position(talk, "mark.sealed")]

    assert failure(signed_by(talk, lines)) == (
        "fold",
        "entry 85 (fenghua 59, mark.sealed): n: expected 58",
    )


def test_doubled_entry_is_found() -> None:
    talk = at(Phase.ARCHIVED)
    lines = lines_of(talk)
    lines.insert(50, lines[49])

    assert failure(signed_by(talk, lines)) == (
        "fold",
        "entry 50 (wencheng 8, person.enrolled): n: expected 9",
    )


def test_main_closing_the_box_again_is_found() -> None:
    talk = at(Phase.OPENED)
    talk.say(MAIN, "bids.closed", {"vector": talk.session.closing_vector()})

    assert failure(bundle_of(talk)) == (
        "fold",
        "entry 29 (fenghua 26, bids.closed): the main venue did what the rules forbid: late",
    )


def test_main_moving_on_before_its_time_is_found() -> None:
    talk = at(Phase.RELEASED)
    talk.say(MAIN, "phase.moved", talk.moving(Phase.CONSOLIDATED))

    assert failure(bundle_of(talk)) == (
        "fold",
        "entry 105 (fenghua 66, phase.moved):"
        " the main venue did what the rules forbid: conditions_missing",
    )


def test_void_entry_of_somebody_else_is_no_fraud() -> None:
    talk = at(Phase.OPENED)
    talk.say("bidder-aaaaaaaa", "bid.withdrawn", {"bid": "bid-a"})
    _, run = opened(bundle_of(talk))

    assert checks.check_fold(run) == "phase opened, 1 void entries kept"


def test_record_without_an_entry_is_found() -> None:
    with pytest.raises(EvidenceError) as raised:
        checks.check_fold(replay("s-01", []))
    assert raised.value.code == "no_founding"


# The tree


def test_cut_record_is_found() -> None:
    talk = at(Phase.ARCHIVED)
    lines = lines_of(talk)

    data = bundle_of(talk, lines=lines[:-1], note=note_of(talk, lines))

    assert failure(data) == ("tree", "checkpoint: does not sign the record in this bundle")


def test_reordered_record_is_found() -> None:
    talk = at(Phase.ARCHIVED)
    lines = lines_of(talk)
    place = next(
        one
        for one in range(position(talk, "phase.moved", last=True))
        if parse_entry(talk.lines[one].jws).kind == "share.released"
        and parse_entry(talk.lines[one + 1].jws).kind == "share.released"
        and talk.lines[one].origin != talk.lines[one + 1].origin
    )
    honest = note_of(talk, lines)
    lines[place], lines[place + 1] = lines[place + 1], lines[place]

    assert failure(bundle_of(talk, lines=lines, note=honest)) == (
        "tree",
        "checkpoint: does not sign the record in this bundle",
    )


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"root": "00" * 32}, "manifest.root: is not the root of the record"),
        ({"size": 5}, "manifest.root: is not the root of the record"),
        ({"main": "wencheng"}, "manifest.main: is not the venue that founded the session"),
        ({"exported_by": "yueqing"}, "manifest.exported_by: is not a venue of this session"),
    ],
)
def test_other_facts_in_the_manifest_are_found(changes: dict[str, object], detail: str) -> None:
    assert failure(bundle_of(at(Phase.PREPARED), **changes)) == ("tree", detail)


def test_checkpoint_by_another_key_is_found() -> None:
    talk = at(Phase.PREPARED)
    forger = talk.fork()
    forger.actors[MAIN] = forger.actors["venue/wencheng"]

    assert failure(bundle_of(talk, note=note_of(forger, lines_of(talk)))) == (
        "tree",
        "checkpoint: checkpoint: carries no signature of the main venue's key",
    )


# The files


def test_file_that_nobody_named_is_found() -> None:
    talk = at(Phase.PREPARED)
    talk.keep(b"smuggled in")

    assert failure(bundle_of(talk)) == (
        "tree",
        f"file/{hex_digest(b'smuggled in')}: is named by no entry",
    )


def test_file_neither_here_nor_stated_to_be_absent_is_found() -> None:
    talk = at(Phase.PREPARED)
    name = talk.session.bidding.bids["bid-b"].ciphertext.sha256
    talk.files = {one: content for one, content in talk.files.items() if one != name}

    assert failure(bundle_of(talk, absent=(hex_digest(b"tender"),))) == (
        "tree",
        f"entry 15 (fenghua 12, bid.sealed): names {name},"
        " which is neither here nor stated to be absent",
    )


def test_absent_files_are_named_ones_that_are_not_here() -> None:
    talk = at(Phase.PREPARED)
    tender, bid = hex_digest(b"tender"), talk.session.bidding.bids["bid-b"].ciphertext.sha256

    assert failure(bundle_of(talk, absent=(tender, "00" * 32))) == (
        "tree",
        f"manifest.absent: nobody named {'00' * 32}",
    )
    assert failure(bundle_of(talk, absent=(tender, bid))) == (
        "tree",
        f"manifest.absent: {bid} is here",
    )


# The co-signatures


@pytest.mark.parametrize(
    ("branches", "missing"),
    [((), "wencheng"), (("wencheng",), "beilun"), (("beilun",), "wencheng")],
)
def test_missing_cosignature_is_found(branches: tuple[str, ...], missing: str) -> None:
    talk = at(Phase.PREPARED)

    assert failure(bundle_of(talk, note=note_of(talk, lines_of(talk), branches=branches))) == (
        "cosignatures",
        f"checkpoint: {missing} joined, is not noted as absent, and did not co-sign",
    )


def test_cosignature_by_a_key_of_ones_own_is_none() -> None:
    talk = at(Phase.PREPARED)
    forger = talk.fork()
    forger.actors["venue/beilun"] = forger.actors[MAIN]

    assert failure(bundle_of(talk, note=note_of(forger, lines_of(talk)))) == (
        "cosignatures",
        "checkpoint: beilun joined, is not noted as absent, and did not co-sign",
    )


def test_cosignature_of_another_checkpoint_is_found() -> None:
    talk = at(Phase.PREPARED)
    lines = lines_of(talk)
    earlier = parse_note(note_of(talk, lines[:-1])).body
    line = cosign(talk.actors["venue/beilun"].key, "beilun", earlier, TIME_S)
    note = with_cosignature(note_of(talk, lines, branches=("wencheng",)), line)

    step, detail = failure(bundle_of(talk, note=note))

    assert step == "cosignatures"
    assert detail.startswith("checkpoint: signature: the signature is not the one of key ")


def test_branch_that_was_noted_absent_need_not_cosign() -> None:
    talk = at(Phase.PREPARED)
    talk.must(MAIN, "venue.absent", {"venue": "beilun", "since": instant_text(talk.now)})
    note = note_of(talk, lines_of(talk), branches=("wencheng",))
    bundle, run = opened(bundle_of(talk, note=note))

    assert checks.check_cosignatures(bundle, run) == (
        "wencheng; noted as absent and not signing: beilun"
    )
    assert checks.cosigners(bundle, run) == {"wencheng": TIME_S}


def test_one_branch_at_least_must_have_witnessed() -> None:
    talk = at(Phase.PREPARED)
    for venue in BRANCHES:
        talk.must(MAIN, "venue.absent", {"venue": venue, "since": instant_text(talk.now)})

    note = note_of(talk, lines_of(talk), branches=())

    assert failure(bundle_of(talk, note=note)) == (
        "cosignatures",
        "checkpoint: no branch co-signed",
    )


def test_branch_that_is_noted_as_absent_and_did_not_sign_is_named() -> None:
    talk = at(Phase.PREPARED)
    talk.must(MAIN, "venue.absent", {"venue": "beilun", "since": instant_text(talk.now)})
    lines = lines_of(talk)

    for branches, said in (
        (("wencheng",), "wencheng; noted as absent and not signing: beilun"),
        (("beilun", "wencheng"), "beilun, wencheng"),
    ):
        bundle, run = opened(bundle_of(talk, note=note_of(talk, lines, branches=branches)))
        assert checks.check_cosignatures(bundle, run) == said


def test_branches_that_never_joined_are_named() -> None:
    talk = at(Phase.PREPARED)
    lines = [encode_line(line) for line in talk.lines if line.origin == "fenghua"]
    bundle, run = opened(bundle_of(talk, lines=lines, note=note_of(talk, lines, branches=())))

    assert checks.check_cosignatures(bundle, run) == "nobody else: beilun, wencheng never joined"


# The confirmations: the fold lets nobody past them, so they are planted behind it


def test_confirmations_are_counted() -> None:
    assert checks.check_confirmations(opened(bundle_of(at(Phase.SCORING)))[1]) == "not reached"
    assert checks.check_confirmations(opened(bundle_of(at(Phase.ARCHIVED)))[1]) == "5 agree"


def test_confirmation_under_another_digest_is_found() -> None:
    _, run = opened(bundle_of(at(Phase.ARCHIVED)))
    confirmed = run.session.results.confirmations
    confirmed["beilun-01"] = dataclasses.replace(confirmed["beilun-01"], digest="00" * 32)

    with pytest.raises(EvidenceError) as caught:
        checks.check_confirmations(run)

    assert str(caught.value) == "beilun-01: has no stance on the current result"


def test_member_without_a_stance_is_found_unless_the_chair_noted_the_refusal() -> None:
    _, run = opened(bundle_of(at(Phase.ARCHIVED)))
    results = run.session.results
    digest = results.confirmations.pop("beilun-01").digest

    with pytest.raises(EvidenceError) as caught:
        checks.check_confirmations(run)
    results.refusals["beilun-01"] = Refusal(
        member="beilun-01", by="fenghua-01", digest=digest, note="would not sign", position=120
    )

    assert str(caught.value) == "beilun-01: has no stance on the current result"
    assert checks.check_confirmations(run) == "4 agree, 1 noted refusals"


# The report


def test_report_swapped_for_another_is_found() -> None:
    talk = at(Phase.ARCHIVED)
    files = {name: content for name, content in talk.files.items() if content != REPORT}
    other = hex_digest(b"another report")

    assert failure(bundle_of(talk, files=files)) == (
        "report",
        f"{REPORTED}: the report is not in the bundle",
    )
    assert failure(bundle_of(talk, files=files | {other: b"another report"})) == (
        "tree",
        f"file/{other}: is named by no entry",
    )


@pytest.mark.parametrize("head", [{"size": 3, "root": "00" * 32}, {"size": 0, "root": "ab" * 32}])
def test_report_with_a_head_that_never_was_is_found(head: dict[str, object]) -> None:
    talk = at(Phase.CONFIRMED)
    honest = talk.reporting
    talk.reporting = lambda: honest() | {"head": head}  # type: ignore[method-assign]  # main lies

    assert failure(bundle_of(talk.until(Phase.REPORTED))) == (
        "report",
        f"{REPORTED}: carries a head that never was",
    )


def test_report_about_another_result_is_found() -> None:
    bundle, run = opened(bundle_of(at(Phase.ARCHIVED)))
    report = run.session.results.report
    assert report is not None
    run.session.results.report = dataclasses.replace(report, digest="00" * 32)

    with pytest.raises(EvidenceError) as caught:
        checks.check_report(bundle, run)

    assert str(caught.value) == f"{REPORTED}: is not about the current result"
