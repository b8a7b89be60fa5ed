"""The tree: published vectors, all sizes up to 129, and every corrupted twin refused."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from bideval.terms.errors import EvidenceError

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "rfc6962.json").read_text())
PUBLISHED = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]

LARGEST = 129
LEAVES = [leaf_hash(number.to_bytes(2, "big")) for number in range(LARGEST)]
TREES = [tree_root(LEAVES[:size]) for size in range(LARGEST + 1)]


def included(leaf, index, size, root, path):
    try:
        verify_inclusion(leaf, index, size=size, root=root, path=path)
    except EvidenceError as refused:
        return refused.code != "inclusion_failed"
    return True


def consistent(old, new, path):
    try:
        verify_consistency(old, new, path)
    except EvidenceError as refused:
        return refused.code != "consistency_failed"
    return True


def hashes(path):
    return [bytes.fromhex(node) for node in path]


def twins(path):
    """Yield paths that differ from `path` in one hash, or at one end by one hash."""
    yield [*path, bytes(32)]
    yield [bytes(32), *path]
    for place, node in enumerate(path):
        yield [*path[:place], bytes([node[0] ^ 1]) + node[1:], *path[place + 1 :]]
    if path:
        yield path[1:]
        yield path[:-1]
    if len(path) > 1:
        yield [*path[:-2], path[-1], path[-2]]


def test_hashes_have_their_prefixes():
    expected = (sha256(b"\x00line").digest(), sha256(b"\x01LR").digest())
    assert (leaf_hash(b"line"), node_hash(b"L", b"R")) == expected


def test_the_empty_tree_is_the_hash_of_nothing():
    assert [tree_root([]), Frontier().root(), EMPTY_ROOT] == [sha256().digest()] * 3


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_agree_with_the_published_ones(size):
    assert tree_root(PUBLISHED[:size]).hex() == VECTORS["roots"][size - 1]


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_inclusion_agrees_with_the_published_proofs(vector):
    index, size, path = vector["index"], vector["size"], hashes(vector["path"])
    assert inclusion_path(PUBLISHED[:size], index) == path
    assert included(PUBLISHED[index], index, size, ROOTS[size - 1], path)


@pytest.mark.parametrize("vector", VECTORS["consistency"])
def test_consistency_agrees_with_the_published_proofs(vector):
    old, new, path = vector["old"], vector["new"], hashes(vector["path"])
    assert consistency_path(PUBLISHED, old, new) == path
    assert consistent((old, ROOTS[old - 1]), (new, ROOTS[new - 1]), path)


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_leaf_is_proven_and_no_corrupted_twin_is(size):
    root, believed = TREES[size], []
    for index in range(size):
        leaf, path = LEAVES[index], inclusion_path(LEAVES[:size], index)
        assert included(leaf, index, size, root, path)
        lies = [(leaf, index, size, root, twin) for twin in twins(path)]
        lies += [(LEAVES[(index + 1) % LARGEST], index, size, root, path)]
        lies += [(leaf, index, size, TREES[size - 1], path)]
        lies += [(leaf, (index + 1) % size, size, root, path)] if size > 1 else []
        believed += [lie for lie in lies if included(*lie)]
    assert believed == []


@pytest.mark.parametrize("new", range(1, LARGEST + 1))
def test_every_growth_is_proven_and_no_corrupted_twin_is(new):
    believed = []
    for old in range(1, new + 1):
        path = consistency_path(LEAVES, old, new)
        start, end = (old, TREES[old]), (new, TREES[new])
        assert consistent(start, end, path)
        lies = [(start, end, twin) for twin in twins(path)]
        lies += [((old, TREES[old - 1]), end, path), (start, (new, TREES[new - 1]), path)]
        lies += [((old + 1, TREES[old]), end, path)] if old < new else []
        believed += [lie for lie in lies if consistent(*lie)]
    assert believed == []


@pytest.mark.parametrize("size", range(LARGEST + 1))
def test_a_frontier_knows_the_root_at_every_size(size):
    assert Frontier(LEAVES[:size]).root() == TREES[size]


@given(st.integers(0, LARGEST), st.integers(0, LARGEST))
def test_a_frontier_goes_on_from_its_bytes(first, second):
    start, end = sorted((first, second))
    frontier = Frontier.from_bytes(Frontier(LEAVES[:start]).to_bytes())
    for leaf in LEAVES[start:end]:
        frontier.add(leaf)
    assert (frontier.size, frontier.root()) == (end, TREES[end])


def test_a_copied_frontier_grows_alone():
    frontier = Frontier(LEAVES[:5])
    twin = frontier.copy()
    twin.add(LEAVES[5])
    found = (frontier.size, frontier.root(), twin.size, twin.root())
    assert found == (5, TREES[5], 6, TREES[6])


def test_frontier_bytes_are_the_size_and_the_largest_subtree_first():
    data = Frontier(LEAVES[:3]).to_bytes()
    assert data == b"\x00" * 7 + b"\x03" + node_hash(LEAVES[0], LEAVES[1]) + LEAVES[2]


@pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + b"\0", lambda d: d[:7]])
def test_frontier_bytes_of_another_length_are_refused(change):
    with pytest.raises(EvidenceError) as caught:
        Frontier.from_bytes(change(Frontier(LEAVES[:3]).to_bytes()))
    assert caught.value.code == "frontier_malformed"


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_path_to_a_leaf_outside_the_tree(index):
    with pytest.raises(IndexError):
        inclusion_path(LEAVES[:3], index)


@pytest.mark.parametrize(("old", "new"), [(-1, 2), (3, 2), (0, LARGEST + 1)])
def test_there_is_no_path_between_sizes_that_do_not_rise(old, new):
    with pytest.raises(IndexError):
        consistency_path(LEAVES, old, new)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_inclusion_outside_the_tree_is_refused(index, size):
    assert not included(LEAVES[0], index, size, TREES[size], [])


@pytest.mark.parametrize("length", [0, 31, 33])
def test_hashes_of_other_lengths_are_refused(length):
    path, odd = inclusion_path(LEAVES[:2], 0), bytes(length)
    lies = [
        included(odd, 0, 1, odd, []),
        included(LEAVES[0], 0, 2, TREES[2], [odd]),
        included(LEAVES[0], 0, 2, odd, path),
        consistent((1, odd), (1, odd), []),
        consistent((1, TREES[1]), (2, odd), path),
        consistent((1, TREES[1]), (2, TREES[2]), [odd]),
    ]
    assert lies == [False] * 6


def test_growth_from_the_empty_tree_needs_its_root_and_no_path():
    grown = (3, TREES[3])
    found = [
        consistent((0, EMPTY_ROOT), grown, []),
        consistent((0, EMPTY_ROOT), (0, EMPTY_ROOT), []),
        consistent((0, bytes(32)), grown, []),
        consistent((0, EMPTY_ROOT), grown, [bytes(32)]),
        consistent((0, EMPTY_ROOT), (0, bytes(32)), []),
    ]
    assert found == [True, True, False, False, False]


def test_growth_of_an_imperfect_tree_needs_a_path():
    assert not consistent((3, TREES[3]), (5, TREES[5]), [])


def test_one_size_has_one_root():
    assert not consistent((3, TREES[3]), (3, TREES[2]), [])


@pytest.mark.parametrize("sizes", [(3, 2), (-1, 2), (2, -1)])
def test_a_tree_that_shrinks_is_refused(sizes):
    assert not consistent((sizes[0], TREES[3]), (sizes[1], TREES[2]), [])
