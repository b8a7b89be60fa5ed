"""Rules of the meeting itself, as data with a version: what a rulebook says beyond the numbers.

Decided here: how many bids must be left after responsiveness, and how long a pause may last.
Not decided here: committee, bidders, weights (`bideval.scoring.rulebooks`, under the same ids).
No published row ever changes: a session is judged for ever by the version it was founded with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.scoring.rulebooks import find_rulebook

if TYPE_CHECKING:
    from bideval.scoring.rulebooks import Rulebook

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingRules:
    """What one rulebook says about the meeting.

    `minimum_responsive`: bids that must be left (procurement: three, Order 87 art. 43; works:
    the panel may go on with fewer, Order 12 art. 27; a rehearsal evaluates even a case without a
    valid bid). `pause_limit_ms`: after a longer fault the
    session should be sealed and formed anew (RULES 2.2, a city rule); None where nothing is said.
    """

    minimum_responsive: int
    pause_limit_ms: int | None


MEETING_RULES = {
    "procurement/1": MeetingRules(minimum_responsive=3, pause_limit_ms=4 * HOUR_MS),
    "works/1": MeetingRules(minimum_responsive=1, pause_limit_ms=4 * HOUR_MS),
    "rehearsal/1": MeetingRules(minimum_responsive=0, pause_limit_ms=None),
}


def find_rules(name: str, *, field: str) -> tuple[Rulebook, MeetingRules]:
    """Return a rulebook and its rules of the meeting; raises `InputError` at `field`."""
    return find_rulebook(name, field=field), MEETING_RULES[name]
