"""A file that says nothing to whoever reads the disk: what waits there lies under a key in memory.

Decided here: ChaCha20 (RFC 8439) under a key that serves one file once, and that bytes are appended
and never written over, so that no part of the key stream is used for two texts. It hides; it does
not prove: whoever may write into the file could change what is read back.
Not decided here: where the file is and where the key comes from. The key is in no error and no log.
"""

from __future__ import annotations

import io
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from typing_extensions import Buffer, override

KEY_BYTES = 32
_BLOCK_BYTES = 64
_COUNTER_BYTES = 4
_NONCE = bytes(12)
"""One key serves one file, so the nonce tells nothing apart."""
LIMIT = _BLOCK_BYTES << 8 * _COUNTER_BYTES
"""Bytes of one file: as many as the counter reaches."""


class Veiled(io.RawIOBase):
    """What is written into `file` under `key` (32 random bytes, for this file only), read in clear.

    Writing appends, wherever one reads. `file` begins empty, belongs to nobody else, and stays open
    when this is closed.
    """

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        super().__init__()
        self._file = file
        self._key = key
        self._size = self._at = 0
        self._writing = self._stream_at(0)
        self._reading = self._stream_at(0)

    @override
    def readable(self) -> bool:
        return True

    @override
    def writable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def write(self, data: Buffer, /) -> int:
        """Append all of the data; ValueError beyond LIMIT, and what the file raises."""
        clear = bytes(data)
        if self._size + len(clear) > LIMIT:
            raise ValueError("the key stream would begin again")
        self._file.seek(self._size)
        self._file.write(self._writing.update(clear))
        self._file.flush()
        self._size += len(clear)
        return len(clear)

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        """Read in clear from where one is; 0 at the end."""
        target = memoryview(buffer).cast("B")
        self._file.seek(self._at)
        clear = self._reading.update(self._file.read(len(target)))
        target[: len(clear)] = clear
        self._at += len(clear)
        return len(clear)

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to where reading goes on; return the place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        self._reading = self._stream_at(self._at)
        return self._at

    def _stream_at(self, place: int) -> CipherContext:
        block, rest = divmod(place, _BLOCK_BYTES)
        counter = block.to_bytes(_COUNTER_BYTES, "little")
        stream = Cipher(ChaCha20(self._key, counter + _NONCE), mode=None).encryptor()
        stream.update(bytes(rest))
        return stream
