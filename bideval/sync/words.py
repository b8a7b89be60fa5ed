"""What a venue signs about its lines on a link, so that it can be held to it by anybody.

Decided here: two kinds of word and their signed bytes. A *vouch* is the sender's: the first `n`
lines of my stream come to this digest. A *placed* is main's: the first `n` lines of that branch,
with this chain, stand within the first `size` lines of my record. They are signed only over what
is durable, so that a crash never makes an honest venue say two things.
Not decided here: when one is sent (sessions) and what two of them prove (audit).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.evidence.encoding import tagged_hash

if TYPE_CHECKING:
    from bideval.evidence.signing import PublicKey, SigningKey

RECORD = ""
"""The stream that is the record itself; any other is named by the venue whose lines it has."""

_VOUCH_TAG = "bideval/vouch/v1"
_PLACED_TAG = "bideval/placed/v1"
_NUMBER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Vouch:
    """The first `n` lines of `stream` come to `digest`: a root (RECORD) or a chain."""

    session: str
    stream: str
    n: int
    digest: bytes
    signature: bytes = b""

    def signed_bytes(self) -> bytes:
        """Return what the signature is over (docs/spec/link.md, section 10)."""
        return tagged_hash(
            _VOUCH_TAG, self.session.encode(), self.stream.encode(), _number(self.n), self.digest
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """The first `n` lines of `stream`, with chain `digest`, are among the record's first `size`."""

    session: str
    stream: str
    n: int
    digest: bytes
    size: int
    signature: bytes = b""

    def signed_bytes(self) -> bytes:
        """Return what the signature is over (docs/spec/link.md, section 10)."""
        return tagged_hash(
            _PLACED_TAG,
            self.session.encode(),
            self.stream.encode(),
            _number(self.n),
            self.digest,
            _number(self.size),
        )


Word = Vouch | Placed


def outweighs(word: Word, kept: Word) -> bool:
    """Whether a word holds its speaker to more than one of the same kind about the same stream.

    It is about more lines; or names a narrower place for the same ones.
    """
    if word.n != kept.n or not isinstance(word, Placed) or not isinstance(kept, Placed):
        return word.n > kept.n
    return word.digest == kept.digest and word.size < kept.size


def contradicts(word: Word, kept: Word) -> bool:
    """Whether two words of one kind about one stream name other lines under the same numbers."""
    return word.n == kept.n and word.digest != kept.digest


@dataclass(frozen=True, slots=True)
class Said:
    """A vouch, and the lines (from number `first`) that were sent with it, if any were."""

    word: Vouch
    first: int = 0
    lines: tuple[bytes, ...] = ()


class Voice:
    """Signs our words on one link and checks the peer's."""

    def __init__(self, key: SigningKey, peer: PublicKey) -> None:
        self._key = key
        self._peer = peer

    def sign(self, word: Word) -> bytes:
        """Return our signature over a word."""
        return self._key.sign(word.signed_bytes())

    def check(self, word: Word) -> None:
        """Raise `EvidenceError` unless the peer has signed the word."""
        check_word(word, self._peer)

    def check_own(self, word: Word) -> None:
        """Raise `EvidenceError` unless we have signed the word ourselves, perhaps before a loss."""
        check_word(word, self._key.public)


def check_word(word: Word, public: PublicKey) -> None:
    """Raise `EvidenceError` unless the owner of `public` has signed the word."""
    public.verify(word.signature, word.signed_bytes())


def _number(value: int) -> bytes:
    return value.to_bytes(_NUMBER_BYTES, "big")
