"""The right edge of a record as a transaction has it."""

from __future__ import annotations

from bideval.ledger.tree import Frontier, leaf_hash, tree_root
from bideval.store.heads import RecordEdge

LEAVES = [leaf_hash(bytes([n])) for n in range(5)]


def edge_of(leaves):
    return RecordEdge("fenghua", 1, Frontier(leaves))


def test_head_is_made_once_until_something_of_it_changes():
    edge = edge_of(LEAVES[:4])
    head = edge.head("s-1")
    assert edge.head("s-1") is head
    edge.frontier.add(LEAVES[4])
    assert (edge.head("s-1").size, edge.head("s-1").root) == (5, tree_root(LEAVES))
    edge.stopped = "0" * 64
    assert edge.head("s-1").stopped == "0" * 64
    edge.awaiting = "wencheng"
    assert edge.head("s-1").awaiting == ("wencheng",)
    edge.epoch += 1
    assert edge.head("s-1").epoch == 2


def test_a_copy_goes_its_own_way_from_a_head_that_was_made():
    edge = edge_of(LEAVES[:4])
    before = edge.head("s-1")
    twin = edge.copy()
    assert twin.head("s-1") is before
    twin.frontier.add(LEAVES[4])
    assert (twin.head("s-1").size, edge.head("s-1")) == (5, before)
