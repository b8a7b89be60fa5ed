"""The clients of simulated people: what a browser does with an answer that does not come.

Decided here: an entry is signed once and sent again, the same bytes, until its own venue says that
it is saved; the next one only then.
Not decided here: what people say (course).
"""

from __future__ import annotations

from collections import deque
from functools import cache
from typing import TYPE_CHECKING

from typing_extensions import override

from bideval.actions.appending import append_own
from bideval.actions.founding import join_person
from bideval.actions.visitor import Visitor
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u, tagged_hash
from bideval.evidence.jws import sign_compact
from bideval.ledger.entry import entry_payload, sign_entry
from bideval.ports import Account
from bideval.simulation.devices import START_MS, age_keys, signing_key
from bideval.simulation.memory_store import CrashedError
from bideval.simulation.oracle import Heard
from bideval.terms.errors import BidevalError
from bideval.terms.identifiers import ENTRY_ID_BYTES, Role

if TYPE_CHECKING:
    from bideval.simulation.province import Place, World

RETRY_MS = 700
PROOF_TYPE = "bideval-proof/1"


class Sender:
    """Somebody at one venue who signs entries of one session and sends them until they are kept."""

    def __init__(self, world: World, place: Place, session: str, *, name: str, role: Role) -> None:
        self.world = world
        self.place = place
        self.session = session
        self.name = name
        self.role = role
        self.joined = False
        self.waiting: deque[str] = deque()
        self.said = 0
        self._number = 0
        self._busy = False
        self.key = signing_key(name)
        self.identity, self.recipient = age_keys(name)
        self.kid = self.key.public.key_id
        self.visitor = Visitor(name, role, self.kid, None)

    def open_account(self) -> None:
        """Have an account at the venue from the beginning."""
        key = self.key.public
        account = Account(
            kid=self.kid,
            person=self.name,
            role=str(self.role),
            session=None,
            suite=key.suite,
            public=key.raw,
            recipient=self.recipient,
            venue=self.place.id,
            created_ms=START_MS,
        )
        self.place.disk.image.accounts[self.kid] = account

    def go_on(self) -> None:
        """Send what waits, the same bytes until they are confirmed."""
        if self._busy or not self.waiting:
            return
        self._busy = True
        self._try()

    def proof(self, session: str | None) -> str:
        """Return the proof of possession for this place."""
        return _proof(self.name, session, self.place.id, str(self.role))

    def refused(self, error: BidevalError) -> None:
        """Hear that the venue does not take what waits first."""
        raise NotImplementedError

    def _again(self, delay: int) -> None:
        self.world.later(delay + self.world.chances.randrange(100), self._try)

    def _try(self) -> None:
        if not self.waiting:
            self._busy = False
            return
        if not self.place.up or not self._send():
            self._again(RETRY_MS)
        else:
            self._again(5)

    def _send(self) -> bool:
        venue = self.place.venue
        try:
            self._join()
            jws = self.waiting[0]
            saved = append_own(venue, jws, author=self.name, session=self.session)
        except CrashedError as crash:
            self.place.crash_now(str(crash))
            return False
        except BidevalError as error:
            self.world.say(f"{self.name} is refused: {error.code}")
            self.refused(error)
            return False
        if self.world.happens("answer lost", self.world.faults.lost_answer):
            return False
        if not saved.fresh:
            self.world.seen["entry sent twice"] += 1
        heard = Heard(self.place.id, self.session)
        self.world.say(f"{self.name} is told: {saved.entry[:8]} saved, {saved.saved}")
        self.world.oracle.saved(saved.entry, heard, wide=saved.saved == "session")
        self.waiting.popleft()
        return True

    def _join(self) -> None:
        if not self.joined:
            join_person(self.place.venue, self.visitor, self.session, self.proof(self.session))
            self.joined = True


OVER = frozenset({"session_ended", "late"})
"""Refusals after which there is nothing to be said any more."""


class Client(Sender):
    """One supervisor at one venue, who warns in one session."""

    def __init__(self, world: World, place: Place, session: str) -> None:
        name = f"supervisor-{place.id[:8]}"
        super().__init__(world, place, session, name=name, role=Role.SUPERVISOR)
        self.open_account()

    @override
    def refused(self, error: BidevalError) -> None:
        if error.code in OVER:
            self.said -= len(self.waiting)
            self.waiting.clear()
        elif error.code in {"unknown_key", "key_closed"}:
            self.joined = False  # the enrolment is gone with a disk, or does not count

    def warn(self) -> None:
        """Sign one more warning and begin to send."""
        self.said += 1
        self._number += 1
        self.waiting.append(_warning(self.name, self.session, self._number))
        self.go_on()


@cache
def _warning(name: str, session: str, number: int) -> str:
    """Return a signed entry, the same in all worlds."""
    digest = tagged_hash("bideval/simulation/v1", name.encode(), str(number).encode())
    payload = entry_payload(
        session=session,
        author=name,
        kind="supervisor.warned",
        id=b64u(digest[:ENTRY_ID_BYTES]),
        at=START_MS + number,
        body={"text": f"warning {number}"},
    )
    return sign_entry(signing_key(name), payload)


@cache
def _proof(name: str, session: str | None, venue: str, role: str) -> str:
    members: dict[str, object] = {
        "session": session,
        "venue": venue,
        "person": name,
        "role": role,
        "recipient": age_keys(name)[1],
    }
    return sign_compact(signing_key(name), PROOF_TYPE, canonical_bytes(members))
