"""A pool on its way in: a form with a file, or a bare CSV, never whole in memory.

Decided here: how the upload is bounded and where its bytes wait: the table in a file without a
name, under a key that is in this process alone, because names of experts touch no disk in clear;
the fields beside it in memory. Starlette's own reader of forms keeps files in clear: not used.
Not decided here: what the table means (actions.pool).
"""

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from bideval.actions.venue import Venue
from bideval.evidence.veil import KEY_BYTES, Veiled
from bideval.pages.bodies import bounded
from bideval.terms.errors import FaultError, InputError

GATHER_BYTES = 1 << 18
"""Bytes of the table gathered before a thread writes them."""

FIELD_BYTES = 1 << 20
"""Bytes of all fields beside the file: names to leave out, one per line."""

MOST_PARTS = 5
"""Parts of the form: the file, the names, and little else."""

FORM_ROOM = 5 << 20
"""Bytes of a form beyond its file: names, and what the form itself takes."""

MULTIPART = b"multipart/form-data"

Upload = tuple[BinaryIO, list[str]]
"""The table, at its start, and the names that parties gave."""


@asynccontextmanager
async def uploaded_pool(request: Request, venue: Venue) -> AsyncIterator[Upload]:
    """Give the table and the names that parties gave: from a form, or a bare CSV without names.

    Names never come in the address, which logs and histories keep.
    """
    if "excluded_names" in request.query_params:
        raise InputError("names_in_address", field="excluded_names", rule="pool.names")
    limit = venue.limits.pool_bytes
    with _private_file(venue) as table:
        kind, options = parse_options_header(request.headers.get("content-type"))
        if kind == MULTIPART:
            names = await _form(request, table, limit, options.get(b"boundary", b""))
        else:
            names = []
            await _bare_table(request, table, limit)
        table.seek(0)
        yield cast("BinaryIO", io.BufferedReader(table, GATHER_BYTES)), names


@contextmanager
def _private_file(venue: Venue) -> Iterator[Veiled]:
    key = venue.devices.entropy.token(KEY_BYTES)
    with _storage(), TemporaryFile(dir=venue.scratch) as file:
        yield Veiled(cast("BinaryIO", file), key)


async def _bare_table(request: Request, table: Veiled, limit: int) -> None:
    waiting, total = bytearray(), 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > limit:
            raise InputError("too_large", field="body", rule="limits.body")
        waiting += chunk
        if len(waiting) >= GATHER_BYTES:
            await _move(waiting, table)
    await _move(waiting, table)


async def _form(request: Request, table: Veiled, limit: int, boundary: bytes) -> list[str]:
    if int(request.headers.get("content-length", "0") or "0") > limit:
        raise InputError("too_large", field="file", rule="limits.pool")
    form = PoolForm(boundary, limit)
    whole = bounded(request, limit + FORM_ROOM, field="file", rule="limits.pool")
    async for chunk in whole.stream():
        form.feed(chunk)
        if len(form.waiting) >= GATHER_BYTES:
            await _move(form.waiting, table)
    form.finish()
    await _move(form.waiting, table)
    return form.names


async def _move(waiting: bytearray, table: Veiled) -> None:
    await run_in_threadpool(table.write, waiting)
    waiting.clear()


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        raise FaultError("storage_fault", field="data_dir", detail=wrong.strerror or "") from wrong


class PoolForm:
    """Reads a `multipart/form-data` body: `feed` its pieces, take what `waiting` holds of the file.

    Raises InputError for what is no such body, `missing` without a file, and `too_large`.
    """

    def __init__(self, boundary: bytes, limit: int) -> None:
        self.waiting = bytearray()
        """Bytes of the file that nobody has taken yet."""
        self._names = bytearray()
        self._limit = limit
        self._file_bytes = self._field_bytes = self._parts = 0
        self._files = 0
        self._header, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._part = b""
        self._ended = False
        if not boundary:
            raise _malformed()
        with _refused():
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._more_header,
                    "on_header_value": self._more_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._start,
                    "on_part_data": self._more_data,
                    "on_end": self._end,
                },
            )

    @property
    def names(self) -> list[str]:
        """What parties gave, line by line."""
        try:
            return self._names.decode().splitlines()
        except UnicodeDecodeError:
            raise InputError("not_utf8", field="excluded_names", rule="pool.names") from None

    def feed(self, chunk: bytes) -> None:
        """Read the next piece."""
        with _refused():
            self._parser.write(chunk)

    def finish(self) -> None:
        """Everything came; InputError where something is missing."""
        with _refused():
            self._parser.finalize()
        if not self._ended:
            raise _malformed()
        if not self._files:
            raise InputError("missing", field="file")

    def _begin(self) -> None:
        self._parts += 1
        self._disposition, self._part = b"", b""
        if self._parts > MOST_PARTS:
            raise _malformed()

    def _more_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _more_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _start(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"")
        if name == b"file" and b"filename" in options:
            self._files += 1
            if self._files > 1:
                raise _malformed()
        elif name == b"file":
            raise InputError("missing", field="file")
        self._part = name

    def _more_data(self, data: bytes, start: int, end: int) -> None:
        if self._part == b"file":
            self._file_bytes += end - start
            if self._file_bytes > self._limit:
                raise InputError("too_large", field="file", rule="limits.pool")
            self.waiting += data[start:end]
            return
        self._field_bytes += end - start
        if self._field_bytes > FIELD_BYTES:
            raise InputError("too_large", field="excluded_names", rule="limits.pool")
        if self._part == b"excluded_names":
            self._names += data[start:end]

    def _end(self) -> None:
        self._ended = True


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except FormParserError:
        raise _malformed() from None


def _malformed() -> InputError:
    return InputError("malformed", field="body", rule="multipart")
