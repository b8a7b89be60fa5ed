"""What other venues have signed on links is on the disk before it can be needed.

Decided here: the word of each kind that says most is written when it is heard, and read at the
start; one that contradicts it, or what is held here, is kept for good beside it before anybody
tries to prove something with it.
Not decided here: which word counts more (stopping), what two of them prove (accusing, audit).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.peering import quarantine
from bideval.audit.contradictions import line_bytes, line_texts
from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.encoding import b64u
from bideval.ports import Conflict, StoreError
from bideval.sync.words import Placed, Said, Vouch, contradicts
from bideval.terms.fields import Fields

if TYPE_CHECKING:
    from bideval.actions.venue import Venue
    from bideval.ports import RecordReader, Transaction
    from bideval.sync.words import Word

OTHER_WORD = "other_word"
"""Code of a kept word that is not what this copy says."""
WORD_LIMIT = 16 * 2**20
"""Bytes of a word with its lines: a window of a link, in JSON."""
MOST = 2_048
SIGNATURE_SIZE = 64


def hear(venue: Venue, word: Word) -> None:
    """Keep a word that agrees with what is held here; it is written with the next commit."""
    kept = venue.findings.newest(word)
    if not venue.findings.hear(word) and (kept is None or not contradicts(word, kept)):
        return

    def work(tx: Transaction) -> None:
        try:
            tx.put_word(word)
        except StoreError as wrong:
            if wrong.code != "other_word":
                raise
            tx.add_conflict(_other_word(venue, tx, word))

    def put() -> object:
        return venue.devices.store.write(work).result()

    key = ("heard", type(word).__name__, word.session, word.stream, word.digest)
    venue.unkept.watch(key, venue.devices.store.write(work), put)


def _other_word(venue: Venue, tx: Transaction, word: Word) -> Conflict:
    head = tx.head(word.session)
    main = "" if head is None else head.main
    speaker = main if isinstance(word, Placed) else word.stream or main
    proof = _document(word if isinstance(word, Placed) else Said(word))
    return Conflict(word.session, speaker, word.n, OTHER_WORD, proof, venue.now_ms())


def remember_words(venue: Venue, reader: RecordReader) -> None:
    """Hold other venues at the start to what they had signed before."""
    for session in reader.sessions():
        for word in reader.words(session):
            venue.findings.hear(word)


def keep_other_word(venue: Venue, peer: str, said: Said) -> None:
    """Keep for good that a peer vouches for lines that are not ours, and which they are."""
    word, proof = said.word, _document(said)
    quarantine(venue, word.session, peer, word.n, code=OTHER_WORD, proof=proof)


def _document(said: Said | Placed) -> bytes:
    word = said.word if isinstance(said, Said) else said
    document: dict[str, object] = {
        "stream": word.stream,
        "n": word.n,
        "digest": word.digest.hex(),
        "signature": b64u(word.signature),
    }
    if isinstance(said, Said):
        return canonical_bytes(document | {"first": said.first, "lines": line_texts(said.lines)})
    return canonical_bytes(document | {"size": said.size})


def read_other_word(session: str, proof: bytes) -> Said | Placed:
    """Return the word that was kept; raises InputError for anything else."""
    members = Fields(read_json(proof, limit=WORD_LIMIT, field="word"), "word")
    stream, n = members.text("stream", least=0), members.integer("n")
    digest = bytes.fromhex(members.digest("digest"))
    signature = members.binary("signature", size=SIGNATURE_SIZE)
    if not members.absent("size"):
        return Placed(session, stream, n, digest, members.integer("size"), signature)
    word = Vouch(session, stream, n, digest, signature)
    lines = members.items("lines", line_bytes, most=MOST)
    return Said(word, members.integer("first"), tuple(lines))
