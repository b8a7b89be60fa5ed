"""What a work and a reader get in their hands.

Decided here: nothing but the joining of the repositories of this room.
"""

from __future__ import annotations

from bideval.store.administration import AdministrationReading, AdministrationWriting
from bideval.store.people import PeopleReading, PeopleWriting
from bideval.store.records import RecordReading, RecordWriting


class StoreReader(RecordReading, PeopleReading, AdministrationReading):
    """One snapshot of everything that is stored."""


class StoreTransaction(RecordWriting, PeopleWriting, AdministrationWriting):
    """Everything a work may ask and do, inside its own savepoint."""
