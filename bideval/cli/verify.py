"""`bideval verify`: read a bundle, take the steps, say what was found.

Decided here: how the file is read, that all cores verify signatures, what is printed, exit codes.
Not decided here: the steps (`bideval.audit.verifier`). Nothing of a server is imported.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from bideval.audit.replay import first_forged
from bideval.audit.verifier import Verdict, verify_bundle
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.evidence.signing import PublicKey

VERIFIED = 0
FOUND_WRONG = 1
UNUSABLE = 2

CHUNK = 2_000
"""Signatures per task: about a quarter of a second, so that a core's start-up does not count."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "verify",
        help="verify a session's evidence bundle, step by step, without a server",
        description="Verify an evidence bundle offline. Exit code 0: everything holds; 1: the step "
        "and the entry or region that fails are named; 2: this is not a bundle.",
    )
    _describe(parser)
    parser.set_defaults(run=run)


def _describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE", help="the evidence bundle")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")


def run(args: argparse.Namespace) -> int:
    """Verify `args.bundle` and print the verdict."""
    try:
        verdict = verify_file(Path(args.bundle))
    except InputError as error:
        sys.stderr.write(f"bideval verify: {args.bundle}: {error}\n")
        return UNUSABLE
    if args.json:
        # Printed for people and pipes, never hashed or signed.
        text = json.dumps(verdict.document(), ensure_ascii=False, indent=1)  # noqa: TID251
    else:
        text = _lines(verdict)
    sys.stdout.write(text + "\n")
    return VERIFIED if verdict.ok else FOUND_WRONG


def verify_file(path: Path) -> Verdict:
    """Return the verdict on the bundle in a file; raises InputError where there is none."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise InputError("not_a_bundle", field="file", detail="is empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
                return _verify(view)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a regular file"
        raise InputError("unreadable", field="file", detail=f"cannot be read: {reason}") from None


def _verify(view: mmap.mmap) -> Verdict:
    with memoryview(view) as data:
        return verify_bundle(data, checker=first_forged_on_all_cores)


def first_forged_on_all_cores(jobs: Sequence[tuple[str, PublicKey]]) -> int | None:
    """As `first_forged`, on as many processes as there are cores where that pays."""
    workers = os.cpu_count() or 1
    if workers == 1 or len(jobs) < 2 * CHUNK:
        return first_forged(jobs)
    chunks = [jobs[start : start + CHUNK] for start in range(0, len(jobs), CHUNK)]
    with ProcessPoolExecutor(workers) as pool:
        for number, found in enumerate(pool.map(first_forged, chunks)):
            if found is not None:
                return number * CHUNK + found
    return None


def _lines(verdict: Verdict) -> str:
    lines = [
        f"{step.n:2} {'ok  ' if step.ok else 'FAIL'} {step.name}: {step.detail}"
        for step in verdict.steps
    ]
    if verdict.ok:
        lines.append(f"verified: {verdict.entries} entries of {verdict.origin}")
        lines.append(f"root {verdict.root}")
        lines.append(f"co-signed by {', '.join(verdict.cosigned_by) or 'nobody else'}")
    else:
        lines.append("NOT VERIFIED")
    return "\n".join(lines)


def main() -> int:
    """Run as `bideval-verify`, which installs without the server."""
    parser = argparse.ArgumentParser(prog="bideval-verify", description=__doc__)
    _describe(parser)
    return run(parser.parse_args())
