"""What the order of a record's lines must show, whoever computed it: I9, I10, the counted marks.

Decided here: the rules of the course once more, over kinds and authors only, with none of the
tables of the house: which signatures every phase needs, what a pause lets through, that nothing of
a member who was replaced counts from then on, and that the result is that of the marks which its
seated members meant. Each line is judged once, when the first honest venue has it in its place.
The house's own fold is asked for one thing: whether a line counts.
"""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from bideval.ledger.entry import parse_entry, verify_entry
from bideval.ledger.line import parse_line
from bideval.session.names import Phase
from bideval.session.state import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.ledger.entry import Entry

IN_A_PAUSE = frozenset(
    {
        "session.resumed",
        "share.released",
        "share.refused",
        "supervisor.warned",
        "venue.absent",
        "venue.returned",
        "venue.joined",
        "person.enrolled",
        "rekey.allowed",
        "answer.witnessed",
        "record.stamped",
    }
)
"""Kinds that may count while a session is paused (docs/adr/0122)."""
ENDS = frozenset({"failed", "re_formed"})
ORDERED = frozenset({"opened", "drawn", "responsiveness", "scoring", "reported", "archived"})
"""Phases that begin only by an officer's order; the draw may be ordered or follow by itself."""
HUNDREDTH = Decimal("0.01")


class Proceedings:
    """One record, line by line; `take` returns what is wrong with the next line."""

    def __init__(self, session: str, truth: Mapping[tuple[str, str, str], str]) -> None:
        self.size = 0
        self.paused = False
        self._session = Session(session)
        self._truth = truth
        self._moves: list[str] = []
        self._orders: set[str] = set()
        self._kinds: Counter[str] = Counter()
        self._bids: dict[str, str] = {}
        self._seats: dict[int, str] = {}
        self._panel: dict[str, int] = {}
        self._replaced: set[str] = set()
        self._said: dict[str, set[str]] = {}
        """Kind: members of the panel who have said it, since it last began to count."""
        self._votes: set[tuple[str, str]] = set()
        self._digest = ""
        self._refused = 0

    @property
    def phase(self) -> Phase:
        """How far the record has come."""
        return Phase(self._moves[-1]) if self._moves else Phase.PREPARED

    def reached(self, phase: str) -> bool:
        """Tell whether the record has come to a phase."""
        return phase in self._moves

    def new_refused_keys(self) -> int:
        """Return how many keys of void enrolments the record has got since it was asked last."""
        known, self._refused = self._refused, len(self._session.people.refused)
        return self._refused - known

    def take(self, raw: bytes) -> str | None:
        """Judge the next line of the record; return what is wrong, None if nothing."""
        line = parse_line(raw)
        entry = parse_entry(line.jws)
        verify_entry(entry, self._session.key_for(entry))
        outcome = self._session.apply(line, entry)
        self.size += 1
        if not outcome.counted:
            return None
        wrong = self._judge(entry)
        self._learn(entry)
        return wrong

    def _judge(self, entry: Entry) -> str | None:
        body: dict[str, Any] = dict(entry.body)
        if self.paused and not _passes_a_pause(entry.kind, body):
            return f"I10: {entry.kind} counts in a pause"
        if entry.author in self._replaced:
            return f"I9: {entry.kind} of {entry.author} counts, who was replaced"
        if entry.kind == "phase.moved":
            lacks = self._lacking(str(body["to"]), body)
            return f"I10: {body['to']} without {lacks}" if lacks else None
        if entry.kind == "result.consolidated" and self._truth:
            return self._compare(body)
        return None

    def _lacking(self, to: str, body: dict[str, Any]) -> str | None:
        """Return what a phase needs and does not have."""
        if (to in ORDERED and self._order_missing(to, body)) or self._fails_too_soon(to):
            return "an officer's order"
        needs: dict[str, list[tuple[str, bool]]] = {
            "opened": [("the box closed", self._kinds["bids.closed"] == 1), self._all_opened()],
            "drawn": [("a draw", bool(self._seats))],
            "checked_in": [("all seats taken", self._full())],
            "declared": [self._all_said("declaration.signed")],
            "chaired": [self._all_said("chair.voted")],
            "scoring": [self._all_voted()],
            "released": [self._all_said("scoresheet.signed"), self._all_voted()],
            "consolidated": [("a result", self._kinds["result.consolidated"] > 0)],
            "confirmed": [self._all_said("result.confirmed")],
            "reported": [("a report", self._kinds["report.issued"] > 0)],
        }
        return next((what for what, there in needs.get(to, []) if not there), None)

    def _order_missing(self, to: str, body: dict[str, Any]) -> bool:
        waived = to == "drawn" and body["order"] is None
        return to not in self._orders and not waived

    def _fails_too_soon(self, to: str) -> bool:
        """Whether a session fails by itself although its box has never been closed."""
        return to == "failed" and to not in self._orders and not self._kinds["bids.closed"]

    def _all_opened(self) -> tuple[str, bool]:
        closed = [bid for bid, state in self._bids.items() if state == "sealed"]
        return f"bids {closed} opened", not closed

    def _full(self) -> bool:
        return sorted(self._panel.values()) == sorted(self._seats)

    def _all_said(self, kind: str) -> tuple[str, bool]:
        missing = self._panel.keys() - self._said.get(kind, set())
        return f"{kind} of {sorted(missing)}", not missing and self._full()

    def _all_voted(self) -> tuple[str, bool]:
        opened = [bid for bid, state in self._bids.items() if state == "opened"]
        missing = [
            (bid, one) for bid in opened for one in self._panel if (bid, one) not in self._votes
        ]
        return f"votes {missing}", not missing

    def _learn(self, entry: Entry) -> None:
        body: dict[str, Any] = dict(entry.body)
        self._kinds[entry.kind] += 1
        match entry.kind:
            case "phase.moved":
                self._moves.append(str(body["to"]))
                self._orders.clear()
            case "phase.ordered":
                self._orders.add(str(body["to"]))
            case "session.paused" | "session.resumed":
                self.paused = entry.kind == "session.paused"
            case "bid.sealed":
                self._bids[body["bid"]] = "sealed"
            case "bid.withdrawn":
                del self._bids[body["bid"]]
            case "bid.opened" | "bid.unopenable":
                self._bids[body["bid"]] = entry.kind.partition(".")[2]
            case _:
                self._learn_of_panel(entry, body)

    def _learn_of_panel(self, entry: Entry, body: dict[str, Any]) -> None:
        match entry.kind:
            case "draw.computed":
                self._seats = {one["seat"]: one["blinded"] for one in body["panel"]}
            case "draw.supplemented":
                self._seats[body["panel"]["seat"]] = body["panel"]["blinded"]
            case "person.enrolled" if body["role"] == "expert":
                seats = {blinded: seat for seat, blinded in self._seats.items()}
                self._panel[body["person"]] = seats[body["ticket"]]
            case "member.replaced":
                self._replaced.add(body["person"])
                self._panel.pop(body["person"], None)
            case "responsiveness.voted":
                self._votes.add((body["bid"], entry.author))
            case _:
                self._learn_of_signatures(entry, body)

    def _learn_of_signatures(self, entry: Entry, body: dict[str, Any]) -> None:
        match entry.kind:
            case "result.consolidated":
                self._digest = str(body["digest"])
                self._said["result.confirmed"] = set()
            case "result.confirmed" if body["digest"] != self._digest:
                pass
            case "refusal.noted":
                self._said["result.confirmed"].add(str(body["person"]))
            case _:
                self._said.setdefault(entry.kind, set()).add(entry.author)

    def _compare(self, body: dict[str, Any]) -> str | None:
        """Compare the means of a result with those of the marks that the seated members meant."""
        for document in body["lots"].values():
            for bid, line in document["bids"].items():
                if line.get("panel_mean") is None:
                    continue
                meant = [
                    Decimal(self._truth[member, bid, "c1"])
                    for member in self._panel
                    if (member, bid, "c1") in self._truth
                ]
                mean = (sum(meant, Decimal(0)) / len(meant)).quantize(HUNDREDTH, ROUND_HALF_UP)
                if len(meant) != len(self._panel) or Decimal(line["panel_mean"]) != mean:
                    return f"I9: {bid} has {line['panel_mean']}, its members meant {mean}"
        return None


def _passes_a_pause(kind: str, body: dict[str, Any]) -> bool:
    if kind in {"phase.ordered", "phase.moved"}:
        return body["to"] in ENDS
    return kind in IN_A_PAUSE
