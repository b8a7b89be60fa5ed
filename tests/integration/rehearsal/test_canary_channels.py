"""The tap and the watch of the canary test find what is planted in them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.rehearsal.canary import leaks
from tests.integration.rehearsal.scratch_watch import SHARED_MEMORY, ScratchWatch
from tests.integration.rehearsal.tap import Unwrapping, tapped

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def text() -> str:
    """A marked text of this test alone: tests beside it plant theirs in the same shared memory."""
    return f"专家甲乙 canary-{os.urandom(8).hex()}"


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("size", [60, 200, 70_000])
@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_a_leak_on_the_line_between_venues_is_heard(
    size: int, piece: int, text: str, *, masked: bool
) -> None:
    said = b"GET /link HTTP/1.1\r\n\r\n"
    said += frame(b"." * 10, masked=masked)
    said += frame(b"." * size + text.encode(), masked=masked)
    unwrapping, heard = Unwrapping(), b""
    for at in range(0, len(said), piece):
        heard += unwrapping.feed(said[at : at + piece])
    assert {one.form for one in leaks({"wire": heard}, {"planted": text.encode()})} == {"raw"}
    assert not masked or text.encode() not in said


def frame(payload: bytes, *, masked: bool) -> bytes:
    """Return a binary frame as RFC 6455 writes it."""
    size, mark = len(payload), 0x80 if masked else 0
    if size < 126:
        head = bytes([0x82, mark | size])
    elif size < 1 << 16:
        head = bytes([0x82, mark | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x82, mark | 127]) + size.to_bytes(8, "big")
    if not masked:
        return head + payload
    key = b"\x37\xfa\x21\x3d"
    return head + key + bytes(one ^ key[at % 4] for at, one in enumerate(payload))


def test_the_tap_relays_and_hears_a_real_connection(text: str) -> None:
    heard: list[tuple[str, bytes]] = []
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        tapped(server.getsockname()[1], lambda *said: heard.append(said)) as port,
        socket.create_connection(("127.0.0.1", port)) as client,
    ):
        client.sendall(b"GET / HTTP/1.1\r\n\r\n" + frame(text.encode(), masked=True))
        near, _ = server.accept()
        with near:
            assert near.recv(9999).startswith(b"GET /")
            near.sendall(b"HTTP/1.1 101\r\n\r\n" + frame(b"yes", masked=False))
            assert client.recv(9999).endswith(b"yes")
    assert ("asked", b"GET / HTTP/1.1\r\n\r\n" + text.encode()) in joined(heard)
    assert ("answered", b"HTTP/1.1 101\r\n\r\nyes") in joined(heard)


def joined(heard: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    ways = {way for way, _ in heard}
    return [(way, b"".join(said for one, said in heard if one == way)) for way in ways]


LEAKING = """
import sys, tempfile, time
with open(sys.argv[2] + "/short", "wb") as file:
    file.write(sys.argv[1].encode())
with tempfile.TemporaryFile() as nameless:
    nameless.write(sys.argv[1].encode())
    nameless.flush()
    with open("/dev/shm/canary-" + sys.argv[3], "wb") as shared:
        shared.write(sys.argv[1].encode())
    print("written", flush=True)
    sys.stdin.readline()
"""


UPLOADING = """
import asyncio, os, pathlib, sys
from types import SimpleNamespace
from starlette.requests import Request
from bideval.pages import pool_upload

text, folder, way = sys.argv[1:]
table = "\\n".join([text, *["," * 8_000] * 300]).encode()
head = b'--b\\r\\nContent-Disposition: form-data; name="file"; filename="p.csv"\\r\\n\\r\\n'
body = head + table + b"\\r\\n--b--\\r\\n"
pieces = [body[at : at + 65_536] for at in range(0, len(body), 65_536)]
headers = [(b"content-type", b"multipart/form-data; boundary=b")]
scope = {"type": "http", "method": "POST", "query_string": b"", "headers": headers}
devices = SimpleNamespace(entropy=SimpleNamespace(token=os.urandom))
limits = SimpleNamespace(pool_bytes=1 << 28)
venue = SimpleNamespace(scratch=pathlib.Path(folder), limits=limits, devices=devices)

async def receive():
    return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

async def wait(table):
    assert text in table.readline().decode()
    table.seek(0)
    print("written", flush=True)
    sys.stdin.readline()

async def upload():
    request = Request(scope, receive)
    if way == "veiled":
        async with pool_upload.uploaded_pool(request, venue) as (table, _):
            await wait(table)
    else:
        async with request.form() as form:
            await wait(form["file"].file)

asyncio.run(upload())
"""


@pytest.mark.parametrize("way", ["veiled", "as forms are commonly read"])
def test_a_pool_that_waits_in_clear_is_found(tmp_path: Path, text: str, way: str) -> None:
    found: dict[str, bytes] = {}
    watch = ScratchWatch([tmp_path], [tmp_path / "venue"], found.__setitem__)
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", UPLOADING, text, str(tmp_path), way]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as uploading:
        let_it_wait(watch, uploading)
    watch.stop()
    opened = {where: one for where, one in found.items() if where.startswith("open file ")}
    large = {where for where, one in opened.items() if len(one) > 2_000_000}
    assert [where.endswith("(deleted)") for where in large] == [True]
    leaking = {one.place for one in leaks(found, {"planted": text.encode()})}
    assert leaking == (set() if way == "veiled" else large)


def let_it_wait(watch: ScratchWatch, program: subprocess.Popen[bytes]) -> None:
    """Look at what a program has open when it says that it has written; then let it end."""
    watch.follow([program.pid])
    assert program.stdin is not None
    assert program.stdout is not None
    assert program.stdout.readline() == b"written\n"
    before = watch.looks
    while watch.looks < before + 3:
        time.sleep(0.01)
    program.stdin.write(b"\n")
    program.stdin.flush()


def test_a_leak_in_temporary_files_is_found(tmp_path: Path, text: str) -> None:
    found: dict[str, bytes] = {}
    folder, tag = tmp_path / "tmp", os.urandom(8).hex()
    folder.mkdir()
    watch = ScratchWatch([folder], [tmp_path / "venue"], found.__setitem__)
    environment = os.environ | {"TMPDIR": str(folder)}
    command = [sys.executable, "-c", LEAKING, text, str(folder), tag]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as leaking:
        let_it_wait(watch, leaking)
    (SHARED_MEMORY / f"canary-{tag}").unlink()
    watch.stop()
    places = {one.place for one in leaks(found, {"planted": text.encode()})}
    assert {f"{folder}/short", f"{SHARED_MEMORY}/canary-{tag}"} < places
    assert any(place.startswith("open file ") for place in places)
