"""A pool on its way in: a form with a file, or a bare CSV, never whole in memory.

Decided here: how the upload is bounded and where its bytes wait: in memory while they are few, else
in a file without a name. Not decided here: what the table means (actions.pool).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from bideval.pages.bodies import bounded
from bideval.terms.errors import InputError

IN_MEMORY = 1 << 20
"""Bytes of an upload that stay in memory."""

FORM_ROOM = 5 * IN_MEMORY
"""Bytes of a form beyond its file: names, and what the form itself takes."""

Upload = tuple[BinaryIO, list[str]]
"""The table, at its start, and the names that parties gave."""


@asynccontextmanager
async def uploaded_pool(request: Request, limit: int) -> AsyncIterator[Upload]:
    """Give the table and the names that parties gave: from a form, or a bare CSV without names.

    Names never come in the address, which logs and histories keep.
    """
    if "excluded_names" in request.query_params:
        raise InputError("names_in_address", field="excluded_names", rule="pool.names")
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        with SpooledTemporaryFile(IN_MEMORY) as spool:
            yield await _bare_table(request, cast("BinaryIO", spool), limit), []
        return
    if int(request.headers.get("content-length", "0") or "0") > limit:
        raise InputError("too_large", field="file", rule="limits.pool")
    whole = bounded(request, limit + FORM_ROOM, field="file", rule="limits.pool")
    async with whole.form(max_files=1, max_fields=4, max_part_size=IN_MEMORY) as form:
        upload, names = form.get("file"), form.get("excluded_names")
        if upload is None or isinstance(upload, str):
            raise InputError("missing", field="file")
        if (upload.size or 0) > limit:
            raise InputError("too_large", field="file", rule="limits.pool")
        yield upload.file, names.splitlines() if isinstance(names, str) else []


async def _bare_table(request: Request, spool: BinaryIO, limit: int) -> BinaryIO:
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > limit:
            raise InputError("too_large", field="body", rule="limits.body")
        await run_in_threadpool(spool.write, chunk)
    return spool
