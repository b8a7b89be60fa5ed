"""The second verifier judges proofs of misbehaviour from their page, and accuses the same."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bideval.audit.misbehaviour import judge, read_misbehaviour, write_misbehaviour
from bideval.terms.errors import BidevalError
from tests.interop.second_verifier import ask
from tests.unit.audit import misdeeds

if TYPE_CHECKING:
    from collections.abc import Iterable

TALK = misdeeds.talk_of()
LINES = misdeeds.lines_of(TALK)
MINE = misdeeds.own_lines(LINES)
PROVEN = {
    "two heads": misdeeds.two_heads(TALK),
    "two heads, vouched": misdeeds.two_heads(TALK, vouched=True),
    "two chains": misdeeds.two_chains(TALK),
    "two chains of different length": misdeeds.two_chains(TALK, more=2),
    "omission": misdeeds.omission(TALK),
    "omission of the last but one": misdeeds.omission(TALK, last=1),
    "closed key": misdeeds.closed_key(),
    "false record": misdeeds.false_record(TALK),
    "record without a line": misdeeds.false_record(TALK, [*LINES[:5], *LINES[6:]]),
    "record with a line twice": misdeeds.false_record(TALK, [*LINES, LINES[-1]]),
    "record with what is no line": misdeeds.false_record(TALK, [*LINES, b"\xff no line"]),
    "false line": misdeeds.false_line(TALK),
    "a line twice": misdeeds.false_line(TALK, [*MINE[1:], MINE[-1]]),
    "what is no line at all": misdeeds.false_line(TALK, [b"\x00\xff"], known=1),
}
NOTHING = {
    "a larger head": misdeeds.two_heads(TALK, forked=False),
    "one chain twice": misdeeds.two_chains(TALK, forked=False),
    "a chain that goes on": misdeeds.two_chains(TALK, forked=False, more=2),
    "main's own chain": misdeeds.two_chains(TALK, venue="fenghua"),
    "a line in its place": misdeeds.omission(TALK, omitted=False),
    "a key that is open": misdeeds.closed_key(new=True),
    "a record": misdeeds.false_record(TALK, LINES),
    "a record that begins otherwise": misdeeds.false_record(TALK, LINES[1:]),
    "lines": misdeeds.false_line(TALK, MINE[1:]),
    "a forged line under another key": misdeeds.false_line(TALK, author="venue/fenghua"),
}


def second(files: Iterable[bytes]) -> list[str | None]:
    return ask([{"misbehaviour": base64.b64encode(data).decode()} for data in files])


def ours(data: bytes) -> str | None:
    try:
        return judge(read_misbehaviour(data)).accused
    except BidevalError:
        return None


def test_both_find_the_same_proven() -> None:
    files = [write_misbehaviour(found) for found in PROVEN.values()]
    accused = dict(zip(PROVEN, second(files), strict=True))
    assert accused == dict(zip(PROVEN, map(ours, files), strict=True))
    assert None not in accused.values()


def test_both_find_the_same_unproven() -> None:
    files = [write_misbehaviour(found) for found in NOTHING.values()]
    assert [ours(data) for data in files] == [None] * len(files)
    assert dict(zip(NOTHING, second(files), strict=True)) == dict.fromkeys(NOTHING)


@pytest.mark.parametrize("name", ["two heads", "two chains", "omission", "false line"])
def test_both_judge_files_with_a_changed_byte_alike(name: str) -> None:
    data = write_misbehaviour(PROVEN[name])
    files = [
        data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        for at in range(0, len(data), max(1, len(data) // 150))
    ]
    assert second(files) == [ours(changed) for changed in files]


def test_statements_under_another_rule_prove_nothing_to_both() -> None:
    rules = {found.what for found in PROVEN.values()}
    files = [
        write_misbehaviour(replace(found, what=rule))
        for found in PROVEN.values()
        for rule in sorted(rules - {found.what})
    ]
    assert second(files) == [None] * len(files) == [ours(data) for data in files]
