"""The second verifier, written from the pages, lets count what ours lets count, entry by entry.

For every kind one record: bodies of nonsense and of wrong authors, then the entry that counts,
then the same once more. Both say for each entry whether it counts, and if not, why. Where a body is
malformed the codes are the reader's own and are not compared.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from bideval.ledger.entry import parse_entry
from bideval.ledger.line import encode_line
from bideval.session.kinds import GENERAL_REFUSALS, KINDS
from bideval.session.names import Phase
from bideval.terms.errors import InputError, RefusedError
from bideval.terms.instants import LAST_INSTANT, instant_text
from tests.interop.second_verifier import ask
from tests.unit.session.conversation import SESSION, Conversation
from tests.unit.session.samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEAKERS = (
    "venue/fenghua",
    "venue/wencheng",
    "officer-lin",
    "bidder-aaaaaaaa",
    "supervisor-gu",
    "operator-fenghua",
    "wencheng-01",
)
ODD: tuple[object, ...] = (None, 0, -1, True, "", " ", "x" * 65, "0.50", [], {}, "ab" * 32)
OF_THE_RULES = {*GENERAL_REFUSALS, *(code for kind in KINDS.values() for code in kind.refuses)}


def said(talk: Conversation, author: str, kind: str, body: dict[str, Any]) -> None:
    if author in talk.session.people.persons or author.startswith("venue/"):
        talk.say(author, kind, body)


def odd_bodies(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for member in body:
        yield {name: value for name, value in body.items() if name != member}
        yield from (body | {member: odd} for odd in ODD)


def record(kind: str) -> Conversation:
    """Return a conversation that tries a kind in many ways."""
    sample = SAMPLES[kind]
    talk = sample.ready()
    body = sample.body(talk)
    for speaker in SPEAKERS:
        if speaker != sample.author:
            said(talk, speaker, kind, body)
    for odd in odd_bodies(body):
        if refused(talk, sample.author, kind, odd):
            talk.say(sample.author, kind, odd)
    good = body | vector_of(talk, body)
    talk.say(sample.author, kind, good)
    talk.say(sample.author, kind, good)
    return talk


def refused(talk: Conversation, author: str, kind: str, body: dict[str, Any]) -> bool:
    """Return whether an entry would be void, so that the good one still has its turn."""
    try:
        talk.session.admit(parse_entry(talk.entry(author, kind, body)), talk.actors[author].venue)
    except (InputError, RefusedError):
        return True
    return False


def vector_of(talk: Conversation, body: dict[str, Any]) -> dict[str, Any]:
    """Return the vector anew, since void entries have their numbers too."""
    return {"vector": talk.session.closing_vector()} if "vector" in body else {}


def folded(code: str | None) -> str | None:
    return code if code is None or code in OF_THE_RULES else "malformed"


def test_both_folds_let_the_same_entries_count() -> None:
    talks = {kind: record(kind) for kind in sorted(SAMPLES)}

    answers = ask(
        {
            "session": SESSION,
            "lines": [base64.b64encode(encode_line(line)).decode() for line in talk.lines],
        }
        for talk in talks.values()
    )

    seen: set[str | None] = set()
    for (kind, talk), answer in zip(talks.items(), answers, strict=True):
        expected = [folded(outcome.void_code) for outcome in talk.outcomes]
        assert [(kind, folded(code)) for code in answer["codes"]] == [
            (kind, code) for code in expected
        ]
        assert (kind, answer["phase"]) == (kind, talk.session.phase.value)
        seen |= set(expected)
    assert len(seen) > 40


def archiving_early(rulebook: str) -> Conversation:
    """Return a session that main would archive while a correction waits for its version."""
    talk = Conversation(rulebook=rulebook)
    talk.until(Phase.CHAIRED)
    talk.say("officer-lin", "session.paused", paused_for_ever(), at=LAST_INSTANT)
    talk.say("venue/fenghua", "pause.expired", {"due": instant_text(LAST_INSTANT)}, at=LAST_INSTANT)
    talk.must("officer-lin", "session.resumed", {"reason": "mended", "decision": "we go on"})
    talk.script["beilun-01"] = {"bid-a": {"design": "99"}}
    talk.until(Phase.RELEASED)
    talk.release_marks()
    talk.consolidate()
    order = talk.order(Phase.ARCHIVED, "they insist").entry
    item = {"bid": "bid-a", "criterion": "design", "before": "99", "after": "98"}
    talk.must("beilun-01", "mark.corrected", item | {"ground": "out_of_range", "reason": "no"})
    talk.say("venue/fenghua", "phase.moved", talk.moving(Phase.ARCHIVED, order=order))
    if not talk.session.procedure.reached(Phase.ARCHIVED):
        talk.consolidate()
        talk.must("venue/fenghua", "phase.moved", talk.moving(Phase.ARCHIVED, order=order))
    return talk


def paused_for_ever() -> dict[str, Any]:
    return {"reason": "no power", "fault": {"since": instant_text(LAST_INSTANT)}}


def test_both_folds_archive_by_the_rules_of_the_version() -> None:
    talks = [archiving_early(rulebook) for rulebook in ("procurement/1", "procurement/2")]

    answers = ask(
        {
            "session": SESSION,
            "lines": [base64.b64encode(encode_line(line)).decode() for line in talk.lines],
        }
        for talk in talks
    )

    codes = [[folded(outcome.void_code) for outcome in talk.outcomes] for talk in talks]
    assert [[folded(code) for code in answer["codes"]] for answer in answers] == codes
    assert ["conditions_missing" in one for one in codes] == [False, True]
    assert ["no_limit" in one for one in codes] == [True, False]
