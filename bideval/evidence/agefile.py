"""`age` (C2SP age v1): X25519 identities, recipients, and encryption of bytes and streams.

Decided here: which recipients are safe to encrypt to, and that armour is refused. Not decided
here: who holds an identity. An identity's text is a secret: it is in no error and no log.
Ephemeral keys come from the operating system (docs/adr/0003-randomness-inside-sealing.md).
"""

from __future__ import annotations

import io
import re
from typing import IO, TYPE_CHECKING, TypeVar

import pyrage  # type: ignore[import-untyped]  # a compiled module without stubs

from bideval.terms.errors import EvidenceError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

_MAGIC = b"age-encryption.org/v1\n"
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}", re.ASCII)
_IDENTITY = re.compile(r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}", re.ASCII)
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_PADDING_BITS = 4
"""Bits of the 52 letters that a key of 32 bytes does not fill; the library takes any."""
_CHECKSUM = 6
"""Letters of a Bech32 checksum."""
HEADER_LIMIT = 16 * 1024
"""Bytes before the line of the header's MAC: one recipient and what else a writer adds take 300.

The library reads a header again for every byte of it: one of a megabyte takes it ten seconds.
"""
_END_OF_HEADER = b"\n---"
_PIECE = 1024
_P25519 = 2**255 - 19
_LOW_ORDER = frozenset(
    {
        0,
        1,
        _P25519 - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    }
)
"""The u coordinates whose shared secret is zero, whoever computes it (RFC 7748 section 6.1)."""

Result = TypeVar("Result")


def new_age_identity() -> tuple[str, str]:
    """Return a fresh identity `AGE-SECRET-KEY-1...` and its recipient `age1...`."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def check_recipient(text: object, *, field: str = "recipient") -> str:
    """Return the recipient if it is a safe X25519 one in its one spelling.

    Refuses, with `InputError` at `field`, other text, a wrong checksum, padding that is not zero (a
    browser would not encrypt to it), a u coordinate that is not reduced, and the low-order points,
    with which anybody could read what is encrypted.
    """
    if isinstance(text, str) and _RECIPIENT.fullmatch(text) is not None and _is_safe(text):
        return text
    detail = "must be an age X25519 recipient (age1 and 58 characters)"
    raise InputError("recipient_invalid", field=field, rule="spec/seal", detail=detail)


def recipient_of(identity: str) -> str:
    """Return the recipient of an identity; raise `EvidenceError` if the text is none."""
    return str(_identity(identity).to_public())


def age_encrypt(recipient: str, data: bytes) -> bytes:
    """Return `data` encrypted to one recipient; raise `InputError` if it is not a safe one."""
    sealed: bytes = pyrage.encrypt(data, [_recipient(recipient)])
    return sealed


def age_decrypt(identity: str, data: bytes) -> bytes:
    """Return the plaintext; raise `EvidenceError` for a wrong identity or any changed byte."""
    key = _identity(identity)
    _check_header(data)
    try:
        plain: bytes = pyrage.decrypt(data, [key])
    except pyrage.DecryptError:
        raise _unopened() from None
    return plain


def encrypt_stream(recipient: str, source: IO[bytes], target: IO[bytes]) -> None:
    """Encrypt everything that `source` still holds into `target`, in 64 KiB chunks."""
    key = _recipient(recipient)
    reader, writer = _Watched(source), _Watched(target)
    _run(lambda: pyrage.encrypt_io(reader, writer, [key]), reader, writer)


def decrypt_stream(identity: str, source: IO[bytes], target: IO[bytes]) -> None:
    """Decrypt everything that `source` still holds into `target`, in 64 KiB chunks.

    Raises `EvidenceError` for a wrong identity or any changed byte. `target` THEN HOLDS A PART OF
    THE PLAINTEXT: write to a name of its own, rename only after this returned, delete otherwise.
    Faults of the two streams themselves (`OSError`) come through as they are.
    """
    key = _identity(identity)
    start = _read_start(source)
    _check_header(start)
    reader, writer = _Watched(source, start=start), _Watched(target)
    _run(lambda: pyrage.decrypt_io(reader, writer, [key]), reader, writer)


def _read_start(source: IO[bytes]) -> bytes:
    """Return what a stream begins with, as far as the longest header may go."""
    start = b""
    while len(start) < HEADER_LIMIT and _END_OF_HEADER not in start:
        part = source.read(min(_PIECE, HEADER_LIMIT - len(start)))
        if not part:
            break
        start += part
    return start


def _check_header(start: bytes) -> None:
    """Refuse what is no binary age file, and a header that is longer than anybody needs."""
    if not start.startswith(_MAGIC) or start.find(_END_OF_HEADER, 0, HEADER_LIMIT) < 0:
        raise _unopened()


class _Watched:
    """A stream that remembers its own fault, which the library may turn into another or lose."""

    def __init__(self, stream: IO[bytes], *, start: bytes = b"") -> None:
        self._stream = stream
        self._start = io.BytesIO(start)
        self.fault: OSError | None = None

    def read(self, size: int) -> bytes:
        part = self._start.read(size)
        if part:
            return part
        return self._guard(lambda: self._stream.read(size))

    def write(self, data: bytes) -> int:
        return self._guard(lambda: self._stream.write(data))

    def _guard(self, act: Callable[[], Result]) -> Result:
        try:
            return act()
        except OSError as fault:
            self.fault = fault
            raise


def _run(act: Callable[[], None], reader: _Watched, writer: _Watched) -> None:
    """Act, and let a stream's own fault come first: the last write's is lost in the library."""
    refused = False
    try:
        act()
    except (pyrage.DecryptError, pyrage.EncryptError, OSError):
        refused = True
    fault = reader.fault or writer.fault
    if fault is not None:
        raise fault
    if refused:
        raise _unopened()


def _identity(text: str) -> pyrage.x25519.Identity:
    if _IDENTITY.fullmatch(text) is not None and _padding(text.lower()) == 0:
        try:
            return pyrage.x25519.Identity.from_str(text)
        except pyrage.IdentityError:
            pass  # the wrong checksum; the library's message is not for a secret
    detail = "must be an age X25519 identity"
    raise EvidenceError("identity_invalid", field="identity", detail=detail)


def _recipient(text: str) -> pyrage.x25519.Recipient:
    return pyrage.x25519.Recipient.from_str(check_recipient(text))


def _is_safe(text: str) -> bool:
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    u = _u_coordinate(text)
    return _padding(text) == 0 and u < _P25519 and u not in _LOW_ORDER


def _u_coordinate(text: str) -> int:
    """Return the number in a Bech32 recipient: 52 groups of five bits, four of them padding."""
    number = 0
    for letter in text[4:56]:
        number = number << 5 | _BECH32.index(letter)
    return int.from_bytes((number >> _PADDING_BITS).to_bytes(32, "big"), "little")


def _padding(text: str) -> int:
    """Return the bits of the last letter before the checksum that belong to no byte of the key."""
    return _BECH32.index(text[-_CHECKSUM - 1]) % (1 << _PADDING_BITS)


def _unopened() -> EvidenceError:
    detail = "not opened by this identity, or changed since it was sealed"
    return EvidenceError("unsealing_failed", field="ciphertext", detail=detail)
