"""The frame of the command line."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from bideval.cli import main as frame
from bideval.terms.errors import RefusedError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

PLANTED = frame.Command("planted", "planted", "a command of this test", "bideval planted")


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[argparse.Namespace], int]], None]:
    """Put a command into the table that runs the given function."""

    def planting(run: Callable[[argparse.Namespace], int]) -> None:
        module = ModuleType("bideval.cli.planted")
        module.__spec__ = ModuleSpec(module.__name__, None)
        module.add_parser = lambda subparsers: subparsers.add_parser("planted").add_argument("word")
        module.run = run
        monkeypatch.setattr(frame, "TABLE", (PLANTED,))
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return planting


def test_help_lists_each_command_with_its_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main(["--help"]) == 0

    said = [line.strip() for line in capsys.readouterr().out.splitlines()]
    examples = [command.example for command in frame.installed()]
    assert [line for line in said if line.startswith("bideval ") and line in examples] == examples


def test_no_words_print_the_help_and_refuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main([]) == 2

    said = capsys.readouterr()
    assert (said.out, said.err) == ("", frame.help_text() + "\n")


def test_version_is_the_installed_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main(["--version"]) == 0

    assert capsys.readouterr().out == f"bideval {importlib.metadata.version('bideval')}\n"


def test_unknown_command_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main(["dance"]) == 2

    said = capsys.readouterr().err
    names = ", ".join(command.name for command in frame.installed())
    assert said == f"bideval: there is no command 'dance'; choose from {names}\n"


def test_command_whose_module_is_absent_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = frame.Command("ghost", "no_such_module", "", "")
    present = frame.Command("frame", "main", "", "")
    monkeypatch.setattr(frame, "TABLE", (present, absent))

    assert frame.installed() == (present,)


def test_command_gets_its_arguments_and_gives_its_code(plant: Callable[..., None]) -> None:
    plant(lambda args: len(args.word))

    assert frame.main(["planted", "seven77"]) == 7


def test_refusal_becomes_one_line(
    plant: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(args: argparse.Namespace) -> int:
        raise RefusedError("too_late", field="deadline", detail=f"{args.word} is late")

    plant(refuse)

    assert frame.main(["planted", "it"]) == 2
    assert capsys.readouterr().err == "bideval planted: too_late: deadline: it is late\n"


def test_missing_server_package_is_named(
    plant: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def need(_args: argparse.Namespace) -> int:
        raise ModuleNotFoundError(name="fastapi.responses")

    plant(need)

    assert frame.main(["planted", "x"]) == 2
    assert capsys.readouterr().err == (
        "bideval planted: the Python package fastapi.responses is missing;"
        " a server needs: pip install 'bideval[server]'\n"
    )


def test_missing_module_of_our_own_is_our_fault(plant: Callable[..., None]) -> None:
    def need(_args: argparse.Namespace) -> int:
        raise ModuleNotFoundError(name="bideval.cli.nothing")

    plant(need)

    with pytest.raises(ModuleNotFoundError):
        frame.main(["planted", "x"])


def test_interruption_has_its_own_code(plant: Callable[..., None]) -> None:
    def interrupt(_args: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    plant(interrupt)

    assert frame.main(["planted", "x"]) == 130


def test_reader_who_goes_away_is_no_crash() -> None:
    command = [sys.executable, "-m", "bideval.cli", "--help"]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, done.stderr) == (1, b"")


def test_command_may_run_with_its_output_closed() -> None:
    closed = 'exec "$@" >&-'
    command = ["/bin/sh", "-c", closed, "sh", sys.executable, "-m", "bideval.cli", "--version"]
    done = subprocess.run(command, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


def test_letters_that_the_terminal_lacks_are_escaped(plant: Callable[..., None]) -> None:
    plant(lambda args: sys.stdout.write(args.word + "\n") and 0)
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")

    with contextlib.redirect_stdout(terminal):
        assert frame.main(["planted", "投标人 B"]) == 0

    assert terminal.buffer.getvalue() == rb"\u6295\u6807\u4eba B" + b"\n"
