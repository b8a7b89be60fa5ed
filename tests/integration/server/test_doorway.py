"""Callers who never ask, ask for ever, or never stop asking: nobody else waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time

import pytest
import uvicorn

from bideval.cli.doorway import LOOP, Crowd, Patience, doorway
from bideval.cli.main import main

PATIENCE = Patience(head_s=0.3, rest_s=0.3, rest_bytes=1_000)
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
OK = b"HTTP/1.1 200 OK"
LATER_S = 10


async def answer(scope, receive, send):
    """Read the body unless told not to, and say how long it was."""
    if scope["type"] != "http":
        return
    length, more = 0, scope["path"] != "/unread"
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    start = {"type": "http.response.start", "status": 200}
    await send({**start, "headers": [(b"content-length", b"%d" % len(str(length)))]})
    await send({"type": "http.response.body", "body": str(length).encode()})


@pytest.fixture(scope="module")
def door():
    """The address of a server whose patience is short."""
    config = uvicorn.Config(
        answer,
        http=doorway(behind_proxy=False, patience=PATIENCE),
        lifespan="off",
        log_config=None,
        timeout_keep_alive=LATER_S,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        running.start()
        yield listening.getsockname()
        server.should_exit = True
        running.join(LATER_S)


@contextlib.contextmanager
def caller(door):
    with socket.create_connection(door, timeout=LATER_S) as line:
        yield line


def all_of(line):
    """Everything that comes until the server ends the connection."""
    heard = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := line.recv(65_536):
            heard += piece
    return heard


@pytest.mark.parametrize("said", [b"", b"G", HEAD, HEAD + b"X-A: "])
def test_who_never_asks_is_let_go(door, said):
    with caller(door) as line:
        line.sendall(said)
        assert all_of(line) == b""


def test_who_asks_a_byte_at_a_time_is_let_go(door):
    with caller(door) as line, contextlib.suppress(ConnectionError):
        began = time.monotonic()
        for byte in HEAD + b"X-A: " + b"a" * 1_000:
            line.sendall(bytes([byte]))
            time.sleep(0.02)
        pytest.fail("was listened to for twenty seconds")
    assert time.monotonic() - began < LATER_S


def test_second_question_has_the_same_time(door):
    with caller(door) as line:
        line.sendall(HEAD + b"\r\n")
        assert line.recv(1_000).startswith(OK)
        line.sendall(HEAD)
        assert all_of(line) == b""


@pytest.mark.parametrize("said", [b"GET /", HEAD + b"X-A: ", HEAD + b"X"])
def test_endless_head_costs_nothing(door, said):
    with caller(door) as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(said + b"a" * 2_000_000)
        assert not all_of(line).startswith(OK)
    with caller(door) as line:
        line.sendall(HEAD + b"X-A: " + b"a" * 40_000 + b"\r\nConnection: close\r\n\r\n")
        assert all_of(line).startswith(OK)


def test_body_may_take_its_time_while_it_is_read(door):
    head = b"PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 8\r\n\r\n"
    with caller(door) as line:
        line.sendall(head)
        for _ in range(8):
            time.sleep(0.1)
            line.sendall(b"a")
        assert all_of(line).endswith(b"\r\n\r\n8")


def test_body_that_nobody_reads_must_not_trickle(door):
    head = b"PUT /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    with caller(door) as line:
        line.sendall(head)
        assert line.recv(1_000).startswith(OK)
        with contextlib.suppress(ConnectionError):
            for _ in range(500):
                line.sendall(b"a")
                time.sleep(0.02)
            pytest.fail("was listened to for ten seconds")


def test_body_that_nobody_reads_may_be_sent_at_its_pace(door):
    head = b"PUT /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n"
    with caller(door) as line:
        line.sendall(head)
        for _ in range(40):
            line.sendall(b"a" * 1_000)
            time.sleep(0.02)
        assert line.recv(1_000).startswith(OK)
        line.sendall(HEAD + b"Connection: close\r\n\r\n")
        assert all_of(line).startswith(OK)


def test_several_questions_at_once_are_answered(door):
    with caller(door) as line:
        line.sendall((HEAD + b"\r\n") * 3 + HEAD + b"Connection: close\r\n\r\n")
        assert all_of(line).count(OK) == 4


def test_crowd_has_room_for_so_many_and_so_many_of_one():
    crowd = Crowd(most=3, of_one=2)
    assert [crowd.enter("a", 0), crowd.enter("a", 1), crowd.enter("a", 2)] == [True, True, False]
    assert [crowd.enter("b", 2), crowd.enter("b", 3)] == [True, False]
    crowd.leave("a")
    assert crowd.enter("a", 2)


def test_full_house_lets_nobody_in_and_recovers(monkeypatch):
    """With room for four and one of them per address, the second caller is let go at once."""
    monkeypatch.setattr("bideval.cli.doorway.MOST_CONNECTIONS", 4)

    async def visit():
        config = uvicorn.Config(
            answer, http=doorway(behind_proxy=False), lifespan="off", log_config=None
        )
        server = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            where = listening.getsockname()
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            first = await asyncio.open_connection(*where)
            assert await _comes(lambda: server.started and server.server_state.connections)
            second = await asyncio.open_connection(*where)
            refused = await _heard(second)
            first[1].close()
            assert await _comes(lambda: not server.server_state.connections)
            third = await asyncio.open_connection(*where)
            served = await _heard(third)
            server.should_exit = True
            await serving
            return refused, served.startswith(OK)

    assert asyncio.run(visit()) == (b"", True)


def test_handshake_that_never_comes_is_not_waited_for(monkeypatch, tmp_path):
    monkeypatch.setattr("bideval.cli.doorway.HANDSHAKE_S", 0.3)
    assert main(["certs", "authority", "--name", "A", "--out", str(tmp_path / "ca")]) == 0
    of = ["--authority", str(tmp_path / "ca"), "--host", "127.0.0.1", "--out", str(tmp_path)]
    assert main(["certs", "server", *of]) == 0
    config = uvicorn.Config(
        answer,
        loop=LOOP,
        http=doorway(behind_proxy=False),
        ssl_certfile=tmp_path / "server.pem",
        ssl_keyfile=str(tmp_path / "server.key"),
        lifespan="off",
        log_config=None,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        running.start()
        with caller(listening.getsockname()) as line:
            assert all_of(line) == b""
        trusted = ssl.create_default_context(cafile=str(tmp_path / "ca" / "authority.pem"))
        with (
            caller(listening.getsockname()) as line,
            trusted.wrap_socket(line, server_hostname="127.0.0.1") as safe,
        ):
            safe.sendall(HEAD + b"Connection: close\r\n\r\n")
            assert all_of(safe).startswith(OK)
        server.should_exit = True
        running.join(LATER_S)


async def _comes(what):
    for _ in range(1_000):
        if what():
            return True
        await asyncio.sleep(0.01)
    return False


async def _heard(line):
    reader, writer = line
    heard = b""
    with contextlib.suppress(ConnectionError):
        writer.write(HEAD + b"Connection: close\r\n\r\n")
        heard = await asyncio.wait_for(reader.read(), LATER_S)
    writer.close()
    return heard
