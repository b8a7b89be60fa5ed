"""What follows from an entry's own bytes is worked out once and is the same for all who fold it."""

from __future__ import annotations

import pytest

from bideval.ledger.entry import entry_hash, parse_entry
from bideval.ledger.line import Line
from bideval.session.kinds import KINDS
from bideval.session.names import Phase
from bideval.session.reading import Reading, reading_of
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields
from tests.unit.session.conversation import MAIN, Conversation, at


def test_body_is_read_once_and_as_by_its_kind() -> None:
    talk = at(Phase.PREPARED)
    entry = parse_entry(talk.entry("supervisor-gu", "supervisor.warned", {"text": "Please wait."}))
    reading, kind = Reading(entry), KINDS["supervisor.warned"]

    assert reading.hash == entry_hash(entry.jws)
    assert reading.body(kind) == kind.read(Fields(entry.body, "body"))
    assert reading.body(kind) is reading.body(kind)


def test_body_that_is_none_of_its_kind_is_refused_each_time() -> None:
    talk = at(Phase.PREPARED)
    entry = parse_entry(talk.entry("supervisor-gu", "supervisor.warned", {"text": 7}))
    reading = Reading(entry)

    for _ in range(2):
        with pytest.raises(InputError) as caught:
            reading.body(KINDS["supervisor.warned"])
        assert caught.value.field == "body.text"


@pytest.mark.parametrize("text", ["Please wait.", 7])
def test_sessions_that_share_a_reading_fold_as_those_that_do_not(text: object) -> None:
    talks = [at(Phase.PREPARED) for _ in range(3)]
    jws = talks[0].entry("supervisor-gu", "supervisor.warned", {"text": text})
    reading = Reading(parse_entry(jws))
    outcomes = [
        _heard(talk, jws, shared)
        for talk, shared in zip(talks, (reading, reading, None), strict=True)
    ]

    assert outcomes[0] == outcomes[1] == outcomes[2]
    warnings = [talk.session.procedure.warnings for talk in talks]
    assert warnings[0] == warnings[1] == warnings[2]
    assert len(warnings[0]) == (text != 7)


def _heard(talk: Conversation, jws: str, reading: Reading | None) -> object:
    line = Line(MAIN, len(talk.session.chains[MAIN]), jws)
    return talk.session.apply(line, parse_entry(jws), reading=reading)


def test_reading_of_other_bytes_is_never_used() -> None:
    talk = at(Phase.PREPARED)
    one, other = (
        parse_entry(talk.entry("supervisor-gu", "supervisor.warned", {"text": text}))
        for text in ("Please wait.", "Please go on.")
    )
    known = Reading(one)

    assert reading_of(one, known) is known
    assert reading_of(other, known).hash == entry_hash(other.jws)
    assert reading_of(other, None).entry is other
