"""A record on paper: a session of any length that nobody held, with every signature right.

Decided here: what a bundle made for measuring consists of: a founding, joined branches, enrolled
supervisors, and their warnings, each as long as a sealed mark. Keys and ids come from the seed; the
same seed and number give the same bytes.
Not decided here: how long verifying it takes (`bideval.cli.bench_verify`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.audit.bundle import Manifest, write_bundle
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u
from bideval.evidence.jws import sign_compact
from bideval.evidence.signing import SEED_SIZE, new_signing_key
from bideval.ledger.checkpoint import sign_checkpoint
from bideval.ledger.cosignature import cosign, with_cosignature
from bideval.ledger.entry import entry_payload, sign_entry
from bideval.ledger.line import Line, encode_line
from bideval.ledger.note import parse_note
from bideval.ledger.tree import Frontier, leaf_hash
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bideval.evidence.signing import SigningKey

SESSION = "paper-record"
MAIN, BRANCHES = "main", ("branch-a", "branch-b")
VENUES = (MAIN, *BRANCHES)
SPEAKERS = 10
"""Supervisors at each venue: the keys of a panel of thirty."""

FOUNDED_MS = 1_795_312_800_000
RECIPIENT = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
"""A recipient nobody needs: nothing is sealed on paper. It is the one of age's own manual page."""

TEXT_SIZE = 620
"""Characters of a warning: the entry is then as long as a mark with its ciphertext."""

LEAST = 1 + len(BRANCHES) + SPEAKERS * len(VENUES)
"""Entries before the first warning."""


@dataclass(slots=True)
class PaperRecord:
    """Lines so far; who speaks has the key that the seed gives the name."""

    seed: str
    lines: list[bytes] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    keys: dict[str, SigningKey] = field(default_factory=dict)

    def key(self, name: str) -> SigningKey:
        """Return the key of a person or a venue."""
        if name not in self.keys:
            self.keys[name] = new_signing_key("Ed25519", self._bytes(f"key {name}"))
        return self.keys[name]

    def say(self, author: str, venue: str, *, kind: str, body: Mapping[str, object]) -> None:
        """Sign an entry and write it down at its venue."""
        number = self.numbers[venue] = self.numbers.get(venue, 0) + 1
        payload = entry_payload(
            session=SESSION,
            author=author,
            kind=kind,
            id=b64u(self._bytes(f"id {venue} {number}")[:16]),
            at=FOUNDED_MS + len(self.lines),
            body=body,
        )
        self.lines.append(encode_line(Line(venue, number, sign_entry(self.key(author), payload))))

    def _bytes(self, purpose: str) -> bytes:
        return hashlib.sha256(f"{self.seed} {purpose}".encode()).digest()[:SEED_SIZE]


def paper_record(entries: int, seed: str) -> PaperRecord:
    """Return a record of so many entries, from `LEAST` on."""
    record = PaperRecord(seed)
    _found(record)
    speakers = [(f"supervisor-{number}-{venue}", venue) for number, venue in _seats()]
    for person, venue in speakers:
        record.say(f"venue/{venue}", venue, kind="person.enrolled", body=_enrol(record, person))
    for number in range(entries - LEAST):
        person, venue = speakers[number % len(speakers)]
        text = f"{number} ".ljust(TEXT_SIZE, ".")
        record.say(person, venue, kind="supervisor.warned", body={"text": text})
    return record


def _seats() -> Iterator[tuple[int, str]]:
    return ((number, venue) for number in range(SPEAKERS) for venue in VENUES)


def _found(record: PaperRecord) -> None:
    venues = [
        {
            "id": venue,
            "name": venue,
            "suite": "Ed25519",
            "public": b64u(record.key(f"venue/{venue}").public.raw),
            "recipient": RECIPIENT,
            "url": f"wss://{venue}.invalid",
        }
        for venue in VENUES
    ]
    body = {"title": "paper", "rulebook": "procurement/1", "main": MAIN, "venues": venues}
    record.say(f"venue/{MAIN}", MAIN, kind="session.founded", body=body)
    founding = leaf_hash(record.lines[0]).hex()
    for venue in BRANCHES:
        record.say(f"venue/{venue}", venue, kind="venue.joined", body={"founding": founding})


def _enrol(record: PaperRecord, person: str) -> dict[str, object]:
    key = record.key(person)
    claim = {
        "session": SESSION,
        "venue": person.partition("-")[2].partition("-")[2],
        "person": person,
        "role": "supervisor",
        "recipient": RECIPIENT,
    }
    return {
        "person": person,
        "role": "supervisor",
        "suite": "Ed25519",
        "public": b64u(key.public.raw),
        "recipient": RECIPIENT,
        "proof": sign_compact(key, "bideval-proof/1", canonical_bytes(claim)),
        "replaces": None,
        "seat": None,
        "ticket": None,
        "checked_by": None,
    }


def paper_bundle(record: PaperRecord) -> Iterator[bytes]:
    """Yield the bundle of a record, with a checkpoint that main and both branches signed."""
    tree = Frontier(leaf_hash(line) for line in record.lines)
    size, root = tree.size, tree.root()
    note = sign_checkpoint(record.key(f"venue/{MAIN}"), SESSION, size, root)
    for venue in BRANCHES:
        key, body = record.key(f"venue/{venue}"), parse_note(note).body
        note = with_cosignature(note, cosign(key, venue, body, FOUNDED_MS // 1_000))
    manifest = Manifest(
        session=SESSION,
        main=MAIN,
        exported_by=MAIN,
        made_at=instant_text(FOUNDED_MS),
        size=size,
        root=root.hex(),
        files={},
        absent=(),
    )
    return write_bundle(manifest, record.lines, checkpoint=note, files=())
