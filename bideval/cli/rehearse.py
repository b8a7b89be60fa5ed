"""`bideval rehearse`: push a case through real venue servers and compare with `evaluate`.

Decided here: arguments, where things are left, what is printed, exit codes.
Not decided here: how the meeting is held (`bideval.rehearsal`) and what verified means (`audit`).
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bideval.cli.evaluate import one_line, print_utf8
from bideval.cli.verify import verify_file
from bideval.cli.workshop import folder_for, open_workshop
from bideval.rehearsal.case_meeting import (
    OFFICERS,
    CasePlay,
    bids_of,
    check_case,
    pool_of,
    tender_of,
)
from bideval.rehearsal.meeting import MeetingPlan
from bideval.rehearsal.script import make_script, result_in_words_of_case
from bideval.rehearsal.servers import load_program, running
from bideval.rehearsal.stage import first_accounts, hold_meeting, plan_venues, settle_venues
from bideval.scoring.engine import consolidate
from bideval.scoring.reading import MAX_CASE_BYTES, read_case
from bideval.scoring.result import result_document
from bideval.terms.errors import BidevalError, InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from bideval.audit.verifier import Verdict
    from bideval.rehearsal.persona import Devices
    from bideval.rehearsal.script import CaseScript
    from bideval.rehearsal.servers import VenuePlan
    from bideval.scoring.case import Case

Key = TypeVar("Key")

REHEARSED = 0
DIFFERS = 1
UNUSABLE = 2

SESSION = "rehearsal"
MAX_VENUES = 9
"""Servers that one machine runs side by side without being the bottleneck of what it tests."""
DEFAULT_VENUES = 3
MAX_WORKERS = 16
LONGEST_CUT_S = 3600
ABOUT_LENGTH = 160
"""Characters of a step's facts on one line of the screen."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "rehearse",
        help="push a case through real servers by their public interfaces",
        description="Run a bideval-case/1 through venue servers of its own, with every mark signed "
        "and sealed by its member. Exit code 0: the bundle verifies and the result is the one that "
        "`bideval evaluate` computes; 1: not so; 2: the case cannot be used.",
    )
    parser.add_argument("case", metavar="CASE.json", help="the case file")
    parser.add_argument(
        "--venues", type=int, default=DEFAULT_VENUES, metavar="N", help="servers (default 3)"
    )
    parser.add_argument(
        "--cut-line",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="cut the line between main and the first branch for so long during scoring",
    )
    parser.add_argument(
        "--database",
        default="",
        metavar="URL",
        help="an empty PostgreSQL database for each server, with {venue} in its name (default: "
        "SQLite files)",
    )
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes of the main venue"
    )
    parser.add_argument(
        "--nats", default="", metavar="URL", help="the NATS server for those processes"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep bundle, report and logs here")
    parser.add_argument("--json", action="store_true", help="print the result object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Rehearse `args.case`."""
    # A stop from outside must stop the servers too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        case = read_case(_read(Path(args.case)))
        _check_range("--venues", args.venues, 1, MAX_VENUES)
        _check_range("--workers", args.workers, 1, MAX_WORKERS)
        _check_range("--cut-line", args.cut_line, 0, LONGEST_CUT_S)
        expected = result_document(consolidate(case))
        script = make_script(case, [_venue(number) for number in range(args.venues)])
        check_case(case, script, args.venues)
        rehearsal = _prepare(args, case, script)
    except InputError as error:
        return _complain(one_line(f"{args.case}: {error}"), UNUSABLE)
    try:
        return _rehearse(rehearsal, case, script, expected, as_json=args.json)
    except (BidevalError, TimeoutError, OSError, ExceptionGroup) as error:
        return _complain(f"{args.case}: {_first(error)}", DIFFERS)


def _check_range(option: str, value: float, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InputError("out_of_range", field=option, detail=f"must be from {least} to {most}")


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    """Everything that is ready before a server starts."""

    bundle: Path
    plan: MeetingPlan
    devices: Devices


def _prepare(args: argparse.Namespace, case: Case, script: CaseScript) -> _Rehearsal:
    """Write what the servers need; raises InputError naming the option that cannot be used."""
    load_program()
    workshop = open_workshop()
    names = {_venue(number): f"venue {number}" for number in range(args.venues)}
    try:
        out = folder_for(args.out, prefix="bideval-rehearsal-")
        venues = _with_databases(plan_venues(names, out / "venues"), args)
        settle_venues(venues, workshop)
    except OSError as error:
        detail = f"cannot be written to: {error.strerror}"
        raise InputError("unusable_folder", field="--out", detail=detail) from None
    plan = MeetingPlan(
        session=SESSION,
        title=script.title,
        rulebook="rehearsal/1",
        venues=venues,
        officers=OFFICERS,
        tender=tender_of(case, script, list(names)),
        bids=bids_of(case, script),
        pool=pool_of(script),
        codes=first_accounts(venues, workshop),
        cut_line_s=args.cut_line,
    )
    return _Rehearsal(out / f"{SESSION}.bideval-bundle", plan, workshop.devices)


def _rehearse(
    rehearsal: _Rehearsal,
    case: Case,
    script: CaseScript,
    expected: Mapping[str, Any],
    *,
    as_json: bool,
) -> int:
    venues = rehearsal.plan.venues
    with running(venues):
        meeting = hold_meeting(rehearsal.plan, CasePlay(script), rehearsal.devices, _tell)
        _, bundle = asyncio.run(meeting)
    rehearsal.bundle.write_bytes(bundle)
    verdict = verify_file(rehearsal.bundle)
    result = _result(script, verdict, case)
    document = {
        **(_in_order_of(expected, result) if result else {"final": False}),
        "bundle": str(rehearsal.bundle),
        "verified": verdict.ok,
        "entries": verdict.entries,
        "venues": len(venues),
    }
    same = result is not None and _comparable(result) == _comparable(expected)
    _print(document, verdict, same=same, as_json=as_json)
    return REHEARSED if verdict.ok and same else DIFFERS


def _with_databases(plans: list[VenuePlan], args: argparse.Namespace) -> list[VenuePlan]:
    main, *branches = (
        replace(plan, database_url=args.database.replace("{venue}", plan.id)) for plan in plans
    )
    return [replace(main, workers=args.workers, nats=args.nats), *branches]


def _venue(number: int) -> str:
    return "main" if number == 0 else f"branch-{number}"


def _tell(event: str, facts: Mapping[str, object]) -> None:
    about = ", ".join(f"{name} {value}" for name, value in facts.items() if value)
    sys.stderr.write(f"bideval rehearse: {event}: {about[:ABOUT_LENGTH]}\n")


def _result(script: CaseScript, verdict: Verdict, case: Case) -> dict[str, object] | None:
    if not isinstance(verdict.result, dict):
        return None
    return result_in_words_of_case(script, verdict.result, case)


def _comparable(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result with its findings in one order; they may come in any."""
    # Compared, never hashed or signed.
    findings = sorted(json.dumps(one, sort_keys=True) for one in result["findings"])  # noqa: TID251
    return {**result, "findings": findings}


def _in_order_of(expected: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result with keys and findings in the order in which `evaluate` prints them.

    A record keeps its result in canonical form, where keys stand by name, and names of its own.
    """
    bids = {
        name: _sorted_as(expected["bids"].get(name, {}), line)
        for name, line in result["bids"].items()
    }
    found = {frozenset(one.items()): one for one in result["findings"]}
    findings = _sorted_as({frozenset(one.items()): one for one in expected["findings"]}, found)
    kinds = [_sorted_as({"kind": ""}, one) for one in findings.values()]
    return _sorted_as(expected, {**result, "bids": bids, "findings": kinds})


def _sorted_as(like: Mapping[Key, Any], some: Mapping[Key, Any]) -> dict[Key, Any]:
    names = [name for name in like if name in some]
    return {name: some[name] for name in dict.fromkeys([*names, *some])}


def _print(document: Mapping[str, Any], verdict: Verdict, *, same: bool, as_json: bool) -> None:
    if as_json:
        # Printed for people and pipes, never hashed or signed.
        print_utf8(json.dumps(document, ensure_ascii=False, indent=1))  # noqa: TID251
    else:
        ranks = {
            name: line.get("rank")
            for name, line in document.get("bids", {}).items()
            if line.get("rank") is not None
        }
        lines = [
            f"result {'equals' if same else 'DIFFERS from'} what evaluate computes",
            *(f"{rank:3} {name}" for name, rank in sorted(ranks.items(), key=lambda x: x[1])),
            f"bundle {document['bundle']}",
            f"{'verified' if verdict.ok else 'NOT VERIFIED'}: {document['entries']} entries",
        ]
        sys.stdout.write("\n".join([*lines, ""]))
    if not verdict.ok:
        failed = verdict.steps[-1]
        sys.stderr.write(f"bideval rehearse: step {failed.n} {failed.name}: {failed.detail}\n")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_CASE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        detail = f"cannot be read: {reason}"
        raise InputError("unreadable", field="case", detail=detail) from None


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _complain(text: str, code: int) -> int:
    sys.stderr.write(f"bideval rehearse: {text}\n")
    return code
