"""Bodies that trickle in, and forms that do not say how long they are."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from bideval.pages import errors
from bideval.pages.bodies import Pace, Paced, bounded

if TYPE_CHECKING:
    from starlette.requests import Request

QUICK = Pace(idle_s=0.2, behind_s=0.3, bytes_per_s=10_000)


async def length(request: Request) -> JSONResponse:
    return JSONResponse(len(await request.body()))


async def limited(request: Request) -> JSONResponse:
    small = bounded(request, 300, field="file", rule="limits.pool")
    return JSONResponse(len([piece async for piece in small.stream() if piece]))


def sent(path, pieces, *, pause=0.0, headers=()):
    """Send a body piece by piece through the middleware; return status, answer and headers."""
    app = Starlette(
        routes=[
            Route("/length", length, methods=["POST"]),
            Route("/form", limited, methods=["POST"]),
        ]
    )
    errors.install(app)
    waiting = list(pieces)
    answers = []

    async def receive():
        await asyncio.sleep(pause)
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message):
        answers.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": headers,
    }
    asyncio.run(Paced(app, pace=QUICK)(scope, receive, send))
    start = next(one for one in answers if one["type"] == "http.response.start")
    body = b"".join(one.get("body", b"") for one in answers)
    return start["status"], json.loads(body), dict(start["headers"])


def test_body_that_comes_is_read():
    assert sent("/length", [b"x" * 10] * 5)[:2] == (200, 50)


def test_sender_who_pauses_too_long_is_given_up_and_hung_up_on():
    status, answer, headers = sent("/length", [b"x", b"y"], pause=0.25)
    assert (status, answer["error"]["code"], answer["error"]["field"]) == (408, "too_slow", "body")
    assert answer["error"]["rule"] == "limits.body_speed"
    assert headers[b"connection"] == b"close"


def test_sender_who_trickles_is_given_up_though_something_always_comes():
    assert sent("/length", [b"x"] * 200, pause=0.05)[0] == 408


@pytest.mark.parametrize(
    ("arrived", "waited", "patience"),
    [(0, 0.0, 30.0), (0, 20.0, 10.0), (0, 31.0, 0.0), (4_096_000, 0.0, 30.0), (4_096, 30.5, 0.5)],
)
def test_patience_ends_with_the_last_byte_or_with_the_pace(arrived, waited, patience):
    assert Pace().patience(arrived, waited) == pytest.approx(patience)


@pytest.mark.parametrize(("size", "found"), [(300, (200, 5)), (301, (413, "too_large"))])
def test_form_that_does_not_say_how_long_it_is_is_counted(size, found):
    pieces = [b"x" * min(64, size - start) for start in range(0, size, 64)]
    status, answer, _ = sent("/form", pieces)
    assert (status, answer if status == 200 else answer["error"]["code"]) == found
