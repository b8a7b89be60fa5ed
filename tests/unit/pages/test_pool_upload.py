"""A pool's table and the names to leave out, as browsers and programs send them, cut anywhere."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from bideval.pages import pool_upload
from bideval.pages.pool_upload import FIELD_BYTES, PoolForm, uploaded_pool
from bideval.terms.errors import FaultError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = "姓名,专家甲\r\n--b\r\n".encode() * 9
NAMES = "专家丁\r\n专家戊"
LIMIT = 10_000


def part(name: str, content: bytes, *more: str) -> bytes:
    options = "".join(f'; {one}="x"' for one in more)
    head = f'--bound\r\nContent-Disposition: form-data; name="{name}"{options}\r\n\r\n'
    return head.encode() + content + b"\r\n"


FILE = part("file", TABLE, "filename")
FIELD = part("excluded_names", NAMES.encode())
END = b"--bound--\r\n"


def read(data: bytes, piece: int, limit: int = LIMIT) -> tuple[bytes, list[str]]:
    form = PoolForm(b"bound", limit)
    for at in range(0, len(data), piece):
        form.feed(data[at : at + piece])
    form.finish()
    return bytes(form.waiting), form.names


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64, 9999])
@pytest.mark.parametrize("order", [FILE + FIELD, FIELD + FILE, part("other", b"y") + FIELD + FILE])
def test_form_is_read_however_it_is_cut(order: bytes, piece: int) -> None:
    assert read(order + END, piece) == (TABLE, ["专家丁", "专家戊"])


def test_form_without_names_leaves_nobody_out() -> None:
    assert read(FILE + END, 50) == (TABLE, [])


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        (FIELD + END, "missing", "file"),
        (part("file", b"no file") + END, "missing", "file"),
        (FILE, "malformed", "body"),
        (FILE + FILE + END, "malformed", "body"),
        (part("a", b"") * 6 + END, "malformed", "body"),
        (b"no form at all", "malformed", "body"),
        (b"", "malformed", "body"),
        (part("excluded_names", b"\xff") + FILE + END, "not_utf8", "excluded_names"),
        (part("excluded_names", b"x" * (FIELD_BYTES + 1)), "too_large", "excluded_names"),
        (part("file", b"x" * (LIMIT + 1), "filename") + END, "too_large", "file"),
        (b"--bound\r\n" + b"x" * 99_999, "malformed", "body"),
    ],
)
def test_what_is_no_such_form_is_refused(data: bytes, code: str, field: str) -> None:
    with pytest.raises(InputError) as raised:
        read(data, 1_000)
    assert (raised.value.code, raised.value.field) == (code, field)


@pytest.mark.parametrize("boundary", [b"", b"x" * 9_999])
def test_boundary_that_is_none_is_refused(boundary: bytes) -> None:
    with pytest.raises(InputError) as raised:
        PoolForm(boundary, LIMIT)
    assert raised.value.code == "malformed"


def venue_at(folder: Path, limit: int = 64 << 20) -> SimpleNamespace:
    return SimpleNamespace(
        scratch=folder,
        limits=SimpleNamespace(pool_bytes=limit),
        devices=SimpleNamespace(entropy=SimpleNamespace(token=os.urandom)),
    )


def uploaded(venue: Any, body: bytes, kind: str) -> tuple[bytes, list[str], bytes]:
    """Return table and names as a route gets them, and what nameless files hold meanwhile."""
    pieces = [body[at : at + 65_536] for at in range(0, len(body), 65_536)] or [b""]

    async def receive() -> dict[str, object]:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def upload() -> tuple[bytes, list[str], bytes]:
        headers = [(b"content-type", kind.encode())]
        scope = {"type": "http", "method": "POST", "query_string": b"", "headers": headers}
        async with uploaded_pool(Request(scope, receive), venue) as (table, names):
            lying = b"".join(nameless_files(venue.scratch))
            return table.read(), names, lying

    return asyncio.run(upload())


def nameless_files(folder: Path) -> Iterator[bytes]:
    for entry in Path("/proc/self/fd").iterdir():
        target = str(entry.readlink()) if entry.is_symlink() else ""
        if target.startswith(str(folder)) and target.endswith(" (deleted)"):
            yield entry.read_bytes()


BIG = b"name,id_tail\n" + "专家甲乙丙丁,0001\n".encode() * 150_000
FORM = "multipart/form-data; boundary=bound"


@pytest.mark.parametrize(
    ("kind", "body", "names"),
    [
        ("text/csv", BIG, []),
        (FORM, part("file", BIG, "filename") + FIELD + END, ["专家丁", "专家戊"]),
    ],
    ids=["bare", "form"],
)
def test_names_of_a_large_table_do_not_lie_on_the_disk(
    tmp_path: Path, kind: str, body: bytes, names: list[str]
) -> None:
    table, found, lying = uploaded(venue_at(tmp_path), body, kind)
    assert (table, found, len(lying)) == (BIG, names, len(BIG))
    assert "专家".encode() not in lying
    assert list(tmp_path.iterdir()) == []


def test_a_plain_file_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_upload, "Veiled", lambda file, _key: file)
    table, _, lying = uploaded(venue_at(tmp_path), BIG, "text/csv")
    assert table == lying == BIG


def test_bare_table_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        uploaded(venue_at(tmp_path, 1_000), b"x" * 1_001, "text/csv")
    assert (raised.value.code, raised.value.field) == ("too_large", "body")


def test_disk_that_does_not_take_it_is_the_venues_fault(tmp_path: Path) -> None:
    with pytest.raises(FaultError) as raised:
        uploaded(venue_at(tmp_path / "gone"), b"x", "text/csv")
    assert raised.value.code == "storage_fault"
