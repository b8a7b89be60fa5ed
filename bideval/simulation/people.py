"""The clients of simulated people: what a browser does with an answer that does not come.

Decided here: an entry is signed once and sent again, the same bytes, until its own venue says that
it is saved; the next one only then.
Not decided here: what people say (course).
"""

from __future__ import annotations

from collections import deque
from functools import cache
from typing import TYPE_CHECKING

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


class Client:
    """One supervisor at one venue, who warns in one session."""

    def __init__(self, world: World, place: Place, session: str) -> None:
        self.world = world
        self.place = place
        self.session = session
        self.name = f"supervisor-{place.id[:8]}"
        self.joined = False
        self.waiting: deque[str] = deque()
        self.said = 0
        self._number = 0
        self._busy = False
        key = signing_key(self.name).public
        self.kid = key.key_id
        place.disk.image.accounts[self.kid] = Account(
            self.kid,
            self.name,
            "supervisor",
            None,
            key.suite,
            key.raw,
            age_keys(self.name)[1],
            place.id,
            START_MS,
        )

    def warn(self) -> None:
        """Sign one more warning and begin to send."""
        self.said += 1
        self._number += 1
        self.waiting.append(_warning(self.name, self.session, self._number))
        self.go_on()

    def go_on(self) -> None:
        """Send what waits, the same bytes until they are confirmed."""
        if self._busy or not self.waiting:
            return
        self._busy = True
        self._try()

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
            if not self.joined:
                proof = _proof(self.name, self.session, self.place.id)
                visitor = Visitor(self.name, Role.SUPERVISOR, self.kid, None)
                join_person(venue, visitor, self.session, proof)
                self.joined = True
            jws = self.waiting[0]
            saved = append_own(venue, jws, author=self.name, session=self.session)
        except CrashedError as crash:
            self.place.crash_now(str(crash))
            return False
        except BidevalError as refused:
            if refused.code == "unknown_key":
                self.joined = False  # the venue has forgotten the enrolment with its disk
            self.world.say(f"{self.name} is refused: {refused.code}")
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
def _proof(name: str, session: str, venue: str) -> str:
    members: dict[str, object] = {
        "session": session,
        "venue": venue,
        "person": name,
        "role": "supervisor",
        "recipient": age_keys(name)[1],
    }
    return sign_compact(signing_key(name), "bideval-proof/1", canonical_bytes(members))
