"""Which function hears which kind.

Decided here: nothing but the pairing; a test holds it against `KINDS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bideval.session.acts import bids, course, marks, panel, pauses, people

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bideval.session.act import Act
    from bideval.session.standing import Standing

    Hear = Callable[[Standing, Act, Any], Callable[[], None]]

ACTS: Mapping[str, Hear] = {
    "venue.joined": people.join,
    "person.enrolled": people.enrol,
    "rekey.allowed": people.allow_rekey,
    "tender.published": bids.publish,
    "bid.sealed": bids.seal_bid,
    "bid.withdrawn": bids.withdraw_bid,
    "bids.closed": bids.close_bids,
    "share.released": bids.release_share,
    "share.refused": bids.refuse_share,
    "bid.opened": bids.open_bid,
    "bid.unopenable": bids.give_up_bid,
    "opening.objected": bids.object_to_opening,
    "opening.answered": bids.answer_objection,
    "pool.sealed": panel.seal_pool,
    "nonce.sealed": panel.seal_nonce,
    "draw.computed": panel.compute_draw,
    "invitation.answered": panel.answer_invitation,
    "answer.witnessed": panel.witness_answer,
    "draw.supplemented": panel.supplement_draw,
    "declaration.signed": panel.declare,
    "chair.voted": panel.vote_chair,
    "responsiveness.voted": marks.vote_responsiveness,
    "marks.dealt": marks.deal_marks,
    "mark.sealed": marks.seal_mark,
    "scoresheet.signed": marks.sign_sheet,
    "phase.ordered": course.order_phase,
    "phase.moved": course.move_phase,
    "session.paused": pauses.pause,
    "session.resumed": pauses.resume,
    "pause.expired": pauses.expire,
    "member.replaced": panel.replace_member,
    "result.consolidated": course.consolidate,
    "mark.corrected": marks.correct_mark,
    "result.confirmed": course.confirm,
    "refusal.noted": course.note_refusal,
    "report.issued": course.issue_report,
    "report.printed": people.print_report,
    "record.stamped": course.stamp_record,
    "supervisor.warned": people.warn,
    "venue.absent": people.line_lost,
    "venue.returned": people.line_back,
}
