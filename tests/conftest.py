"""What holds for every test: how properties are searched, and that unit tests have no network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.databases import CHOICE

UNIT_TESTS = Path(__file__).parent / "unit"
LONG_TESTS = [
    Path(__file__).parent / place
    for place in (
        "campaigns",
        "end_to_end",
        "integration/demo/test_demo.py",
        "integration/rehearsal/test_rehearse.py",
        "integration/rehearsal/test_bench.py",
        "integration/test_benchmarks.py",
    )
]

# Shared machines are slow at times, so that a deadline would measure the machine.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--venue-database",
        choices=["sqlite", "postgresql"],
        help="the database of venue servers that tests start (default: sqlite)",
    )


def pytest_configure(config: pytest.Config) -> None:
    os.environ["LC_ALL"] = "C.UTF-8"  # commands speak the language of the locale
    if (chosen := config.getoption("--venue-database")) is not None:
        os.environ[CHOICE] = chosen


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if UNIT_TESTS in item.path.parents:
            item.add_marker(pytest.mark.disable_socket)
        elif not _is_long(item):
            # A file's tests share servers that are started once: one worker takes them all.
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
    items.sort(key=lambda item: not _is_long(item))  # or the last one is alone for minutes


def _is_long(item: pytest.Item) -> bool:
    """Whether a test takes long and shares nothing: it begins early, and on any worker."""
    return any(place in item.path.parents or place == item.path for place in LONG_TESTS)
