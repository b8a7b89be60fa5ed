"""Damage to a bundle, bit by bit, cut by cut, record by record: every piece found, and where.

    python -m tests.unit.audit.damage [--stride 1] [--offset 0]

flips every bit of a small bundle in turn, once as it lies and once with the container put right
again, and cuts it everywhere. It prints what was tried and what went unnoticed; tests take a part.
"""

from __future__ import annotations

import argparse
import re
import sys
from functools import cache
from typing import TYPE_CHECKING

from bideval.audit.bundle import read_bundle
from bideval.audit.container import read_container, source, write_container
from bideval.audit.verifier import verify_bundle
from bideval.terms.errors import InputError
from tests.unit.audit.hearing import Hearing, bundle_of

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        verdict = verify_bundle(data)
    except InputError as none:
        return "no bundle", none.field
    if verdict.ok:
        return None
    return verdict.steps[-1].name, verdict.steps[-1].detail.partition(": ")[0]


def flipped(data: bytes, bit: int) -> bytes:
    """Return the data with one bit turned."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def unnoticed_flips(bits: range) -> Iterator[int]:
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


def unnoticed_deep_flips(bits: range) -> Iterator[int]:
    """Yield bits of the record that a verification of the resealed bundle does not find in place.

    Every flip must be found at the very entry whose bytes it changed; a shorter length may leave a
    line that reads, and is then found at the next.
    """
    record = bytes(next(part.data for part in read_container(small()) if part.name == "record"))
    for bit in bits:
        found = finding(resealed("record", flipped(record, bit)))
        at = entry_at(bit // 8)
        expected = {at, at + 1} if bit // 8 - starts()[at] < 2 else {at}
        if found is None or entry_of(found[1]) not in expected:
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


def unnoticed_cuts(sizes: range) -> Iterator[int]:
    """Yield the sizes to which the bundle can be cut unnoticed, or without a place."""
    for size in sizes:
        found = finding(small()[:size])
        if found is None or not found[1]:
            yield size


def main() -> int:
    """Try everything, or every `stride`-th of it; return 1 if something went unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--offset", type=int, default=0)
    args = parser.parse_args()
    data = small()
    tried = {
        "flips": (unnoticed_flips, len(data) * 8),
        "flips in a resealed record": (unnoticed_deep_flips, record_bits()),
        "cuts": (unnoticed_cuts, len(data)),
    }
    failed = 0
    for name, (unnoticed, most) in tried.items():
        places = range(args.offset, most, args.stride)
        missed = list(unnoticed(places))
        failed += len(missed)
        sys.stdout.write(f"{name}: {len(places)} tried, {len(missed)} unnoticed {missed[:5]}\n")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
