"""Edits of an insider, each with the step and the place at which it is found.

The insider has the database and the keys. `WITH_EVERY_KEY` are histories that he writes anew with
everybody's true key, all hashes, checkpoints and cosignatures recomputed: alone such a bundle is as
good as the true one, and only what somebody else kept shows where it departs. `AGAINST_THE_RULES`
are those that fail alone, because the record contradicts itself or a key is missing.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u, hex_digest
from bideval.evidence.jws import sign_compact
from bideval.evidence.padding import SCORESHEET_STEP, pad_to_step
from bideval.evidence.sealing import age_encrypt
from bideval.evidence.signing import new_signing_key
from bideval.ledger.cosignature import cosign, with_cosignature
from bideval.ledger.entry import parse_entry
from bideval.ledger.note import parse_note
from tests.unit.audit.hearing import (
    TIME_S,
    Hearing,
    bundle_of,
    lines_of,
    note_of,
    position,
    rewritten,
)
from tests.unit.audit.retelling import DISSENTER, Said, Story, eventful, retold, story_of
from tests.unit.session.conversation import EXPERTS, MARKS, OFFICERS, SESSION, SUPERVISOR, Actor

if TYPE_CHECKING:
    from collections.abc import Callable

MAIN = "venue/fenghua"
STEP = {"bid-a": {"design": "40", "service": "20", "record": "10"}}


class Rewriting(NamedTuple):
    """A history with every key; `place` is the kind at which the true record departs from it."""

    edit: Callable[[Story], object]
    place: str


class Fraud(NamedTuple):
    """A bundle that fails alone, at a step, at the entry of a kind or in a region."""

    make: Callable[[], bytes]
    step: str
    place: str


# Histories with every key


def omit_warning(story: Story) -> None:
    story.drop("supervisor.warned")


def soften_warning(story: Story) -> None:
    story.of("supervisor.warned")[0].body["text"] = "all is well"


def invent_warning(story: Story) -> None:
    body = {"text": "bidder-aaaaaaaa was rude"}
    said = story.invent(SUPERVISOR, "fenghua", "supervisor.warned", body)
    story.insert_after("tender.published", said)


def omit_objection(story: Story) -> None:
    story.drop("opening.objected", "opening.answered")


def change_objection(story: Story) -> None:
    story.of("opening.objected")[0].body["text"] = "thank you"


def change_answer(story: Story) -> None:
    story.of("opening.answered")[0].body["text"] = "we have corrected it"


def invent_objection(story: Story) -> None:
    body = {"text": "bid-b has no seal"}
    said = story.invent("bidder-cccccccc", "fenghua", "opening.objected", body)
    story.insert_after("opening.answered", said)


def omit_pause(story: Story) -> None:
    story.drop("session.paused", "session.resumed")


def change_pause(story: Story) -> None:
    story.of("session.paused")[0].body["reason"] = "lunch"


def invent_pause(story: Story) -> None:
    for kind in ("session.resumed", "session.paused"):
        said = story.invent(OFFICERS[0], "fenghua", kind, {"reason": "nobody knows"})
        story.insert_after("pool.sealed", said)


def omit_withdrawn_bid(story: Story) -> None:
    first = story.of("bid.sealed")[0]
    assert first.body["bid"] == "bid-d"
    story.remove(first)
    story.drop("bid.withdrawn")


def backdate_closing(story: Story) -> None:
    story.of("bids.closed")[0].at -= 500


def change_order(story: Story) -> None:
    story.of("phase.ordered")[0].body["reason"] = "the mayor asked"


def change_reason_of_move(story: Story) -> None:
    story.of("phase.moved")[-1].body["reason"] = "in a hurry"


def turn_dissent(story: Story) -> None:
    _stance(story).body.update(stance="agree", reasons="")


def change_dissent(story: Story) -> None:
    _stance(story).body["reasons"] = "a matter of taste"


def turn_agreement(story: Story) -> None:
    first = next(one for one in story.of("result.confirmed") if one.author != DISSENTER)
    first.body.update(stance="dissent", reasons="put into the mouth")


def _stance(story: Story) -> Said:
    return next(one for one in story.of("result.confirmed") if one.author == DISSENTER)


def change_vote(story: Story) -> None:
    body = {"verdict": "unresponsive", "requirement": "r1", "reason": "no guarantee"}
    story.of("responsiveness.voted")[0].body.update(body)


def elect_another_chair(story: Story) -> None:
    for vote in story.of("chair.voted"):
        vote.body["candidate"] = EXPERTS[0]


def raise_marks(story: Story) -> None:
    _mark(story.of("scoresheet.signed")[-1])


def raise_all_marks(story: Story) -> None:
    for sheet in story.of("scoresheet.signed"):
        _mark(sheet)


def _mark(sheet: Said) -> None:
    plain = {
        "format": "bideval-scoresheet/1",
        "session": SESSION,
        "member": sheet.author,
        "marks": MARKS | STEP,
    }
    padded = pad_to_step(plain, SCORESHEET_STEP)
    sheet.body["ciphertext"] = b64u(age_encrypt(sheet.body["recipient"], padded))


def omit_last_sheet(story: Story) -> None:
    first = [one for one in story.of("scoresheet.signed") if one.author == EXPERTS[0]]
    story.remove(first[-1])


def swap_sheets_in_time(story: Story) -> None:
    first, second = (one for one in story.of("scoresheet.signed") if one.author == EXPERTS[0])
    first.body["ciphertext"], second.body["ciphertext"] = (
        second.body["ciphertext"],
        first.body["ciphertext"],
    )


def omit_mark(story: Story) -> None:
    story.remove(story.of("mark.sealed")[0])


def change_title(story: Story) -> None:
    story[0].body["title"] = "Another library"


def change_rulebook(story: Story) -> None:
    story[0].body["rulebook"] = "rehearsal/1"


def change_address_of_branch(story: Story) -> None:
    story[0].body["venues"][1]["url"] = "wss://elsewhere.example"


def change_budget(story: Story) -> None:
    story.of("tender.published")[0].body["tender"]["budget"] = "1300000.00"


def change_deadline(story: Story) -> None:
    deadline = "2026-11-22T09:59:59.000+08:00"
    story.of("tender.published")[0].body["tender"]["deadline"] = deadline


def change_method(story: Story) -> None:
    criteria = story.of("tender.published")[0].body["tender"]["method"]["criteria"]
    criteria[0]["max"], criteria[1]["max"] = "35", "25"


def change_tie_rule(story: Story) -> None:
    method = story.of("tender.published")[0].body["tender"]["method"]
    method["preference"] = {"small": {"deduct_percent": "12"}}


def change_tender_document(story: Story) -> None:
    story.of("tender.published")[0].body["tender"]["documents"][0]["sha256"] = "ab" * 32


def change_who_checked_in(story: Story) -> None:
    said = next(one for one in story.of("person.enrolled") if one.body["role"] == "expert")
    said.body["checked_by"] = f"operator-{said.origin}"


def take_over_expert(story: Story) -> None:
    """Main, with an officer's leave, enrols its own key for an expert and signs with it."""
    venue = DISSENTER[:-3]
    old = eventful().actors[DISSENTER]
    key = new_signing_key("Ed25519", bytes(31) + b"\x07")
    enrolled = next(one for one in story.of("person.enrolled") if one.author == f"venue/{venue}")
    body: dict[str, Any] = copy.deepcopy(
        next(one for one in story.of("person.enrolled") if one.body["person"] == DISSENTER).body
    )
    claim = {"session": SESSION, "venue": venue, "person": DISSENTER, "role": "expert"}
    proof = sign_compact(key, "bideval-proof/1", canonical_bytes(claim | {"recipient": None}))
    body |= {"public": b64u(key.public.raw), "proof": proof, "replaces": old.key.key_id}
    said = story.invent(enrolled.author, venue, "person.enrolled", body)
    story.insert_after("result.consolidated", said)
    leave = {"person": DISSENTER, "replaces": old.key.key_id, "reason": "the seat is broken"}
    allowed = story.invent(OFFICERS[0], "fenghua", "rekey.allowed", leave)
    story.insert_after("result.consolidated", allowed)
    TAKEN_OVER[DISSENTER] = Actor(DISSENTER, venue, key, old.identity, old.recipient)
    stance = _stance(story)
    stance.body.update(stance="agree", reasons="")
    stance.key_of = f"{DISSENTER} taken over"


TAKEN_OVER: dict[str, Actor] = {}
"""The actor whose key main made, for the retelling."""


def invent_absence(story: Story) -> None:
    for kind in ("venue.returned", "venue.absent"):
        body = {"venue": "beilun", "since": "2026-11-22T10:30:00.000+08:00"}
        story.insert_after("pool.sealed", story.invent(MAIN, "fenghua", kind, body))


def change_answer_of_invited(story: Story) -> None:
    story.of("invitation.answered")[0].body["answer"] = "no_answer"


def reorder_venues(story: Story) -> None:
    first, second = story.of("venue.joined")
    at = story.index(first)
    story[at], story[at + 1] = second, first


def issue_another_report(story: Story) -> None:
    other = {"sha256": hex_digest(ANOTHER_REPORT), "size": len(ANOTHER_REPORT)}
    story.of("report.issued")[0].body["file"] = other


ANOTHER_REPORT = b"%PDF-1.7 another report"


def cut_tail(story: Story) -> None:
    del story[-4:]


def cut_after_result(story: Story) -> None:
    del story[story.index(story.of("result.consolidated")[0]) + 1 :]


WITH_EVERY_KEY = {
    one.edit.__name__: one
    for one in (
        Rewriting(omit_warning, "session.paused"),
        Rewriting(soften_warning, "supervisor.warned"),
        Rewriting(invent_warning, "supervisor.warned"),
        Rewriting(omit_objection, "supervisor.warned"),
        Rewriting(change_objection, "opening.objected"),
        Rewriting(change_answer, "opening.answered"),
        Rewriting(invent_objection, "opening.objected"),
        Rewriting(omit_pause, "pool.sealed"),
        Rewriting(change_pause, "session.paused"),
        Rewriting(invent_pause, "session.paused"),
        Rewriting(omit_withdrawn_bid, "bid.sealed"),
        Rewriting(backdate_closing, "bids.closed"),
        Rewriting(change_order, "phase.ordered"),
        Rewriting(change_reason_of_move, "phase.moved"),
        Rewriting(turn_dissent, "result.confirmed"),
        Rewriting(change_dissent, "result.confirmed"),
        Rewriting(turn_agreement, "result.confirmed"),
        Rewriting(change_vote, "responsiveness.voted"),
        Rewriting(elect_another_chair, "chair.voted"),
        Rewriting(raise_marks, "scoresheet.signed"),
        Rewriting(raise_all_marks, "scoresheet.signed"),
        Rewriting(omit_last_sheet, "marks.dealt"),
        Rewriting(swap_sheets_in_time, "scoresheet.signed"),
        Rewriting(omit_mark, "mark.sealed"),
        Rewriting(change_title, "session.founded"),
        Rewriting(change_rulebook, "session.founded"),
        Rewriting(change_address_of_branch, "session.founded"),
        Rewriting(change_budget, "tender.published"),
        Rewriting(change_deadline, "tender.published"),
        Rewriting(change_method, "tender.published"),
        Rewriting(change_tie_rule, "tender.published"),
        Rewriting(change_tender_document, "tender.published"),
        Rewriting(change_who_checked_in, "person.enrolled"),
        Rewriting(take_over_expert, "rekey.allowed"),
        Rewriting(invent_absence, "venue.absent"),
        Rewriting(change_answer_of_invited, "invitation.answered"),
        Rewriting(reorder_venues, "venue.joined"),
        Rewriting(issue_another_report, "report.issued"),
        Rewriting(cut_tail, "end"),
        Rewriting(cut_after_result, "end"),
    )
}
"""Every one of these passes alone; docs/guide/auditor.md says so, and a test holds it to that."""


def hide_warning(story: Story) -> None:
    """Another entry takes the place, or who came next would have seen more than there is."""
    _replace_by_absence(story, "supervisor.warned", "venue.absent")


def hide_pause(story: Story) -> None:
    _replace_by_absence(story, "session.paused", "venue.absent")
    _replace_by_absence(story, "session.resumed", "venue.returned")


def _replace_by_absence(story: Story, kind: str, instead: str) -> None:
    place = story.index(story.of(kind)[0])
    body = {"venue": "beilun", "since": "2026-11-22T10:30:00.000+08:00"}
    story[place] = story.invent(MAIN, "fenghua", instead, body)


BY_ALL_VENUES = {
    edit.__name__: edit
    for edit in (
        hide_warning,
        hide_pause,
        backdate_closing,
        change_title,
        change_rulebook,
        change_address_of_branch,
        change_who_checked_in,
        invent_absence,
        change_answer_of_invited,
        reorder_venues,
        issue_another_report,
    )
}
"""What main and all branches can write anew together without the keys of people."""


def rewritten_by(name: str) -> Hearing:
    """Return the hearing that an edit of `WITH_EVERY_KEY` makes."""
    return _rewritten(WITH_EVERY_KEY[name].edit, by_venues=False)


def rewritten_by_venues(name: str) -> Hearing:
    """Return the hearing that an edit of `BY_ALL_VENUES` makes."""
    return _rewritten(BY_ALL_VENUES[name], by_venues=True)


def _rewritten(edit: Callable[[Story], object], *, by_venues: bool) -> Hearing:
    talk = eventful()
    story = story_of(talk)
    edit(story)
    for person, actor in TAKEN_OVER.items():
        talk.actors[f"{person} taken over"] = actor
    other = retold(talk, lambda fresh: fresh.__setitem__(slice(None), story), by_venues=by_venues)
    if edit is issue_another_report:
        other.files[hex_digest(ANOTHER_REPORT)] = ANOTHER_REPORT
    named = {one.body["file"]["sha256"] for one in story.of("report.issued")}
    named |= {one.body["file"]["sha256"] for one in story.of("pool.sealed")}
    named |= {one.body["ciphertext"]["sha256"] for one in story.of("bid.sealed")}
    other.files = {sha256: data for sha256, data in other.files.items() if sha256 in named}
    return other


# Frauds that fail alone


def _forged(kind: str, author: str, key_of: str | None, **body: Any) -> bytes:
    """Main rewrites somebody's entry; it keeps the signature, or signs with a key that it has."""
    talk = eventful()
    entries = [(at, parse_entry(line.jws)) for at, line in enumerate(talk.lines)]
    place = next(at for at, one in entries if (one.kind, one.author) == (kind, author))
    return bundle_of(talk, lines=rewritten(talk, place, key_of, **body))


def change_a_stance() -> bytes:
    return _forged("result.confirmed", DISSENTER, None, stance="agree", reasons="")


def change_a_sheet() -> bytes:
    return _forged("scoresheet.signed", EXPERTS[1], None, counter=99)


def sign_a_stance_as_main() -> bytes:
    return _forged("result.confirmed", DISSENTER, MAIN, stance="agree", reasons="")


def sign_a_warning_as_main() -> bytes:
    return _forged("supervisor.warned", SUPERVISOR, MAIN, text="all is well")


def remove_without_renumbering() -> bytes:
    talk = eventful()
    lines = lines_of(talk)
    del lines[position(talk, "supervisor.warned")]
    return bundle_of(talk, lines=lines)


def remove_and_renumber() -> bytes:
    """All venues leave a person's entry out and sign what follows; others had seen it."""

    def edit(story: Story) -> None:
        place = story.index(story.of("supervisor.warned")[0])
        story.drop("supervisor.warned")
        moves = [at for at, one in enumerate(story) if one.kind == "phase.moved" and at > place]
        del story[moves[0] + 1 :]

    return bundle_of(retold(eventful(), edit, by_venues=True))


def double_an_entry() -> bytes:
    talk = eventful()
    lines = lines_of(talk)
    place = position(talk, "supervisor.warned")
    lines.insert(place, lines[place])
    return bundle_of(talk, lines=lines)


def drop_cosignature() -> bytes:
    talk = eventful()
    return bundle_of(talk, note=note_of(talk, lines_of(talk), branches=("beilun",)))


def forge_cosignature() -> bytes:
    talk = eventful()
    lines = lines_of(talk)
    note = note_of(talk, lines, branches=("beilun",))
    line = cosign(talk.actors[MAIN].key, "wencheng", parse_note(note).body, TIME_S)
    return bundle_of(talk, note=with_cosignature(note, line))


def reuse_cosignature() -> bytes:
    talk = eventful()
    lines = lines_of(talk)
    earlier = parse_note(note_of(talk, lines[:-1])).body
    line = cosign(talk.actors["venue/wencheng"].key, "wencheng", earlier, TIME_S)
    note = note_of(talk, lines, branches=("beilun",))
    return bundle_of(talk, note=with_cosignature(note, line))


def cut_under_the_old_checkpoint() -> bytes:
    talk = eventful()
    lines = lines_of(talk)
    return bundle_of(talk, lines=lines[:-1], note=note_of(talk, lines))


def smuggle_a_file() -> bytes:
    talk = eventful()
    extra = b"another offer"
    return bundle_of(talk, files=talk.files | {hex_digest(extra): extra})


def hide_a_sealed_bid() -> bytes:
    talk = eventful()
    hidden = talk.session.bidding.bids["bid-b"].ciphertext.sha256
    files = {name: data for name, data in talk.files.items() if name != hidden}
    return bundle_of(talk, files=files)


def hide_the_report() -> bytes:
    talk = eventful()
    hidden = story_of(talk).of("report.issued")[0].body["file"]["sha256"]
    files = {name: data for name, data in talk.files.items() if name != hidden}
    return bundle_of(talk, files=files)


def export_as_a_stranger() -> bytes:
    return bundle_of(eventful(), exported_by="yueqing")


def _lying(edit: Callable[[Story], object]) -> bytes:
    """Everybody signs what main made of it."""
    return bundle_of(retold(eventful(), edit))


def close_before_the_deadline() -> bytes:
    def edit(story: Story) -> None:
        closed = story.of("bids.closed")[0]
        closed.at = story.of("bid.sealed")[-1].at
        del story[story.index(closed) + 1 :]

    return _lying(edit)


def leave_a_line_out_of_the_vector() -> bytes:
    def edit(story: Story) -> None:
        closed = story.of("bids.closed")[0]
        closed.body["vector"]["fenghua"]["n"] -= 1
        closed.body["lie"] = True
        del story[story.index(closed) + 1 :]

    return _lying(edit)


def move_without_an_order() -> bytes:
    def edit(story: Story) -> None:
        move = next(one for one in story.of("phase.moved") if one.body["order"])
        move.body["order"] = None
        del story[story.index(move) + 1 :]

    return _lying(edit)


def announce_another_price() -> bytes:
    def edit(story: Story) -> None:
        opened = story.of("bid.opened")[1].body
        opened["manifest"]["sheet"]["price"] = "900000.00"

    return _lying(edit)


def turn_the_ranking() -> bytes:
    def edit(story: Story) -> None:
        body = story.of("result.consolidated")[0].body
        body["lots"]["1"]["candidates"].reverse()
        body |= {"digest": hex_digest(canonical_bytes(body["lots"])), "lie": True}

    return _lying(edit)


def change_a_total() -> bytes:
    def edit(story: Story) -> None:
        body = story.of("result.consolidated")[0].body
        body["lots"]["1"]["bids"]["bid-a"]["total"] = "99.99"
        body |= {"digest": hex_digest(canonical_bytes(body["lots"])), "lie": True}

    return _lying(edit)


def draw_a_friend() -> bytes:
    def edit(story: Story) -> None:
        panel = story.of("draw.computed")[0].body["panel"]
        panel[1]["ticket"] = "00" * 32

    return _lying(edit)


def claim_another_seed() -> bytes:
    def edit(story: Story) -> None:
        story.of("draw.computed")[0].body["seed"] = "05" * 32

    return _lying(edit)


def name_somebody_else() -> bytes:
    def edit(story: Story) -> None:
        names = story.of("draw.computed")[0].body["names"]
        plain = canonical_bytes([{"name": "a friend"}] * 5)
        names["ciphertext"] = b64u(age_encrypt(names["seal"]["recipient"], plain))

    return _lying(edit)


def date_the_report_back() -> bytes:
    def edit(story: Story) -> None:
        story.of("report.issued")[0].body |= {
            "head": {"size": 5, "root": "00" * 32},
            "lie": True,
        }

    return _lying(edit)


def move_twice() -> bytes:
    def edit(story: Story) -> None:
        said = story.invent(MAIN, "fenghua", "phase.moved", dict(story.of("phase.moved")[0].body))
        said.body["order"] = None
        story.insert_after("pool.sealed", said)

    return _lying(edit)


AGAINST_THE_RULES = {
    one.make.__name__: one
    for one in (
        Fraud(change_a_stance, "signatures", "result.confirmed"),
        Fraud(change_a_sheet, "signatures", "scoresheet.signed"),
        Fraud(sign_a_stance_as_main, "fold", "result.confirmed"),
        Fraud(sign_a_warning_as_main, "fold", "supervisor.warned"),
        Fraud(remove_without_renumbering, "fold", "session.paused"),
        Fraud(remove_and_renumber, "fold", "share.released"),
        Fraud(double_an_entry, "fold", "supervisor.warned"),
        Fraud(drop_cosignature, "cosignatures", "checkpoint"),
        Fraud(forge_cosignature, "cosignatures", "checkpoint"),
        Fraud(reuse_cosignature, "cosignatures", "checkpoint"),
        Fraud(cut_under_the_old_checkpoint, "tree", "checkpoint"),
        Fraud(smuggle_a_file, "tree", "file/"),
        Fraud(hide_a_sealed_bid, "bids", "bid.sealed"),
        Fraud(hide_the_report, "report", "report.issued"),
        Fraud(export_as_a_stranger, "tree", "manifest.exported_by"),
        Fraud(close_before_the_deadline, "fold", "bids.closed"),
        Fraud(leave_a_line_out_of_the_vector, "fold", "bids.closed"),
        Fraud(move_without_an_order, "fold", "phase.moved"),
        Fraud(announce_another_price, "bids", "bid.sealed"),
        Fraud(turn_the_ranking, "result", "result.consolidated"),
        Fraud(change_a_total, "result", "result.consolidated"),
        Fraud(draw_a_friend, "draw", "draw.computed"),
        Fraud(claim_another_seed, "draw", "draw.computed"),
        Fraud(name_somebody_else, "draw", "draw.computed"),
        Fraud(date_the_report_back, "report", "report.issued"),
        Fraud(move_twice, "fold", "phase.moved"),
    )
}
