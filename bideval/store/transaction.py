"""What a work and a reader get in their hands.

Decided here: nothing but the joining of the repositories of this room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.store.administration import AdministrationReading, AdministrationWriting
from bideval.store.people import PeopleReading, PeopleWriting
from bideval.store.records import RecordReading, RecordWriting

if TYPE_CHECKING:
    from collections.abc import Callable


class StoreReader(RecordReading, PeopleReading, AdministrationReading):
    """One snapshot of everything that is stored."""


class StoreTransaction(RecordWriting, PeopleWriting, AdministrationWriting):
    """Everything a work may ask and do, inside its own savepoint."""

    forgetting: tuple[Callable[[bool], None], ...] = ()
    """What is to be called if this comes to nothing."""

    def on_undo(self, forget: Callable[[bool], None]) -> None:
        self.forgetting = (*self.forgetting, forget)
