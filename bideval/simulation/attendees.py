"""The people of a simulated evaluation, who do what their task list says, as a browser lets them.

Decided here: how the tasks of each role are done, from the view that the person's own venue shows;
every view is shown to the oracle before anybody acts on it.
Not decided here: what is said (meeting), and how it is sent until it is kept (people).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import override

from bideval.actions.views import session_view
from bideval.draw.tickets import NONCE_BYTES, nonce_commitment
from bideval.evidence.encoding import b64u, tagged_hash
from bideval.evidence.padding import MARK_SIZE, SCORESHEET_STEP, pad_to_size, pad_to_step
from bideval.evidence.sealing import (
    Custodian,
    Purpose,
    age_encrypt,
    deal_seal,
    open_share,
    parse_seal,
)
from bideval.ledger.entry import entry_payload, sign_entry
from bideval.session.unsealing import SHEET_FORMAT
from bideval.simulation.devices import START_MS
from bideval.simulation.people import Sender
from bideval.terms.errors import BidevalError, FaultError
from bideval.terms.identifiers import ENTRY_ID_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bideval.simulation.province import Place
    from bideval.terms.identifiers import Role

    View = dict[str, Any]
    Task = dict[str, Any]

Meeting: TypeAlias = Any
"""It knows who attends: modules have no cycles."""

LOOK_MS = 400
AGAIN_MS = 6_000
"""A task that is still open after so long is done again: its entry has turned out void."""
PATIENT_CODES = frozenset({"storage_fault", "file_missing", "awaiting_venues", "unknown_session"})
"""Refusals after which the same bytes are sent again."""


class Attendee(Sender):
    """Somebody who looks at the session now and then and does one task."""

    def __init__(self, meeting: Meeting, place: Place, name: str, role: Role) -> None:
        super().__init__(meeting.world, place, meeting.session, name=name, role=role)
        self.meeting = meeting
        self.tasks: dict[str, Callable[[Task, View], None]] = {"release_share": self.release_share}
        self._seen: tuple[int, tuple[int, int]] = (0, (0, 0))
        self._look_again_at = 0
        self._done: dict[tuple[object, ...], int] = {}

    def attend(self) -> None:
        """Look again and again until the session has ended."""
        if self.meeting.over:
            return
        self.world.later(LOOK_MS + self.world.chances.randrange(LOOK_MS), self.attend)
        if self.place.up and not self.waiting and self._has_news():
            self.place.guarded(self.look)

    def _has_news(self) -> bool:
        """Whether there is more to see at the own venue, or it is time to look again anyway."""
        seen = (self.place.life, self.place.size_of(self.session))
        if seen == self._seen and self.world.now < self._look_again_at:
            return False
        self._seen, self._look_again_at = seen, self.world.now + AGAIN_MS
        return True

    def look(self) -> None:
        """Look at the session once, and do the first thing that is to be done."""
        if not self.joined:
            self._join()
        venue = self.place.venue
        with venue.book.reading(self.session) as fold:
            view = session_view(venue, self.visitor, fold)
        self.world.oracle.viewed(self.place, self.name, view)
        if view["me"] is None:
            return
        for task in view["tasks"]:  # type: ignore[attr-defined]  # JSON
            done = _key(task, view)
            again = self.world.now - self._done.get(done, -AGAIN_MS) >= AGAIN_MS
            if task["state"] == "todo" and task["task"] in self.tasks and again:
                self._done[done] = self.world.now
                self.tasks[task["task"]](task, view)
                return

    def say(self, kind: str, body: Mapping[str, object]) -> None:
        """Sign an entry; it is sent after those that wait already."""
        self._number += 1
        digest = tagged_hash(
            "bideval/simulation/v1", self.name.encode(), str(self._number).encode()
        )
        payload = entry_payload(
            session=self.session,
            author=self.name,
            kind=kind,
            id=b64u(digest[:ENTRY_ID_BYTES]),
            at=START_MS + self.world.now,
            body=body,
        )
        self.waiting.append(sign_entry(self.key, payload))
        self.go_on()

    @override
    def refused(self, error: BidevalError) -> None:
        if not isinstance(error, FaultError) and error.code not in PATIENT_CODES:
            self.waiting.clear()  # the screen says why; the next look shows what is to be done now
            self._done.clear()

    def deal(self, purpose: Purpose, view: View) -> dict[str, object]:
        """Deal a seal of one purpose to the custodians that the tender names."""
        custody = view["custody"][purpose.custody]
        custodians = [Custodian(one["actor"], one["recipient"]) for one in custody["custodians"]]
        _, seal = deal_seal(
            session=self.session,
            purpose=purpose,
            custodians=custodians,
            threshold=custody["threshold"],
        )
        return seal

    def release_share(self, task: Task, _view: View) -> None:
        """Open the own share of a seal and put it into the record."""
        self.say("share.released", self.share(task["seal"]))

    def share(self, seal_document: object) -> dict[str, object]:
        """Return what releases the own share of a seal."""
        seal = parse_seal(seal_document, "seal")
        share = open_share(seal, session=self.session, custodian=self.name, identity=self.identity)
        return {"recipient": seal.recipient, "custodian": self.name, "share": b64u(share)}


def _key(task: Task, view: View) -> tuple[object, ...]:
    """Return what makes a task another one than the last time."""
    names = ("task", "recipient", "lot", "to", "seat", "person")
    finding = task.get("finding") or {}
    version = (view["result"] or {}).get("version")
    key = (*(task.get(name) for name in names), finding.get("bid"), version)
    return (*key, (view["panel"] or {}).get("round"), len(view["responsiveness"]))


class Officer(Attendee):
    """An officer: a custodian of bids, and the one who leads orders what waits for an order."""

    def __init__(self, meeting: Meeting, place: Place, name: str, role: Role) -> None:
        super().__init__(meeting, place, name, role)
        if name == meeting.lead:
            self.tasks |= {"publish_tender": self.publish, "order_phase": self.order}

    @override
    def look(self) -> None:
        super().look()
        if self.name == self.meeting.lead and not self.waiting:
            self.meeting.lead_on()

    def publish(self, _task: Task, _view: View) -> None:
        """Publish the tender; its deadline follows from the venue's clock."""
        self.say("tender.published", {"tender": self.meeting.tender(self.place.clock.now_ms())})

    def order(self, task: Task, view: View) -> None:
        """Order the next move."""
        if (view["phase"], task["to"]) != ("released", "archived"):
            self.say("phase.ordered", {"from": view["phase"], "to": task["to"], "reason": "on"})

    def hurry(self) -> None:
        """Try to open what is sealed before its time, as a dishonest custodian would."""
        with self.place.venue.book.reading(self.session) as fold:
            sealed = list(fold.sharing.seals.values())
            shared = set(fold.sharing.shares)
        own = [
            one
            for one in sealed
            if self.name in one.seal.custodians and (one.recipient, self.name) not in shared
        ]
        if not own or fold.bidding.closed or self.waiting:
            return
        self.world.seen["early share tried"] += 1
        seal = own[self.world.chances.randrange(len(own))].seal
        share = open_share(seal, session=self.session, custodian=self.name, identity=self.identity)
        body = {"recipient": seal.recipient, "custodian": self.name, "share": b64u(share)}
        self.say("share.released", body)


class Bidder(Attendee):
    """Somebody who seals one bid."""

    def __init__(self, meeting: Meeting, place: Place, name: str, role: Role) -> None:
        super().__init__(meeting, place, name, role)
        self.tasks |= {"seal_bid": self.seal_bid}

    def seal_bid(self, task: Task, view: View) -> None:
        """Seal the package, bring the file in, and say so."""
        seal = self.deal(Purpose.BID, view)
        package = self.meeting.package(self.name, task["lot"])
        ciphertext = age_encrypt(str(seal["recipient"]), package)
        file = self.meeting.bring(self.place, ciphertext, self.name)
        body = {"bid": self.meeting.bid_of(self.name), "lot": task["lot"]}
        self.say("bid.sealed", {**body, "ciphertext": file, "seal": seal})


class Supervisor(Attendee):
    """The supervising authority: commits a nonce, keeps shares, watches."""

    def __init__(self, meeting: Meeting, place: Place, name: str, role: Role) -> None:
        super().__init__(meeting, place, name, role)
        self.tasks |= {"seal_nonce": self.seal_nonce}

    def seal_nonce(self, _task: Task, view: View) -> None:
        """Commit to a nonce that nobody can withhold."""
        nonce = self.world.chances.randbytes(NONCE_BYTES)
        seal = self.deal(Purpose.NONCE, view)
        body: dict[str, object] = {
            "commitment": nonce_commitment(self.session, self.name, nonce).hex(),
            "ciphertext": b64u(age_encrypt(str(seal["recipient"]), nonce)),
            "seal": seal,
        }
        self.say("nonce.sealed", body)


class Operator(Attendee):
    """An operator of one venue, who seats the experts that were drawn for it."""

    @override
    def look(self) -> None:
        super().look()
        self.meeting.seat_some(self)


class Expert(Attendee):
    """A member of the panel."""

    def __init__(self, meeting: Meeting, place: Place, name: str, role: Role) -> None:
        super().__init__(meeting, place, name, role)
        self.visitor = type(self.visitor)(name, role, self.kid, meeting.session)
        self.joined = True
        self.tasks |= {
            "declare": self.declare,
            "vote_chair": self.vote_chair,
            "vote_responsiveness": self.vote_responsiveness,
            "sign_sheet": self.sign_sheet,
            "correct_mark": self.correct_mark,
            "confirm_result": self.confirm_result,
            "note_refusal": self.note_refusal,
        }

    def declare(self, _task: Task, _view: View) -> None:
        """Accept the discipline; nothing to withdraw for."""
        body: dict[str, object] = {"discipline": True, "recusal": "none", "reason": ""}
        self.say("declaration.signed", body)

    def vote_chair(self, _task: Task, view: View) -> None:
        """Vote for the first of those who are seated."""
        members = [one for one in view["panel"]["members"] if one["state"] == "seated"]
        candidate = min(str(one["person"]) for one in members)
        self.say("chair.voted", {"round": view["panel"]["round"], "candidate": candidate})

    def vote_responsiveness(self, _task: Task, view: View) -> None:
        """Find every bid responsive that has no opinion of one's own yet."""
        for one in view["responsiveness"]:
            if self.name not in one["voted"]:
                body = {"bid": one["bid"], "verdict": "responsive"}
                words = {**body, "requirement": None, "reason": ""}
                self.say("responsiveness.voted", words)

    def sign_sheet(self, _task: Task, view: View) -> None:
        """Seal every mark, then sign the sheet of all of them."""
        seal = self.deal(Purpose.MARKS, view)
        recipient, counter = str(seal["recipient"]), int(view["me"]["counter"])
        self.say("marks.dealt", {"seal": seal})
        sheet = self.meeting.sheet(self.name, [one["bid"] for one in view["responsiveness"]])
        for bid, row in sheet.items():
            for criterion, mark in row.items():
                counter += 1
                item: dict[str, object] = {"bid": bid, "criterion": criterion, "counter": counter}
                sealed = age_encrypt(recipient, pad_to_size({**item, "mark": mark}, MARK_SIZE))
                words = {**item, "recipient": recipient, "ciphertext": b64u(sealed)}
                self.say("mark.sealed", words)
        members = {"format": SHEET_FORMAT, "session": self.session, "member": self.name}
        plain = pad_to_step({**members, "marks": sheet}, SCORESHEET_STEP)
        ciphertext = b64u(age_encrypt(recipient, plain))
        signed = {"recipient": recipient, "counter": counter + 1, "ciphertext": ciphertext}
        self.say("scoresheet.signed", signed)

    def correct_mark(self, task: Task, view: View) -> None:
        """Correct one's own mark where it differs from what is true."""
        finding = task["finding"]
        bid, criterion = finding["bid"], finding["criterion"]
        before = view["marks"].get(self.name, {}).get(bid, {}).get(criterion)
        after = self.meeting.correct(self.name, bid, criterion)
        if before != after:
            item = {"bid": bid, "criterion": criterion, "before": before, "after": after}
            self.say("mark.corrected", {**item, "ground": "objective", "reason": "misread"})

    def confirm_result(self, _task: Task, view: View) -> None:
        """Sign the result, unless one is known to be silent; of the chair nobody could note it."""
        if self.name not in self.meeting.silent or view["panel"]["chair"] == self.name:
            body = {"digest": view["result"]["digest"], "stance": "agree", "reasons": ""}
            self.say("result.confirmed", body)

    def note_refusal(self, task: Task, _view: View) -> None:
        """As the chair: note who does not sign and says nothing."""
        if task["person"] in self.meeting.silent:
            self.world.seen["refusal noted"] += 1
            self.say("refusal.noted", {"person": task["person"], "note": "says nothing"})
