"""People who do what their task list says, through the interfaces that a browser uses.

Decided here: how each task of a role is done; that a task is done once, and again where an entry of
it turned out void and the task is still there; that a refusal is a failure only if the task stays
and is refused again: what it was about (a candidate) may have left since the look.
Not decided here: what is said in it (the play: marks, votes) and who takes part (`course`).

Custodians open their shares with their own keys, experts seal their marks themselves: nothing here
could not be done by a person.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

from bideval.draw.tickets import NONCE_BYTES, nonce_commitment
from bideval.evidence.encoding import b64u
from bideval.evidence.padding import MARK_SIZE, SCORESHEET_STEP, pad_to_size, pad_to_step
from bideval.evidence.sealing import (
    Custodian,
    Purpose,
    age_encrypt,
    deal_seal,
    open_share,
    parse_seal,
)
from bideval.rehearsal.client import AnswerError
from bideval.session.unsealing import SHEET_FORMAT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bideval.rehearsal.client import Desk, View

    Task = dict[str, Any]
    Handler = Callable[[Task, View], Awaitable[None]]

TRIES = 5
"""Times that a task is done that is refused or turns out void; a person would ask somebody then."""
ENDED = frozenset({"archived", "failed", "re_formed"})


class Play(Protocol):
    """What the people of one session say; each answer is a choice that a person would make."""

    def wants(self, person: str, task: Task, view: View) -> bool:
        """Whether the person does a task that is due now; it comes back if not."""

    def chair(self, view: View) -> str:
        """For whom the members vote: a person id."""

    def vote(self, person: str, bid: dict[str, Any]) -> tuple[str, str | None, str]:
        """Return verdict, failed requirement or None, and reason of a member on a bid."""

    def marks(self, person: str, view: View) -> dict[str, dict[str, str | None]]:
        """Return a member's marks by bid and criterion; None is an absent mark."""

    def correction(self, person: str, finding: dict[str, Any]) -> tuple[str, str, str] | None:
        """Return (after, ground, reason) for a finding, or None where the member lets it stand."""

    def stance(self, person: str, view: View) -> tuple[str, str] | None:
        """Return stance and reasons on the result, or None to stay silent."""


class Autopilot:
    """Follows one session at one desk and does the tasks of its role."""

    def __init__(self, desk: Desk, session: str, play: Play) -> None:
        self.desk = desk
        self.session = session
        self.play = play
        self.handlers: dict[str, Handler] = {"release_share": self.release_share}
        self._done: dict[tuple[object, ...], list[list[str]]] = {}
        """For each task the entries of each time it was done."""
        self._refused: Counter[tuple[object, ...]] = Counter()
        self._said: list[str] = []

    async def run(self) -> None:
        """Do tasks as they come until the session has ended and nothing is left to do."""
        async with self.desk.follow(self.session) as views:
            async for view in views:
                acted = await self._act(view)
                if view["phase"] in ENDED and not acted:
                    return

    async def say(self, kind: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Sign and submit an entry."""
        saved = await self.desk.say(self.session, kind, body)
        self._said.append(saved["entry"])
        return saved

    async def _act(self, view: View) -> bool:
        acted = False
        for task in view["tasks"]:
            if task["state"] != "todo" or task["task"] not in self.handlers:
                continue
            key = _key(task, view)
            if not self.play.wants(self.desk.person, task, view) or await self._is_done(key):
                continue
            self._said = []
            acted = True
            try:
                await self.handlers[task["task"]](task, view)
            except AnswerError:
                if await self._is_due(key):
                    self._refused[key] += 1
                    if self._refused[key] >= TRIES:
                        raise
                continue
            self._done.setdefault(key, []).append(self._said)
        return acted

    async def _is_due(self, key: tuple[object, ...]) -> bool:
        """Whether the venue asks for a task still: it may have become somebody else's meanwhile.

        So it is for a member who was replaced, or a round of votes that ended, since the look.
        """
        view = await self.desk.view(self.session)
        return key in {_key(task, view) for task in view["tasks"] if task["state"] == "todo"}

    async def _is_done(self, key: tuple[object, ...]) -> bool:
        """Whether a task that is still there was done, with entries that count or may yet."""
        times = self._done.get(key)
        if times is None:
            return False
        if len(times) >= TRIES:
            return True
        for entry in times[-1]:
            if await self.desk.void(self.session, entry) is not None:
                return False
        return True

    async def release_share(self, task: Task, _view: View) -> None:
        """Open the own share of a seal with the own key and put it into the record."""
        seal = parse_seal(task["seal"], "seal")
        custodian = self.desk.person
        share = open_share(
            seal,
            session=self.session,
            custodian=custodian,
            identity=self.desk.persona.identity,
        )
        body = {"recipient": seal.recipient, "custodian": custodian, "share": b64u(share)}
        await self.say("share.released", body)

    def deal(self, purpose: Purpose, view: View) -> tuple[str, dict[str, object]]:
        """Deal a seal of one purpose to the custodians that the tender names."""
        custody = view["custody"][purpose.custody]
        custodians = [Custodian(one["actor"], one["recipient"]) for one in custody["custodians"]]
        return deal_seal(
            session=self.session,
            purpose=purpose,
            custodians=custodians,
            threshold=custody["threshold"],
        )


def _key(task: Task, view: View) -> tuple[object, ...]:
    """Return what makes a task another one than the last time."""
    names = ("task", "recipient", "lot", "to", "seat", "objection", "person")
    key = tuple(task.get(name) for name in names)
    if task["task"] == "vote_chair":
        # A vote for somebody who has left counts no more, and is asked for again in its round.
        left = [one["person"] for one in view["panel"]["members"] if one["state"] != "seated"]
        return (*key, view["panel"]["round"], len(left))
    if task["task"] in {"correct_mark", "confirm_result"}:
        finding = task.get("finding") or {}
        at = (finding.get("bid"), finding.get("criterion"))
        return (*key, view["result"]["version"], *at)
    if task["task"] == "vote_responsiveness":
        return (*key, len(view["responsiveness"]))
    return key


class Officer(Autopilot):
    """The officer who runs the procedure; tenders are published by the course."""

    def __init__(self, desk: Desk, session: str, play: Play) -> None:
        super().__init__(desk, session, play)
        self.handlers |= {"order_phase": self.order_phase}

    async def order_phase(self, task: Task, view: View) -> None:
        """Order the next move."""
        body = {"from": view["phase"], "to": task["to"], "reason": ""}
        await self.say("phase.ordered", body)


class Supervisor(Autopilot):
    """The supervising authority: commits a nonce, keeps shares, watches."""

    def __init__(self, desk: Desk, session: str, play: Play) -> None:
        super().__init__(desk, session, play)
        self.handlers |= {"seal_nonce": self.seal_nonce}

    async def seal_nonce(self, _task: Task, view: View) -> None:
        """Commit to a nonce that nobody can withhold."""
        nonce = self.desk.devices.token(NONCE_BYTES)
        _identity, seal = self.deal(Purpose.NONCE, view)
        commitment = nonce_commitment(self.session, self.desk.person, nonce)
        ciphertext = age_encrypt(str(seal["recipient"]), nonce)
        body: dict[str, object] = {
            "commitment": commitment.hex(),
            "ciphertext": b64u(ciphertext),
            "seal": seal,
        }
        await self.say("nonce.sealed", body)


class Expert(Autopilot):
    """A member of the panel."""

    def __init__(self, desk: Desk, session: str, play: Play) -> None:
        super().__init__(desk, session, play)
        self.counter = 0
        self.handlers |= {
            "declare": self.declare,
            "vote_chair": self.vote_chair,
            "vote_responsiveness": self.vote_responsiveness,
            "sign_sheet": self.sign_sheet,
            "correct_mark": self.correct_mark,
            "confirm_result": self.confirm_result,
        }

    async def declare(self, _task: Task, _view: View) -> None:
        """Accept the discipline; nothing to withdraw for."""
        body: dict[str, object] = {"discipline": True, "recusal": "none", "reason": ""}
        await self.say("declaration.signed", body)

    async def vote_chair(self, _task: Task, view: View) -> None:
        """Vote for the chair of the play."""
        body = {"round": view["panel"]["round"], "candidate": self.play.chair(view)}
        await self.say("chair.voted", body)

    async def vote_responsiveness(self, _task: Task, view: View) -> None:
        """Give an opinion on every opened bid that has none of mine yet."""
        open_bids = {
            one["bid"] for one in view["responsiveness"] if self.desk.person not in one["voted"]
        }
        for bid in view["bids"]:
            if bid["bid"] not in open_bids:
                continue
            verdict, requirement, reason = self.play.vote(self.desk.person, bid)
            body = {"bid": bid["bid"], "verdict": verdict}
            await self.say(
                "responsiveness.voted", {**body, "requirement": requirement, "reason": reason}
            )

    async def sign_sheet(self, _task: Task, view: View) -> None:
        """Seal every mark as it is given, then sign the sheet of all of them."""
        identity, seal = self.deal(Purpose.MARKS, view)
        del identity
        recipient = str(seal["recipient"])
        await self.say("marks.dealt", {"seal": seal})
        sheet = self.play.marks(self.desk.person, view)
        for bid, row in sheet.items():
            for criterion, mark in row.items():
                if mark is not None:
                    await self._seal_mark(recipient, bid, criterion, mark)
        await self._sign(recipient, sheet)

    async def _seal_mark(self, recipient: str, bid: str, criterion: str, mark: str) -> None:
        """Submit one mark; one after another, because the counter must rise in the record."""
        self.counter += 1
        item: dict[str, object] = {"bid": bid, "criterion": criterion, "counter": self.counter}
        plain = pad_to_size({**item, "mark": mark}, MARK_SIZE)
        ciphertext = b64u(age_encrypt(recipient, plain))
        await self.say("mark.sealed", {**item, "recipient": recipient, "ciphertext": ciphertext})

    async def _sign(self, recipient: str, sheet: dict[str, dict[str, str | None]]) -> None:
        self.counter += 1
        members: dict[str, object] = {
            "format": SHEET_FORMAT,
            "session": self.session,
            "member": self.desk.person,
            "marks": sheet,
        }
        plain = pad_to_step(members, SCORESHEET_STEP)
        body = {
            "recipient": recipient,
            "counter": self.counter,
            "ciphertext": b64u(age_encrypt(recipient, plain)),
        }
        await self.say("scoresheet.signed", body)

    async def correct_mark(self, task: Task, view: View) -> None:
        """Correct a mark that a finding names, if the play says so."""
        finding = task["finding"]
        correction = self.play.correction(self.desk.person, finding)
        if correction is None:
            return
        after, ground, reason = correction
        row = view["marks"].get(self.desk.person, {}).get(finding["bid"], {})
        body = {
            "bid": finding["bid"],
            "criterion": finding["criterion"],
            "before": row.get(finding["criterion"]),
            "after": after,
        }
        await self.say("mark.corrected", {**body, "ground": ground, "reason": reason})

    async def confirm_result(self, _task: Task, view: View) -> None:
        """Sign the result's digest."""
        stance = self.play.stance(self.desk.person, view)
        if stance is None:
            return
        body = {"digest": view["result"]["digest"], "stance": stance[0], "reasons": stance[1]}
        await self.say("result.confirmed", body)
