"""What keeps experts out of this session's draw, as far as the record tells.

Decided here: which facts of the record are bars: venues, disciplines, bidders, the purchaser, the
agent, the tender's number and its deadline.
Not decided here: how a bar meets an expert (`bideval.draw.exclusions`).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from bideval.draw.exclusions import Bars, organisation_key
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bideval.session.standing import Standing

_DATE_LENGTH = len("2026-11-22")


def bars_of(session: Standing, names: Iterable[str] = ()) -> Bars:
    """Return the bars of a session whose bids are opened; `names` are those that parties gave."""
    plan = session.plan
    manifests = [bid.manifest for bid in session.bidding.opened() if bid.manifest is not None]
    return Bars(
        venues=frozenset(session.people.venues),
        disciplines=plan.panel.classes,
        bidders=frozenset(organisation_key(one.sheet.bidder_name) for one in manifests),
        purchasers=frozenset(organisation_key(one) for one in (plan.procuring_entity, plan.agent)),
        project=plan.number,
        day=date.fromisoformat(instant_text(plan.deadline)[:_DATE_LENGTH]),
        names=frozenset(organisation_key(name) for name in names if name.strip()),
    )
