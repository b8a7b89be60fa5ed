"""`bideval evaluate CASE.json`: one evaluation on paper, from a file to standard output.

Decided here: exit codes (0 evaluated, 2 not a case, 1 nowhere to write) and that everything wrong
with a file is exactly one line on standard error. Not decided here: what a case or a result is.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bideval.scoring.engine import consolidate
from bideval.scoring.reading import MAX_CASE_BYTES, read_case
from bideval.scoring.result import result_document
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    import argparse

EVALUATED = 0
NOT_WRITTEN = 1
NOT_A_CASE = 2

STANDARD_INPUT = "-"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "evaluate",
        help="evaluate a case file and print the result as JSON",
        description="Evaluate a bideval-case/1 file and print its bideval-result/1 as JSON.",
    )
    parser.add_argument("case", metavar="CASE.json", help="the case file, or - for standard input")
    # Every command that prints a result takes it; this one prints nothing else.
    parser.add_argument("--json", action="store_true", help="print the result as JSON (as always)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluate `args.case`; findings that stop consolidation are a result like any other."""
    try:
        document = result_document(consolidate(read_case(_case_bytes(args.case))))
    except InputError as error:
        return _complain(f"{args.case}: {error}", NOT_A_CASE)
    # Printed for people and pipes, never hashed or signed.
    text = json.dumps(document, ensure_ascii=False, indent=1)  # noqa: TID251
    try:
        print_utf8(text)
    except OSError as error:
        return _complain(f"standard output: {error.strerror}", NOT_WRITTEN)
    return EVALUATED


def _case_bytes(place: str) -> bytes:
    """Read a file, pipe or device, but never more than a case may have."""
    try:
        if place == STANDARD_INPUT:
            return _open_stream(sys.stdin).buffer.read(MAX_CASE_BYTES + 1)
        with Path(place).open("rb") as file:
            return file.read(MAX_CASE_BYTES + 1)
    except OSError as error:
        detail = f"cannot be read: {error.strerror}"
        raise InputError("unreadable", field="case", detail=detail) from None
    except ValueError:
        detail = "cannot be read: not a file name"
        raise InputError("unreadable", field="case", detail=detail) from None


def print_utf8(text: str) -> None:
    """Write JSON in UTF-8 whatever the locale says: between programs it is nothing else (RFC 8259).

    A lone surrogate, as in a file name that is not UTF-8, becomes the escape that JSON has for it.
    """
    stream = _open_stream(sys.stdout)
    stream.flush()
    stream.buffer.write(text.encode(errors="backslashreplace") + b"\n")
    stream.buffer.flush()


def _open_stream(stream: TextIO | None) -> TextIO:
    """Return a standard stream; a program started with it closed has None there."""
    if stream is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return stream


def one_line(text: str) -> str:
    """Return a text as exactly one line: what cannot be printed, line breaks included, escaped."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _complain(text: str, code: int) -> int:
    sys.stderr.write(f"bideval evaluate: {one_line(text)}\n")
    return code
