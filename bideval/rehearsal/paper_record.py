"""A record on paper: entries of people whom nobody met, every signature and every seal right.

Decided here: keys (from a seed), saying an entry at its venue, folding it as a venue would, and the
bundle of it all. Seals are random as ever, so that two records of one seed differ in their bytes.
Not decided here: what is said (`paper_meeting`) and how long verifying it takes
(`bideval.cli.bench_verify`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.audit.bundle import FileSource, Manifest, write_bundle
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u, hex_digest
from bideval.evidence.jws import sign_compact
from bideval.evidence.sealing import Purpose, deal_seal, new_age_identity, open_share
from bideval.evidence.signing import SEED_SIZE, new_signing_key
from bideval.ledger.checkpoint import sign_checkpoint
from bideval.ledger.cosignature import cosign, with_cosignature
from bideval.ledger.entry import NOTHING_SEEN, Seen, entry_payload, parse_entry, sign_entry
from bideval.ledger.line import Line, encode_line
from bideval.ledger.note import parse_note
from bideval.ledger.tree import Frontier, leaf_hash
from bideval.session.state import Session
from bideval.terms.errors import FaultError
from bideval.terms.identifiers import acting_venue
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bideval.evidence.signing import SigningKey

SESSION = "paper-record"
MAIN, BRANCHES = "main", ("branch-a", "branch-b")
VENUES = (MAIN, *BRANCHES)

FOUNDED_MS = 1_795_312_800_000
ENTRY_MS = 100
"""Milliseconds from one entry to the next."""


@dataclass(slots=True)
class PaperRecord:
    """Lines so far and the session that they make; the same seed gives everybody the same key."""

    seed: str
    session: Session = field(default_factory=lambda: Session(SESSION))
    lines: list[bytes] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    tree: Frontier = field(default_factory=Frontier)
    now_ms: int = FOUNDED_MS
    _keys: dict[str, SigningKey] = field(default_factory=dict)
    _identities: dict[str, tuple[str, str]] = field(default_factory=dict)

    def key(self, name: str) -> SigningKey:
        """Return the signing key of a person or a venue."""
        if name not in self._keys:
            self._keys[name] = new_signing_key("Ed25519", self.digest(f"key {name}")[:SEED_SIZE])
        return self._keys[name]

    def recipient(self, name: str) -> str:
        """Return the age recipient of a person or a venue."""
        return self._age(name)[1]

    def _age(self, name: str) -> tuple[str, str]:
        if name not in self._identities:
            self._identities[name] = new_age_identity()
        return self._identities[name]

    def digest(self, purpose: str) -> bytes:
        """Return 32 bytes that the seed gives for a purpose."""
        return hashlib.sha256(f"{self.seed} {purpose}".encode()).digest()

    def keep(self, content: bytes) -> dict[str, object]:
        """Keep a file for the bundle and return how an entry names it."""
        self.files[hex_digest(content)] = content
        return {"sha256": hex_digest(content), "size": len(content)}

    def say(self, author: str, kind: str, body: Mapping[str, object]) -> str:
        """Sign an entry, give it its line at its author's venue, fold it; return its hash."""
        self.now_ms += ENTRY_MS
        payload = entry_payload(
            session=SESSION,
            author=author,
            kind=kind,
            id=b64u(self.digest(f"id {len(self.lines)}")[:16]),
            at=self.now_ms,
            body=body,
            seen=NOTHING_SEEN if self.session.box_is_open() else self._seen(),
        )
        venue = acting_venue(author) or self.session.people.persons[author].venue
        number = len(self.session.chains.get(venue, [b""]))
        line = Line(venue, number, sign_entry(self.key(author), payload))
        outcome = self.session.apply(line, parse_entry(line.jws))
        if outcome.void_code is not None:
            raise FaultError("paper_refused", field=kind, detail=outcome.void_code)
        self.lines.append(encode_line(line))
        self.tree.add(leaf_hash(self.lines[-1]))
        return outcome.entry

    def _seen(self) -> Seen:
        return Seen(self.tree.size, self.tree.root().hex())

    def head(self) -> dict[str, object]:
        """Return the head of the record, as entries state it."""
        return {"size": self.tree.size, "root": self.tree.root().hex()}

    def enrol(
        self, person: str, role: str, *, ticket: str | None = None, venue: str = MAIN
    ) -> None:
        """Let a venue enrol a person with the key that the person holds."""
        recipient = self.recipient(person) if role == "officer" else None
        claim = {
            "session": SESSION,
            "venue": venue,
            "person": person,
            "role": role,
            "recipient": recipient,
        }
        key = self.key(person)
        body = {
            "person": person,
            "role": role,
            "suite": "Ed25519",
            "public": b64u(key.public.raw),
            "recipient": recipient,
            "proof": sign_compact(key, "bideval-proof/1", canonical_bytes(claim)),
            "replaces": None,
            "seat": None if ticket is None else {"venue": venue, "name": person},
            "ticket": ticket,
            "checked_by": None,
        }
        self.say(f"venue/{venue}", "person.enrolled", body)

    def deal(self, purpose: Purpose) -> dict[str, object]:
        """Return a seal for the custody of a purpose; its one-time identity is forgotten."""
        custody = self.session.custody(purpose)
        _, seal = deal_seal(
            session=SESSION,
            purpose=purpose,
            custodians=custody.custodians,
            threshold=custody.threshold,
        )
        return seal

    def release(self, recipient: str) -> None:
        """Let as many custodians as a seal needs release their shares."""
        seal = self.session.sharing.seals[recipient].seal
        for custodian in seal.custodians[: seal.threshold]:
            identity = self._age(custodian)[0]
            share = open_share(seal, session=SESSION, custodian=custodian, identity=identity)
            body = {"recipient": recipient, "custodian": custodian, "share": b64u(share)}
            self.say(custodian, "share.released", body)


def paper_bundle(record: PaperRecord) -> Iterator[bytes]:
    """Yield the bundle of a record, with a checkpoint that main and both branches signed."""
    size, root = record.tree.size, record.tree.root()
    note = sign_checkpoint(record.key(f"venue/{MAIN}"), SESSION, size, root)
    for venue in BRANCHES:
        key, body = record.key(f"venue/{venue}"), parse_note(note).body
        note = with_cosignature(note, cosign(key, venue, body, record.now_ms // 1_000))
    manifest = Manifest(
        session=SESSION,
        main=MAIN,
        exported_by=MAIN,
        made_at=instant_text(record.now_ms),
        size=size,
        root=root.hex(),
        files={sha256: len(content) for sha256, content in record.files.items()},
        absent=(),
    )
    files = (FileSource(name, len(data), (data,)) for name, data in sorted(record.files.items()))
    return write_bundle(manifest, record.lines, checkpoint=note, files=files)
