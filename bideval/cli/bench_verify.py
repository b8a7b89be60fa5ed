"""`bideval bench verify`: what verifying a long record costs beside its hashes and signatures.

Decided here: what the bare cost is (SHA-256 of the file and of every line, one Ed25519 check per
entry on the same cores, nothing parsed, nothing judged), how both are timed, what is kept of an
entry in memory, what is printed.
Not decided here: how the record is made (`bideval.rehearsal.paper_meeting`).
"""

from __future__ import annotations

import hashlib
import json
import mmap
import multiprocessing
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from bideval.audit.bundle import read_bundle
from bideval.audit.replay import replay
from bideval.cli.signature_pool import CHUNK, cores
from bideval.cli.verify import mapped, verify_file
from bideval.evidence.encoding import unb64u
from bideval.ledger.line import parse_line
from bideval.ledger.tree import Frontier, leaf_hash
from bideval.rehearsal.paper_meeting import LEAST, paper_record
from bideval.rehearsal.paper_record import paper_bundle
from bideval.terms.errors import FaultError, InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from bideval.evidence.signing import PublicKey

    Bare = tuple[PublicKey, bytes, bytes]
    """A key, a signature, and the bytes that it is over."""

MOST = 10_000_000
ROUNDS = 3


class Cost(NamedTuple):
    """Seconds by the clock, and seconds of all cores together."""

    wall_s: float
    cpu_s: float


def describe(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command under `bideval bench`."""
    parser = what.add_parser(
        "verify",
        help="time the verification of a long record beside its bare hashes and signatures",
        description="Make the bundle of a finished session of N entries, most of them marks that "
        "27 members sealed and signed, verify it, and time its bare hashes and signature checks on "
        "the same cores.",
    )
    parser.add_argument(
        "--entries", type=int, default=100_000, metavar="N", help="entries (default 100000)"
    )
    parser.add_argument("--seed", default="1", help="what signing keys are made from (default 1)")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="processes (default: all)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="runs of each (default 3)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.set_defaults(measure=run)


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    for option, value, least in (("--entries", args.entries, LEAST), ("--rounds", args.rounds, 1)):
        if not least <= value <= MOST:
            raise InputError("out_of_range", field=option, detail=f"must be {least} to {MOST}")
    with tempfile.TemporaryDirectory(prefix="bideval-bench-") as folder:
        path = Path(folder) / "paper.bundle"
        with path.open("wb") as file:
            file.writelines(paper_bundle(paper_record(args.entries, args.seed)))
        document = measure(path, args.jobs or cores(), args.rounds)
    # Printed for people and pipes, never hashed or signed.
    print(json.dumps(document, indent=1) if args.json else _table(document))  # noqa: TID251
    return 0


def measure(path: Path, jobs: int, rounds: int) -> dict[str, Any]:
    """Return both costs of a bundle, taken in turns, and how many times the bare one it is."""
    bare_jobs = _bare_jobs(path)
    bare, whole = [], []
    for _ in range(rounds):
        bare.append(_timed(lambda: _bare(path, bare_jobs, jobs)))
        whole.append(_timed(lambda: _verify(path, jobs)))
    medians = {
        name: Cost(*(round(median(times), 3) for times in zip(*costs, strict=True)))
        for name, costs in (("bare", bare), ("verify", whole))
    }
    return {
        "entries": len(bare_jobs),
        "bytes": path.stat().st_size,
        "jobs": jobs,
        "rounds": rounds,
        **{
            name: {k: round(v, 3) for k, v in cost._asdict().items()}
            for name, cost in medians.items()
        },
        "kept_bytes_per_entry": _kept_per_entry(path),
        "ratio_wall": round(medians["verify"].wall_s / medians["bare"].wall_s, 2),
        "ratio_cpu": round(medians["verify"].cpu_s / medians["bare"].cpu_s, 2),
    }


def _timed(act: Callable[[], None]) -> Cost:
    begun, used = time.perf_counter(), _cpu()
    act()
    return Cost(time.perf_counter() - begun, _cpu() - used)


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usages)


def _kept_per_entry(path: Path) -> int:
    """Return the bytes that a fold keeps of each entry, counted in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_kept, path).result()


def _kept(path: Path) -> int:
    bundle = read_bundle(mapped(path, "bundle"))
    before = _anonymous_bytes()
    run = replay(bundle.manifest.session, bundle.lines)
    return (_anonymous_bytes() - before) // run.size


def _anonymous_bytes() -> int:
    """Return the memory of this process that is not a mapped file."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    line = next(line for line in status if line.startswith("RssAnon:"))
    return int(line.split()[1]) * 1024


def _verify(path: Path, jobs: int) -> None:
    verdict = verify_file(path, jobs=jobs)
    if not verdict.ok:
        raise FaultError("not_verified", field=verdict.steps[-1].name, detail="the paper is wrong")


def _bare_jobs(path: Path) -> list[Bare]:
    """Take everything apart that a check needs, so that only the checks themselves are timed."""
    bundle = read_bundle(path.read_bytes())
    run = replay(bundle.manifest.session, bundle.lines)
    owners = run.session.people.owners
    taken = []
    for position in range(run.size):
        jws = parse_line(bundle.lines[position]).jws
        signed, _, signature = jws.rpartition(".")
        key = owners[run.entry(position).kid].key
        taken.append((key, unb64u(signature, field="signature"), signed.encode()))
    return taken


def _bare(path: Path, jobs: Sequence[Bare], workers: int) -> None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        hashlib.sha256(view)
    chunks = [jobs[start : start + CHUNK] for start in range(0, len(jobs), CHUNK)]
    if workers == 1:
        for chunk in chunks:
            _check_bare(chunk)
    else:
        with ProcessPoolExecutor(workers) as pool:
            for _ in pool.map(_check_bare, chunks):
                pass
    Frontier(leaf_hash(signed) for _key, _signature, signed in jobs).root()


def _check_bare(jobs: Sequence[Bare]) -> None:
    for key, signature, signed in jobs:
        key.verify(signature, signed)


def _table(document: dict[str, Any]) -> str:
    lines = [
        f"{document['entries']} entries, {document['bytes']} bytes, {document['jobs']} processes, "
        f"median of {document['rounds']}",
        f"{'seconds':<28} {'clock':>8} {'all cores':>10}",
    ]
    for name, words in (("bare", "hashes and signatures"), ("verify", "bideval verify")):
        cost = document[name]
        lines.append(f"{words:<28} {cost['wall_s']:>8.2f} {cost['cpu_s']:>10.2f}")
    lines.append(f"{'times':<28} {document['ratio_wall']:>8.2f} {document['ratio_cpu']:>10.2f}")
    lines.append(f"kept of an entry, bytes: {document['kept_bytes_per_entry']}")
    return "\n".join(lines)
