"""The server's log: one JSON object per line, from an allow-list.

Decided here: which fields may be told at all. A field that is not on the list is named under
`dropped`, without its value; an exception is told by its type, its stable code and the places in
the code, never by its words; other libraries' messages are told without their arguments. So a
secret cannot reach the log by an oversight. Not decided here: what is worth telling.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

import structlog
from typing_extensions import override

from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from types import TracebackType

    from structlog.typing import Processor

    from bideval.ports import Clock

ALLOWED = frozenset(
    {
        "event",
        "level",
        "at",
        "logger",
        "address",
        "attempts",
        "backlog",
        "bytes",
        "child",
        "code",
        "count",
        "duration_ms",
        "entry",
        "epoch",
        "error",
        "field",
        "kid",
        "kind",
        "method",
        "n",
        "origin",
        "path",
        "peer",
        "phase",
        "pid",
        "places",
        "port",
        "position",
        "reason",
        "revision",
        "role",
        "route",
        "rule",
        "seconds",
        "session",
        "sha256",
        "size",
        "state",
        "status",
        "topic",
        "venue",
        "version",
        "works",
    }
)
"""Fields that may be told. None of them ever holds a name, a mark, a price, a code or a key."""

TEXT_LIMIT = 200
"""Characters of one value."""

PLACES_LIMIT = 20
"""Code places of one exception."""

TALKATIVE = ("alembic", "uvicorn.error")
"""Libraries whose course of things says nothing without the arguments, which are never told."""

_RENDER = structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False)


class CurrentStderr:
    """Whatever standard error is at the moment of writing: it may be replaced while we run.

    Where it leads to a full disk, lines are lost rather than the work that they tell of.
    """

    def write(self, text: str) -> int:
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def configure_log(
    *, clock: Clock, level: str = "info", stream: TextIO | None = None, processes: int = 1
) -> None:
    """Send structlog and the standard library's logging through the allow-list.

    Where a venue has several processes, each line says which one tells it.
    """
    output = stream or cast("TextIO", CurrentStderr())

    def stamp(
        _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["at"] = instant_text(clock.now_ms())
        if processes > 1:
            event["pid"] = os.getpid()
        return event

    shared: list[Any] = [stamp, tell_exception, keep_allowed]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            *shared,
            _RENDER,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(output),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(_Telling(stamp))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in TALKATIVE:
        of_it = logging.WARNING if root.level == logging.INFO else logging.NOTSET
        logging.getLogger(name).setLevel(of_it)


def keep_allowed(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop every field that is not on the list, and shorten what is."""
    kept: dict[str, Any] = {name: _plain(value) for name, value in event.items() if name in ALLOWED}
    dropped = sorted(set(event) - ALLOWED)
    return kept | {"dropped": dropped} if dropped else kept


def tell_exception(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace an exception by its type, its code and the places it came through."""
    told = event.pop("exc_info", None)
    error = sys.exc_info()[1] if told is True else told
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["places"] = _places(error.__traceback__)
        if isinstance(getattr(error, "code", None), str):
            event["code"] = error.code  # type: ignore[attr-defined]  # asked above
    return event


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value[:PLACES_LIMIT]]
    return str(value)[:TEXT_LIMIT] if isinstance(value, str) else type(value).__name__


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-PLACES_LIMIT:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(filename: str) -> str:
    """Keep the part of a path below the packages, which is the same on every machine."""
    for mark in ("site-packages/", "/bideval/"):
        if mark in filename:
            return filename.rpartition(mark)[2]
    return filename.rpartition("/")[2]


class _Telling(logging.Formatter):
    """Tells a record of the standard library's logging as one line of the same form."""

    def __init__(self, stamp: Processor) -> None:
        super().__init__()
        self._stamp = stamp

    @override
    def format(self, record: logging.LogRecord) -> str:
        event: MutableMapping[str, Any] = {
            "event": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
            "level": record.levelname.lower(),
            "logger": record.name,
            "exc_info": record.exc_info,
        }
        stamped = cast("MutableMapping[str, Any]", self._stamp(None, "", event))
        return str(_RENDER(None, "", keep_allowed(None, "", tell_exception(None, "", stamped))))
