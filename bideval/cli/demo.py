"""`bideval demo`: three venues on this machine and a whole evaluation, from tender to verdict.

Decided here: arguments, ports, what runs side by side, what is printed where, exit codes.
Not decided here: the example and its play (`bideval.rehearsal`), the words (`demo_words`).
"""

from __future__ import annotations

import argparse
import asyncio
import io
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pikepdf

from bideval.audit.bundle import read_bundle
from bideval.cli.demo_words import LANGUAGES, line_for
from bideval.cli.verify import verify_file
from bideval.cli.verify_words import good_detail, step_name
from bideval.cli.workshop import folder_for, open_workshop
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.rehearsal.bid_paper import bid_pdf
from bideval.rehearsal.example_files import example_json
from bideval.rehearsal.example_play import (
    OFFICERS,
    VENUES,
    ExamplePlay,
    example_bids,
    example_tender,
)
from bideval.rehearsal.example_pool import example_pool
from bideval.rehearsal.meeting import MeetingPlan
from bideval.rehearsal.servers import VenuePlan, free_ports, load_program, running
from bideval.rehearsal.stage import (
    authority_of,
    first_accounts,
    hold_meeting,
    plan_venues,
    settle_venues,
)
from bideval.session.names import COURSE, Phase
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bideval.audit.verifier import Verdict
    from bideval.rehearsal.stage import Workshop

VERIFIED = 0
NOT_VERIFIED = 1

SESSION = "demo-2026-wy-03"
RULEBOOK = "rehearsal/2"
FIRST_PORT = 8100
LAST_PORT = 65535
BAR_WIDTH = 14
PDF_WORKERS = 2
"""Processes that make bids; more would only take the servers' cores."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "demo",
        help="run a main and two branch venues on this machine, with a tender to evaluate",
        description="Start three venue servers on loopback, evaluate an example tender through "
        "their public interfaces, verify the evidence bundle, and leave the pages running. Exit "
        "code 0: the bundle verified; 1: it did not.",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=FIRST_PORT,
        metavar="N",
        help=f"first of three ports (default {FIRST_PORT}); free ones if taken",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep everything here")
    parser.add_argument("--once", action="store_true", help="stop after the evaluation")
    parser.add_argument("--lang", choices=sorted(LANGUAGES), default="zh", help="language (zh)")
    parser.set_defaults(run=run)


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= LAST_PORT - len(VENUES):
        raise argparse.ArgumentTypeError(f"must be from 1 to {LAST_PORT - len(VENUES)}")
    return port


def run(args: argparse.Namespace) -> int:
    """Run the demonstration."""
    # A stop from outside must stop the servers too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    screen = Screen(args.lang)
    screen.line("intro")
    out = folder_for(args.out, prefix="bideval-demo-")
    screen.line("out", out=out)
    try:
        return _run(args, out, screen)
    except (BidevalError, TimeoutError, OSError, ExceptionGroup) as error:
        sys.stderr.write(f"bideval demo: {_first(error)}\n")
        return NOT_VERIFIED


def _run(args: argparse.Namespace, out: Path, screen: Screen) -> int:
    load_program()
    workshop = open_workshop()
    venues = plan_venues(VENUES, out / "venues", _ports(args.port, screen))
    screen.tell("papers", {})
    with ProcessPoolExecutor(PDF_WORKERS, initializer=_ignore_interrupt) as makers:
        making = [makers.submit(bid_pdf, number) for number in range(_bid_count())]
        settle_venues(venues, workshop)
        codes = first_accounts(venues, workshop)
        papers = [paper.result() for paper in making]
    screen.tell("papers_done", {"pages": sum(_pages(paper) for paper in papers)})
    with running(venues):
        screen.tell("servers", {"urls": [venue.url for venue in venues]})
        verdict = _evaluate(_plan(venues, codes, papers), workshop, out, screen)
        if not args.once:
            _leave_running(venues, screen)
    return VERIFIED if verdict.ok else NOT_VERIFIED


def _ports(first: int, screen: Screen) -> Sequence[int]:
    wanted = [first + number for number in range(len(VENUES))]
    if all(_is_free(port) for port in wanted):
        return wanted
    chosen = free_ports(len(VENUES))
    screen.line("ports", wanted=first, ports=chosen)
    return chosen


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _ignore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _bid_count() -> int:
    return len(example_json("bids.json")["bids"])


def _plan(
    venues: Sequence[VenuePlan], codes: Mapping[str, str], papers: Sequence[bytes]
) -> MeetingPlan:
    tender = example_tender()
    return MeetingPlan(
        session=SESSION,
        title=tender["title"],
        rulebook=RULEBOOK,
        venues=venues,
        officers=OFFICERS,
        tender=tender,
        bids=example_bids(papers),
        pool=example_pool([seat["venue"] for seat in tender["panel"]["seats"]]),
        codes=codes,
    )


def _pages(paper: bytes) -> int:
    with pikepdf.open(io.BytesIO(paper)) as pdf:
        return len(pdf.pages)


def _evaluate(plan: MeetingPlan, workshop: Workshop, out: Path, screen: Screen) -> Verdict:
    _, bundle = asyncio.run(hold_meeting(plan, ExamplePlay(), workshop.devices, screen.tell))
    bundle_file = out / f"{SESSION}.bideval-bundle"
    bundle_file.write_bytes(bundle)
    report_file = _keep_report(bundle, out)
    verdict = verify_file(bundle_file)
    screen.ranking(verdict.result)
    screen.verdict(verdict)
    if report_file is not None:
        screen.line("report", path=report_file)
        screen.line("authority", path=authority_of(plan.venues))
    screen.line("bundle", path=bundle_file)
    screen.line("again", path=bundle_file)
    screen.line("took", seconds=screen.seconds())
    return verdict


def _keep_report(bundle: bytes, out: Path) -> Path | None:
    """Write the report that the record names beside the bundle."""
    parts = read_bundle(bundle)
    entries = (parse_entry(parse_line(bytes(line)).jws) for line in parts.lines)
    issued = [entry.body for entry in entries if entry.kind == "report.issued"]
    if not issued:
        return None
    described: Any = issued[-1]["file"]
    report = out / f"{SESSION}-report.pdf"
    report.write_bytes(parts.files[described["sha256"]])
    return report


def _leave_running(venues: Sequence[VenuePlan], screen: Screen) -> None:
    screen.line("pages")
    for venue in venues:
        screen.line("page", name=venue.name, url=venue.url)
    screen.line("session", session=SESSION)
    screen.line("stop")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        screen.line("stopped")


@dataclass(slots=True)
class Screen:
    """Plain lines: the time, how far the course has come, and what happened."""

    language: str
    began: float = field(default_factory=time.monotonic)
    phase: Phase = Phase.PREPARED

    def seconds(self) -> str:
        """Return how long the run has taken."""
        return f"{time.monotonic() - self.began:.1f}"

    def line(self, key: str, **facts: object) -> None:
        """Print a line of its own."""
        self._print(line_for(LANGUAGES[self.language], key, facts) or key)

    def tell(self, event: str, facts: Mapping[str, object]) -> None:
        """Print what happened with the time and the progress; a phase is told once."""
        if event == "phase":
            phase = Phase(str(facts["phase"]))
            if phase is self.phase:
                return
            self.phase = phase
        line = line_for(LANGUAGES[self.language], event, _with_names(facts))
        if line is not None:
            self._print(f"{float(self.seconds()):6.1f} s {self._bar()} {line}")

    def _bar(self) -> str:
        at = COURSE.index(self.phase) + 1 if self.phase in COURSE else len(COURSE)
        done = BAR_WIDTH * at // len(COURSE)
        return f"[{'#' * done}{'.' * (BAR_WIDTH - done)}] {at:2}/{len(COURSE)}"

    def ranking(self, result: object) -> None:
        """Print the bids in rank order, unranked ones last."""
        if not isinstance(result, dict):
            return
        names = [bid["name"] for bid in example_json("bids.json")["bids"]]
        lines = list(zip(result["bids"].values(), names, strict=True))
        ranked = sorted((one for one in lines if one[0]["rank"]), key=lambda one: one[0]["rank"])
        self._print("")
        self.line("ranking")
        for line, name in ranked:
            price = f"{Decimal(line['evaluated_price']):,.2f}"
            self.line("rank", rank=line["rank"], total=line["total"], price=price, name=name)
        for line, name in lines:
            if not line["rank"]:
                self.line("unranked", name=name)

    def verdict(self, verdict: Verdict) -> None:
        """Print the verifier's numbered steps and what they come to."""
        words = LANGUAGES[self.language]
        self._print("")
        self.line("verify")
        for step in verdict.steps:
            name = step_name(self.language, step.name)
            state = words["ok"] if step.ok else words["failed"]
            detail = good_detail(self.language, step.detail) if step.ok else step.detail
            self._print(f"{step.n:3} {state} {name}: {detail}")
        if verdict.ok:
            self.line("verified", entries=verdict.entries, venues=verdict.cosigned_by)
        else:
            self.line("not_verified")

    def _print(self, text: str) -> None:
        print(text, flush=True)


def _with_names(facts: Mapping[str, object]) -> dict[str, object]:
    """Return the facts with names beside ids of venues and bids."""
    named = dict(facts)
    if "bid" in facts:
        number = int(str(facts["bid"]).removeprefix("bid-")) - 1
        named["name"] = example_json("bids.json")["bids"][number]["name"]
    if "venue" in facts:
        named["venue"] = VENUES[str(facts["venue"])]
    if "price" in facts:
        named["price"] = f"{Decimal(str(facts['price'])):,.2f}"
    branches = facts.get("branches")
    if isinstance(branches, list):
        named["branches"] = [VENUES[venue] for venue in branches]
    return named


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
