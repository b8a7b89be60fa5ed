from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from bideval.evidence.encoding import b64u
from bideval.evidence.signing import new_signing_key
from bideval.ledger.entry import Seen, parse_entry, verify_entry
from bideval.ledger.line import Line
from bideval.session.bodies.people import Continued
from bideval.session.names import Phase
from bideval.session.standing import Place
from bideval.session.state import Session
from bideval.terms.errors import EvidenceError, InputError, RefusedError
from tests.unit.session.conversation import DEADLINE, MAIN, SESSION, Conversation, at

VENUE = "venue/fenghua"
OFFICER = "officer-lin"


def founding(**changes: Any) -> tuple[Conversation, str]:
    talk = Conversation()
    body = talk.founding() | changes
    return talk, talk.entry(VENUE, "session.founded", body)


def refusal(talk: Conversation, jws: str, origin: str = MAIN, n: int = 1) -> tuple[str, object]:
    entry = parse_entry(jws)
    with pytest.raises(EvidenceError) as caught:
        talk.session.apply(Line(origin, n, jws), entry)
    return caught.value.code, caught.value.field


# Founding


def test_founding_entry_is_verified_by_the_key_in_its_own_body() -> None:
    talk, jws = founding()
    entry = parse_entry(jws)

    verify_entry(entry, talk.session.key_for(entry))
    outcome = talk.session.apply(Line(MAIN, 1, jws), entry)

    assert (outcome.counted, outcome.position, talk.session.size) == (True, 0, 1)
    assert talk.session.people.main == MAIN


def test_first_entry_must_found() -> None:
    talk = Conversation()
    talk.founding()
    jws = talk.entry(VENUE, "session.paused", {"reason": "x"})

    assert refusal(talk, jws) == ("not_founded", "kind")
    with pytest.raises(EvidenceError):
        talk.session.key_for(parse_entry(jws))


def test_founding_by_another_key_is_not_authentic() -> None:
    talk = Conversation()
    body = talk.founding()
    jws = talk.entry(VENUE, "session.founded", body, key=new_signing_key("Ed25519", b"\1" * 32))

    assert refusal(talk, jws) == ("unknown_key", "kid")


def test_founding_by_a_branch_is_not_authentic() -> None:
    talk = Conversation()
    body = talk.founding()
    jws = talk.entry("venue/wencheng", "session.founded", body)

    assert refusal(talk, jws, "wencheng")[0] == "other_author"
    assert refusal(talk, founding()[1], "wencheng")[0] == "other_author"


def low_order() -> list[dict[str, Any]]:
    venues = Conversation().founding()["venues"]
    return [venues[0], venues[1] | {"public": b64u(bytes(32))}]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rulebook": "procurement/9"}, "body.rulebook"),
        ({"main": "ningbo"}, "body.main"),
        ({"venues": low_order()}, "body.venues"),
    ],
)
def test_founding_that_cannot_be_read_founds_nothing(changes: dict[str, Any], field: str) -> None:
    talk, jws = founding(**changes)

    assert refusal(talk, jws) == ("founding_refused", field)
    assert talk.session.size == 0


def test_founding_names_the_session_that_a_new_panel_evaluates_again() -> None:
    offers = [{"lot": "1", "bidder": "bidder-aaaaaaaa", "digest": "cd" * 32}]
    before = {"session": "fh-2026-0100", "size": 9, "root": "ab" * 32, "bids": offers}
    talk, jws = founding(rulebook="procurement/2", continues=before)
    talk.hear(jws, MAIN, 1)
    assert talk.session.continues == Continued(
        session="fh-2026-0100",
        size=9,
        root="ab" * 32,
        offers={("1", "bidder-aaaaaaaa"): "cd" * 32},
    )

    talk, jws = founding(rulebook="procurement/2", continues=before | {"size": 0})
    assert refusal(talk, jws) == ("founding_refused", "body.continues.size")


def test_founding_by_the_first_rules_continues_nothing() -> None:
    """What is now read was left alone then, whatever it was."""
    talk, jws = founding(continues=7)
    talk.hear(jws, MAIN, 1)

    assert talk.session.continues is None


def test_founding_is_the_first_line_of_main() -> None:
    assert refusal(*founding(), n=2) == ("gap", "n")


def test_session_is_founded_once() -> None:
    talk = at(Phase.PREPARED)

    assert talk.say(VENUE, "session.founded", talk.founding()).void_code == "already_founded"


# What is authentic


def test_entry_of_another_session_is_not_authentic() -> None:
    talk = at(Phase.PREPARED)
    jws = talk.entry(OFFICER, "session.paused", {"reason": "x"}, session="other-session")

    assert refusal(talk, jws) == ("other_session", "session")


def test_key_that_nobody_enrolled_is_not_authentic() -> None:
    talk = at(Phase.PREPARED)
    stranger = new_signing_key("Ed25519", b"\5" * 32)
    jws = talk.entry(OFFICER, "session.paused", {"reason": "x"}, key=stranger)
    n = len(talk.session.chains[MAIN])

    assert refusal(talk, jws, n=n) == ("unknown_key", "kid")


def test_key_speaks_for_its_owner_only() -> None:
    talk = at(Phase.PREPARED)
    zhao = talk.actors["officer-zhao"].key
    jws = talk.entry(OFFICER, "session.paused", {"reason": "x"}, key=zhao)
    n = len(talk.session.chains[MAIN])

    assert refusal(talk, jws, n=n) == ("other_author", "author")


def test_key_is_used_at_the_venue_that_enrolled_it() -> None:
    talk = at(Phase.PREPARED)
    jws = talk.entry(OFFICER, "session.paused", {"reason": "x"})

    n = len(talk.session.chains["beilun"])

    assert refusal(talk, jws, "beilun", n) == ("other_origin", "origin")


def test_origin_is_a_venue_of_the_session() -> None:
    talk = at(Phase.PREPARED)
    jws = talk.entry(OFFICER, "session.paused", {"reason": "x"})

    assert refusal(talk, jws, "ningbo") == ("unknown_origin", "origin")


@pytest.mark.parametrize("step", [-1, 1])
def test_lines_of_a_venue_have_no_gap_and_no_repetition(step: int) -> None:
    talk = at(Phase.PREPARED)
    jws = talk.entry(OFFICER, "session.paused", {"reason": "x"})

    assert refusal(talk, jws, n=len(talk.session.chains[MAIN]) + step) == ("gap", "n")


def test_line_holds_the_entry() -> None:
    talk = at(Phase.PREPARED)
    jws = talk.entry(OFFICER, "session.paused", {"reason": "x"})
    other = parse_entry(talk.entry(OFFICER, "session.paused", {"reason": "y"}))

    with pytest.raises(EvidenceError) as caught:
        talk.session.apply(Line(MAIN, 1, jws), other)
    assert caught.value.code == "other_entry"


def test_what_is_not_authentic_changes_nothing() -> None:
    talk = at(Phase.PREPARED)
    before = (talk.session.size, talk.session.closing_vector())
    jws = talk.entry(OFFICER, "session.paused", {"reason": "x"})

    refusal(talk, jws, "beilun", len(talk.session.chains["beilun"]))

    assert (talk.session.size, talk.session.closing_vector()) == before


# What is void


def test_closed_key_verifies_but_says_nothing_that_counts() -> None:
    talk = at(Phase.PREPARED)
    old = talk.actors[OFFICER].key
    talk.actor(OFFICER, generation=1)
    talk.enrol(OFFICER, "officer", replaces=old.public.key_id)

    said = talk.say(OFFICER, "session.paused", {"reason": "x"}, key=old)

    assert said.void_code == "key_closed"
    talk.must(OFFICER, "session.paused", {"reason": "x"})


def test_same_entry_counts_once() -> None:
    talk = at(Phase.SCORING)
    jws = talk.entry("supervisor-gu", "supervisor.warned", {"text": "Doors"})
    first = talk.hear(jws, MAIN)
    again = talk.hear(jws, MAIN)

    assert (first.counted, again.void_code) == (True, "repeated")
    assert talk.session.places[first.entry].void is None
    assert [line.code for line in talk.session.void_lines] == ["repeated"]


def test_author_s_id_names_one_entry() -> None:
    talk = at(Phase.SCORING)
    name = b64u(bytes(16))
    talk.must("supervisor-gu", "supervisor.warned", {"text": "Doors"}, id=name)

    said = talk.say("supervisor-gu", "supervisor.warned", {"text": "Windows"}, id=name)

    assert said.void_code == "repeated"


def test_unknown_kind_is_void() -> None:
    assert at(Phase.SCORING).say(OFFICER, "coffee.served", {}).void_code == "unknown_kind"


def test_nobody_has_seen_a_record_longer_than_it_is() -> None:
    talk = at(Phase.SCORING)
    seen = Seen(talk.session.size + 1, "00" * 32)

    said = talk.say(OFFICER, "session.paused", {"reason": "x"}, seen=seen)

    assert said.void_code == "seen_ahead"


def test_open_box_does_not_tell_how_long_the_record_is() -> None:
    talk = at(Phase.PREPARED)
    seen = Seen(talk.session.size + 1, "00" * 32)

    said = talk.say("supervisor-gu", "supervisor.warned", {"text": "Doors"}, seen=seen)

    assert (talk.session.box_is_open(), said.void_code) == (True, None)


def test_void_entry_has_its_place_in_the_record() -> None:
    talk = at(Phase.SCORING)
    said = talk.say(OFFICER, "session.resumed", {"reason": "x"})

    place = talk.session.places[said.entry]

    assert (place.position, place.void) == (said.position, "not_paused")
    assert talk.session.size == said.position + 1


# Admitting


def test_admitting_changes_nothing() -> None:
    talk = at(Phase.SCORING)
    entry = parse_entry(talk.entry(OFFICER, "session.paused", {"reason": "x"}))

    talk.session.admit(entry, MAIN)

    assert (talk.session.paused, entry.jws in talk.session.places) == (False, False)


def test_admitting_names_field_and_rule() -> None:
    talk = at(Phase.SCORING)
    wrong = parse_entry(talk.entry(OFFICER, "session.paused", {"reason": 7}))
    late = parse_entry(talk.entry(OFFICER, "tender.published", {"tender": talk.document}))

    with pytest.raises(InputError) as input_error:
        talk.session.admit(wrong, MAIN)
    with pytest.raises(RefusedError) as refused_error:
        talk.session.admit(late, MAIN)

    assert (input_error.value.field, refused_error.value.rule) == (
        "body.reason",
        "session/phases",
    )


def test_admitting_a_founding_checks_it() -> None:
    talk, jws = founding()
    talk.session.admit(parse_entry(jws), MAIN)

    with pytest.raises(EvidenceError):
        talk.session.admit(parse_entry(founding(rulebook="none/1")[1]), MAIN)
    with pytest.raises(EvidenceError):
        Session("other-session").admit(parse_entry(jws), MAIN)


@pytest.mark.parametrize("kind", ["bid.sealed", "bid.withdrawn"])
def test_venue_refuses_bids_after_the_deadline_by_its_own_clock(kind: str) -> None:
    talk = at(Phase.PREPARED)
    talk.must("bidder-aaaaaaaa", "bid.withdrawn", {"bid": "bid-a"})
    bodies = {"bid.sealed": ("bidder-aaaaaaaa", talk.bid("bid-n"))}
    author, body = bodies.get(kind, ("bidder-bbbbbbbb", {"bid": "bid-b"}))
    entry = parse_entry(talk.entry(author, kind, body))

    talk.session.admit(entry, MAIN)
    talk.session.admit(entry, MAIN, now=DEADLINE - 1)
    with pytest.raises(RefusedError) as caught:
        talk.session.admit(entry, MAIN, now=DEADLINE)
    assert (caught.value.code, caught.value.rule) == ("late", "order20/27")


def test_other_kinds_are_admitted_by_any_clock() -> None:
    talk = at(Phase.PREPARED)
    entry = parse_entry(talk.entry(OFFICER, "session.paused", {"reason": "x"}))

    talk.session.admit(entry, MAIN, now=DEADLINE + 1)


# Copies


def test_copy_goes_its_own_way() -> None:
    talk = at(Phase.SCORING)
    session = talk.session
    before = (session.size, session.closing_vector(), len(session.marks.marks))
    twin = talk.fork()

    twin.until(Phase.ARCHIVED)

    assert twin.session.phase is Phase.ARCHIVED
    assert (session.size, session.closing_vector(), len(session.marks.marks)) == before
    assert session.phase is Phase.SCORING
    assert session.session_id == twin.session.session_id == SESSION


def test_copy_costs_what_is_new_and_not_what_the_record_holds() -> None:
    """Counted in bytes that a copy allocates: as many behind ten times as many entries."""
    session = at(Phase.SCORING).session
    costs = {}
    for entries in (4_000, 40_000):
        _grow(session, entries - len(session.places))
        session.copy()
        costs[entries] = 0
        for _ in range(10):
            _grow(session, 60)
            tracemalloc.start()
            twin = session.copy()
            costs[entries] += tracemalloc.get_traced_memory()[0] // 10
            tracemalloc.stop()
            assert (twin.size, twin.places) == (session.size, session.places)

    assert costs[40_000] < costs[4_000] * 1.1
    assert costs[40_000] < 32 * 1024 < 1024**2 < _bytes_of_a_deep_copy(session)


def _bytes_of_a_deep_copy(session: Session) -> int:
    tracemalloc.start()
    copied = dict(session.places), set(session.entry_ids), list(session.chains[MAIN])
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert copied == (session.places, session.entry_ids, session.chains[MAIN])
    return size


def _grow(session: Session, entries: int) -> None:
    """Let a session hold more entries, as its writer keeps them; what they say does not matter."""
    for _ in range(entries):
        n = len(session.chains[MAIN])
        session.places[f"{n:064x}"] = Place(session.size, MAIN, n, "supervisor.warned")
        session.entry_ids.add(("supervisor-gu", f"{n:022x}"))
        session.chains[MAIN].append(n.to_bytes(32, "big"))
        session.size += 1
