from __future__ import annotations

from decimal import Decimal

import pytest

from bideval.evidence.sealing import Purpose
from bideval.session.bodies.marks import Verdict
from bideval.session.names import BidState, Phase
from bideval.session.standing import Place, Standing, competing
from bideval.terms.errors import FaultError
from tests.unit.session.acts.test_panel import replace
from tests.unit.session.conversation import EXPERTS, Conversation, at, tender


def rejecting(count: int) -> Conversation:
    talk = at(Phase.RESPONSIVENESS)
    for name in EXPERTS:
        if name in EXPERTS[:count]:
            talk.votes[name, "bid-a"] = "unresponsive"
        for bid in ("bid-a", "bid-b", "bid-c"):
            talk.vote(name, bid)
    return talk


def test_session_without_founding_has_no_rules() -> None:
    standing = Standing("fh-2026-0117")

    for read in ("rulebook", "meeting", "plan"):
        with pytest.raises(FaultError):
            getattr(standing, read)
    with pytest.raises(FaultError):
        standing.opening_ends()


def test_founded_session_knows_its_rules_and_main() -> None:
    session = at(Phase.PREPARED).session

    assert (session.rulebook.id, session.meeting.minimum_responsive) == ("procurement/1", 3)
    assert (session.main, session.main_actor) == ("fenghua", "venue/fenghua")
    assert session.title == "Town library equipment"


def test_custody_names_the_recipients_in_custody_order() -> None:
    talk = at(Phase.PREPARED)

    custody = talk.session.custody(Purpose.MARKS)

    assert custody.threshold == 2
    assert [(one.actor, one.recipient) for one in custody.custodians] == [
        (actor, talk.actors[actor].recipient)
        for actor in ("venue/fenghua", "venue/wencheng", "supervisor-gu")
    ]


def test_person_is_found_by_the_present_key() -> None:
    talk = at(Phase.PREPARED)
    old = talk.actors["officer-lin"].key.public.key_id
    found = talk.session.person_by_kid(old)
    assert found is not None
    assert found.id == "officer-lin"
    talk.actor("officer-lin", generation=1)
    talk.enrol("officer-lin", "officer", replaces=old)

    kids = [old, "nothing", talk.actors["venue/fenghua"].key.public.key_id]
    assert [talk.session.person_by_kid(kid) for kid in kids] == [None, None, None]


def test_opening_ends_after_the_minutes_of_the_tender() -> None:
    talk = at(Phase.PREPARED)
    talk.close()
    closing = talk.session.bidding.closing
    assert closing is not None

    assert talk.session.opening_ends() - closing.at == 30 * 60_000


def test_closing_vector_says_how_far_every_venue_is() -> None:
    session = at(Phase.ARCHIVED).session

    vector = session.closing_vector()

    assert sum(head["n"] for head in vector.values()) == session.size  # type: ignore[misc]  # a vector is typed as JSON
    assert vector.keys() == {"fenghua", "wencheng", "beilun"}


def test_entry_that_is_voided_has_its_place_and_its_line() -> None:
    standing = Standing("fh-2026-0117")
    place = Place(position=4, origin="fenghua", n=2, kind="bid.sealed")

    standing.void(place, "hash", "late")

    assert standing.places["hash"].void == "late"
    (line,) = standing.void_lines
    assert (line.position, line.origin, line.n, line.kind, line.code) == (
        4,
        "fenghua",
        2,
        "bid.sealed",
        "late",
    )


def test_committers_are_the_venues_and_the_supervisors_who_keep_nonces() -> None:
    talk = at(Phase.PREPARED)
    talk.enrol("supervisor-new", "supervisor")

    assert talk.session.committers() == [
        "venue/fenghua",
        "venue/wencheng",
        "venue/beilun",
        "supervisor-gu",
    ]


def test_vacancies_and_completeness_of_the_panel() -> None:
    talk = at(Phase.SCORING)
    assert (talk.session.vacancies(), talk.session.panel_complete()) == (0, True)
    replace(talk)

    assert (talk.session.vacancies(), talk.session.panel_complete()) == (1, False)
    assert talk.session.member_ids() == [name for name in EXPERTS if name != "wencheng-01"]


@pytest.mark.parametrize(
    ("count", "rejected", "verdict"),
    [(2, False, Verdict.RESPONSIVE), (3, True, Verdict.UNRESPONSIVE)],
)
def test_majority_of_all_seats_rejects(count: int, rejected: bool, verdict: Verdict) -> None:  # noqa: FBT001  # a parameter of the table
    session = rejecting(count).session

    assert (session.rejected("bid-a"), session.verdict("bid-a")) == (rejected, verdict)


def test_verdict_is_open_again_when_a_deciding_member_is_replaced() -> None:
    talk = rejecting(3)
    replace(talk, EXPERTS[0])

    assert talk.session.verdict("bid-a") is None
    assert talk.session.rejected("bid-a") is False


def test_rejected_and_too_dear_bids_are_left_out() -> None:
    talk = at(Phase.PREPARED)
    talk.packages["bid-c"]["price"] = "1200000.01"
    talk.packages["bid-b"]["price"] = "1200000.00"
    talk.until(Phase.RESPONSIVENESS)
    session = talk.session

    assert [bid.id for bid in session.left("1")] == ["bid-a", "bid-b"]
    assert session.over_ceiling(session.bidding.bids["bid-c"]) is True
    assert session.lots_evaluated() == []
    assert [bid.id for bid in session.reviewed_bids()] == ["bid-a", "bid-b", "bid-c"]


def test_lots_without_enough_bids_fall_out_alone() -> None:
    lots = [{"id": "1", "title": "Shelves"}, {"id": "2", "title": "Desks"}]
    talk = Conversation(document=tender(lots=lots))
    talk.found()
    talk.people()
    talk.publish()
    talk.seal_bids()
    talk.must("bidder-aaaaaaaa", "bid.sealed", talk.bid("bid-z", lot="2"))

    talk.until(Phase.OPENED)

    assert talk.session.bidding.bids["bid-z"].state is BidState.SEALED
    assert [lot.id for lot in talk.session.lots_opened()] == ["1"]
    assert {item[0] for item in at(Phase.SCORING).session.items()} == {"bid-a", "bid-b", "bid-c"}


def test_nothing_waits_for_opening_before_the_box_is_closed() -> None:
    assert at(Phase.PREPARED).session.bids_to_open() == []


def test_progress_counts_marked_items() -> None:
    talk = at(Phase.SCORING)
    talk.score("beilun-01", items=4)

    assert talk.session.progress("beilun-01") == (4, 9)
    assert talk.session.progress("fenghua-01") == (0, 9)


def test_needed_seals_are_those_of_the_last_sheets_of_members_who_count() -> None:
    talk = at(Phase.SCORING)
    first = talk.score("beilun-01", items=1)
    second = talk.score("beilun-01", items=1)
    talk.score("wencheng-01", items=1)
    replace(talk)

    assert talk.session.needed_recipients() == [second]
    assert first != second


def test_result_is_current_until_a_correction_follows_it() -> None:
    talk = at(Phase.CONSOLIDATED)
    assert talk.session.result_is_current() is True
    assert at(Phase.RELEASED).session.result_is_current() is False
    correction = {
        "bid": "bid-a",
        "criterion": "design",
        "before": "30",
        "after": "31",
        "ground": "abnormal",
        "reason": "counted twice",
    }
    talk.must("wencheng-01", "mark.corrected", correction)
    assert talk.session.result_is_current() is False
    talk.consolidate()
    assert talk.session.result_is_current() is True


def test_bids_compete_by_brand() -> None:
    talk = at(Phase.PREPARED)
    for bid in ("bid-a", "bid-c"):
        talk.packages[bid]["brand"] = "Lenovo"
    talk.close()
    for bid in ("bid-a", "bid-b", "bid-c"):
        talk.open_bid(bid)

    assert competing(talk.session.bidding.opened()) == 2


def test_ceiling_is_optional() -> None:
    talk = Conversation(document=tender(ceiling=None))
    talk.packages["bid-c"]["price"] = "9999999.00"
    talk.until(Phase.OPENED)
    bid = talk.session.bidding.bids["bid-c"]

    assert talk.session.over_ceiling(bid) is False
    assert bid.manifest is not None
    assert bid.manifest.sheet.price == Decimal("9999999.00")
