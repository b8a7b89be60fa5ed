"""Whole sessions, from the first entry to the archive, and what no order of lines may change."""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence
from collections.abc import Set as AbstractSet
from dataclasses import fields
from dataclasses import replace as dataclass_replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bideval.ledger.entry import parse_entry, verify_entry
from bideval.ledger.line import Line
from bideval.session import layers
from bideval.session.caseform import consolidation
from bideval.session.duties import MovePhase, duties
from bideval.session.kinds import KINDS
from bideval.session.names import COURSE, MemberState, Phase
from bideval.session.standing import PARTS
from bideval.session.state import Session
from bideval.session.unsealing import open_marks
from tests.unit.session.acts.test_panel import refill, replace
from tests.unit.session.conversation import EXPERTS, SESSION, VENUES, Conversation, at
from tests.unit.session.samples import SAMPLES

CHAIR = "wencheng-01"


def folded(lines: list[Line]) -> Session:
    session = Session(SESSION)
    for line in lines:
        entry = parse_entry(line.jws)
        verify_entry(entry, session.key_for(entry))
        session.apply(line, entry)
    return session


def told(session: Session) -> dict[str, Any]:
    """Return everything a fold says, in a form that can be compared."""
    return {name: value for name, value in vars(session).items() if not name.startswith("_")}


def test_session_goes_from_prepared_to_archived() -> None:
    talk = at(Phase.ARCHIVED)

    assert [move.to for move in talk.session.procedure.moves] == [*COURSE[1:]]
    assert talk.session.void_lines == []
    assert talk.session.results.versions[-1].body.lots["1"]["candidates"] == [
        "bid-a",
        "bid-b",
        "bid-c",
    ]


def test_every_kind_of_a_plain_session_is_said() -> None:
    said = {outcome.kind for outcome in at(Phase.ARCHIVED).outcomes}

    assert KINDS.keys() - said == {
        "bid.withdrawn",
        "bid.unopenable",
        "opening.objected",
        "opening.answered",
        "invitation.answered",
        "answer.witnessed",
        "draw.supplemented",
        "session.paused",
        "session.resumed",
        "pause.expired",
        "member.replaced",
        "mark.corrected",
        "refusal.noted",
        "report.printed",
        "record.stamped",
        "rekey.allowed",
        "share.refused",
        "supervisor.warned",
        "venue.absent",
        "venue.returned",
    }


def test_record_folds_to_the_same_session_again() -> None:
    talk = at(Phase.ARCHIVED)

    assert told(folded(talk.lines)) == told(talk.session)


def test_duties_of_main_make_every_move_that_the_conversation_makes() -> None:
    """At each move of the record, main's duties ask for exactly that move."""
    talk = at(Phase.ARCHIVED)
    session = Session(SESSION)
    for line in talk.lines:
        entry = parse_entry(line.jws)
        if entry.kind == "phase.moved":
            owed = [one for one in duties(session, "fenghua", 0) if isinstance(one, MovePhase)]
            assert [one.to for one in owed] == [entry.body["to"]]
        session.apply(line, entry)


def test_replaced_member_counts_nowhere_and_the_newcomer_does() -> None:
    talk = at(Phase.SCORING)
    talk.script["beilun-01"] = {
        bid: {"design": "0", "service": "0", "record": "0"} for bid in ("bid-a", "bid-b", "bid-c")
    }
    seal = talk.score("beilun-01", items=1)
    replace(talk, "beilun-01")
    refill(talk, 5, "beilun-05")
    talk.declare("beilun-05")
    for bid in ("bid-a", "bid-b", "bid-c"):
        talk.vote("beilun-05", bid)
    talk.until(Phase.RELEASED)
    talk.release(seal)
    talk.until(Phase.ARCHIVED)

    gone = talk.session.panel.members["beilun-01"]
    assert (gone.state, gone.replaced_by) == (MemberState.REPLACED, "beilun-05")
    assert open_marks(talk.session).sheets.keys() == {*EXPERTS, "beilun-05"}
    plain = at(Phase.ARCHIVED).session.results.versions[-1].body
    assert talk.session.results.versions[-1].body.lots == plain.lots


def test_findings_are_corrected_and_the_session_ends_well() -> None:
    talk = at(Phase.SCORING)
    talk.script[CHAIR] = {
        "bid-a": {"design": "99", "service": "15", "record": "10"},
        "bid-b": {"design": "25.5", "service": "12", "record": "7"},
        "bid-c": {"design": "20", "service": None, "record": "6"},
    }
    talk.until(Phase.RELEASED)
    talk.release_marks()
    assert talk.consolidate()["final"] is False
    for bid, criterion, before, after, ground in (
        ("bid-a", "design", "99", "30", "out_of_range"),
        ("bid-b", "record", "7", "8", "objective"),
        ("bid-c", "service", None, "10", "missing"),
    ):
        body = {
            "bid": bid,
            "criterion": criterion,
            "before": before,
            "after": after,
            "ground": ground,
            "reason": "a slip",
        }
        talk.must(CHAIR, "mark.corrected", body)
    talk.until(Phase.ARCHIVED)

    plain = at(Phase.ARCHIVED).session.results.versions[-1].body
    assert [version.body.final for version in talk.session.results.versions] == [False, True]
    assert talk.session.results.versions[-1].body.digest == plain.digest


def scored() -> dict[str, list[str]]:
    """Return what each venue's people say in scoring, as signed entries by origin."""
    talk = at(Phase.SCORING)
    start = len(talk.lines)
    for name in EXPERTS:
        talk.score(name, items=2)
    said: dict[str, list[str]] = {venue: [] for venue in VENUES}
    for line in talk.lines[start:]:
        said[line.origin].append(line.jws)
    return said


SAID = scored()


@cache
def straight() -> Mapping[str, object]:
    """Return the result of the lines in the order of the venues."""
    talk = at(Phase.SCORING)
    for venue in VENUES:
        for jws in SAID[venue]:
            talk.hear(jws, venue)
    talk.move(Phase.RELEASED)
    talk.release_marks()
    return consolidation(talk.session, open_marks(talk.session)).body


@st.composite
def interleavings(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Draw an order of all lines that keeps each venue's own order."""
    left = {venue: list(entries) for venue, entries in SAID.items()}
    order = []
    while any(left.values()):
        venue = draw(st.sampled_from([venue for venue in VENUES if left[venue]]))
        order.append((venue, left[venue].pop(0)))
    return order


@settings(max_examples=8)
@given(interleavings())
def test_order_between_venues_changes_nothing_that_is_evaluated(
    order: list[tuple[str, str]],
) -> None:
    talk = at(Phase.SCORING)
    for venue, jws in order:
        assert talk.hear(jws, venue).void_code is None

    talk.move(Phase.RELEASED)
    talk.release_marks()
    assert consolidation(talk.session, open_marks(talk.session)).body == straight()


@settings(max_examples=15)
@given(interleavings(), st.data())
def test_every_copy_of_the_record_folds_alike_at_every_prefix(
    order: list[tuple[str, str]], data: st.DataObject
) -> None:
    talk = at(Phase.SCORING)
    start = len(talk.lines)
    for venue, jws in order:
        talk.hear(jws, venue)
    cut = data.draw(st.integers(start, len(talk.lines)))
    prefix = at(Phase.SCORING)
    again = prefix.fork()
    for line in talk.lines[start:cut]:
        for copy in (prefix, again):
            copy.session.apply(line, parse_entry(line.jws))
    twin = prefix.fork()
    for line in talk.lines[cut:]:
        twin.session.apply(line, parse_entry(line.jws))

    assert told(prefix.session) == told(again.session)
    assert told(twin.session) == told(talk.session)


def deep(session: Session) -> Session:
    """Return a copy that shares no container with the session: what a copy must not differ from."""
    twin = Session(session.session_id)
    for name, value in vars(session).items():
        if type(value) in PARTS:
            names = [one.name for one in fields(value)]
            part = dataclass_replace(value, **{one: plain(getattr(value, one)) for one in names})
            setattr(twin, name, part)
        else:
            setattr(twin, name, plain(value))
    twin.chains = {origin: list(chain) for origin, chain in session.chains.items()}
    return twin


def plain(value: Any) -> Any:
    """Return a container as a new plain one, and anything else as it is."""
    for kind, plain_kind in ((Mapping, dict), (AbstractSet, set), (MutableSequence, list)):
        if isinstance(value, kind) and not isinstance(value, str | bytes | frozenset):
            return plain_kind(value)
    return value


@settings(max_examples=12)
@given(interleavings(), st.data())
def test_copies_cannot_be_told_from_deep_copies(
    order: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Copies of copies, left at any place, each fed its own lines, beside copies made deep."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "PLAIN", 0)
        first = at(Phase.SCORING).session
        pairs = [(first.copy(), deep(first))]
        left = [iter(order)]
        for _ in range(data.draw(st.integers(10, 60))):
            one = data.draw(st.integers(0, len(pairs) - 1))
            do = data.draw(st.sampled_from(["line", "line", "line", "line", "copy", "drop"]))
            session, control = pairs[one]
            if do == "copy":
                here = list(left[one])
                left[one] = iter(here)
                left.append(iter(here))
                pairs.append((session.copy(), deep(control)))
            elif do == "drop" and len(pairs) > 1:
                del pairs[one], left[one]
            elif (said := next(left[one], None)) is not None:
                venue, jws = said
                entry = parse_entry(jws)
                line = Line(venue, len(session.chains[venue]), jws)
                assert session.apply(line, entry) == control.apply(line, entry)
            for session, control in pairs:
                assert told(session) == told(control)
                assert [*session.marks.marks.items()] == [*control.marks.marks.items()]
                assert [*session.places] == [*control.places]


SPEAKERS = ("venue/fenghua", "venue/beilun", "officer-lin", "bidder-aaaaaaaa", "supervisor-gu")


@settings(max_examples=30)
@given(
    st.sampled_from(COURSE),
    st.lists(
        st.tuples(
            st.sampled_from(sorted(SAMPLES)),
            st.sampled_from((*SPEAKERS, *EXPERTS)),
            st.dictionaries(
                st.sampled_from(["bid", "to", "from", "person", "seal", "vector", "reason"]),
                st.one_of(st.none(), st.integers(-1, 3), st.text(max_size=4), st.just({})),
                max_size=3,
            ),
        ),
        max_size=6,
    ),
)
def test_misplaced_entries_are_void_and_nothing_ever_raises(
    phase: Phase, said: list[tuple[str, str, dict[str, Any]]]
) -> None:
    talk = at(phase)
    for kind, author, changes in said:
        if author not in talk.actors:
            continue
        outcome = talk.say(author, kind, changes)
        assert outcome.counted == (outcome.void_code is None)
        assert outcome.position == talk.session.size - 1
    assert told(folded(talk.lines)) == told(talk.session)


def test_bodies_of_other_kinds_are_void_too() -> None:
    """Each sample's body under each other kind its author may write: refused, never raised."""
    for name, sample in SAMPLES.items():
        talk = sample.ready()
        body = sample.body(talk)
        for other in KINDS:
            if other in {name, "session.founded"}:
                continue
            outcome = talk.fork().say(sample.author, other, body)
            assert outcome.counted == (outcome.void_code is None)


def test_conversation_starts_from_nothing() -> None:
    assert Conversation().session.size == 0
