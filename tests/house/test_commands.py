"""Every command is documented, and its example is one that the command accepts."""

from __future__ import annotations

import argparse
import importlib
import shlex
from typing import TYPE_CHECKING

import pytest

from bideval.cli.main import TABLE, Command, installed

if TYPE_CHECKING:
    from pathlib import Path


def test_readme_names_every_command(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    silent = [
        command.name
        for command in installed()
        if f"bideval {command.name}" not in readme and f"./run {command.name}" not in readme
    ]

    assert silent == [], "a command that the README does not name is found by nobody"


@pytest.mark.parametrize("command", installed(), ids=lambda command: command.name)
def test_example_is_accepted_by_its_command(command: Command) -> None:
    parser = argparse.ArgumentParser(prog="bideval")
    module = importlib.import_module(f"bideval.cli.{command.module}")
    module.add_parser(parser.add_subparsers(required=True))

    examples = [command.example, *(example for _, example in command.others)]

    for words in map(shlex.split, examples):
        assert words[:2] == ["bideval", command.name]
        assert parser.parse_args(words[1:]) is not None
    assert callable(module.run)


def test_table_has_a_line_for_every_command_module(root: Path) -> None:
    modules = {
        file.stem
        for file in (root / "bideval" / "cli").glob("*.py")
        if "def add_parser(" in file.read_text(encoding="utf-8") and file.stem != "main"
    }

    assert modules == {command.module for command in installed()}
    assert len({command.name for command in TABLE}) == len(TABLE)


def test_run_script_tests_every_folder_of_tests(root: Path) -> None:
    script = (root / "run").read_text(encoding="utf-8")
    folders = {
        file.relative_to(root / "tests").parts[0] for file in root.glob("tests/*/**/test_*.py")
    }
    named = {
        folder
        for line in script.splitlines()
        if line.strip().startswith("tests_in ")
        for folder in shlex.split(line)[2].split()
    }

    assert sorted(folders - named) == [], "these tests are never run by ./run test"
