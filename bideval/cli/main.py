"""The frame of the command line: which commands there are, and what an error looks like.

Decided here: the table of commands; that only the chosen command's module is imported, so that
a verifier never loads a server; exit codes of what is refused (2), interrupted (130), or not read
to its end (1).
Not decided here: what a command does; each has a module with `add_parser` and `run`.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import io
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO, cast

from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from collections.abc import Sequence

UNREAD = 1
REFUSED = 2
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the table; `module` is below `bideval.cli`, `others` are further examples."""

    name: str
    module: str
    summary: str
    example: str
    others: tuple[tuple[str, str], ...] = ()


TABLE = (
    Command(
        "evaluate",
        "evaluate",
        "print the result of a case file: one evaluation on paper",
        "bideval evaluate case.json",
    ),
    Command(
        "verify",
        "verify",
        "verify a session's evidence bundle, step by step, without a server",
        "bideval verify session.bundle",
    ),
    Command(
        "draw",
        "draw",
        "recompute the draw of a panel from a bundle, step by step",
        "bideval draw verify session.bundle",
        (("draw often and test whether it is uniform", "bideval draw simulate --draws 50000"),),
    ),
    Command(
        "receipt",
        "receipt",
        "check a kept receipt against a bundle",
        "bideval receipt verify mine.receipt --bundle session.bundle",
    ),
    Command(
        "demo",
        "demo",
        "run a main and two branch venues on this machine, with a tender to evaluate",
        "bideval demo",
    ),
    Command(
        "rehearse",
        "rehearse",
        "push a case through real servers by their public interfaces",
        "bideval rehearse case.json",
    ),
    Command("serve", "serve", "run a venue server", "bideval serve --config venue.toml"),
    Command(
        "enrol",
        "enrol",
        "make a venue's keys, or a one-time code for a person",
        "bideval enrol --config venue.toml person --role officer --person officer-a",
    ),
    Command(
        "certs",
        "certs",
        "make a certificate authority and a certificate for a venue",
        "bideval certs authority --name 'Fenghe trading centre' --out ca",
    ),
    Command(
        "migrate",
        "migrate",
        "bring a venue's database to this version",
        "bideval migrate --config venue.toml",
    ),
    Command(
        "rebuild",
        "rebuild",
        "make the tables beside the record again from the record",
        "bideval rebuild --config venue.toml",
    ),
    Command(
        "backup",
        "backup",
        "write everything that a venue holds into one file, beside the running server",
        "bideval backup --config venue.toml --out fenghua.backup",
    ),
    Command(
        "restore",
        "restore",
        "put a venue's own backup into an empty database",
        "bideval restore --config venue.toml --from fenghua.backup",
    ),
    Command(
        "recover",
        "recover",
        "take records back from other venues' backups, after a loss",
        "bideval recover --config venue.toml --from wencheng.backup",
    ),
    Command(
        "simulate",
        "simulate",
        "let venues, people, wires and disks fail in one process, seed by seed",
        "bideval simulate --seeds 0..99",
    ),
    Command(
        "bench",
        "bench",
        "measure this machine under a stated load",
        "bideval bench score-path --seats 30",
    ),
)


class CommandModule(Protocol):
    """What a module of a command offers."""

    def add_parser(
        self, subparsers: argparse._SubParsersAction[argparse.ArgumentParser], /
    ) -> None:
        """Describe the command's arguments under its name."""

    def run(self, args: argparse.Namespace, /) -> int:
        """Do it and return the exit code."""


def installed() -> tuple[Command, ...]:
    """The commands of the table whose module is here."""
    return tuple(
        command for command in TABLE if importlib.util.find_spec(_module_name(command)) is not None
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; an error becomes one line on standard error."""
    _write_every_script(sys.stdout)
    try:
        code = _main(list(sys.argv[1:] if argv is None else argv))
        if sys.stdout is not None:  # a program started with it closed has None there
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone; the rest in the buffer must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    return code


def _write_every_script(stream: TextIO | None) -> None:
    """Have letters that the terminal's encoding lacks escaped, as on standard error."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def _main(words: list[str]) -> int:
    if not words or words[0] in {"-h", "--help", "help"}:
        print(help_text(), file=sys.stdout if words else sys.stderr)
        return 0 if words else REFUSED
    if words[0] == "--version":
        print(f"bideval {importlib.metadata.version('bideval')}")
        return 0
    commands = {command.name: command for command in installed()}
    if words[0] not in commands:
        return _complain(
            f"bideval: there is no command {words[0]!r}; choose from {', '.join(commands)}"
        )
    return _run(commands[words[0]], words)


def help_text() -> str:
    """Every command with what it is for and an example."""
    commands = installed()
    width = max(len(command.name) for command in commands)
    lines = ["usage: bideval COMMAND ...", "", "Remote cross-region bid evaluation.", ""]
    for command in commands:
        said = [(command.summary, command.example), *command.others]
        for name, (summary, example) in zip([command.name, *[""] * len(said)], said, strict=False):
            lines += [f"  {name:<{width}}  {summary}", f"  {'':<{width}}    {example}"]
    lines += ["", "bideval COMMAND --help tells more; bideval --version tells the version."]
    return "\n".join(lines)


def _run(command: Command, words: Sequence[str]) -> int:
    try:
        module = _load(command)
        parser = argparse.ArgumentParser(prog="bideval")
        module.add_parser(parser.add_subparsers(required=True, metavar="COMMAND"))
        return module.run(parser.parse_args(words))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "bideval":
            raise
        return _complain(
            f"bideval {command.name}: the Python package {error.name} is missing;"
            " a server needs: pip install 'bideval[server]'"
        )
    except BidevalError as error:
        return _complain(f"bideval {command.name}: {error.code}: {error}")
    except KeyboardInterrupt:
        return INTERRUPTED


def _load(command: Command) -> CommandModule:
    return cast("CommandModule", importlib.import_module(_module_name(command)))


def _module_name(command: Command) -> str:
    return f"bideval.cli.{command.module}"


def _complain(line: str) -> int:
    print(line, file=sys.stderr)
    return REFUSED
