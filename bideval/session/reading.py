"""What follows from an entry's own bytes, worked out once for all who fold it.

Decided here: that an entry's name and its body by its kind depend on nothing but the entry, so that
two folds, and a fold that is made again, may share them; what they hold is frozen.
Not decided here: whether the entry counts, which each fold decides for itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bideval.ledger.entry import entry_hash
from bideval.terms.fields import Fields

if TYPE_CHECKING:
    from bideval.ledger.entry import Entry
    from bideval.session.kinds import Kind


class Reading:
    """An entry with its name; its body is read when it is first asked for."""

    __slots__ = ("_body", "entry", "hash")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.hash = entry_hash(entry.jws)
        self._body: Any = None

    def body(self, kind: Kind) -> Any:  # noqa: ANN401  # whichever kind it is
        """Return the entry's body; `kind` is the entry's.

        Raises `InputError`, each time, where it is none of that kind.
        """
        if self._body is None:
            self._body = kind.read(Fields(self.entry.body, "body"))
        return self._body


def reading_of(entry: Entry, known: Reading | None) -> Reading:
    """Return the reading of an entry: the one that is known, if it is of the very same bytes."""
    if known is not None and known.entry.jws == entry.jws:
        return known
    return Reading(entry)
