"""A large bid through a real browser: neither it nor the server ever holds the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.large_bid import MEGABYTE
from tests.end_to_end.large_bid import measure

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Playwright

    from tests.end_to_end.conftest import Crowd

SIZE = 64 * MEGABYTE
ALLOWED = SIZE // 2
"""Bytes by which the server and the browser may grow; who held the file would need all."""
ROOM_OF_A_PAGE = 160 * MEGABYTE
"""A page's garbage between two collections does not depend on the file; 200 MB take no more."""


@pytest.mark.timeout(1200)
def test_large_bid_is_sealed_opened_and_read_in_pieces(
    crowd: Crowd, playwright: Playwright, tmp_path: Path
) -> None:
    figures = measure(SIZE, tmp_path, crowd=crowd, playwright=playwright)

    assert {(one.step, one.process) for one in figures} == {
        (step, process)
        for step in ("sealed", "opened", "read")
        for process in ("server", "browser", "page")
    }
    assert [one for one in figures if one.process != "page" and one.grown > ALLOWED] == []
    assert [one for one in figures if one.grown > ROOM_OF_A_PAGE] == []
    assert crowd.faults == []
