"""`bideval verify`: read a bundle, take the steps, say what was found.

Decided here: how the files are read (mapped, not loaded), what is printed, exit codes.
Not decided here: the steps (`bideval.audit.verifier`), and how signatures find their cores
(`signature_pool`). Nothing of a server is imported.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bideval.audit.kept_receipts import KEPT_LIMIT
from bideval.audit.verifier import verify_bundle
from bideval.cli import verify_misbehaviour
from bideval.cli.fault_words import error_text
from bideval.cli.signature_pool import checker, cores
from bideval.cli.verify_words import (
    LANGUAGES,
    WORDS,
    language_of,
    phase_name,
    step_detail,
    step_name,
)
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bideval.audit.stamp_checks import Judge
    from bideval.audit.verifier import Verdict

VERIFIED = 0
FOUND_WRONG = 1
UNUSABLE = 2

MOST_JOBS = 256
ROOTS_LIMIT = 2**20
"""Bytes of a time stamp authority's certificates."""
LISTED = 20
"""Places of each sort that are printed; `--json` has more."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "verify",
        help="verify a session's evidence bundle, step by step, without a server",
        description="Verify an evidence bundle offline. Exit code 0: everything holds; 1: the step "
        "and the entry or region that fails are named; 2: this is not a bundle. A proof "
        "of misbehaviour is judged too: 1: it proves what it says; 2: it proves nothing.",
    )
    _describe(parser)
    parser.set_defaults(run=run)


def _describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE", help="the evidence bundle")
    parser.add_argument(
        "--against",
        metavar="OTHER",
        help="another bundle of the same session, from another venue or of an earlier day: "
        "show what vanished, was added or differs; or a bundle of the session that a new panel "
        "continued after a fault, or was continued by: check that they belong together",
    )
    parser.add_argument(
        "--receipt",
        metavar="FILE",
        action="append",
        default=[],
        help="a kept receipt (may be repeated): its entry must be in its place",
    )
    parser.add_argument(
        "--stamps-by",
        metavar="ROOTS",
        help="certificates (PEM) of a time stamp authority: hold the record's stamps against it",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=0,
        metavar="N",
        help="processes for signatures (default: one per core)",
    )
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    parser.add_argument("--lang", choices=LANGUAGES, help="language (default: the locale's)")


def run(args: argparse.Namespace) -> int:
    """Verify `args.bundle` and print the verdict."""
    path = Path(args.bundle)
    if _is_strange(path):
        sys.stderr.write(f"bideval verify: {args.bundle}: file: is not a regular file\n")
        return UNUSABLE
    language = args.lang or language_of(os.environ)
    if verify_misbehaviour.is_proof(path):
        return verify_misbehaviour.report(path, language, as_json=args.json)
    try:
        other = None if args.against is None else Path(args.against)
        verdict = verify_file(
            path,
            against=other,
            receipts=args.receipt,
            stamp_judge=_stamp_judge(args.stamps_by),
            jobs=args.jobs,
        )
    except InputError as error:
        sys.stderr.write(f"bideval verify: {args.bundle}: {error_text(language, error)}\n")
        return UNUSABLE
    if args.json:
        # Printed for people and pipes, never hashed or signed.
        text = json.dumps(verdict.document(), ensure_ascii=False, indent=1)  # noqa: TID251
    else:
        text = _lines(verdict, language)
    sys.stdout.write(text + "\n")
    return VERIFIED if verdict.ok else FOUND_WRONG


def verify_file(
    path: Path,
    *,
    against: Path | None = None,
    receipts: Sequence[str] = (),
    stamp_judge: Judge | None = None,
    jobs: int = 0,
) -> Verdict:
    """Return the verdict on the bundle in a file; raises InputError where there is none.

    `jobs` is the number of processes that check signatures; 0: one per core.
    """
    if not 0 <= jobs <= MOST_JOBS:
        raise InputError("out_of_range", field="--jobs", detail=f"must be up to {MOST_JOBS}")
    return verify_bundle(
        mapped(path, "file"),
        checker=checker(jobs or cores()),
        against=None if against is None else mapped(against, "--against"),
        receipts={_printable(name): _receipt(Path(name)) for name in receipts},
        stamp_judge=stamp_judge,
    )


def _printable(name: str) -> str:
    """Return the name of a file with what is not Unicode escaped, as standard output wants it."""
    return name.encode(errors="backslashreplace").decode()


def _is_strange(path: Path) -> bool:
    """Whether opening this might wait for ever, or give nothing that can be mapped: a pipe."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False  # who opens it says why not
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def mapped(path: Path, field: str) -> memoryview:
    """Return the bytes of a file without reading them; they go when nobody looks any more."""
    try:
        if _is_strange(path):
            raise InputError("unreadable", field=field, detail="is not a regular file")
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise InputError("not_a_bundle", field=field, detail="is empty")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a regular file"
        raise InputError("unreadable", field=field, detail=f"cannot be read: {reason}") from None


def _receipt(path: Path) -> bytes:
    return _small_file(path, KEPT_LIMIT, "--receipt")


def _small_file(path: Path, limit: int, field: str) -> bytes:
    """Return a file, or one byte more than it may have; never waits for a pipe."""
    try:
        if _is_strange(path):
            raise InputError("unreadable", field=field, detail="is not a regular file")
        with path.open("rb") as file:
            return file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        detail = f"{path.name} cannot be read: {reason}"
        raise InputError("unreadable", field=field, detail=detail) from None


def _stamp_judge(roots: str | None) -> Judge | None:
    if roots is None:
        return None
    try:
        # Only here: one more package than the four that a verifier needs.
        from bideval.evidence.timestamp import check_stamp, read_roots  # noqa: PLC0415

        pem = _small_file(Path(roots), ROOTS_LIMIT, "--stamps-by")
    except ImportError:
        detail = "needs the package rfc3161-client: pip install rfc3161-client"
        raise InputError("unreadable", field="--stamps-by", detail=detail) from None
    if len(pem) > ROOTS_LIMIT:
        detail = f"must have at most {ROOTS_LIMIT} bytes"
        raise InputError("too_long", field="--stamps-by", detail=detail)
    read_roots(pem)
    return lambda response, data: check_stamp(response, data, pem)


def _lines(verdict: Verdict, language: str) -> str:
    words = WORDS[language]
    lines = [
        f"{step.n:2} {words['ok' if step.ok else 'failed']} {step_name(language, step.name)}: "
        + step_detail(language, step)
        for step in verdict.steps
    ]
    lines += _differences(verdict, words)
    if verdict.ok:
        lines.append(words["verified"].format(entries=verdict.entries, origin=verdict.origin))
        lines.append(words["root"].format(root=verdict.root))
        lines.append(words["cosigned"].format(venues=_all(verdict.cosigned_by) or words["nobody"]))
        lines += [words["key"].format(venue=one, public=key) for one, key in verdict.keys.items()]
        if not verdict.final:
            phase = phase_name(language, str(verdict.phase))
            lines.append(words["unfinished"].format(phase=phase))
    else:
        lines.append(words["not_verified"])
    return "\n".join(lines)


def _differences(verdict: Verdict, words: Mapping[str, str]) -> list[str]:
    found = verdict.against
    if found is None or verdict.ok:
        return []
    lines = [words["vanished"].format(place=place) for place in found.vanished[:LISTED]]
    lines += [words["added"].format(place=place) for place in found.added[:LISTED]]
    more = len(found.vanished[LISTED:]) + len(found.added[LISTED:])
    lines += [words["more"].format(count=more)] if more else []
    if found.accused:
        lines.append(words["accused"].format(venues=_all(found.accused)))
    return lines


def _all(names: Sequence[str]) -> str:
    return ", ".join(names)


def main() -> int:
    """Run as `bideval-verify`, which installs without the server."""
    parser = argparse.ArgumentParser(prog="bideval-verify", description=__doc__)
    _describe(parser)
    return run(parser.parse_args())
