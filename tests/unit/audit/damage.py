"""Damage to a bundle, bit by bit, cut by cut, record by record: every piece found, and where.

    python -m tests.unit.audit.damage [--stride 1] [--offset 0] [--jobs N]

flips every bit of a small bundle in turn, once as it lies and once with the container put right
again, and cuts it everywhere. It prints what was tried and what was not found, or not in its place;
tests take a seeded sample.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from bideval.audit.bundle import read_bundle
from bideval.audit.container import read_container, source, write_container
from bideval.audit.replay import first_forged
from bideval.audit.verifier import verify_bundle
from bideval.cli.signature_pool import cores
from bideval.terms.errors import InputError
from tests.unit.audit.hearing import Hearing, bundle_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bideval.audit.replay import Job

SHARE = 400
"""Places that one process tries before it asks for more."""

HEADER = len(b"bideval-bundle/1\n")


@cache
def small() -> bytes:
    """Return a bundle of a founded session with a tender, one bid and its file."""
    talk = Hearing()
    talk.found()
    talk.people()
    talk.publish()
    body = talk.bid("bid-a")
    talk.must("bidder-aaaaaaaa", "bid.sealed", body)
    return bundle_of(talk)


@cache
def ranges() -> list[tuple[str, int, int]]:
    """Return the sections of the small bundle: name, start and end of the content."""
    return [(one.name, one.offset, one.offset + len(one.data)) for one in read_container(small())]


def finding(data: bytes) -> tuple[str, str] | None:
    """Return step and place of what a verification finds; None where it finds nothing."""
    try:
        verdict = verify_bundle(data, checker=_first_forged_of_new)
    except InputError as none:
        return "no bundle", none.field
    if verdict.ok:
        return None
    return verdict.steps[-1].name, verdict.steps[-1].detail.partition(": ")[0]


_GOOD: set[Job] = set()


def _first_forged_of_new(jobs: Iterable[Job], _lines: object = None, /) -> int | None:
    """As `first_forged`; a JWS that was good under a key is not checked under it again."""
    for index, job in enumerate(jobs):
        if job in _GOOD:
            continue
        if first_forged([job]) is not None:
            return index
        _GOOD.add(job)
    return None


def flipped(data: bytes, bit: int) -> bytes:
    """Return the data with one bit turned."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def unnoticed_flips(bits: Iterable[int]) -> Iterator[int]:
    """Yield the bits whose flip is not found at step 1, in the section or header line of theirs."""
    for bit in bits:
        found = finding(flipped(small(), bit))
        if found is None or found[0] != "container" or not located(bit // 8, found[1]):
            yield bit


def located(byte: int, region: str) -> bool:
    """Whether a region is the section of a byte, or next to the header line that it is in."""
    if byte < HEADER:
        return region == "header"
    names = [name for name, _, _ in ranges()]
    inside = [name for name, start, end in ranges() if start <= byte < end]
    if inside:
        return region.startswith(inside[0])
    behind = sum(end <= byte for _, _, end in ranges())
    near = {*names[max(behind - 1, 0) : behind + 2], "end", "after header", "container"}
    near |= {f"after {name}" for name in names} | {"manifest.files"}
    return region in near or region.startswith("file/")


def resealed(section: str, content: bytes) -> bytes:
    """Return the small bundle with one section's content replaced and every digest right."""
    parts = [
        source(part.name, content if part.name == section else bytes(part.data))
        for part in read_container(small())
    ]
    return b"".join(write_container(parts))


@cache
def content_of(section: str) -> bytes:
    """Return a section of the small bundle."""
    return bytes(next(part.data for part in read_container(small()) if part.name == section))


def unnoticed_deep_flips(bits: Iterable[int]) -> Iterator[int]:
    """Yield bits of the record that a verification of the resealed bundle does not find in place.

    Every flip must be found at the very entry whose bytes it changed; a shorter length may leave a
    line that reads, and is then found at the next.
    """
    for bit in bits:
        found = finding(resealed("record", flipped(content_of("record"), bit)))
        at = entry_at(bit // 8)
        expected = {at, at + 1} if bit // 8 - starts()[at] < 2 else {at}
        if found is None or entry_of(found[1]) not in expected:
            yield bit


def unnoticed_note_flips(bits: Iterable[int]) -> Iterator[int]:
    """Yield bits of the checkpoint that a verification of the resealed bundle does not find."""
    for bit in bits:
        found = finding(resealed("checkpoint", flipped(content_of("checkpoint"), bit)))
        if found is None or not found[1].startswith("checkpoint"):
            yield bit


def unnoticed_manifest_flips(bits: Iterable[int]) -> Iterator[int]:
    """Yield bits of the manifest that a verification of the resealed bundle does not find.

    Nothing depends on `made_at`, nor on which venue of the session says that it exported.
    """
    manifest = content_of("manifest")
    said = re.search(rb'"made_at":"([^"]+)"', manifest)
    assert said is not None
    for bit in bits:
        found = finding(resealed("manifest", flipped(manifest, bit)))
        free = said.start(1) <= bit // 8 < said.end(1)
        if found is None and not free:
            yield bit


@cache
def starts() -> list[int]:
    """Return where every line of the record begins, with the two bytes of its length."""
    places, at = [], 0
    for line in read_bundle(small()).lines:
        places.append(at)
        at += 2 + len(line)
    return places


def entry_at(byte: int) -> int:
    """Return the position of the entry in which a byte of the record lies."""
    return sum(start <= byte for start in starts()) - 1


def entry_of(place: str) -> int | None:
    """Return the position that a place names."""
    found = re.search(r"entry (\d+)", place)
    return int(found[1]) if found else None


def record_bits() -> int:
    """Return how many bits the record has."""
    return 8 * sum(2 + len(line) for line in read_bundle(small()).lines)


def unnoticed_cuts(sizes: Iterable[int]) -> Iterator[int]:
    """Yield the sizes to which the bundle can be cut unnoticed, or with another place named.

    Less than the first line is no bundle. A cut inside a section names it; one in a header line or
    in the end names what is before.
    """
    for size in sizes:
        found = finding(small()[:size])
        if found is None or found[1] != cut_region(size):
            yield size


def cut_region(size: int) -> str:
    """Return the region of a cut after so many bytes."""
    if size < HEADER:
        return "header"
    for name, start, end in ranges():
        if start <= size <= end:  # the line feed behind the content is gone too
            return name
    before = [name for name, _, end in ranges() if end < size]
    return f"after {before[-1] if before else 'header'}"


class Trial(NamedTuple):
    """One sort of damage: what yields the places that were not found, of how many."""

    unnoticed: Callable[[Iterable[int]], Iterator[int]]
    places: int


def trials() -> dict[str, Trial]:
    """Return everything there is to try, by name."""
    data = small()
    return {
        "flips": Trial(unnoticed_flips, len(data) * 8),
        "flips in a resealed record": Trial(unnoticed_deep_flips, record_bits()),
        "flips in a resealed checkpoint": Trial(
            unnoticed_note_flips, len(content_of("checkpoint")) * 8
        ),
        "flips in a resealed manifest": Trial(
            unnoticed_manifest_flips, len(content_of("manifest")) * 8
        ),
        "cuts": Trial(unnoticed_cuts, len(data)),
    }


def _missed(name: str, places: range) -> list[int]:
    return list(trials()[name].unnoticed(places))


def missed(pool: ProcessPoolExecutor, name: str, places: range) -> list[int]:
    """Return the places that were not found, all of them tried by the processes of a pool."""
    shares = [places[start : start + SHARE] for start in range(0, len(places), SHARE)]
    found = pool.map(_missed, [name] * len(shares), shares)
    return [place for share in found for place in share]


def main() -> int:
    """Try everything, or every `stride`-th of it; return 1 if something went unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=cores())
    args = parser.parse_args()
    size = len(small())  # made once, before the processes that share it
    sys.stdout.write(f"a bundle of {size} bytes, {len(starts())} entries\n")
    failed = 0
    with ProcessPoolExecutor(args.jobs) as pool:
        for name, trial in trials().items():
            begun = time.monotonic()
            places = range(args.offset, trial.places, args.stride)
            unnoticed = missed(pool, name, places)
            failed += len(unnoticed)
            took = time.monotonic() - begun
            sys.stdout.write(
                f"{name}: {len(places)} tried in {took:.0f} s, "
                f"{len(unnoticed)} unnoticed or misplaced {unnoticed[:5]}\n"
            )
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
