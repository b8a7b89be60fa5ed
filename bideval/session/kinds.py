"""The kinds of entries as one table: who may author each, when it may count, what is refused.

Decided here: authors, phases, readers, what a pause lets through; docs/spec/kinds.md is written
from this table. Not decided here: what an entry does when it counts (`bideval.session.acts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.session.act import ANY_VENUE, Author
from bideval.session.bodies import bids, course, marks, panel, people
from bideval.session.names import COURSE, LIVE, Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.terms.fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of entry; `refuses` lists the codes of its own beyond those of every kind."""

    name: str
    authors: frozenset[Author]
    phases: tuple[Phase, ...]
    read: Callable[[Fields], object]
    refuses: tuple[str, ...] = ()
    during_pause: bool = False


GENERAL_REFUSALS = (
    "unknown_kind",
    "not_allowed",
    "key_closed",
    "repeated",
    "seen_ahead",
    "session_paused",
    "session_ended",
    "early",
    "late",
)
"""Why an entry of any kind may not count; a body of the wrong shape has the reader's own code."""

MAIN = frozenset({Author.MAIN})
BRANCH = frozenset({Author.BRANCH})
OFFICER = frozenset({Author.OFFICER})
BIDDER = frozenset({Author.BIDDER})
SUPERVISOR = frozenset({Author.SUPERVISOR})
EXPERT = frozenset({Author.EXPERT})
OPERATOR = frozenset({Author.OPERATOR})


def _from(first: Phase, last: Phase) -> tuple[Phase, ...]:
    return COURSE[COURSE.index(first) : COURSE.index(last) + 1]


PREPARED = (Phase.PREPARED,)
AT_OPENING = _from(Phase.PREPARED, Phase.OPENED)
UNTIL_SCORED = _from(Phase.DRAWN, Phase.SCORING)
SEAL = ("custody_differs", "seal_known")
MEMBER = ("not_seated", "not_declared")

_ALL = (
    Kind(
        name="session.founded",
        authors=MAIN,
        phases=PREPARED,
        read=people.read_session_founded,
        refuses=("already_founded",),
    ),
    Kind(
        name="venue.joined",
        authors=BRANCH,
        phases=LIVE,
        read=people.read_venue_joined,
        refuses=("already_joined", "other_founding"),
        during_pause=True,
    ),
    Kind(
        name="person.enrolled",
        authors=ANY_VENUE,
        phases=LIVE,
        read=people.read_person_enrolled,
        refuses=(
            "enrolled_elsewhere",
            "key_refused",
            "proof_refused",
            "key_known",
            "key_unknown",
            "person_known",
            "person_differs",
            "recipient_differs",
            "too_late_to_join",
            "seat_elsewhere",
            "not_drawn",
            "no_seat",
            "seat_taken",
            "second_role_missing",
        ),
        during_pause=True,
    ),
    Kind(
        name="rekey.allowed",
        authors=OFFICER | SUPERVISOR | EXPERT,
        phases=_from(Phase.DRAWN, Phase.REPORTED),
        read=people.read_rekey_allowed,
        refuses=("not_seated", "key_unknown", "other_person", "not_independent"),
        during_pause=True,
    ),
    Kind(
        name="tender.published",
        authors=OFFICER,
        phases=PREPARED,
        read=course.read_tender_published,
        refuses=(
            "tender_known",
            "unknown_venue",
            "custodian_unknown",
            "name_too_long",
            "too_many_drawn",
        ),
    ),
    Kind(
        name="bid.sealed",
        authors=BIDDER,
        phases=PREPARED,
        read=bids.read_bid_sealed,
        refuses=(
            "no_tender",
            "unknown_lot",
            "not_opened_before",
            "bid_known",
            "name_too_long",
            "bid_live",
            *SEAL,
        ),
    ),
    Kind(
        name="bid.withdrawn",
        authors=BIDDER,
        phases=PREPARED,
        read=bids.read_bid_withdrawn,
        refuses=("unknown_bid",),
    ),
    Kind(
        name="bids.closed",
        authors=MAIN,
        phases=PREPARED,
        read=bids.read_bids_closed,
        refuses=("no_tender", "already_closed", "before_deadline", "vector_differs"),
    ),
    Kind(
        name="share.released",
        authors=ANY_VENUE | OFFICER | SUPERVISOR,
        phases=COURSE,
        read=bids.read_share_released,
        refuses=("other_custodian", "unknown_seal", "too_early", "share_known", "share_wrong"),
        during_pause=True,
    ),
    Kind(
        name="share.refused",
        authors=ANY_VENUE | OFFICER | SUPERVISOR,
        phases=COURSE,
        read=bids.read_share_refused,
        refuses=(
            "other_custodian",
            "unknown_seal",
            "other_purpose",
            "share_known",
            "already_refused",
        ),
        during_pause=True,
    ),
    Kind(
        name="bid.opened",
        authors=MAIN,
        phases=PREPARED,
        read=bids.read_bid_opened,
        refuses=("too_early", "unknown_bid", "manifest_differs"),
    ),
    Kind(
        name="bid.unopenable",
        authors=MAIN,
        phases=PREPARED,
        read=bids.read_bid_unopenable,
        refuses=("too_early", "unknown_bid"),
    ),
    Kind(
        name="opening.objected",
        authors=BIDDER,
        phases=AT_OPENING,
        read=bids.read_opening_objected,
        refuses=("too_early",),
    ),
    Kind(
        name="opening.answered",
        authors=OFFICER,
        phases=_from(Phase.PREPARED, Phase.DRAWN),
        read=bids.read_opening_answered,
        refuses=("unknown_objection", "already_answered"),
    ),
    Kind(
        name="pool.sealed",
        authors=MAIN,
        phases=AT_OPENING,
        read=panel.read_pool_sealed,
        refuses=("pool_fixed",),
    ),
    Kind(
        name="nonce.sealed",
        authors=ANY_VENUE | SUPERVISOR,
        phases=(Phase.OPENED,),
        read=panel.read_nonce_sealed,
        refuses=("no_pool", "not_committing", "nonce_known", "nonces_spent", *SEAL),
    ),
    Kind(
        name="draw.computed",
        authors=MAIN,
        phases=(Phase.OPENED,),
        read=panel.read_draw_computed,
        refuses=("already_drawn", "too_early", "strata_differ", "ticket_spent", *SEAL),
    ),
    Kind(
        name="invitation.answered",
        authors=MAIN,
        phases=_from(Phase.OPENED, Phase.SCORING),
        read=panel.read_invitation_answered,
        refuses=("not_drawn", "already_answered", "too_early"),
    ),
    Kind(
        name="answer.witnessed",
        authors=OPERATOR | SUPERVISOR,
        phases=_from(Phase.OPENED, Phase.REPORTED),
        read=panel.read_answer_witnessed,
        refuses=("unknown_answer", "already_witnessed", "seat_elsewhere"),
        during_pause=True,
    ),
    Kind(
        name="draw.supplemented",
        authors=MAIN,
        phases=_from(Phase.OPENED, Phase.SCORING),
        read=panel.read_draw_supplemented,
        refuses=("seat_taken", "strata_differ", "ticket_spent", *SEAL),
    ),
    Kind(
        name="declaration.signed",
        authors=EXPERT,
        phases=UNTIL_SCORED,
        read=panel.read_declaration_signed,
        refuses=("not_seated", "already_declared"),
    ),
    Kind(
        name="chair.voted",
        authors=EXPERT,
        phases=_from(Phase.DECLARED, Phase.SCORING),
        read=panel.read_chair_voted,
        refuses=(*MEMBER, "chair_known", "other_round", "already_voted", "representative_chair"),
    ),
    Kind(
        name="responsiveness.voted",
        authors=EXPERT,
        phases=_from(Phase.RESPONSIVENESS, Phase.SCORING),
        read=marks.read_responsiveness_voted,
        refuses=(*MEMBER, "unknown_bid", "unknown_requirement", "already_voted"),
    ),
    Kind(
        name="marks.dealt",
        authors=EXPERT,
        phases=_from(Phase.RESPONSIVENESS, Phase.SCORING),
        read=marks.read_marks_dealt,
        refuses=(*MEMBER, *SEAL),
    ),
    Kind(
        name="mark.sealed",
        authors=EXPERT,
        phases=(Phase.SCORING,),
        read=marks.read_mark_sealed,
        refuses=(
            *MEMBER,
            "unknown_seal",
            "seal_refused",
            "counter_not_rising",
            "unknown_bid",
            "unknown_criterion",
        ),
    ),
    Kind(
        name="scoresheet.signed",
        authors=EXPERT,
        phases=(Phase.SCORING,),
        read=marks.read_scoresheet_signed,
        refuses=(*MEMBER, "unknown_seal", "seal_refused", "counter_not_rising"),
    ),
    Kind(
        name="phase.ordered",
        authors=OFFICER,
        phases=LIVE,
        read=course.read_phase_ordered,
        refuses=(
            "other_phase",
            "no_such_move",
            "no_order_needed",
            "reason_missing",
            "successor_missing",
            "same_session",
        ),
        during_pause=True,
    ),
    Kind(
        name="phase.moved",
        authors=MAIN,
        phases=LIVE,
        read=course.read_phase_moved,
        refuses=(
            "other_phase",
            "no_such_move",
            "order_missing",
            "conditions_missing",
            "vector_differs",
        ),
        during_pause=True,
    ),
    Kind(
        name="session.paused",
        authors=OFFICER | MAIN,
        phases=LIVE,
        read=course.read_session_paused,
        refuses=("fault_ahead",),
    ),
    Kind(
        name="session.resumed",
        authors=OFFICER | MAIN,
        phases=LIVE,
        read=course.read_session_resumed,
        refuses=("not_paused", "limit_passed", "decision_missing"),
        during_pause=True,
    ),
    Kind(
        name="pause.expired",
        authors=MAIN,
        phases=_from(Phase.OPENED, Phase.CONSOLIDATED),
        read=course.read_pause_expired,
        refuses=("not_paused", "no_limit", "already_expired", "due_differs", "before_limit"),
        during_pause=True,
    ),
    Kind(
        name="member.replaced",
        authors=OFFICER,
        phases=UNTIL_SCORED,
        read=panel.read_member_replaced,
        refuses=("not_seated",),
    ),
    Kind(
        name="result.consolidated",
        authors=MAIN,
        phases=_from(Phase.RELEASED, Phase.CONSOLIDATED),
        read=course.read_result_consolidated,
        refuses=("too_early", "version_differs", "lots_differ", "digest_differs"),
    ),
    Kind(
        name="mark.corrected",
        authors=EXPERT,
        phases=_from(Phase.RELEASED, Phase.CONSOLIDATED),
        read=marks.read_mark_corrected,
        refuses=(*MEMBER, "unknown_item", "before_differs"),
    ),
    Kind(
        name="result.confirmed",
        authors=EXPERT,
        phases=(Phase.CONSOLIDATED,),
        read=course.read_result_confirmed,
        refuses=(*MEMBER, "digest_differs", "not_final"),
    ),
    Kind(
        name="refusal.noted",
        authors=EXPERT,
        phases=(Phase.CONSOLIDATED,),
        read=course.read_refusal_noted,
        refuses=("not_chair", "not_seated", "already_signed"),
    ),
    Kind(
        name="report.issued",
        authors=MAIN,
        phases=(Phase.CONFIRMED,),
        read=course.read_report_issued,
        refuses=("report_known", "digest_differs", "not_final", "head_ahead"),
    ),
    Kind(
        name="report.printed",
        authors=ANY_VENUE,
        phases=_from(Phase.CONFIRMED, Phase.ARCHIVED),
        read=people.read_report_printed,
        refuses=("no_report",),
    ),
    Kind(
        name="record.stamped",
        authors=ANY_VENUE,
        phases=LIVE,
        read=course.read_record_stamped,
        refuses=("head_ahead",),
        during_pause=True,
    ),
    Kind(
        name="supervisor.warned",
        authors=SUPERVISOR,
        phases=LIVE,
        read=people.read_supervisor_warned,
        during_pause=True,
    ),
    Kind(
        name="venue.absent",
        authors=MAIN,
        phases=LIVE,
        read=people.read_line_state,
        refuses=("unknown_venue", "already_absent"),
        during_pause=True,
    ),
    Kind(
        name="venue.returned",
        authors=MAIN,
        phases=LIVE,
        read=people.read_line_state,
        refuses=("unknown_venue", "not_absent"),
        during_pause=True,
    ),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
"""Every kind of entry of a session's record, by name."""
