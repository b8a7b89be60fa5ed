"""What the names of the core are called on a page, in English; catalogues translate them.

Decided here: the words. Not decided here: the names (session, terms) and the other languages.
"""

from __future__ import annotations

from bideval.evidence.sealing import Purpose
from bideval.session.bodies.bids import UNOPENABLE_REASONS
from bideval.session.names import Phase
from bideval.terms.identifiers import Role


def N_(message: str) -> str:  # noqa: N802  # the name that catalogue tools look for
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


ROLES = {
    Role.OFFICER: N_("Procurement officer"),
    Role.BIDDER: N_("Bidder"),
    Role.EXPERT: N_("Expert"),
    Role.OPERATOR: N_("Venue operator"),
    Role.SUPERVISOR: N_("Supervisor"),
    Role.AUDITOR: N_("Auditor"),
    Role.ADMINISTRATOR: N_("Venue administrator"),
}

PHASES = {
    Phase.PREPARED: N_("Bidding"),
    Phase.OPENED: N_("Opening"),
    Phase.DRAWN: N_("Draw"),
    Phase.CHECKED_IN: N_("Check-in"),
    Phase.DECLARED: N_("Declarations"),
    Phase.CHAIRED: N_("Chair"),
    Phase.RESPONSIVENESS: N_("Responsiveness"),
    Phase.SCORING: N_("Scoring"),
    Phase.RELEASED: N_("Release"),
    Phase.CONSOLIDATED: N_("Consolidation"),
    Phase.CONFIRMED: N_("Confirmation"),
    Phase.REPORTED: N_("Report"),
    Phase.ARCHIVED: N_("Archive"),
    Phase.FAILED: N_("Failed"),
    Phase.RE_FORMED: N_("New panel"),
}
"""What a phase is called; it names what has been reached, or is going on in two cases."""

ORDERS = {
    Phase.OPENED: N_("Finish the opening"),
    Phase.DRAWN: N_("Confirm the draw"),
    Phase.RESPONSIVENESS: N_("Begin the responsiveness check"),
    Phase.SCORING: N_("Begin scoring"),
    Phase.REPORTED: N_("Deliver the report"),
    Phase.ARCHIVED: N_("Archive the session"),
    Phase.FAILED: N_("Declare the tender failed"),
    Phase.RE_FORMED: N_("Seal and form a new panel"),
}
"""What an officer orders."""

CONDITIONS = {
    "bids_closed": N_("The deadline has passed and the box is closed"),
    "bids_settled": N_("Every bid is opened, or noted as one that cannot be"),
    "enough_bids": N_("A lot has enough opened bids"),
    "too_few_bids": N_("No lot has enough bids"),
    "draw_computed": N_("The panel is drawn"),
    "seats_filled": N_("Every drawn seat has an expert who has not declined"),
    "all_checked_in": N_("Every member is checked in"),
    "all_declared": N_("Every member has signed discipline and recusal"),
    "chair_elected": N_("The panel has a chair"),
    "responsiveness_decided": N_("Every member has voted on every bid"),
    "enough_responsive": N_("A lot has enough responsive bids"),
    "too_few_responsive": N_("No lot has enough responsive bids"),
    "all_sheets_in": N_("Every member has signed a scoresheet"),
    "marks_opened": N_("Enough shares of the marks are released"),
    "result_final": N_("The result is final and current"),
    "result_not_final": N_("The result has findings that nobody corrected"),
    "all_confirmed": N_("Every member has confirmed the result"),
    "report_issued": N_("The report is issued"),
}
"""Conditions of moves, said as what will be true once they hold."""

BID_STATES = {
    "sealed": N_("sealed"),
    "withdrawn": N_("withdrawn"),
    "opened": N_("opened"),
    "unopenable": N_("cannot be opened"),
}

UNOPENABLE = dict(
    zip(
        UNOPENABLE_REASONS,
        (
            N_("shares are missing"),
            N_("the shares do not fit together"),
            N_("the sealed file was never uploaded"),
            N_("the sealed file is not the one that was signed for"),
            N_("the sealed file does not decrypt"),
            N_("the package inside is malformed"),
            N_("the package inside is for another bid"),
        ),
        strict=True,
    )
)

SIZES = {
    "large": N_("large"),
    "medium": N_("medium"),
    "small": N_("small"),
    "micro": N_("micro"),
}

CATEGORIES = {"goods": N_("goods"), "services": N_("services"), "works": N_("works")}

SEAT_STATES = {
    "drawn": N_("drawn"),
    "accepted": N_("accepted"),
    "declined": N_("declined"),
    "no_answer": N_("no answer"),
    "checked_in": N_("checked in"),
    "vacated": N_("vacated"),
}

GROUNDS = {
    "absent": N_("absent"),
    "recusal": N_("recusal"),
    "illness": N_("illness"),
    "line": N_("line fault"),
    "discipline": N_("breach of discipline"),
}

CORRECTION_GROUNDS = {
    "out_of_range": N_("mark out of range"),
    "addition": N_("addition error"),
    "objective": N_("objective marks differ"),
    "abnormal": N_("abnormally high or low"),
    "missing": N_("mark missing"),
}

FINDINGS = {
    "out_of_range": N_("mark out of range"),
    "off_step": N_("mark between two steps"),
    "missing_mark": N_("mark missing"),
    "objective_inconsistent": N_("objective marks differ between members"),
    "over_ceiling": N_("price above the ceiling"),
}

STANCES = {
    "agree": N_("signed"),
    "dissent": N_("signed with dissent"),
    "refuse": N_("refused to sign"),
}

VERDICTS = {"responsive": N_("responsive"), "unresponsive": N_("unresponsive")}

PURPOSES = {
    Purpose.BID: N_("bid"),
    Purpose.MARKS: N_("marks"),
    Purpose.IDENTITY: N_("names of the panel"),
    Purpose.NONCE: N_("random number"),
}

STEPS = {
    "evaluated_price": N_("Evaluated price"),
    "benchmark_price": N_("Benchmark price"),
    "deviation": N_("Deviation"),
    "price_score": N_("Price score"),
    "price_score_bonus": N_("Price score with preference"),
    "member_total": N_("Member's total"),
    "criterion_mean": N_("Criterion mean"),
    "criterion_score": N_("Criterion score"),
    "panel_mean": N_("Panel mean"),
    "objective": N_("Objective score"),
    "total": N_("Total"),
    "rank": N_("Rank"),
}

MISDEEDS = {
    "two_heads": N_("It has signed two records that contradict each other."),
    "two_chains": N_("It has signed two entries for one number."),
    "omission": N_("It has left out an entry that it had acknowledged."),
    "closed_key": N_("It has signed with a key after the key was closed."),
    "false_record": N_("It has signed a record with a line that cannot be in one."),
    "false_line": N_("It has signed a line of its own that is none, or is forged."),
}
"""What a proof of misbehaviour shows (docs/spec/misbehaviour.md)."""

KINDS = {
    "session.founded": N_("session founded"),
    "venue.joined": N_("venue joined"),
    "person.enrolled": N_("key enrolled"),
    "rekey.allowed": N_("new key allowed"),
    "tender.published": N_("tender published"),
    "bid.sealed": N_("bid sealed"),
    "bid.withdrawn": N_("bid withdrawn"),
    "bids.closed": N_("box closed"),
    "share.released": N_("share released"),
    "share.refused": N_("share refused"),
    "bid.opened": N_("bid opened"),
    "bid.unopenable": N_("bid that cannot be opened"),
    "opening.objected": N_("objection at the opening"),
    "opening.answered": N_("objection answered"),
    "pool.sealed": N_("pool sealed"),
    "nonce.sealed": N_("random number sealed"),
    "draw.computed": N_("panel drawn"),
    "invitation.answered": N_("invitation answered"),
    "answer.witnessed": N_("answer witnessed"),
    "draw.supplemented": N_("substitute drawn"),
    "declaration.signed": N_("discipline and recusal signed"),
    "chair.voted": N_("vote for the chair"),
    "responsiveness.voted": N_("vote on responsiveness"),
    "marks.dealt": N_("key of marks dealt"),
    "mark.sealed": N_("mark sealed"),
    "scoresheet.signed": N_("scoresheet signed"),
    "phase.ordered": N_("phase ordered"),
    "phase.moved": N_("phase moved"),
    "session.paused": N_("session paused"),
    "session.resumed": N_("session resumed"),
    "pause.expired": N_("limit of the fault passed"),
    "member.replaced": N_("member replaced"),
    "result.consolidated": N_("result consolidated"),
    "mark.corrected": N_("mark corrected"),
    "result.confirmed": N_("result confirmed"),
    "refusal.noted": N_("refusal noted"),
    "report.issued": N_("report issued"),
    "report.printed": N_("report printed"),
    "record.stamped": N_("time stamp"),
    "supervisor.warned": N_("warning of the supervisor"),
    "venue.absent": N_("venue absent"),
    "venue.returned": N_("venue returned"),
}
"""Kinds of entries, said as what happened."""

TABLES: dict[str, dict[str, str]] = {
    "phase": {str(name): word for name, word in PHASES.items()},
    "order": {str(name): word for name, word in ORDERS.items()},
    "role": {str(name): word for name, word in ROLES.items()},
    "purpose": {str(name): word for name, word in PURPOSES.items()},
    "condition": CONDITIONS,
    "bid_state": BID_STATES,
    "unopenable": UNOPENABLE,
    "size": SIZES,
    "category": CATEGORIES,
    "seat_state": SEAT_STATES,
    "ground": GROUNDS,
    "correction_ground": CORRECTION_GROUNDS,
    "finding": FINDINGS,
    "stance": STANCES,
    "verdict": VERDICTS,
    "step": STEPS,
    "misdeed": MISDEEDS,
    "kind": KINDS,
}
"""All tables by what they name; the filter `called` looks names up here."""
