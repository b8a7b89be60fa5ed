"""What holds for every test: how properties are searched, and that unit tests have no network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.databases import CHOICE

UNIT_TESTS = Path(__file__).parent / "unit"

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
    if (chosen := config.getoption("--venue-database")) is not None:
        os.environ[CHOICE] = chosen


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if UNIT_TESTS in item.path.parents:
            item.add_marker(pytest.mark.disable_socket)
