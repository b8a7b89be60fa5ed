"""Names: what each kind of identifier may be."""

from __future__ import annotations

import pytest

from bideval.terms import identifiers
from bideval.terms.errors import InputError
from bideval.terms.identifiers import Role

READERS = {
    "venue": identifiers.venue_id,
    "session": identifiers.session_id,
    "person": identifiers.person_id,
    "kind": identifiers.entry_kind,
    "actor": identifiers.actor_id,
    "label": identifiers.label,
    "bid": identifiers.bid_id,
    "entry": identifiers.entry_id,
}

GOOD = [
    ("venue", "fenghua"),
    ("venue", "a1"),
    ("venue", "a" * 31),
    ("session", "fh-2026-0117"),
    ("session", "log.fenghua"),
    ("session", "0" * 64),
    ("person", "officer-lin"),
    ("person", "wencheng-02"),
    ("person", "a" * 41),
    ("kind", "mark.sealed"),
    ("kind", "log.started"),
    ("actor", "venue/fenghua"),
    ("actor", "bidder-3f9c12ab"),
    ("label", "一标段"),
    ("bid", "bid-3f9c12ab"),
    ("bid", "No. 7"),
    ("bid", "x" * 64),
    ("entry", "AAAAAAAAAAAAAAAAAAAAAA"),
    ("entry", "_-__________________-w"),
]

BAD = [
    ("venue", "a", "bad_venue_id"),
    ("venue", "a" * 32, "bad_venue_id"),
    ("venue", "1a", "bad_venue_id"),
    ("venue", "Fenghua", "bad_venue_id"),
    ("venue", "feng hua", "bad_venue_id"),
    ("venue", "fenghua\n", "bad_venue_id"),
    ("venue", None, "bad_venue_id"),
    ("session", "abc", "bad_session_id"),
    ("session", "0" * 65, "bad_session_id"),
    ("session", "-abcd", "bad_session_id"),
    ("session", "ab/cd", "bad_session_id"),
    ("person", "b", "bad_person_id"),
    ("person", "a" * 42, "bad_person_id"),
    ("person", "林", "bad_person_id"),
    ("person", "venue/fenghua", "bad_person_id"),
    ("kind", "marksealed", "bad_kind_id"),
    ("kind", "mark.", "bad_kind_id"),
    ("kind", "mark.sealed.twice", "bad_kind_id"),
    ("actor", "venue/", "bad_venue_id"),
    ("actor", "venue/a/b", "bad_venue_id"),
    ("actor", "Venue/fenghua", "bad_person_id"),
    ("actor", 7, "bad_person_id"),
    ("label", "", "bad_label"),
    ("label", "x" * 65, "bad_label"),
    ("label", " x", "bad_label"),
    ("label", "x\u3000", "bad_label"),
    ("label", "a\nb", "bad_label"),
    ("label", "a\u202eb", "bad_label"),
    ("label", None, "bad_label"),
    ("bid", "\ud800", "bad_label"),
    ("entry", "A" * 21, "bad_entry_id"),
    ("entry", "A" * 23, "bad_entry_id"),
    ("entry", "AAAAAAAAAAAAAAAAAAAAAB", "bad_entry_id"),
    ("entry", "AAAAAAAAAAAAAAAAAAAA==", "bad_entry_id"),
    ("entry", None, "bad_entry_id"),
]


@pytest.mark.parametrize(("reader", "value"), GOOD)
def test_a_good_name_is_returned_as_it_is(reader, value):
    assert READERS[reader](value, field="here") == value


@pytest.mark.parametrize(("reader", "value", "code"), BAD)
def test_a_bad_name_is_refused_at_its_field(reader, value, code):
    with pytest.raises(InputError) as caught:
        READERS[reader](value, field="body.x")
    assert (caught.value.code, caught.value.field) == (code, "body.x")


def test_a_venue_acts_under_its_own_prefix():
    actor = identifiers.venue_actor("fenghua")
    assert (actor, identifiers.acting_venue(actor)) == ("venue/fenghua", "fenghua")


def test_a_person_is_no_acting_venue():
    assert identifiers.acting_venue("officer-lin") is None


def test_the_longest_venue_name_still_gives_a_session_id_for_its_log():
    log = identifiers.venue_log("a" * 31)
    assert identifiers.session_id(log, field="session") == "log." + "a" * 31


def test_auditors_and_administrators_never_enter_a_record():
    assert set(Role) - identifiers.ENROLLED_ROLES == {Role.AUDITOR, Role.ADMINISTRATOR}
