"""What other venues have signed on links is on the disk before it can be needed.

Decided here: the newest word of each kind is written when it is heard, and read at the start; one
that contradicts what is held here is kept for good before anybody tries to prove something with it.
Not decided here: which word counts more (stopping), what two of them prove (accusing, audit).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.peering import quarantine
from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.encoding import b64u
from bideval.sync.words import Vouch
from bideval.terms.fields import Fields

if TYPE_CHECKING:
    from bideval.actions.venue import Venue
    from bideval.ports import RecordReader, Transaction
    from bideval.sync.words import Word

OTHER_WORD = "other_word"
"""Code of a kept word that is not what this copy says."""
WORD_LIMIT = 1_024
SIGNATURE_SIZE = 64


def hear(venue: Venue, word: Word) -> None:
    """Keep a word that agrees with what is held here; it is written with the next commit."""
    if not venue.findings.hear(word):
        return

    def work(tx: Transaction) -> None:
        if venue.findings.newest(word) is word:  # otherwise a work behind this one writes more
            tx.put_word(word)

    venue.devices.store.write(work)


def remember_words(venue: Venue, reader: RecordReader) -> None:
    """Hold other venues at the start to what they had signed before."""
    for session in reader.sessions():
        for word in reader.words(session):
            venue.findings.hear(word)


def keep_other_word(venue: Venue, peer: str, word: Vouch) -> None:
    """Keep for good that a peer vouches for lines that are not ours."""
    document = {
        "stream": word.stream,
        "n": word.n,
        "digest": word.digest.hex(),
        "signature": b64u(word.signature),
    }
    proof = canonical_bytes(document)
    quarantine(venue, word.session, peer, word.n, code=OTHER_WORD, proof=proof)


def read_other_word(session: str, proof: bytes) -> Vouch:
    """Return the word that was kept; raises InputError for anything else."""
    members = Fields(read_json(proof, limit=WORD_LIMIT, field="word"), "word")
    return Vouch(
        session,
        members.text("stream", least=0),
        members.integer("n"),
        bytes.fromhex(members.digest("digest")),
        members.binary("signature", size=SIGNATURE_SIZE),
    )
