"""People at real venue servers, each with own keys, by the public interfaces only."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2
import uvicorn

from bideval.actions.accounts import invite, login_bytes
from bideval.actions.starting import start_venue
from bideval.app import build_house, create_app
from bideval.cli.migrate import migrate_venue
from bideval.cli.serve import address, listening, server_config
from bideval.draw.tickets import nonce_commitment
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u
from bideval.evidence.jws import sign_compact
from bideval.evidence.padding import MARK_SIZE, SCORESHEET_STEP, pad_to_size, pad_to_step
from bideval.evidence.sealing import (
    Custodian,
    Purpose,
    age_encrypt,
    deal_seal,
    encrypt_stream,
    new_age_identity,
    open_share,
    parse_seal,
)
from bideval.evidence.signing import new_signing_key
from bideval.gateways.clock import SystemClock
from bideval.gateways.entropy import OsEntropy
from bideval.gateways.keyring import create_keys
from bideval.ledger.entry import Seen, entry_payload, sign_entry
from bideval.opening.package import parse_manifest, write_package
from bideval.settings import Settings
from bideval.terms.identifiers import Role
from tests.databases import venue_database_url

PATIENCE_S = 30


class SteppedClock(SystemClock):
    """The system's time, plus whatever the test has let pass, and how wrong somebody has set it."""

    def __init__(self):
        super().__init__()
        self.ahead_ms = 0
        self.wrong_ms = 0

    def now_ms(self):
        return super().now_ms() + self.ahead_ms + self.wrong_ms

    def monotonic_ms(self):
        return super().monotonic_ms() + self.ahead_ms


class PlainPress:
    """Prints a page as its own bytes: what a report looks like is tested elsewhere."""

    async def report(self, content):
        return b"%PDF-1.7\n" + str(content).encode()


@dataclass
class RunningVenue:
    """One venue server in a thread of this process."""

    id: str
    url: str
    house: object
    clock: SteppedClock
    settings: Settings
    app: object
    clients: list = field(default_factory=list)

    @property
    def venue(self):
        return self.house.venue


@contextmanager
def running_venues(folder, names, *, demo=True, **settings):
    """Run venues that are each other's peers, on loopback."""
    cards, bases = {}, {}
    for number, name in enumerate(names):
        place = folder / name
        place.mkdir()
        keys = create_keys(place / "venue.key", place / "venue.age", OsEntropy())
        base = {
            "venue": {"id": name, "name": name.title()},
            "listen": {"port": 0},
            "data_dir": place / "data",
            "key_file": place / "venue.key",
            "identity_file": place / "venue.age",
            "demo": demo,
            "database_url": venue_database_url(number),
            **settings,
        }
        bases[name] = (base, listening(Settings(**base)))
        port = bases[name][1].getsockname()[1]
        base["listen"] = {"port": port}
        base["venue"]["url"] = f"ws://127.0.0.1:{port}/link"
        cards[name] = {
            **base["venue"],
            "suite": keys.public.suite,
            "public": b64u(keys.public.raw),
            "recipient": keys.recipient,
        }
    clock = SteppedClock()
    running = []
    try:
        for name, (base, door) in bases.items():
            peers = [card for other, card in cards.items() if other != name]
            running.append(_start(Settings(**base, peers=peers), door, clock))
        yield {venue.id: venue for venue, _, _ in running}
    finally:
        for venue, _, _ in running:
            for client in venue.clients:
                client.close()
        for _, server, thread in reversed(running):
            server.should_exit = True
            thread.join(20)
        for venue, _, _ in running:
            venue.house.close()
        for _, door in bases.values():
            door.close()


def _start(settings, door, clock):
    migrate_venue(settings)
    house = build_house(settings, clock=clock, press=PlainPress())
    start_venue(house.venue)
    ready = threading.Event()
    app = create_app(house, settings, on_ready=ready.set)
    server = uvicorn.Server(server_config(settings, app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    assert ready.wait(20)
    url = address(settings, door)
    return RunningVenue(settings.venue.id, url, house, clock, settings, app), server, thread


@dataclass
class Person:
    """Somebody with keys of their own, at one venue."""

    name: str
    role: str
    at: RunningVenue
    session: str | None = None
    key: object = field(default_factory=lambda: new_signing_key("Ed25519", os.urandom(32)))
    age: tuple = field(default_factory=new_age_identity)

    def __post_init__(self):
        self.http = httpx2.Client(base_url=self.at.url, trust_env=False, timeout=30)
        self.at.clients.append(self.http)
        self.counter = 0

    @property
    def identity(self):
        return self.age[0]

    @property
    def recipient(self):
        return self.age[1]

    def proof(self, session, **other):
        members = {
            "session": session,
            "venue": self.at.id,
            "person": self.name,
            "role": self.role,
            "recipient": self.recipient,
        }
        return sign_compact(self.key, "bideval-proof/1", canonical_bytes(members | other))

    def enrolment(self, code, session=None):
        return {
            "code": code,
            "suite": self.key.suite,
            "public": b64u(self.key.public.raw),
            "recipient": self.recipient,
            "proof": self.proof(session),
        }

    def enrol(self, code=None, session=None):
        if code is None:
            code = invite(self.at.venue, self.name, Role(self.role))
        return self.ok(self.http.post("/api/enrol", json=self.enrolment(code, session)))

    def join(self, session):
        return self.ok(
            self.http.post(f"/api/sessions/{session}/join", json={"proof": self.proof(session)})
        )

    def log_in(self):
        asked = self.ok(self.http.post("/api/login/challenge", json={"kid": self.key.key_id}))
        return self.http.post("/api/login", json=self.signed_challenge(asked))

    def signed_challenge(self, asked):
        kid, challenge = self.key.key_id, asked["challenge"]
        signature = self.key.sign(login_bytes(asked["venue"], kid, challenge))
        return {"kid": kid, "challenge": challenge, "signature": b64u(signature)}

    def entry(self, session, kind, body, *, entry_id=None, author=None):
        payload = entry_payload(
            session=session,
            author=author or self.name,
            kind=kind,
            id=entry_id or b64u(os.urandom(16)),
            at=self.at.clock.now_ms(),
            body=body,
            seen=Seen(),
        )
        return sign_entry(self.key, payload)

    def send(self, session, jws):
        return self.http.post("/api/entries", json={"session": session, "jws": jws})

    def send_several(self, session, several):
        return self.http.post("/api/entries/several", json={"session": session, "jws": several})

    def say(self, session, kind, body):
        return self.ok(self.send(session, self.entry(session, kind, body)))

    def view(self, session):
        return self.ok(self.http.get(f"/api/sessions/{session}"))

    def upload(self, data, media_type="application/octet-stream"):
        sha256 = hashlib.sha256(data).hexdigest()
        self.ok(
            self.http.put(
                f"/api/files/{sha256}", content=data, headers={"content-type": media_type}
            )
        )
        return sha256

    def ok(self, response):
        assert response.is_success, (self.name, response.status_code, response.text)
        return response.json() if response.content else None

    def await_view(self, session, ready, what):
        end = time.monotonic() + PATIENCE_S
        while True:
            view = self.view(session)
            if ready(view):
                return view
            if time.monotonic() > end:
                seen = {name: view.get(name) for name in ("phase", "next", "tasks", "head")}
                raise AssertionError(f"{self.name} waits for {what}: {seen}")
            time.sleep(0.05)

    def await_phase(self, session, phase):
        return self.await_view(session, lambda view: view["phase"] == phase, phase)

    def deal(self, session, purpose, *, spoilt=False):
        """Deal a seal; a spoilt one has shares that no custodian can open."""
        custody = self.view(session)["custody"][purpose.custody]
        nobody = new_age_identity()[1]
        custodians = [
            Custodian(one["actor"], nobody if spoilt else one["recipient"])
            for one in custody["custodians"]
        ]
        _, seal = deal_seal(
            session=session,
            purpose=purpose,
            custodians=custodians,
            threshold=custody["threshold"],
        )
        return seal

    # What each role does

    def bid(self, session, bid, price, content=b"%PDF-1.4 our offer"):
        seal = self.deal(session, Purpose.BID)
        package = bid_package(session, bid, self.name, price, content)
        sealed = io.BytesIO()
        encrypt_stream(seal["recipient"], io.BytesIO(package), sealed)
        data = sealed.getvalue()
        sha256 = self.upload(data)
        body = {"bid": bid, "lot": "1", "ciphertext": {"sha256": sha256, "size": len(data)}}
        return self.say(session, "bid.sealed", {**body, "seal": seal})

    def order(self, session, leaving, to):
        return self.say(session, "phase.ordered", {"from": leaving, "to": to, "reason": ""})

    def release_shares(self, session):
        """Open and release every share that the own task list names."""
        released = 0
        for task in self.view(session)["tasks"]:
            if task["task"] != "release_share" or task["state"] != "todo":
                continue
            seal = parse_seal(task["seal"], "seal")
            share = open_share(seal, session=session, custodian=self.name, identity=self.identity)
            body = {"recipient": seal.recipient, "custodian": self.name, "share": b64u(share)}
            self.say(session, "share.released", body)
            released += 1
        return released

    def commit_nonce(self, session, *, spoilt=False):
        nonce = os.urandom(32)
        seal = self.deal(session, Purpose.NONCE, spoilt=spoilt)
        body = {
            "commitment": nonce_commitment(session, self.name, nonce).hex(),
            "ciphertext": b64u(age_encrypt(seal["recipient"], nonce)),
            "seal": seal,
        }
        return self.say(session, "nonce.sealed", body)

    def spoil_seal(self, session):
        """Deal a bad seal, and seal marks to it until the venues have refused it."""
        seal = self.deal(session, Purpose.MARKS, spoilt=True)
        self.say(session, "marks.dealt", {"seal": seal})
        end = time.monotonic() + PATIENCE_S
        while (said := self.send(session, self.mark(session, seal, "bid-a", "T1"))).is_success:
            assert time.monotonic() < end
            time.sleep(0.05)
        return said

    def mark(self, session, seal, bid, criterion):
        self.counter += 1
        item = {"bid": bid, "criterion": criterion, "counter": self.counter}
        sealed = b64u(age_encrypt(seal["recipient"], pad_to_size({**item, "mark": "1"}, MARK_SIZE)))
        body = {**item, "recipient": seal["recipient"], "ciphertext": sealed}
        return self.entry(session, "mark.sealed", body)

    def sign_sheet(self, session, marks):
        seal = self.deal(session, Purpose.MARKS)
        self.say(session, "marks.dealt", {"seal": seal})
        for bid, row in marks.items():
            for criterion, mark in row.items():
                self.counter += 1
                item = {"bid": bid, "criterion": criterion, "counter": self.counter}
                plain = pad_to_size({**item, "mark": mark}, MARK_SIZE)
                sealed = b64u(age_encrypt(seal["recipient"], plain))
                body = {**item, "recipient": seal["recipient"], "ciphertext": sealed}
                self.say(session, "mark.sealed", body)
        self.counter += 1
        sheet = {
            "format": "bideval-scoresheet/1",
            "session": session,
            "member": self.name,
            "marks": marks,
        }
        sealed = b64u(age_encrypt(seal["recipient"], pad_to_step(sheet, SCORESHEET_STEP)))
        body = {"recipient": seal["recipient"], "counter": self.counter, "ciphertext": sealed}
        return self.say(session, "scoresheet.signed", body)


def bid_package(session, bid, bidder, price, content):
    manifest = {
        "session": session,
        "bid": bid,
        "lot": "1",
        "bidder": bidder,
        "sheet": {
            "bidder_name": f"Company of {bidder}",
            "price": price,
            "size": "large",
            "small_share_percent": None,
            "brand": None,
            "duration": "one year",
            "remarks": "",
        },
        "files": [
            {
                "name": "offer.pdf",
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "media_type": "application/pdf",
            }
        ],
    }
    package = io.BytesIO()
    write_package(package, parse_manifest(manifest), [io.BytesIO(content)])
    return package.getvalue()


def tender(deadline, *, officers, supervisor, venues, seats):
    """A small goods tender: two criteria, `seats` members per venue, no representatives."""
    nodes = [f"venue/{venue}" for venue in venues]
    keepers = [*nodes, supervisor] if len(nodes) > 1 else [*nodes, supervisor, officers[0]]
    custody = {"threshold": 2, "custodians": keepers}
    drawn = sum(seats.values())
    return {
        "format": "bideval-tender/1",
        "number": "T-1",
        "title": "Two generators",
        "procuring_entity": "The hospital",
        "agent": "",
        "category": "goods",
        "budget": "900000.00",
        "ceiling": "900000.00",
        "deadline": deadline,
        "lots": [{"id": "1", "title": "All of it"}],
        "method": {
            "type": "comprehensive",
            "rounding": {"mode": "half_up", "places": 2, "when": "each_step"},
            "panel_mean": {"over": "member_total", "trim": None},
            "absent_marks": "refuse",
            "criteria": [
                {"id": "T1", "name": "Design", "kind": "subjective", "min": "0", "max": "40"},
                {"id": "B1", "name": "Warranty", "kind": "objective", "min": "0", "max": "30"},
            ],
            "price": {"formula": "lowest_price", "max": "30"},
            "preference": {},
            "ties": ["evaluated_price", "bid_price"],
            "candidates": 3,
        },
        "requirements": [{"id": "R1", "text": "Delivery within a year", "clause": "4.1"}],
        "documents": [],
        "panel": {
            "members": drawn,
            "representatives": 0,
            "disciplines": [{"id": "a07", "name": "Electrical", "members": drawn}],
            "seats": [{"venue": venue, "members": count} for venue, count in seats.items()],
        },
        "custody": {
            "bids": {"threshold": 2, "custodians": officers},
            "marks": custody,
            "identities": custody,
            "nonces": custody,
        },
        "decryption_minutes": 30,
    }


def pool_csv(venues, per_venue):
    rows = ["name,id_tail,employer,discipline,venue,phone,title"]
    for venue in venues:
        rows += [
            f"Expert {venue} {number},{number:04d},Institute {number},a07,{venue},,engineer"
            for number in range(1, per_venue + 1)
        ]
    return "\n".join(rows)
