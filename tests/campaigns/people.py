"""People of a campaign: like a browser with its outbox they never give up.

Decided here: what they do when an answer is lost, when they are signed out, and when they die with
an answer unread: they send the same bytes again. What they send is written into a journal before it
is sent, and what they are told after it.
Not decided here: what they do (the rehearsal) and who dies when (`injuries`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import httpx2

from bideval.actions.accounts import login_bytes
from bideval.evidence.encoding import b64u
from bideval.ledger.entry import entry_hash, parse_entry
from bideval.rehearsal.client import AnswerError, Desk, _accepted
from tests.campaigns.injuries import now
from tests.campaigns.venues import saying

LONGEST_PATIENCE_S = 150.0
"""Seconds for which a person tries to send one thing."""
PAUSE_S = 0.1
LONGEST_PAUSE_S = 1.0
LOGINS = 3
ANSWER_S = 5.0
"""Seconds for which a client lives that dies with its answer unread."""

PASSING = frozenset(
    {"storage_fault", "store_busy", "store_closed", "too_many_requests", "too_many_attempts"}
)
"""Refusals that say: later."""
DONE_BEFORE = {
    "/api/enrol": "bad_code",
    "/api/sessions": "already_founded",
    "/pool": "pool_is_sealed",
}
"""What a venue says to a request that it has carried out and whose answer was lost."""


@dataclass
class Word:
    """Something that a person signed, and what the venue has said of it since."""

    venue: str
    person: str
    kind: str
    entry: str
    act: tuple
    saying: tuple
    told: list = field(default_factory=list)
    """(instant, "here" or "session") of each acknowledgement."""
    refused: str = ""


class Journal:
    """What was said and what was promised, by all people of one evaluation."""

    def __init__(self):
        self.words = {}
        self.meant = Counter()
        """How often each `saying` was meant to be said."""
        self.others = {}
        """Acknowledgements of entries that a venue wrote for somebody: (venue, entry) to told."""
        self.accounts = []
        """(instant, venue, person, kid) of each account that somebody was told they have."""
        self.requests = 0
        self.resent = 0
        self.deaths = 0
        self.logins = 0
        self.passing = 0
        """Answers that said: later."""
        self.server_errors = []

    def write(self, venue, person, jws):
        """Keep what is about to be sent."""
        entry = parse_entry(jws)
        name = entry_hash(jws)
        word = Word(venue, person, entry.kind, name, (person, entry.id), saying(entry))
        return self.words.setdefault(name, word)

    def learn(self, venue, answer):
        """Keep what an answer or a live event promises."""
        if not isinstance(answer, dict) or not {"entry", "saved"} <= answer.keys():
            return
        word = self.words.get(answer["entry"])
        others = self.others.setdefault((venue, answer["entry"]), []) if word is None else None
        (others if word is None else word.told).append((now(), answer["saved"]))

    def opened(self, before=None):
        """Return (venue, person, kid) of the accounts told before an instant."""
        told = list(self.accounts)
        return [account for at, *account in told if before is None or at < before]

    def promised(self, before=None):
        """Return (venue, entry, "here" or "session") of all promises given before an instant."""
        # Copies: people go on talking in another thread.
        words, others = list(self.words.values()), list(self.others.items())
        own = [(word.venue, word.entry, list(word.told)) for word in words]
        told = own + [(venue, entry, list(told)) for (venue, entry), told in others]
        return [
            (venue, entry, saved)
            for venue, entry, sayings in told
            for saved in {one for at, one in sayings if before is None or at < before}
        ]


class PatientDesk(Desk):
    """A person who sends the same bytes until the venue has answered, whatever happens."""

    signs_again = False

    def __init__(self, url, venue, persona, devices, *, journal, surgeon):
        super().__init__(url, venue, persona, devices)
        self.journal = journal
        self.surgeon = surgeon

    async def submit(self, session, jws):
        word = self.journal.write(self.venue, self.person, jws)
        self.journal.meant[word.saying] += 1
        try:
            return await super().submit(session, jws)
        except AnswerError as refused:
            word.refused = refused.code
            raise

    async def _ask(self, method, path, **parts):
        if method != "GET":
            step = _step(path, parts)
            self.journal.requests += 1
            dying = await self.surgeon.came(step)
            if dying is not None:
                await self._die(dying, method, path, parts)
        response = await self._until_answered(method, path, parts)
        if path == "/api/enrol":
            account = (now(), self.venue, self.person, self.persona.key.key_id)
            self.journal.accounts.append(account)
        if method != "GET" and response.content:
            with suppress(ValueError):
                self.journal.learn(self.venue, response.json())
        return response

    async def _die(self, injury, method, path, parts):
        """End with the request on its way, or with the answer unread; the log-in is gone."""
        self.journal.deaths += 1
        with suppress(httpx2.TransportError, TimeoutError):
            async with asyncio.timeout(injury.pause_s / 4 if injury.turn % 2 else ANSWER_S):
                await self._client.request(method, path, **parts)
        self._client.cookies.clear()

    async def _until_answered(self, method, path, parts):
        clock = asyncio.get_running_loop().time
        end, pause, attempt = clock() + LONGEST_PATIENCE_S, PAUSE_S, 0
        while True:
            attempt += 1
            response = await self._once(method, path, parts)
            if response is not None:
                return _accepted(response, f"{self.person}: {method} {path}")
            if clock() > end:
                raise TimeoutError(f"{self.person}: {method} {path} is not answered")
            if method != "GET":
                self.journal.resent += 1
            if self.signs_again and path == "/api/entries":
                parts = {"json": self._signed_again(**parts["json"])}
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_S, 2 * pause)

    def _signed_again(self, session, jws):
        entry = parse_entry(jws)
        again = self.persona.entry(session, entry.kind, entry.body, devices=self.devices)
        self.journal.words.pop(entry_hash(jws))
        self.journal.write(self.venue, self.person, again)
        return {"session": session, "jws": again}

    async def _once(self, method, path, parts):
        """Return the answer, or None when the same must be sent again."""
        try:
            response = await self._client.request(method, path, **parts)
        except httpx2.TransportError:
            return None
        self._keep_cookies()
        code = "" if response.is_success else _code(response)
        if response.status_code >= 500 and code not in PASSING:
            self.journal.server_errors.append(f"{self.venue} {method} {path}: {code}")
            return None
        if code in PASSING:
            self.journal.passing += 1
            return None
        if code == "not_signed_in":
            return None if await self._log_in() else response
        if method != "GET" and await self._was_done(path, code):
            return httpx2.Response(200, json={})
        return response

    async def _was_done(self, path, code):
        """Whether a refusal says that the same request was carried out before."""
        if not any(path.endswith(end) for end, known in DONE_BEFORE.items() if known == code):
            return False
        # Where the code is used up the account is there, and its key opens it.
        return code != "bad_code" or await self._log_in()

    def _keep_cookies(self):
        """Send cookies back over plain HTTP too: no proxy with TLS stands before these servers."""
        for cookie in self._client.cookies.jar:
            cookie.secure = False

    async def _log_in(self):
        """Sign in with the own key; return whether the venue knows it."""
        for _ in range(LOGINS):
            code = await self._try_to_log_in()
            if code != "login_failed":
                break
            # Unknown, or the challenge ran out while a simulated hour passed.
        return not code or code in PASSING

    async def _try_to_log_in(self):
        kid = self.persona.key.key_id
        self.journal.logins += 1
        try:
            asked = await self._client.post("/api/login/challenge", json={"kid": kid})
            if not asked.is_success:
                return _code(asked)
            words = asked.json()
            signed = self.persona.key.sign(login_bytes(words["venue"], kid, words["challenge"]))
            body = {"kid": kid, "challenge": words["challenge"], "signature": b64u(signed)}
            answer = await self._client.post("/api/login", json=body)
        except httpx2.TransportError:
            return ""
        self._keep_cookies()
        return "" if answer.is_success else _code(answer)

    async def _listen(self, session, lookout):
        while True:
            async for told in self.live(session):
                if told["type"] == "saved":
                    self.journal.learn(self.venue, told)
                lookout.hear(told["type"])
            await asyncio.sleep(LONGEST_PAUSE_S)


class ForgetfulDesk(PatientDesk):
    """A planted bug: an outbox that signs a new entry where it should send the old bytes."""

    signs_again = True


def _code(response):
    with suppress(ValueError, KeyError, TypeError):
        return response.json()["error"]["code"]
    return f"http_{response.status_code}"


def _step(path, parts):
    if path == "/api/entries":
        return parse_entry(parts["json"]["jws"]).kind
    if path.startswith("/api/files/"):
        return "files"
    return path.rsplit("/", 1)[-1]
