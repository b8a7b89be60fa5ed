"""The venue's own keys, in two files that nobody else may read.

Decided here: where private keys may lie (a regular file of this user, mode 0600) and how they are
made durable. Not decided here: formats of keys (evidence), which venue it is (settings).
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from bideval.evidence.agefile import new_age_identity, recipient_of
from bideval.evidence.signing import SEED_SIZE, Suite, load_pem, new_signing_key
from bideval.gateways.disk import sync_folder
from bideval.terms.errors import BidevalError, FaultError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from bideval.evidence.signing import PublicKey, SigningKey
    from bideval.ports import Entropy

KEY_BYTES = 4096
"""A key file is a few hundred bytes."""


class FileKeyRing:
    """A `KeyRing` read once from two files.

    Raises FaultError `bad_key_file` with the setting's name in `field`.
    """

    def __init__(self, key_file: Path, identity_file: Path) -> None:
        pem = read_secret(key_file, field="key_file")
        text = read_secret(identity_file, field="identity_file")
        try:
            self._key = load_pem(pem)
            self._identity = text.decode("ascii").strip()
            self._recipient = recipient_of(self._identity)
        except (BidevalError, UnicodeDecodeError) as error:
            of_key = isinstance(error, BidevalError) and error.field == "key_file"
            field = "key_file" if of_key else "identity_file"
            detail = "must hold a key as `bideval enrol venue` makes it"
            raise FaultError("bad_key_file", field=field, detail=detail) from None

    @property
    def signing_key(self) -> SigningKey:
        return self._key

    @property
    def public(self) -> PublicKey:
        return self._key.public

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def recipient(self) -> str:
        return self._recipient


def create_keys(key_file: Path, identity_file: Path, entropy: Entropy) -> FileKeyRing:
    """Make the venue's keys; never overwrite one.

    Raises:
        RefusedError: `key_exists`.

    """
    for name, path in (("key_file", key_file), ("identity_file", identity_file)):
        if path.exists():
            raise RefusedError("key_exists", field=name, detail="a key is never overwritten")
    key = new_signing_key(Suite.ED25519, entropy.token(SEED_SIZE))
    identity, _ = new_age_identity()
    write_secret(identity_file, identity.encode("ascii") + b"\n")
    write_secret(key_file, key.to_pem())
    return FileKeyRing(key_file, identity_file)


def read_secret(path: Path, *, field: str) -> bytes:
    """Read a file that only this user can read.

    Raises:
        FaultError: `bad_key_file`.

    """
    try:
        with path.open("rb") as file:
            _refuse_loose(os.fstat(file.fileno()), field)
            return file.read(KEY_BYTES)
    except OSError as error:
        raise FaultError("bad_key_file", field=field, detail=error.strerror or "") from None


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file that only this user can read, durably."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def _refuse_loose(facts: os.stat_result, field: str) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise FaultError("bad_key_file", field=field, detail="must be a regular file")
    if facts.st_uid != os.geteuid():
        raise FaultError("bad_key_file", field=field, detail="must belong to the server's user")
    if stat.S_IMODE(facts.st_mode) & 0o077:
        raise FaultError("bad_key_file", field=field, detail="must have mode 0600")
