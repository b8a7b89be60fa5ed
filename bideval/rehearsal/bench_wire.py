"""A kept HTTP connection with as little of a client as will do, for what is timed.

Decided here: one request after another over one connection, opened again where the server has
closed it meanwhile, as a browser does. A general client in the same interpreter would take longer
for a request than the venue does, and the venue would be told to be slow.
Beside it: the processor time of the servers.
Not decided here: what is sent.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from types import TracebackType

ANSWER_LIMIT = 1 << 20
"""Bytes of an answer's head or body."""


def processor_s(pid: int) -> float:
    """Return how many seconds processors have worked for a process of this machine so far."""
    words = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    user, system = words[11:13]  # fields 14 and 15 of proc(5)
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class KeptConnection:
    """Posts JSON to one server of plain HTTP."""

    def __init__(self, url: str, cookies: str) -> None:
        self._address = urlsplit(url)
        self._head = (
            f"Host: {self._address.netloc}\r\nOrigin: {url}\r\nCookie: {cookies}\r\n"
            "Content-Type: application/json\r\n"
        )
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    async def post(self, path: str, body: str) -> bytes:
        """Send a body and return the answer's; FaultError `bad_answer` for anything but success."""
        try:
            return await self._ask(path, body)
        except (ConnectionError, asyncio.IncompleteReadError):
            await self._open()
            return await self._ask(path, body)

    async def _open(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader, self._writer = await asyncio.open_connection(
            self._address.hostname, self._address.port, limit=ANSWER_LIMIT
        )

    async def _ask(self, path: str, body: str) -> bytes:
        reader, writer = self._reader, self._writer
        if reader is None or writer is None or reader.at_eof():
            raise ConnectionResetError
        content = body.encode()
        first = f"POST {path} HTTP/1.1\r\n{self._head}Content-Length: {len(content)}\r\n\r\n"
        writer.write(first.encode() + content)
        head = await reader.readuntil(b"\r\n\r\n")
        status, length = read_head(head)
        answer = await reader.readexactly(length)
        if not 200 <= status < 300:  # HTTP's own numbers
            detail = f"{status} {answer[:200].decode(errors='replace')}"
            raise FaultError("bad_answer", field=path, detail=detail)
        return answer


def read_head(head: bytes) -> tuple[int, int]:
    """Return status and content length of an answer that states its length."""
    lines = head.split(b"\r\n")
    status = int(lines[0].split(b" ")[1])
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return status, int(value)
    raise FaultError("bad_answer", detail="an answer without its length")
