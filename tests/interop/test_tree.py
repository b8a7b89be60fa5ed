"""Our tree, a slow one written from RFC 9162, and Go's tlog agree on all sizes up to 129.

They agree on roots, on every proof hash by hash, and on which proofs are false.
"""

from __future__ import annotations

import random
from functools import cache

import pytest

from bideval.ledger.tree import (
    consistency_path,
    inclusion_path,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from bideval.terms.errors import EvidenceError
from tests.interop import slow_tree
from tests.interop.judges import GoJudge, build_go_judge

LARGEST = 129
DATA = tuple(f"line {number}".encode() for number in range(LARGEST))
LEAVES = [leaf_hash(data) for data in DATA]
ROOTS = [slow_tree.mth(DATA[:size]) for size in range(LARGEST + 1)]
PLACES = [(index, size) for size in range(1, LARGEST + 1) for index in range(size)]
GROWTHS = [(old, new) for new in range(1, LARGEST + 1) for old in range(1, new + 1)]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> GoJudge:
    return build_go_judge(tmp_path_factory.mktemp("go"))


def flipped(hash_: bytes, chance: random.Random) -> bytes:
    bit = chance.randrange(256)
    return (int.from_bytes(hash_, "big") ^ (1 << bit)).to_bytes(32, "big")


def broken(path: list[bytes], chance: random.Random) -> list[bytes]:
    """Return a path with one bit, one hash or the order changed; there is always a change."""
    at = chance.randrange(len(path)) if path else 0
    changes = [[*path[:at], chance.randbytes(32), *path[at:]]]
    if path:
        changes.append([*path[:at], *path[at + 1 :]])
        changes.append([*path[:at], flipped(path[at], chance), *path[at + 1 :]])
    if len(path) > 1:
        changes.append([*path[:at], *path[at:][::-1]] if at < len(path) - 1 else path[::-1])
    return chance.choice(changes)


def false_inclusions() -> list[tuple[bytes, int, int, bytes, list[bytes]]]:
    """Return one false claim per leaf and size: a broken path, or another leaf, index or root."""
    chance, claims = random.Random(6962), []
    for index, size in PLACES:
        leaf, root, path = LEAVES[index], ROOTS[size], slow_tree.path(index, DATA[:size])
        lies = [
            (leaf, index, size, root, broken(path, chance)),
            (flipped(leaf, chance), index, size, root, path),
            (leaf, index, size, flipped(root, chance), path),
            (leaf, index, size, ROOTS[size - 1], path),
        ]
        lies += [(leaf, (index + 1) % size, size, root, path)] if size > 1 else []
        claims.append(chance.choice(lies))
    return claims


def false_growths() -> list[tuple[tuple[int, bytes], tuple[int, bytes], list[bytes]]]:
    """Return one false claim per pair of sizes: a broken path, or another root of either tree."""
    chance, claims = random.Random(9162), []
    for old, new in GROWTHS:
        start, end, path = (old, ROOTS[old]), (new, ROOTS[new]), slow_tree.proof(old, DATA[:new])
        lies = [
            (start, end, broken(path, chance)),
            ((old, flipped(ROOTS[old], chance)), end, path),
            (start, (new, flipped(ROOTS[new], chance)), path),
            ((old, ROOTS[old - 1]), end, path),
        ]
        claims.append(chance.choice(lies))
    return claims


FALSE_INCLUSIONS = false_inclusions()
FALSE_GROWTHS = false_growths()


def included(leaf: bytes, index: int, size: int, root: bytes, path: list[bytes]) -> bool:
    try:
        verify_inclusion(leaf, index, size=size, root=root, path=path)
    except EvidenceError:
        return False
    return True


def extends(old: tuple[int, bytes], new: tuple[int, bytes], path: list[bytes]) -> bool:
    try:
        verify_consistency(old, new, path)
    except EvidenceError:
        return False
    return True


@cache
def our_paths() -> list[list[bytes]]:
    return [inclusion_path(LEAVES[:size], index) for index, size in PLACES]


@cache
def our_growths() -> list[list[bytes]]:
    return [consistency_path(LEAVES, old, new) for old, new in GROWTHS]


def listed(hashes: list[bytes]) -> str:
    return ",".join(one.hex() for one in hashes) or "-"


def asks_record(leaf: bytes, index: int, size: int, root: bytes, path: list[bytes]) -> str:
    return f"record {size} {root.hex()} {index} {leaf.hex()} {listed(path)}"


def asks_tree(old: tuple[int, bytes], new: tuple[int, bytes], path: list[bytes]) -> str:
    return f"tree {new[0]} {new[1].hex()} {old[0]} {old[1].hex()} {listed(path)}"


def test_all_roots_are_the_slow_ones() -> None:
    assert [tree_root(LEAVES[:size]) for size in range(LARGEST + 1)] == ROOTS


def test_all_inclusion_paths_are_the_slow_ones_and_hold() -> None:
    for (index, size), path in zip(PLACES, our_paths(), strict=True):
        assert path == slow_tree.path(index, DATA[:size])
        assert slow_tree.holds_inclusion(LEAVES[index], index, size, ROOTS[size], path)
        assert included(LEAVES[index], index, size, ROOTS[size], path)


def test_all_consistency_paths_are_the_slow_ones_and_hold() -> None:
    for (old, new), path in zip(GROWTHS, our_growths(), strict=True):
        assert path == slow_tree.proof(old, DATA[:new])
        assert slow_tree.holds_consistency((old, ROOTS[old]), (new, ROOTS[new]), path)
        assert extends((old, ROOTS[old]), (new, ROOTS[new]), path)


def test_false_inclusions_are_refused_by_the_slow_tree_and_by_ours() -> None:
    believed = [
        claim for claim in FALSE_INCLUSIONS if included(*claim) or slow_tree.holds_inclusion(*claim)
    ]
    assert believed == []


def test_false_growths_are_refused_by_the_slow_tree_and_by_ours() -> None:
    believed = [
        claim for claim in FALSE_GROWTHS if extends(*claim) or slow_tree.holds_consistency(*claim)
    ]
    assert believed == []


def test_tlog_makes_the_same_roots_and_proofs_and_accepts_ours(judge: GoJudge) -> None:
    asked, ours = [f"grow {listed(LEAVES)}"], [f"ok {listed(ROOTS[1:])}"]
    for (index, size), path in zip(PLACES, our_paths(), strict=True):
        asked += [f"prove-record {size} {index}"]
        asked += [asks_record(LEAVES[index], index, size, ROOTS[size], path)]
        ours += [f"ok {listed(path)}", "ok"]
    for (old, new), path in zip(GROWTHS, our_growths(), strict=True):
        asked += [f"prove-tree {new} {old}", asks_tree((old, ROOTS[old]), (new, ROOTS[new]), path)]
        ours += [f"ok {listed(path)}", "ok"]
    assert judge.ask(*asked) == ours


def test_tlog_refuses_every_false_claim(judge: GoJudge) -> None:
    asked = [asks_record(*claim) for claim in FALSE_INCLUSIONS]
    asked += [asks_tree(*claim) for claim in FALSE_GROWTHS]
    assert {one[:3] for one in judge.ask(*asked)} == {"no "}
