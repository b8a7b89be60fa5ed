"""What there is to tell about a session: the difference between what was seen and what is.

Decided here: which changes of an officer's view are news. Not decided here: in which words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bideval.rehearsal.client import View

    News = tuple[str, dict[str, object]]

PROGRESS_PARTS = 4
"""Sealed marks are told about at every quarter of the way."""


@dataclass(slots=True)
class Watch:
    """Somebody who tells every piece of news once."""

    _told: set[tuple[object, ...]] = field(default_factory=set)

    def news(self, view: View) -> list[News]:
        """Return what has not been told before, in the order of the course."""
        fresh = []
        for event, facts in _everything(view):
            key = (event, *(str(value) for value in facts.values()))
            if key not in self._told:
                self._told.add(key)
                fresh.append((event, facts))
        return fresh


def _everything(view: View) -> Iterator[News]:
    waiting = [one["condition"] for one in (view["next"] or {}).get("missing", [])]
    yield "phase", {"phase": view["phase"], "waiting": sorted(set(waiting))}
    for bid in view["bids"]:
        if bid.get("sheet"):
            name, price = bid["sheet"]["bidder_name"], bid["sheet"]["price"]
            yield "announced", {"bid": bid["bid"], "name": name, "price": price}
    panel = view["panel"] or {}
    if panel.get("chair"):
        yield "chair", {"person": panel["chair"]}
    yield from _opinions(view)
    yield from _marks(panel)
    yield from _results(view)


def _opinions(view: View) -> Iterator[News]:
    for one in view["responsiveness"]:
        if one["verdict"]:
            against = [vote for vote in one["votes"] if vote["verdict"] == "unresponsive"]
            reason = against[0]["reason"] if against else ""
            facts = {"against": len(against), "of": len(one["votes"]), "reason": reason}
            yield "verdict", {"bid": one["bid"], "verdict": one["verdict"], **facts}


def _marks(panel: dict[str, Any]) -> Iterator[News]:
    progress = [
        one["progress"]
        for one in panel.get("members", [])
        if one["state"] == "seated" and one["progress"]
    ]
    done, total = sum(one[0] for one in progress), sum(one[1] for one in progress)
    if not done or not total:
        return
    part = done * PROGRESS_PARTS // total
    if part:
        yield "marks", {"percent": 100 * part // PROGRESS_PARTS, "of": total}


def _results(view: View) -> Iterator[News]:
    result = view["result"]
    if result is None:
        return
    version = result["version"]
    for document in result["lots"].values():
        for one in document["findings"]:
            place = {"bid": one["bid"], "criterion": one.get("criterion")}
            yield "finding", {"version": version, "kind": one["kind"], **place}
    names = ("member", "bid", "criterion", "before", "after", "reason")
    for one in view["corrections"]:
        yield "corrected", {name: one[name] for name in names}
    if result["final"]:
        yield "consolidated", {"version": version, "digest": result["digest"]}
    for one in view["signatures"]:
        yield "signed", {name: one[name] for name in ("member", "stance", "reasons")}
    if view["report"]:
        yield "reported", {"sha256": view["report"]["file"]["sha256"]}
