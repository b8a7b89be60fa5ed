"""The names that go around in a record: venues, sessions, people, bids, entries, roles.

Decided here: which texts are such a name. No name carries a person's own name, and no name needs
quoting in a URL, a file name, a note or a line of the record (bids are the exception: any
printable text of up to 64 characters, because tender documents number bids as they like).
Not decided here: who gets which name, and whether it exists.
"""

from __future__ import annotations

import re
from enum import StrEnum

from bideval.terms.errors import InputError

VENUE_ID = re.compile(r"[a-z][a-z0-9-]{1,30}", re.ASCII)
SESSION_ID = re.compile(r"[a-z0-9][a-z0-9.-]{3,63}", re.ASCII)
PERSON_ID = re.compile(r"[a-z][a-z0-9-]{1,40}", re.ASCII)
ENTRY_KIND = re.compile(r"[a-z]{1,20}\.[a-z_]{1,30}", re.ASCII)

VENUE_ACTOR = "venue/"
"""What stands before a venue's id where it acts itself: `venue/fenghua`."""

VENUE_LOG = "log."
"""What stands before a venue's id in the session id of its own log: `log.fenghua`."""

LABEL_LENGTH = 64
"""Characters in the name of a bid, lot, criterion or requirement: fits a column of a report."""

ENTRY_ID_BYTES = 16
ENTRY_ID_LENGTH = 22
"""Characters of 16 bytes in base64url without padding."""
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]", re.ASCII)
"""The last character has four unused bits, which are zero."""


class Role(StrEnum):
    """What a person may do; DESIGN section 2 and the permissions of `bideval.session`."""

    OFFICER = "officer"
    BIDDER = "bidder"
    EXPERT = "expert"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


ENROLLED_ROLES = frozenset({Role.OFFICER, Role.BIDDER, Role.EXPERT, Role.OPERATOR, Role.SUPERVISOR})
"""Roles whose keys enter a session's record; the others only read, or serve the machine."""


def venue_id(value: object, *, field: str) -> str:
    """Return the venue id, such as `fenghua`; raise `InputError` at `field` otherwise."""
    return _matching(VENUE_ID, value, field=field, name="venue")


def session_id(value: object, *, field: str) -> str:
    """Return the session id, such as `fh-2026-0117`; raise `InputError` at `field` otherwise."""
    return _matching(SESSION_ID, value, field=field, name="session")


def person_id(value: object, *, field: str) -> str:
    """Return the person id, such as `officer-lin` or a seat `wencheng-02`."""
    return _matching(PERSON_ID, value, field=field, name="person")


def entry_kind(value: object, *, field: str) -> str:
    """Return the kind of an entry, such as `mark.sealed`."""
    return _matching(ENTRY_KIND, value, field=field, name="kind")


def actor_id(value: object, *, field: str) -> str:
    """Return the id of who writes: a person id, or `venue/` and a venue id."""
    if isinstance(value, str) and value.startswith(VENUE_ACTOR):
        venue_id(value.removeprefix(VENUE_ACTOR), field=field)
        return value
    return person_id(value, field=field)


def venue_actor(venue: str) -> str:
    """Return the actor id of a venue: `venue/fenghua`."""
    return VENUE_ACTOR + venue


def acting_venue(actor: str) -> str | None:
    """Return the venue that an actor id names, or None where it is a person."""
    return actor.removeprefix(VENUE_ACTOR) if actor.startswith(VENUE_ACTOR) else None


def venue_log(venue: str) -> str:
    """Return the session id of the venue's own log: `log.fenghua`."""
    return VENUE_LOG + venue


def label(value: object, *, field: str) -> str:
    """Return the name of a bid, lot, criterion or requirement: 1 to 64 printable characters.

    No white space at either end, because nobody could see the difference on paper.
    """
    if not isinstance(value, str) or not _is_label(value):
        detail = f"must be 1 to {LABEL_LENGTH} printable characters"
        raise InputError("bad_label", field=field, detail=detail)
    return value


def bid_id(value: object, *, field: str) -> str:
    """Return the bid id: a label, as `label` decides."""
    return label(value, field=field)


def entry_id(value: object, *, field: str) -> str:
    """Return the client-made id of an entry: 16 random bytes as 22 base64url characters."""
    if isinstance(value, str) and _ENTRY_ID.fullmatch(value) is not None:
        return value
    detail = f"must be {ENTRY_ID_BYTES} bytes in base64url without padding"
    raise InputError("bad_entry_id", field=field, detail=detail)


def _is_label(text: str) -> bool:
    return 0 < len(text) <= LABEL_LENGTH and text.isprintable() and text == text.strip()


def _matching(pattern: re.Pattern[str], value: object, *, field: str, name: str) -> str:
    if isinstance(value, str) and pattern.fullmatch(value) is not None:
        return value
    raise InputError(f"bad_{name}_id", field=field, detail=f"must match {pattern.pattern}")
