"""The log tells allowed fields and nothing else, whoever writes to it."""

from __future__ import annotations

import errno
import io
import json
import logging
import sys

import pytest
import structlog

from bideval.gateways.log import TEXT_LIMIT, configure_log
from bideval.terms.errors import RefusedError

SECRET = "zhang-san-97.5"


class HandClock:
    def now_ms(self):
        return 1_795_000_000_000

    def monotonic_ms(self):
        return 0


class FullDisk:
    def __init__(self):
        self.tried = 0

    def write(self, _text):
        self.tried += 1
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def lines():
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers, root.level
    configure_log(clock=HandClock(), level="debug", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers, root.level = before
    structlog.reset_defaults()


def fail(error):
    raise error from ValueError(SECRET)


def test_allowed_fields_are_told(lines):
    structlog.get_logger().info("line kept", session="s1", n=3)
    [line] = lines()
    at = line.pop("at")
    assert line == {"event": "line kept", "level": "info", "session": "s1", "n": 3}
    assert at.startswith("2026-11-18T")


def test_other_fields_are_named_without_their_values(lines):
    structlog.get_logger().warning("mark kept", mark=SECRET, expert=SECRET, session="s1")
    [line] = lines()
    assert line["dropped"] == ["expert", "mark"]
    assert SECRET not in json.dumps(line)


@pytest.mark.parametrize("value", [{"mark": SECRET}, object(), b"zhang-san-97.5", 1.5])
def test_values_that_are_not_plain_are_told_by_their_type(lines, value):
    structlog.get_logger().info("x", reason=value)
    assert lines()[0]["reason"] == type(value).__name__


def test_long_values_are_cut(lines):
    structlog.get_logger().info("x", reason="r" * 1000, places=["p" * 1000])
    [line] = lines()
    assert (len(line["reason"]), len(line["places"][0])) == (TEXT_LIMIT, TEXT_LIMIT)


def test_an_exception_is_told_without_its_words(lines):
    try:
        fail(RefusedError("not_now", detail=SECRET))
    except RefusedError:
        structlog.get_logger().exception("refused")
    [line] = lines()
    assert (line["error"], line["code"]) == ("RefusedError", "not_now")
    assert [place.partition(":")[0] for place in line["places"]] == ["test_log.py"] * 2
    assert SECRET not in json.dumps(line)


def test_other_libraries_are_told_without_their_arguments(lines):
    logging.getLogger("uvicorn.error").warning("%s asked for %s", SECRET, SECRET)
    [line] = lines()
    assert (line["event"], line["logger"]) == ("%s asked for %s", "uvicorn.error")
    assert SECRET not in json.dumps(line)


def test_exceptions_of_other_libraries_are_told_without_their_words(lines):
    try:
        fail(ValueError(SECRET))
    except ValueError:
        logging.getLogger("other").exception("broken")
    [line] = lines()
    assert (line["error"], line["level"]) == ("ValueError", "error")
    assert SECRET not in json.dumps(line)


def test_a_message_that_is_no_text_is_told_by_its_type(lines):
    logging.getLogger("other").info(ValueError(SECRET))
    assert lines()[0]["event"] == "ValueError"


def test_without_a_stream_the_log_goes_to_standard_error_as_it_is_then(lines, capsys):
    configure_log(clock=HandClock())
    structlog.get_logger().info("one")
    logging.getLogger("other").warning("two")
    events = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert (events, lines()) == (["one", "two"], [])


def test_the_level_holds(lines):
    configure_log(clock=HandClock(), level="warning", stream=io.StringIO())
    structlog.get_logger().info("quiet")
    logging.getLogger("other").info("quiet")
    assert lines() == []


def test_full_disk_under_standard_error_costs_lines_only(monkeypatch):
    root = logging.getLogger()
    before = root.handlers, root.level
    configure_log(clock=HandClock())
    full = FullDisk()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", full)
        structlog.get_logger().error("incident")
        logging.getLogger("uvicorn.error").error("incident")
    assert full.tried == 2
    root.handlers, root.level = before
    structlog.reset_defaults()


def test_records_of_other_libraries_are_left_as_they_are(lines, caplog):
    logging.getLogger().addHandler(caplog.handler)
    logging.getLogger("uvicorn.error").warning("%s asked", "somebody")
    assert lines()[0]["event"] == "%s asked"
    assert caplog.messages == ["somebody asked"]


@pytest.mark.parametrize(("level", "told"), [("info", []), ("debug", ["alembic", "alembic"])])
@pytest.mark.usefixtures("lines")
def test_course_of_libraries_is_told_to_who_asks_for_it(level, told):
    """Without their arguments such lines say nothing, and stand before what a command prints."""
    stream = io.StringIO()
    configure_log(clock=HandClock(), level=level, stream=stream)
    logging.getLogger("alembic.runtime.migration").info("Context impl %s.", "x")
    logging.getLogger("alembic").info("will assume")
    assert [json.loads(line)["logger"][:7] for line in stream.getvalue().splitlines()] == told
