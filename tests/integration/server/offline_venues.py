"""Venues of one province as houses without servers; a test carries what a link would carry."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace

from bideval.actions import arrivals, checkpoints, confirming, founding, peering
from bideval.actions.appending import append_own
from bideval.actions.starting import start_venue
from bideval.actions.visitor import Visitor
from bideval.app import build_house
from bideval.cli.migrate import migrate_venue
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u
from bideval.evidence.jws import sign_compact
from bideval.evidence.sealing import new_age_identity
from bideval.evidence.signing import new_signing_key
from bideval.gateways.entropy import OsEntropy
from bideval.gateways.keyring import create_keys
from bideval.ledger.entry import entry_payload, sign_entry
from bideval.ports import Account
from bideval.settings import Settings
from bideval.sync.words import RECORD, Vouch
from bideval.terms.identifiers import Role

SESSION = "fh-2026-0400"
SIZE = (10_000, 1 << 30)


def plan_province(folder, names, new_url):
    """Return the settings of venues that know each other, with their keys made."""
    cards, bases = [], {}
    for name in names:
        place = folder / name
        place.mkdir()
        keys = create_keys(place / "venue.key", place / "venue.age", OsEntropy())
        url = "ws://127.0.0.1:9/link"
        bases[name] = {
            "venue": {"id": name, "name": name.title(), "url": url},
            "data_dir": place / "data",
            "key_file": place / "venue.key",
            "identity_file": place / "venue.age",
            "database_url": new_url(),
        }
        cards.append(
            {
                "id": name,
                "name": name.title(),
                "url": url,
                "suite": keys.public.suite,
                "public": b64u(keys.public.raw),
                "recipient": keys.recipient,
            }
        )
    return {
        name: Settings(**base, peers=[card for card in cards if card["id"] != name])
        for name, base in bases.items()
    }


@contextmanager
def started(settings):
    """Open a venue as `bideval serve` does, without listening."""
    migrate_venue(settings)
    house = build_house(settings)
    try:
        start_venue(house.venue)
        yield house.venue
    finally:
        house.close()


class Supervisor:
    """Somebody with an account, who warns."""

    def __init__(self, venue, name="supervisor-a"):
        self.name, self.key = name, new_signing_key("Ed25519", os.urandom(32))
        self.recipient = new_age_identity()[1]
        public = self.key.public
        self.account = Account(
            public.key_id, name, "supervisor", None, public.suite, public.raw, self.recipient,
            venue.id, venue.now_ms(),
        )  # fmt: skip
        venue.devices.store.write(lambda tx: tx.add_account(self.account)).result()

    def proof(self, venue, session=SESSION):
        members = {
            "session": session,
            "venue": venue.id,
            "person": self.name,
            "role": "supervisor",
            "recipient": self.recipient,
        }
        return sign_compact(self.key, "bideval-proof/1", canonical_bytes(members))

    def join(self, venue, session=SESSION):
        proof = self.proof(venue, session)
        visitor = Visitor(self.name, Role.SUPERVISOR, self.key.public.key_id, None)
        return founding.join_person(venue, visitor, session, proof)

    def entry(self, text, session=SESSION):
        payload = entry_payload(
            session=session,
            author=self.name,
            kind="supervisor.warned",
            id=b64u(os.urandom(16)),
            at=1_795_312_800_000,
            body={"text": text},
        )
        return sign_entry(self.key, payload)

    def warn(self, venue, text, session=SESSION):
        return append_own(venue, self.entry(text, session), author=self.name, session=session)


def found(venue, branches, session=SESSION):
    asked = founding.NewSession(
        id=session, title="Beds", rulebook="rehearsal/1", branches=list(branches)
    )
    return founding.found_session(venue, asked)


def marks_agree(main, branch, session=SESSION):
    """Let both state their marks, as a link does; return who of them confirmed the other's."""
    confirmed = set()
    down = _head(branch, session)
    held = peering.mark_down(main, branch.id, session, down[0])
    if held is not None and checkpoints.root_at(_reader(main), session, down[0]) == down[1]:
        confirming.hear(main, session, branch.id, _promised(main, branch, session))
        confirmed.add(main.id)
    with main.devices.store.read() as reader:
        up = reader.origin_head(session, branch.id)
    if peering.mark_up(branch, main.id, session, up.n) == up.chain:
        confirming.hear(branch, session, main.id)
        confirmed.add(branch.id)
    return confirmed


def _promised(main, branch, session):
    """Return what main has signed about lines of the branch that it does not hold."""
    said = branch.findings.placed(session)
    with main.devices.store.read() as reader:
        held = reader.origin_head(session, branch.id).n
    return said if said is not None and said.n > held else None


def carry(main, branch, session=SESSION):
    """Carry everything between two venues once: down, up, down, checkpoint, cosignature."""
    _down(main, branch, session)
    founding.join_as_branch(branch, session)
    with main.devices.store.read() as reader:
        first = reader.origin_head(session, branch.id).n + 1
    lines = peering.read_up(branch, main.id, session, first, size=SIZE)
    if lines:
        arrivals.commit_up(
            main, session, lines, word=up_word(branch, first + len(lines) - 1, session)
        )
    stated = checkpoints.state_record(main, session)  # main may write by itself at any time
    _down(main, branch, session)
    if stated is not None:
        size, line = checkpoints.answer_checkpoint(branch, session, stated.note)
        checkpoints.take_cosignature(main, session, branch.id, size, line)


def signed(venue, word):
    """Return a word with a venue's signature."""
    return replace(word, signature=venue.devices.keys.signing_key.sign(word.signed_bytes()))


def up_word(branch, n, session=SESSION):
    """Return a branch's word for its own first lines."""
    with branch.devices.store.read() as reader:
        chain = reader.origin_lines(session, branch.id, n, 1)[0].chain
    return signed(branch, Vouch(session, branch.id, n, chain))


def down_word(main, n, session=SESSION):
    """Return main's word for the first lines of the record."""
    root = checkpoints.root_at(_reader(main), session, n)
    return signed(main, Vouch(session, RECORD, n, root))


def head_of(venue, session=SESSION):
    with venue.devices.store.read() as reader:
        return reader.head(session)


def _down(main, branch, session):
    size = _head(branch, session)[0]
    lines = peering.read_down(main, branch.id, session, size + 1, size=SIZE)
    if lines:
        word = down_word(main, size + len(lines), session)
        arrivals.commit_down(branch, session, main.id, lines, word=word)


def _head(venue, session):
    head = head_of(venue, session)
    return (0, b"") if head is None else (head.size, head.root)


class _reader:  # noqa: N801  # stands for a reader of one question
    def __init__(self, venue):
        self._store = venue.devices.store

    def __getattr__(self, name):
        def ask(*args):
            with self._store.read() as reader:
                return getattr(reader, name)(*args)

        return ask
