"""The files of the example: a tender, its bids, and the words of the bids' papers.

Decided here: where they lie. Not decided here: what becomes of them.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def example_json(name: str) -> dict[str, Any]:
    """Return one JSON file of the example; callers leave it as it is."""
    document: dict[str, Any] = json.loads(example_text(name))
    return document


def example_text(name: str) -> str:
    """Return one text file of the example."""
    return (files("bideval.rehearsal") / "example" / name).read_text("utf-8")
