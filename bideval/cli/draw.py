"""`bideval draw`: recompute the draw of a bundle, or draw often and look whether it is uniform.

Decided here: what is read, what is printed, exit codes.
Not decided here: the steps (`bideval.audit.draw_verifier`), the statistics
(`bideval.draw.uniformity`) and how a simulation is spread over cores (`draw_simulation`). Nothing
of a server is imported.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from bideval.audit.draw_verifier import verify_draw
from bideval.cli.draw_pools import default_plan, invented_pool, plan_of, pool_in
from bideval.cli.draw_simulation import simulate
from bideval.cli.signature_pool import checker, cores
from bideval.cli.verify import mapped
from bideval.draw.uniformity import BIASED_BELOW, findings
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from bideval.audit.draw_verifier import DrawVerdict
    from bideval.draw.seats import SeatPlan
    from bideval.draw.uniformity import Finding, Tally

HOLDS = 0
FOUND_WRONG = 1
UNUSABLE = 2
DRAWS = 100_000
MOST_DRAWS = 100_000_000
EXPERTS = 60
MOST_EXPERTS = 1_000_000


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the commands."""
    parser = subparsers.add_parser("draw", help="recompute the draw of a panel, or test it")
    commands = parser.add_subparsers(required=True, metavar="WHAT")
    verify = commands.add_parser(
        "verify",
        help="recompute the draw of a bundle, step by step",
        description="Recompute the draw from the bundle alone. Exit code 0: everything holds; 1: "
        "the step and the entry that fail are named; 2: there is no bundle or no draw in it.",
    )
    verify.add_argument("bundle", metavar="BUNDLE", help="the evidence bundle")
    verify.add_argument("--json", action="store_true", help="print the verdict as JSON")
    verify.set_defaults(run_draw=_verify)
    _describe_simulate(commands)


def _describe_simulate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "simulate",
        help="draw often, and test by χ² whether everybody of a stratum is drawn alike",
        description="Draw panels with the functions of a session. Exit code 0: no stratum is "
        f"biased; 1: one is (p below {BIASED_BELOW:f}); 2: the arguments or the pool are wrong.",
    )
    pools = parser.add_mutually_exclusive_group()
    pools.add_argument("--pool", metavar="FILE", help="a table (CSV) or a pool file")
    pools.add_argument("--experts", type=int, default=EXPERTS, metavar="N", help="invent so many")
    parser.add_argument("--draws", type=int, default=DRAWS, metavar="N", help="how often to draw")
    parser.add_argument("--seed", default="1", metavar="S", help="any text; the same draws again")
    for name in ("discipline", "venue"):
        parser.add_argument(
            f"--{name}", action="append", metavar="ID=SEATS", help="seats of the panel; repeatable"
        )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run_draw=_simulate)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; return the exit code."""
    code: int = args.run_draw(args)
    return code


def _verify(args: argparse.Namespace) -> int:
    try:
        verdict = verify_draw(mapped(Path(args.bundle), "file"), checker=checker(cores()))
    except InputError as error:
        sys.stderr.write(f"bideval draw verify: {args.bundle}: {error}\n")
        return UNUSABLE
    _print(verdict.document() if args.json else _verdict_lines(verdict))
    return HOLDS if verdict.ok else FOUND_WRONG


def _verdict_lines(verdict: DrawVerdict) -> Iterable[str]:
    for step in verdict.steps:
        yield f"{step.n:2} {'ok  ' if step.ok else 'FAIL'} {step.name}: {step.detail}"
    yield f"the draw of {verdict.session} holds" if verdict.ok else "NOT VERIFIED"


def _simulate(args: argparse.Namespace) -> int:
    if not 1 <= args.draws <= MOST_DRAWS:
        raise InputError("out_of_range", field="--draws", detail=f"must be 1 to {MOST_DRAWS}")
    if not 1 <= args.experts <= MOST_EXPERTS:
        raise InputError("out_of_range", field="--experts", detail=f"must be 1 to {MOST_EXPERTS}")
    pool = pool_in(Path(args.pool), args.seed) if args.pool else invented_pool(args.experts)
    asked = args.discipline or args.venue
    plan = plan_of(args.discipline, args.venue) if asked else default_plan(pool)
    counts = simulate(pool, plan, seed=args.seed, draws=args.draws, progress=_progress)
    found = findings(pool.rows, counts)
    _print(_findings_document(found, counts) if args.json else _lines(found, counts, plan))
    return FOUND_WRONG if any(one.biased for one in found) else HOLDS


def _progress(done: int, of: int) -> None:
    sys.stderr.write(f"bideval draw simulate: {done:,} of {of:,} draws\n")
    sys.stderr.flush()


def _lines(found: Iterable[Finding], counts: Tally, plan: SeatPlan) -> Iterable[str]:
    yield f"{counts.draws:,} draws of {plan.size} seats"
    yield (
        f"{'stratum':<24} {'experts':>8} {'seats':>10} {'counted':>8} {'least':>8} {'most':>8} "
        f"{'χ²':>10} {'df':>6}  p at most"
    )
    for one in found:
        yield (
            f"{'/'.join(one.stratum):<24} {one.experts:>8} {one.seats:>10} {one.counted:>8} "
            f"{one.least:>8} {one.most:>8} {_shown(one)}"
        )


def _shown(one: Finding) -> str:
    if one.p_bound is None:
        return f"{'-':>10} {'-':>6}  nothing to compare"
    verdict = "  BIASED" if one.biased else ""
    return f"{_decimal(one, '.1f'):>10} {one.freedom:>6}  {one.p_bound:.3g}{verdict}"


def _decimal(one: Finding, form: str) -> str:
    return format(Decimal(round(one.statistic * 1000)).scaleb(-3), form)


def _findings_document(found: Iterable[Finding], counts: Tally) -> dict[str, object]:
    strata = [
        {
            "stratum": "/".join(one.stratum),
            "experts": one.experts,
            "seats": one.seats,
            "counted": one.counted,
            "least": one.least,
            "most": one.most,
            "chi_squared": _decimal(one, ".3f"),
            "freedom": one.freedom,
            "p_bound": None if one.p_bound is None else f"{one.p_bound:.6g}",
            "biased": one.biased,
        }
        for one in found
    ]
    return {"draws": counts.draws, "strata": strata}


def _print(what: dict[str, object] | Iterable[str]) -> None:
    if isinstance(what, dict):
        # Printed for people and pipes, never hashed or signed.
        text = json.dumps(what, ensure_ascii=False, indent=1)  # noqa: TID251
    else:
        text = "\n".join(what)
    sys.stdout.write(text + "\n")
