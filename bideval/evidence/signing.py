"""Keys and signatures: two suites, Ed25519 and ES256, and nothing negotiated.

Decided here: what a public key is and which are refused, its id, signing, verifying, key files'
bytes. A suite is written into every key record, so that another one is an addition here.
Not decided here: whose key it is (enrolment), where a private key lies (gateways), randomness (a
seed is an argument).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import BadSignatureError

from bideval.evidence.encoding import b64u, length_prefixed, tagged_hash
from bideval.terms.errors import EvidenceError, FaultError, InputError


class Suite(StrEnum):
    """Signature algorithm and key encoding, by the `alg` name of RFC 9864 and RFC 7518."""

    ED25519 = "Ed25519"
    """RFC 8032; public key 32 bytes."""

    ES256 = "ES256"
    """ECDSA, P-256, SHA-256; public key 65 bytes (SEC 1, uncompressed), signature r || s."""


SEED_SIZE = 32
"""Bytes of entropy that make a key, in either suite."""

SIGNATURE_SIZE = 64
"""Bytes of a signature, in either suite."""

_KEY_ID_SIZE = 16
_PUBLIC_SIZE = {Suite.ED25519: 32, Suite.ES256: 65}
_UNCOMPRESSED = 4
_HALF = SIGNATURE_SIZE // 2
_P256_ORDER = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551
_LOW_ORDER = frozenset(
    bytes.fromhex(point)
    for point in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)
"""The canonical encodings of the Ed25519 points of low order. No honest signer's signature begins
with one, and libraries disagree on those that do."""

_ECDSA = ec.ECDSA(SHA256(), deterministic_signing=True)

_Private: TypeAlias = Ed25519PrivateKey | ec.EllipticCurvePrivateKey
_Public: TypeAlias = Ed25519PublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that may be believed; `public_key` is the way to make one of foreign bytes."""

    suite: Suite
    raw: bytes

    @property
    def key_id(self) -> str:
        """The `kid` of everything that this key signs."""
        return key_id(self)

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise `EvidenceError` unless `signature` is this key's signature over `data`."""
        if len(signature) != SIGNATURE_SIZE:
            detail = f"a signature has {SIGNATURE_SIZE} bytes"
            raise EvidenceError("signature_invalid", field="signature", detail=detail)
        if self.suite is Suite.ED25519 and signature[:_HALF] in _LOW_ORDER:
            detail = "the first half of the signature is a point of low order"
            raise EvidenceError("signature_invalid", field="signature", detail=detail)
        if self.suite is Suite.ED25519 and _SAME_EQUATION and _opens(self.raw, signature, data):
            return
        loaded = _loaded(self)
        try:
            if isinstance(loaded, Ed25519PublicKey):
                loaded.verify(signature, data)
            else:
                loaded.verify(_der(signature), data, _ECDSA)
        except (InvalidSignature, ValueError):
            detail = f"the signature is not the one of key {self.key_id}"
            raise EvidenceError("signature_invalid", field="signature", detail=detail) from None


def public_key(suite: str, raw: bytes, *, field: str = "public") -> PublicKey:
    """Return the public key if it may be enrolled.

    Refuses, with `InputError` at `field`: an unknown suite, a wrong length, a point that is not on
    the curve, and for Ed25519 every low-order or non-canonical encoding, because their owner could
    present one signature for several texts (C2SP CCTV ed25519 vectors).
    """
    try:
        known = Suite(suite)
    except ValueError:
        names = " or ".join(Suite)
        raise InputError("unknown_suite", field="suite", detail=f"must be {names}") from None
    if len(raw) != _PUBLIC_SIZE[known]:
        detail = f"a public key of {known} has {_PUBLIC_SIZE[known]} bytes"
        raise InputError("key_invalid", field=field, detail=detail)
    if not _is_safe(known, raw):
        detail = "not a point of the curve, not its canonical encoding, or of low order"
        raise InputError("key_invalid", field=field, rule="spec/keys", detail=detail)
    return PublicKey(known, raw)


def key_id(public: PublicKey) -> str:
    """Return the 22 characters that name a key: half of a hash over suite and raw key."""
    return _key_id(public.suite.value, public.raw)


@lru_cache(maxsize=4096)
def _key_id(suite: str, raw: bytes) -> str:
    """As `key_id`; cached by what Python hashes once, because every entry asks."""
    return b64u(tagged_hash("bideval/key/v1", suite.encode(), raw)[:_KEY_ID_SIZE])


class SigningKey:
    """A private key; it prints and compares as an object, never as its secret."""

    __slots__ = ("_private", "public")

    def __init__(self, suite: Suite, private: _Private) -> None:
        self._private = private
        self.public = PublicKey(suite, _raw_public(private))

    @property
    def suite(self) -> Suite:
        """The suite of this key."""
        return self.public.suite

    @property
    def key_id(self) -> str:
        """The `kid` of everything that this key signs."""
        return key_id(self.public)

    def sign(self, data: bytes) -> bytes:
        """Return 64 bytes; the same for the same data in both suites (RFC 8032, RFC 6979)."""
        private = self._private
        if isinstance(private, Ed25519PrivateKey):
            return private.sign(data)
        r, s = decode_dss_signature(private.sign(data, _ECDSA))
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")

    def to_pem(self) -> bytes:
        """Return the unencrypted PKCS #8 PEM file of this key."""
        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def new_signing_key(suite: str, seed: bytes) -> SigningKey:
    """Return the key that 32 bytes of entropy make.

    Ed25519 uses the seed as RFC 8032 does. ES256 takes SHA-512 over the tagged seed modulo the
    group order less one, plus one, so that every key is about equally likely.
    """
    if len(seed) != SEED_SIZE:
        raise FaultError("bad_seed", field="seed", detail=f"a seed has {SEED_SIZE} bytes")
    if suite == Suite.ED25519:
        return SigningKey(Suite.ED25519, Ed25519PrivateKey.from_private_bytes(seed))
    if suite == Suite.ES256:
        wide = hashlib.sha512(length_prefixed(b"bideval/es256-seed/v1", seed)).digest()
        scalar = int.from_bytes(wide, "big") % (_P256_ORDER - 1) + 1
        return SigningKey(Suite.ES256, ec.derive_private_key(scalar, ec.SECP256R1()))
    raise FaultError("unknown_suite", field="suite", detail=f"must be {' or '.join(Suite)}")


def load_pem(pem: bytes, *, field: str = "key_file") -> SigningKey:
    """Return the signing key of an unencrypted PKCS #8 PEM file; raise `InputError` otherwise."""
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        detail = "must be an unencrypted PKCS #8 private key in PEM"
        raise InputError("bad_key_file", field=field, detail=detail) from None
    if isinstance(private, Ed25519PrivateKey):
        return SigningKey(Suite.ED25519, private)
    if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1):
        return SigningKey(Suite.ES256, private)
    detail = "must hold an Ed25519 or a P-256 key"
    raise InputError("bad_key_file", field=field, detail=detail)


def _is_safe(suite: Suite, raw: bytes) -> bool:
    if suite is Suite.ED25519:
        return crypto_core_ed25519_is_valid_point(raw)
    if raw[0] != _UNCOMPRESSED:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        return False
    return True


def _opens(raw: bytes, signature: bytes, data: bytes) -> bool:
    """Whether libsodium takes a signature: in half the time that OpenSSL needs (ADR 0180).

    Its yes is OpenSSL's yes, as long as it does not multiply by the cofactor. Its no says nothing:
    it refuses more (docs/spec/keys.md), and OpenSSL is asked.
    """
    try:
        crypto_sign_open(signature + data, raw)
    except BadSignatureError:
        return False
    return True


_MIXED_ORDER = (
    bytes.fromhex("58a3f29ab401292dd2ceb6ec41999c65af29a7992466b7821c6c171d7bc91592"),
    bytes.fromhex(
        "ef8997d75bda6b279079c6268d054634fa6daecb440bf4cb47487911771e78d0"
        "c62f70134e553d0bd5ff4b91146c3fa7c4c9b401efdcabcea8dda5a48aa2e609"
    ),
    b"edge 0",
)
"""Key, signature and text that only a library takes which multiplies by the cofactor."""

_SAME_EQUATION = not _opens(*_MIXED_ORDER)
"""Asked of the very library that is installed: another release may decide by the other equation."""


@lru_cache(maxsize=4096)
def _loaded(public: PublicKey) -> _Public:
    """Load a key once: thousands of entries are verified with the same few keys."""
    if public.suite is Suite.ED25519:
        return Ed25519PublicKey.from_public_bytes(public.raw)
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public.raw)


def _raw_public(private: _Private) -> bytes:
    if isinstance(private, Ed25519PrivateKey):
        return private.public_key().public_bytes_raw()
    return private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _der(signature: bytes) -> bytes:
    r = int.from_bytes(signature[:_HALF], "big")
    s = int.from_bytes(signature[_HALF:], "big")
    return encode_dss_signature(r, s)
