"""Ideal cryptography: what a simulated world signs and seals with instead of curves.

Decided here: a signature is a hash that nobody but the owner of the key asks for; a sealed message
opens only to the identity of its recipient; a secret is shared by polynomials out of a seed. All
of it comes from the seed of the world, so that the same seed gives the same bytes everywhere, and
costs a hundredth of the curves. Forms and lengths are those of the real ones, so that parsing,
limits, contexts and digests are the house's own.
Not decided here: whether the real ones hold; tests of `bideval.evidence` and outside judges say.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from functools import lru_cache
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any

from typing_extensions import override

from bideval.evidence import agefile, sealing, shamir, signing
from bideval.evidence.signing import PublicKey, SigningKey
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAGIC = b"age-encryption.org/v1\n---\n"
LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
"""The alphabet of Bech32, which recipients and identities are spelt in."""
NAME_SIZE = 32
NONCE_SIZE = 16
HEAD = len(MAGIC) + NAME_SIZE + NONCE_SIZE
TAG_SIZE = 16
REMEMBERED = 4_096
FIRST_HALF = 32


class RefusedTextError(Exception):
    """A text is no recipient or identity, or bytes do not open."""


def signature_of(public: PublicKey, data: bytes) -> bytes:
    """Return the signature of a key over data; only `SigningKey.sign` may ask for it."""
    return hashlib.sha512(b"simulated signature" + public.raw + data).digest()


def _sign(key: SigningKey, data: bytes) -> bytes:
    return signature_of(key.public, data)


def _verify(public: PublicKey, signature: bytes, data: bytes) -> None:
    if signature != signature_of(public, data):
        detail = f"the signature is not the one of key {public.key_id}"
        raise EvidenceError("signature_invalid", field="signature", detail=detail)


class Recipient:
    """An age recipient: a name that a world made from its seed."""

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def from_str(cls, text: str) -> Recipient:
        return cls(text)

    @override
    def __str__(self) -> str:
        return self.text


class Identity:
    """An age identity: the hash of its text names its recipient."""

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def from_str(cls, text: str) -> Identity:
        return cls(text)

    def to_public(self) -> Recipient:
        return Recipient(recipient_text(self.text))

    @override
    def __str__(self) -> str:
        return self.text


@lru_cache(REMEMBERED)
def recipient_text(identity: str) -> str:
    """Return the recipient that belongs to an identity."""
    raw = bytearray(hashlib.sha256(identity.encode()).digest())
    raw[-1] &= 0x7F  # a coordinate of the curve has 255 bits
    number = int.from_bytes(raw, "big") << 4
    letters = "".join(LETTERS[number >> 5 * place & 31] for place in reversed(range(52)))
    return f"age1{letters}{'q' * 6}"


def identity_text(seed: bytes) -> str:
    """Return the identity that a seed makes."""
    raw = hashlib.sha512(b"simulated identity" + seed).digest()[:51]
    key = "".join(LETTERS[byte & 31] for byte in raw)
    return f"AGE-SECRET-KEY-1{key}q{'q' * 6}".upper()  # no bit of padding, no checksum


def encrypt(nonce: bytes, recipient: str, data: bytes) -> bytes:
    """Return `data` so that it opens only to the identity of the recipient."""
    name = hashlib.sha256(recipient.encode()).digest()
    body = _mixed(name + nonce, data)
    tag = hashlib.sha256(name + nonce + data).digest()[:TAG_SIZE]
    return MAGIC + name + nonce + body + tag


def decrypt(data: bytes, identity: str) -> bytes:
    """Return what was encrypted; raises RefusedTextError for another identity or changed bytes."""
    name = hashlib.sha256(recipient_text(identity).encode()).digest()
    found, nonce = data[len(MAGIC) : HEAD - NONCE_SIZE], data[HEAD - NONCE_SIZE : HEAD]
    plain = _mixed(name + nonce, data[HEAD:-TAG_SIZE])
    tag = hashlib.sha256(name + nonce + plain).digest()[:TAG_SIZE]
    if (found, tag) != (name, data[-TAG_SIZE:]):
        raise RefusedTextError("not for this identity")
    return plain


def _mixed(key: bytes, data: bytes) -> bytes:
    size = len(data)
    stream = hashlib.shake_256(key).digest(size)
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")
    return mixed.to_bytes(size, "big")


class Dealing:
    """What the sealing libraries draw from the operating system comes from a seed here."""

    def __init__(self, seed: int) -> None:
        self._seed = b"%d:" % seed
        self._number = 0

    def fresh(self, size: int) -> bytes:
        """Return bytes that this world has not had before."""
        self._number += 1
        return hashlib.shake_256(self._seed + b"%d" % self._number).digest(size)

    def age(self) -> Any:  # noqa: ANN401  # a library's module, as far as it is used
        """Return what stands in for the age library."""
        return SimpleNamespace(
            x25519=SimpleNamespace(
                Identity=_Generating(self), Recipient=SimpleNamespace(from_str=Recipient.from_str)
            ),
            encrypt=lambda data, to: encrypt(self.fresh(NONCE_SIZE), str(to[0]), data),
            decrypt=lambda data, keys: decrypt(data, str(keys[0])),
            encrypt_io=self._encrypt_io,
            decrypt_io=_decrypt_io,
            DecryptError=RefusedTextError,
            EncryptError=RefusedTextError,
            RecipientError=RefusedTextError,
            IdentityError=RefusedTextError,
        )

    def split(self, secret: bytes, parts: int, threshold: int) -> list[bytearray]:
        """Return shares that `bideval.evidence.shamir.combine` puts together again."""
        points = list(range(1, parts + 1))
        known = [self.fresh(len(secret)) + bytes([x]) for x in points[: threshold - 1]]
        others = [_through(secret, known, x) for x in points[threshold - 1 :]]
        return [bytearray(one) for one in (*known, *others)]

    def _encrypt_io(self, source: IO[bytes], target: IO[bytes], to: Sequence[object]) -> None:
        target.write(encrypt(self.fresh(NONCE_SIZE), str(to[0]), source.read(-1)))


class _Generating:
    """The class of identities, with its source of fresh ones."""

    def __init__(self, dealing: Dealing) -> None:
        self._dealing = dealing
        self.from_str = Identity.from_str

    def generate(self) -> Identity:
        return Identity(identity_text(self._dealing.fresh(NAME_SIZE)))


def _decrypt_io(source: IO[bytes], target: IO[bytes], keys: Sequence[object]) -> None:
    data = b""
    while piece := source.read(65_536):
        data += piece
    target.write(decrypt(data, str(keys[0])))


def _through(secret: bytes, known: Sequence[bytes], x: int) -> bytes:
    """Return the share at `x` of the polynomials through the secret (at 0) and known shares.

    `combine` finds the value at 0; moved by `x`, which is an exclusive or, it finds the value at x.
    """
    points = [secret + bytes([x]), *(one[:-1] + bytes([one[-1] ^ x]) for one in known)]
    return shamir.combine(points) + bytes([x])


POINT_CHECK = "crypto_core_ed25519_is_valid_point"
_is_safe_point = lru_cache(REMEMBERED)(getattr(signing, POINT_CHECK))
_is_safe_recipient = lru_cache(REMEMBERED)(agefile._is_safe)  # noqa: SLF001  # the same answer, remembered


@contextmanager
def ideal_cryptography(seed: int) -> Iterator[None]:
    """Let this process sign and seal ideally while one world runs."""
    dealing = Dealing(seed)
    places: tuple[tuple[Any, str, Any], ...] = (
        (PublicKey, "verify", _verify),
        (SigningKey, "sign", _sign),
        (signing, POINT_CHECK, _is_safe_point),
        (agefile, "pyrage", dealing.age()),
        (agefile, "_is_safe", _is_safe_recipient),
        (sealing, "pyshamir", SimpleNamespace(split=dealing.split)),
    )
    before = [(where, name, getattr(where, name)) for where, name, _ in places]
    for where, name, ideal in places:
        setattr(where, name, ideal)
    try:
        yield
    finally:
        for where, name, real in before:
            setattr(where, name, real)
