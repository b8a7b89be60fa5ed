"""What the record says that keeps experts out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bideval.draw.exclusions import Bars
from bideval.session.barring import bars_of
from bideval.session.names import Phase
from bideval.terms.instants import parse_instant
from tests.unit.session.conversation import VENUES, at


def test_bars_are_the_facts_of_the_record() -> None:
    talk = at(Phase.OPENED)
    opened = [one.manifest for one in talk.session.bidding.opened()]
    names = {one.sheet.bidder_name for one in opened if one is not None}
    assert len(names) == 3
    assert bars_of(talk.session, [" Zhang Wei ", " "]) == Bars(
        venues=frozenset(VENUES),
        disciplines=frozenset({"A08", "A02"}),
        bidders=frozenset("".join(name.casefold().split()) for name in names),
        purchasers=frozenset({"fenghuatradingcentre", "fenghualibrary"}),
        project="FH-2026-0117",
        day=date(2026, 11, 22),
        names=frozenset({"zhangwei"}),
    )


def test_day_of_the_deadline_is_the_one_in_china() -> None:
    talk = at(Phase.OPENED)
    plan = talk.session.plan
    midnight = parse_instant("2026-11-22T16:00:00.000Z")
    for deadline, day in ((midnight - 1, 22), (midnight, 23)):
        talk.session.tender = replace(plan, deadline=deadline)
        assert bars_of(talk.session).day == date(2026, 11, day)
