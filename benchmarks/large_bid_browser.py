"""What a large bid costs a real browser and a real server: sealed, opened, read.

    python -m benchmarks.large_bid_browser --megabytes 200

Decided here: the command. Not decided here: what is done and watched (tests.end_to_end.large_bid).
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from benchmarks.large_bid import MEGABYTE
from tests.end_to_end.large_bid import Used, measure_alone

if TYPE_CHECKING:
    from collections.abc import Iterator


def lines(size: int, figures: list[Used], seconds: float) -> Iterator[str]:
    yield f"a bid with a PDF of {size / MEGABYTE:.0f} MB, Chromium, {seconds:.0f} s in all"
    yield "resident MB              before    peak   grown"
    for one in figures:
        values = (f"{value / MEGABYTE:8.1f}" for value in (one.before, one.peak, one.grown))
        yield f"{one.step:<8}{one.process:<14}{''.join(values)}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a browser with a large bid.")
    parser.add_argument("--megabytes", type=int, default=200, metavar="N")
    size = parser.parse_args().megabytes * MEGABYTE
    began = time.monotonic()
    figures = measure_alone(size)
    print("\n".join(lines(size, figures, time.monotonic() - began)))


if __name__ == "__main__":
    main()
