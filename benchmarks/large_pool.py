"""What a pool of a million costs: its wait on the disk, import into a real store, and one draw.

    python benchmarks/large_pool.py [experts] [--blind-only]

Prints seconds, seconds of a core and the largest resident memory after each part; the table is made
on the way. `--blind-only` leaves out what is linear and slow: encrypting and keeping each identity.
"""

from __future__ import annotations

import hashlib
import io
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from tempfile import TemporaryFile
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeVar, cast

from bideval.actions.pool import _kept_rows, _Rules, identity_of_row
from bideval.actions.pool_table import check_table, table_rows
from bideval.draw.exclusions import Bars, exclusion_of
from bideval.draw.panel import draw_panel
from bideval.draw.pool import PoolRow, make_pool, parse_pool, pool_lines
from bideval.draw.seats import SeatPlan
from bideval.evidence.agefile import new_age_identity
from bideval.evidence.veil import KEY_BYTES, Veiled
from bideval.pages.pool_upload import GATHER_BYTES
from bideval.store.record_store import SqlRecordStore
from bideval.store.schema import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

T = TypeVar("T")

DISCIPLINES, VENUES = ("A01", "A02", "A03", "A04"), ("fenghua", "wencheng", "taishun")
PLAN = SeatPlan({"A01": 3, "A02": 2}, {"fenghua": 3, "wencheng": 2})


def write_table(path: Path, experts: int) -> None:
    with path.open("w", encoding="utf-8-sig") as file:
        file.write("name,id_tail,discipline,venue,employer,phone,title,former\n")
        for n in range(experts):
            discipline, venue = DISCIPLINES[n % 4], VENUES[n % 3]
            former = f"第{n % 700}设计院@2024-{n % 12 + 1:02d}-01" if n % 5 == 0 else ""
            cells = f"专家{n},{n:08d},{discipline},{venue},单位{n % 900},138{n:08d},高级工程师"
            file.write(f"{cells},{former}\n")


def main(experts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), experts)


def measure(folder: Path, experts: int) -> None:
    table, url = folder / "pool.csv", f"sqlite:///{folder / 'store.sqlite'}"
    write_table(table, experts)
    print(f"table: {experts:,} rows, {table.stat().st_size:,} bytes")
    migrate(url, Path(__file__).parents[1] / "migrations")
    store = SqlRecordStore(url)
    keys = SimpleNamespace(recipient=new_age_identity()[1])
    devices = SimpleNamespace(entropy=SimpleNamespace(token=os.urandom), keys=keys, store=store)
    bars = Bars(venues=set(VENUES[:2]), disciplines=set(DISCIPLINES[:2]), bidders={"单位7"})
    rules = _Rules("large-pool", bars, weighted=False)
    with TemporaryFile(dir=folder) as waiting:
        source = part("hide the table", lambda: hidden(table, waiting))
        part("check", lambda: check_table(source))
        venue = SimpleNamespace(devices=devices)
        if "--blind-only" in sys.argv:
            pool = part("blind", lambda: make_pool(blinded(rules, source)))
        else:
            pool = part("blind, encrypt, keep", lambda: make_pool(_kept_rows(venue, rules, source)))
    data = part("write the pool file", lambda: b"".join(pool_lines(pool.rows)))
    print(f"pool file: {len(data):,} bytes, {pool.excluded}")
    read = part("read the pool file", lambda: parse_pool(data))
    seed = hashlib.sha256(b"large pool").digest()
    panel = part("draw", lambda: draw_panel(read.rows, seed, PLAN))
    print(f"drawn: {[one.row.discipline for one in panel]}")
    store.close()


def hidden(table: Path, waiting: BinaryIO) -> BinaryIO:
    """Return the table as an upload waits: under a key."""
    veiled = Veiled(waiting, os.urandom(KEY_BYTES))
    with table.open("rb") as source:
        while piece := source.read(GATHER_BYTES):
            veiled.write(piece)
    veiled.seek(0)
    return cast("BinaryIO", io.BufferedReader(veiled, GATHER_BYTES))


def blinded(rules: _Rules, source: BinaryIO) -> Iterator[PoolRow]:
    for row in table_rows(source):
        identity, private = identity_of_row(row, os.urandom, weighted=False)
        status = exclusion_of(identity, private, rules.bars)
        yield PoolRow(identity.leaf, row.discipline, row.venue, status)


def part(name: str, work: Callable[[], T]) -> T:
    """Do one part and print what it took; the processor's seconds do not depend on the load."""
    start, busy = time.perf_counter(), time.process_time()
    result = work()
    wall, cpu = time.perf_counter() - start, time.process_time() - busy
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name}: {wall:.1f} s, {cpu:.1f} s of a core, at most {most} MiB", flush=True)
    return result


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
