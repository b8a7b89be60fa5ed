"""Venues, people and their keys, as enrolments brought them in.

Decided here: which key speaks for whom, and until where. Not decided here: who may enrol whom.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bideval.terms.identifiers import Role, venue_actor

if TYPE_CHECKING:
    from bideval.evidence.signing import PublicKey
    from bideval.terms.instants import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A venue of the session; its key is fixed by the founding entry."""

    id: str
    name: str
    key: PublicKey
    recipient: str
    url: str

    @property
    def actor(self) -> str:
        """The venue's actor id."""
        return venue_actor(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person with the key that counts now; `venue` enrolled it and takes the person's entries."""

    id: str
    role: Role
    venue: str
    key: PublicKey
    recipient: str | None
    seat: str | None
    ticket: str | None
    checked_by: str | None
    position: int

    @property
    def kid(self) -> str:
        """The id of the present key."""
        return self.key.key_id


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Whom a key speaks for; `venue` is where it may be used; `role` of a key that was refused."""

    actor: str
    venue: str
    key: PublicKey
    role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekey:
    """Leave to replace a seated person's key once; `kid` is the new key when it was used."""

    person: str
    replaces: str
    by: str
    reason: str
    position: int
    kid: str | None = None


@dataclass(slots=True)
class People:
    """Everybody who has a key in this record."""

    main: str = ""
    venues: dict[str, Venue] = field(default_factory=dict)
    joined: dict[str, int] = field(default_factory=dict)
    absent: dict[str, Instant] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    owners: dict[str, KeyOwner] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)
    refused: dict[str, KeyOwner] = field(default_factory=dict)
    """Keys whose enrolment turned out void: what they sign is authentic, and void too.

    A branch takes people in while its line is down. If what main placed meanwhile voids that, their
    words are in the branch's numbering all the same, and must not stop what comes after.
    """
    rekeys: dict[str, Rekey] = field(default_factory=dict)

    def found(self, main: str, venues: list[Venue]) -> None:
        """Take the venues of the founding entry."""
        self.main = main
        for venue in venues:
            self.venues[venue.id] = venue
            self.owners[venue.key.key_id] = KeyOwner(venue.actor, venue.id, venue.key)
        self.joined[main] = 0

    def enrol(self, person: Person) -> None:
        """Let the person speak by this key; an earlier key of the same person is closed."""
        earlier = self.persons.get(person.id)
        if earlier is not None:
            self.closed[earlier.kid] = person.position
            self._use_rekey(earlier.kid, person.kid)
        self.persons[person.id] = person
        self.owners[person.kid] = KeyOwner(person.id, person.venue, person.key)

    def owner_of(self, kid: str) -> KeyOwner | None:
        """Return whose signature a key makes, whether or not its enrolment counts."""
        return self.owners.get(kid) or self.refused.get(kid)

    def refuse(self, owner: KeyOwner) -> None:
        """Note a key whose enrolment is void."""
        self.refused.setdefault(owner.key.key_id, owner)

    def _use_rekey(self, replaced: str, kid: str) -> None:
        allowed = self.rekeys.get(replaced)
        if allowed is not None:
            self.rekeys[replaced] = replace(allowed, kid=kid)

    def of(self, role: Role) -> list[Person]:
        """Return the people of a role, in the order in which they were first enrolled."""
        return [person for person in self.persons.values() if person.role is role]

    def recipient(self, actor: str) -> str | None:
        """Return the age recipient of a person or a venue; None where there is none."""
        for venue in self.venues.values():
            if venue.actor == actor:
                return venue.recipient
        person = self.persons.get(actor)
        return person.recipient if person else None
