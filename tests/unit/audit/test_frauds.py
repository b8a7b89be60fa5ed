"""The guide's practice: its commands find each of the twelve frauds, as its table says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bideval.cli.main import main
from tests.unit.audit.frauds import FRAUDS, write_frauds

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guide" / "auditor.md"
ORDER = {"first command": 0, "second command": 1, "third command": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("practice")
    write_frauds(made / "frauds")
    return made


def practice() -> tuple[list[list[str]], list[tuple[str, ...]]]:
    """Return the guide's commands, and the rows of its table."""
    text = GUIDE.read_text(encoding="utf-8").partition("## Practice")[2]
    commands = [
        shlex.split(one) for one in re.findall(r"^bideval (verify .*)$", text, re.MULTILINE)
    ]
    row = r"^\| `([a-z-]+)` \| (\w+ command) \| `([^`]+)`, the \w+ `([^`]+)` \|$"
    return commands, re.findall(row, text, re.MULTILINE)


def taken(
    name: str, command: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    words = [word.replace("NAME", name).replace("frauds/", f"{folder}/frauds/") for word in command]
    code = main(words)
    return code, capsys.readouterr().out


def test_table_has_all_twelve() -> None:
    commands, rows = practice()

    assert len(commands) == 3
    assert sorted(row[0] for row in rows) == sorted(FRAUDS)
    assert len(FRAUDS) == 12


@pytest.mark.parametrize("name", FRAUDS)
def test_guide_finds_the_fraud(name: str, folder: Path, capsys) -> None:
    commands, rows = practice()
    _, finder, step, place = next(row for row in rows if row[0] == name)

    for command in commands[: ORDER[finder]]:
        if "--against" not in command:
            assert taken(name, command, folder, capsys)[0] == 0
    code, said = taken(name, commands[ORDER[finder]], folder, capsys)

    assert code == 1
    [found] = [line.strip() for line in said.splitlines() if "FAIL" in line]
    assert found.startswith(step)
    assert place in found


def test_branch_copy_and_receipt_are_honest(folder: Path, capsys) -> None:
    for command in practice()[0]:
        code, said = taken("branch", command, folder, capsys)
        assert (code, "NOT" in said) == (0, False)


def test_what_else_the_guide_says(folder: Path, capsys) -> None:
    commands, _ = practice()

    assert "NOT FINISHED" in taken("cut-tail", commands[0], folder, capsys)[1]
    assert taken("cut-tail", commands[1], folder, capsys)[0] == 1
    assert "PROOF OF MISBEHAVIOUR" in taken("fork", commands[1], folder, capsys)[1]
