"""Who is asking.

Decided here: what an action and a page may know of the person in front of the screen.
Not decided here: how somebody becomes a visitor (accounts) and what a role may do (pages.access).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bideval.terms.identifiers import Role


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who holds a valid cookie of this venue.

    `session` is set where the account exists for one session only (an expert's seat).
    """

    person: str
    role: Role
    kid: str
    session: str | None = None
