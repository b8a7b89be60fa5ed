"""One entry as the meeting hears it: who says what, where, as which roles; and how it is refused.

Decided here: the words for who may author what. Not decided here: what follows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from bideval.terms.errors import RefusedError

if TYPE_CHECKING:
    from bideval.ledger.entry import Entry


class Author(StrEnum):
    """Who may author a kind: a role of a person, or a venue by its part in the session."""

    MAIN = "main"
    BRANCH = "branch"
    OFFICER = "officer"
    BIDDER = "bidder"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    EXPERT = "expert"


ANY_VENUE = frozenset({Author.MAIN, Author.BRANCH})


class Act(NamedTuple):
    """An authentic entry at its place; `position` is the one it has or would get."""

    entry: Entry
    hash: str
    origin: str
    n: int
    position: int
    author: Author

    @property
    def actor(self) -> str:
        """The actor id of the author."""
        return self.entry.author


def refused(code: str, *, field: str | None = None, rule: str | None = None) -> RefusedError:
    """Return the error that voids an entry, or makes a venue refuse it up front."""
    return RefusedError(code, field=field, rule=rule)
