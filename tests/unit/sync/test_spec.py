"""docs/spec/link.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from bideval.sync import limits
from bideval.sync.messages import encode
from bideval.sync.proving import make_prove, proven_bytes
from bideval.sync.states import MOVES
from tests.unit.sync.playbook import FENGHUA, KEYS, Playbook

SPEC = (Path(__file__).parents[3] / "docs" / "spec" / "link.md").read_text(encoding="utf-8")
OURS_ALONE = {"VERSION", "SUBPROTOCOL", "OUTBOX_BYTES", "FILES_WANTED"}
OURS_ALONE |= {"EARLY_MARKS", "TICK_MS", "MARKS_REMEMBERED", "CHECKPOINTS_REFUSED"}


def table(name: str) -> list[list[str]]:
    """Return the rows of the table behind a mark."""
    text = SPEC.split(f"<!-- {name} -->", 1)[1].split("\n\n", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in text.strip().splitlines()]
    return rows[2:]


def test_limits_are_those_of_the_code():
    written = {name: int(value) for name, value, _ in table("limits")}
    coded = {
        name: value
        for name, value in vars(limits).items()
        if name.isupper() and name not in OURS_ALONE
    }
    assert written == coded


def test_moves_are_those_of_the_code():
    coded = [[start.value, event.value, end.value] for (start, event), end in MOVES.items()]
    assert table("moves") == coded


def test_example_of_the_proof_is_right():
    play = Playbook()
    expected = [
        KEYS["fenghua"].public.raw.hex(),
        encode(play.ours).hex(),
        proven_bytes(play.ours, play.theirs).hex(),
        make_prove(FENGHUA, play.ours, play.theirs).signature.hex(),
    ]
    example = SPEC.split("<!-- example: proof -->", 1)[1].split("```", 2)[1]
    assert re.findall(r"[0-9a-f]{64,}", example) == expected
