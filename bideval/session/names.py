"""The names that the meeting is told in: phases, states of bids and members.

Decided here: which names there are. Not decided here: what leads from one to the next.
"""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """What a session has reached; `responsiveness` and `scoring` are going on."""

    PREPARED = "prepared"
    OPENED = "opened"
    DRAWN = "drawn"
    CHECKED_IN = "checked_in"
    DECLARED = "declared"
    CHAIRED = "chaired"
    RESPONSIVENESS = "responsiveness"
    SCORING = "scoring"
    RELEASED = "released"
    CONSOLIDATED = "consolidated"
    CONFIRMED = "confirmed"
    REPORTED = "reported"
    ARCHIVED = "archived"
    FAILED = "failed"
    RE_FORMED = "re_formed"


COURSE = tuple(Phase)[: tuple(Phase).index(Phase.ARCHIVED) + 1]
"""The phases of a session that ends well, in order."""

ENDED = frozenset({Phase.ARCHIVED, Phase.FAILED, Phase.RE_FORMED})
"""Phases that nothing leaves."""

LIVE = tuple(phase for phase in COURSE if phase not in ENDED)
"""Phases of a session that goes on."""


class BidState(StrEnum):
    """What has become of a sealed bid."""

    SEALED = "sealed"
    WITHDRAWN = "withdrawn"
    OPENED = "opened"
    UNOPENABLE = "unopenable"


class MemberState(StrEnum):
    """Whether what a member signs counts."""

    SEATED = "seated"
    RECUSED = "recused"
    REPLACED = "replaced"


class SeatState(StrEnum):
    """What has become of a drawn seat's present ticket."""

    DRAWN = "drawn"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    CHECKED_IN = "checked_in"
    VACATED = "vacated"
