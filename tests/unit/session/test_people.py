from __future__ import annotations

from bideval.evidence.signing import new_signing_key
from bideval.session.people import People, Person, Venue
from bideval.terms.identifiers import Role


def key(number: int):
    return new_signing_key("Ed25519", bytes([number]) * 32).public


def person(name: str, number: int, *, role: Role = Role.OFFICER, position: int = 3) -> Person:
    return Person(
        id=name,
        role=role,
        venue="fenghua",
        key=key(number),
        recipient="age1x",
        seat=None,
        ticket=None,
        checked_by=None,
        position=position,
    )


def people() -> People:
    everybody = People()
    venues = [
        Venue(id=name, name=name, key=key(number), recipient=f"age-{name}", url="")
        for number, name in enumerate(("fenghua", "wencheng"), start=1)
    ]
    everybody.found("fenghua", venues)
    return everybody


def test_founding_names_main_and_the_keys_of_venues() -> None:
    everybody = people()

    assert (everybody.main, everybody.joined) == ("fenghua", {"fenghua": 0})
    assert everybody.owners[key(2).key_id].actor == "venue/wencheng"


def test_enrolled_person_speaks_by_the_own_key() -> None:
    everybody = people()
    everybody.enrol(person("officer-lin", 5))

    owner = everybody.owners[key(5).key_id]

    assert (owner.actor, owner.venue) == ("officer-lin", "fenghua")
    assert everybody.persons["officer-lin"].kid == key(5).key_id
    assert everybody.closed == {}


def test_second_enrolment_closes_the_first_key_but_keeps_whose_it_was() -> None:
    everybody = people()
    everybody.enrol(person("officer-lin", 5))
    everybody.enrol(person("officer-lin", 6, position=9))

    assert everybody.closed == {key(5).key_id: 9}
    assert everybody.owners[key(5).key_id].actor == "officer-lin"
    assert everybody.persons["officer-lin"].kid == key(6).key_id


def test_people_of_a_role_come_in_the_order_of_their_enrolment() -> None:
    everybody = people()
    everybody.enrol(person("officer-zhao", 5))
    everybody.enrol(person("supervisor-gu", 6, role=Role.SUPERVISOR))
    everybody.enrol(person("officer-lin", 7))

    assert [one.id for one in everybody.of(Role.OFFICER)] == ["officer-zhao", "officer-lin"]


def test_recipient_is_found_for_venues_and_people() -> None:
    everybody = people()
    everybody.enrol(person("officer-lin", 5))

    found = [everybody.recipient(one) for one in ("venue/wencheng", "officer-lin", "nobody")]

    assert found == ["age-wencheng", "age1x", None]
