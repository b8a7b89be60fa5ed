"""Rules of the meeting itself, as data with a version: what a rulebook says beyond the numbers.

Decided here: how many bids must be left after responsiveness, how long a fault may last before and
during the evaluation, and what is left to decide after that.
Not decided here: committee, bidders, weights (`bideval.scoring.rulebooks`, under the same ids).
No published row ever changes: a session is judged for ever by the version it was founded with.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bideval.draw.room import MOST_DRAWN
from bideval.scoring.rulebooks import find_rulebook
from bideval.session.names import COURSE, Phase

if TYPE_CHECKING:
    from bideval.scoring.rulebooks import Rulebook

SECOND_MS = 1_000
HOUR_MS = 3_600_000

BEFORE_START = COURSE[COURSE.index(Phase.OPENED) : COURSE.index(Phase.RESPONSIVENESS)]
"""From the opening until the panel takes up the bids: a fault here delays the start."""

DURING = COURSE[COURSE.index(Phase.RESPONSIVENESS) : COURSE.index(Phase.CONFIRMED)]
"""From the responsiveness check, where evaluating begins, until every member has signed."""


class AfterLimit(StrEnum):
    """What may follow a fault that outlasted its limit (RULES 2.2)."""

    TENDERER_DECIDES = "tenderer_decides"
    NEW_PANEL = "new_panel"


@dataclass(frozen=True, slots=True)
class FaultLimit:
    """How long a fault may last, and what may follow a longer one."""

    limit_ms: int
    after: AfterLimit


@dataclass(frozen=True, slots=True)
class FaultRules:
    """The limits of faults; none while bids come in, none once all members have signed."""

    before_start: FaultLimit
    during: FaultLimit

    def limit_in(self, phase: Phase) -> FaultLimit | None:
        """Return the limit of a fault that stops the session in `phase`."""
        if phase in BEFORE_START:
            return self.before_start
        return self.during if phase in DURING else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingRules:
    """What one rulebook says about the meeting.

    `minimum_responsive`: bids that must be left (procurement: three, Order 87 art. 43; works:
    the panel may go on with fewer, Order 12 art. 27; a rehearsal evaluates even a case without a
    valid bid). `pause_limit_ms`, of the first versions only: after a longer pause the session
    should be sealed and formed anew; it is shown, and nothing follows from it. `faults`: what the
    later versions have instead, and hold to; None where nothing is said. `most_drawn`: experts that
    one draw may have, None in the first versions, where a larger draw fails when it is written.
    `archive_reason`: whether an order to archive without a result needs its reason.
    `archive_corrected`: whether that move waits until a version has every correction in it.
    `members_note_chair`: whether the other members note it where the chair does not sign; in the
    first versions nobody could, and a silent chair kept the session open for ever.
    """

    minimum_responsive: int
    pause_limit_ms: int | None = None
    faults: FaultRules | None = None
    most_drawn: int | None = None
    archive_reason: bool = False
    members_note_chair: bool = False
    archive_corrected: bool = False


CITY_RULE = FaultRules(
    before_start=FaultLimit(2 * HOUR_MS, AfterLimit.TENDERER_DECIDES),
    during=FaultLimit(4 * HOUR_MS, AfterLimit.NEW_PANEL),
)
"""RULES 2.2, a city's rule: two hours before the start, four during the evaluation."""

DRILL = FaultRules(
    before_start=FaultLimit(20 * SECOND_MS, AfterLimit.TENDERER_DECIDES),
    during=FaultLimit(30 * SECOND_MS, AfterLimit.NEW_PANEL),
)
"""The same rule in seconds."""


def _current(minimum_responsive: int, faults: FaultRules) -> MeetingRules:
    """Return the rules of a version that sessions are founded with now."""
    return MeetingRules(
        minimum_responsive=minimum_responsive,
        faults=faults,
        most_drawn=MOST_DRAWN,
        archive_reason=True,
        members_note_chair=True,
        archive_corrected=True,
    )


MEETING_RULES = {
    "procurement/1": MeetingRules(minimum_responsive=3, pause_limit_ms=4 * HOUR_MS),
    "works/1": MeetingRules(minimum_responsive=1, pause_limit_ms=4 * HOUR_MS),
    "rehearsal/1": MeetingRules(minimum_responsive=0),
    "procurement/2": _current(3, CITY_RULE),
    "works/2": _current(1, CITY_RULE),
    "rehearsal/2": _current(0, CITY_RULE),
    "drill/1": _current(0, DRILL),
}


def find_rules(name: str, *, field: str) -> tuple[Rulebook, MeetingRules]:
    """Return a rulebook and its rules of the meeting; raises `InputError` at `field`."""
    return find_rulebook(name, field=field), MEETING_RULES[name]
