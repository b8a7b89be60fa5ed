"""What pages call those who act: a venue by its name, a person by the id that he or she has here.

Not decided here: names of people, which no page of a session tells before they are published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bideval.session.standing import Standing

_VENUE = "venue/"


def actor_name(session: Standing, actor: str) -> str:
    """Return what an actor is called: `venue/<id>` by the venue's name, anybody else as is."""
    venue = session.people.venues.get(actor.removeprefix(_VENUE))
    return venue.name if venue is not None and actor.startswith(_VENUE) else actor


def actor_names(session: Standing, actors: Iterable[str]) -> tuple[str, ...]:
    """As `actor_name`, for several; each once, in their order."""
    return tuple(dict.fromkeys(actor_name(session, one) for one in actors))
