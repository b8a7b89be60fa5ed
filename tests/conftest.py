"""What holds for every test: how properties are searched, and that unit tests have no network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from structlog.dev import ConsoleRenderer, plain_traceback

from tests.databases import CHOICE, KINDS

UNIT_TESTS = Path(__file__).parent / "unit"
LONG_TESTS = [
    Path(__file__).parent / place
    for place in (
        "end_to_end/test_large_bid.py",
        "end_to_end/test_faults.py",
        "end_to_end",
        "campaigns/test_processes.py",
        "campaigns",
        "integration/demo/test_demo.py",
        "integration/rehearsal/test_rehearse.py",
        "integration/rehearsal/test_bench.py",
        "integration/test_benchmarks.py",
    )
]
"""Tests that take long and share nothing, the longest first: they begin early, on any worker."""

# Shared machines are slow at times, so that a deadline would measure the machine.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--venue-database",
        choices=sorted(KINDS),
        help="the database of venue servers that tests start (default: sqlite); mixed: of those"
        " that work together, PostgreSQL and SQLite by turns; turned: SQLite first",
    )


def pytest_configure(config: pytest.Config) -> None:
    os.environ["LC_ALL"] = "C.UTF-8"  # commands speak the language of the locale
    # A log for people draws every local of a traceback: half a minute on a busy machine, while
    # somebody waits for whoever logs.
    ConsoleRenderer.get_active().exception_formatter = plain_traceback
    if (chosen := config.getoption("--venue-database")) is not None:
        os.environ[CHOICE] = chosen


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if UNIT_TESTS in item.path.parents:
            item.add_marker(pytest.mark.disable_socket)
        elif _rank(item) == len(LONG_TESTS):
            # A file's tests share servers that are started once: one worker takes them all.
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
    items.sort(key=_rank)  # or the last one is alone for minutes


def _rank(item: pytest.Item) -> int:
    """Return the place of a test among those that take long, or the number of those places."""
    places = enumerate(LONG_TESTS)
    mine = (at for at, place in places if place == item.path or place in item.path.parents)
    return next(mine, len(LONG_TESTS))
