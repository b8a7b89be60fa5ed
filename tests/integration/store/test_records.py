"""The record on both databases: numbers, chains, places, heads."""

from __future__ import annotations

import pytest

from bideval.ledger.line import Line, chain_next, chain_start, encode_line
from bideval.ledger.tree import EMPTY_ROOT, leaf_hash, tree_root
from bideval.ports import Conflict, OriginHead, StoredCheckpoint, StoreError
from bideval.sync.words import RECORD, Placed, Vouch
from tests.integration.store.conftest import SESSION


def write(store, work):
    return store.write(work).result(timeout=20)


def refused(store, work):
    with pytest.raises(StoreError) as caught:
        write(store, work)
    return caught.value.code


def test_head_of_an_unknown_session_is_none(store, author):
    with store.read() as reader:
        assert reader.head(author.session) is None
        assert reader.sessions() == []


def test_head_of_a_founded_record_is_empty(founded, author):
    with founded.read() as reader:
        head = reader.head(author.session)
    assert (head.session, head.main, head.size, head.epoch) == (author.session, "fenghua", 0, 1)
    assert head.root == EMPTY_ROOT


def test_founding_twice_is_refused(founded, author):
    assert refused(founded, lambda tx: tx.found(author.session, "other")) == "already_founded"


def test_founding_twice_in_one_work_is_refused(store):
    def twice(tx):
        tx.found("a-session", "fenghua")
        tx.found("a-session", "fenghua")

    assert refused(store, twice) == "already_founded"


def test_origin_head_begins_with_the_chain_start(founded, author):
    start = OriginHead(0, chain_start(author.session, author.origin))
    with founded.read() as reader:
        assert reader.origin_head(author.session, author.origin) == start
        assert reader.origin_heads(author.session) == {}
    assert write(founded, lambda tx: tx.origin_head(author.session, author.origin)) == start


def test_lines_come_back_as_they_were_written(founded, author):
    entry = author.entry(1)
    assert write(founded, lambda tx: author.add(tx, entry)) == (1, 0)
    data = encode_line(Line(author.origin, 1, entry.jws))
    chain = chain_next(chain_start(author.session, author.origin), data)
    with founded.read() as reader:
        [line] = reader.lines(author.session, 0, 10)
        head = reader.head(author.session)
        assert reader.origin_lines(author.session, author.origin, 1, 10) == [line]
        assert reader.known(author.session, author.name, entry.id) == line
        assert reader.by_hash(author.session, line.entry_hash) == line
        assert reader.origin_head(author.session, author.origin) == OriginHead(1, chain)
    assert (line.line, line.chain, line.position, line.kind) == (data, chain, 0, entry.kind)
    assert (head.size, head.root) == (1, tree_root([leaf_hash(data)]))


def test_root_follows_every_place_over_several_batches(founded, author, other_author):
    futures = [founded.write(who.work(n)) for n in range(40) for who in (author, other_author)]
    assert [future.result(timeout=20)[1] for future in futures] == list(range(80))
    with founded.read() as reader:
        lines = reader.lines(author.session, 0, 100)
        leaves = reader.leaves(author.session, 0, 100)
        head = reader.head(author.session)
    assert leaves == [leaf_hash(line.line) for line in lines]
    assert (head.size, head.root) == (80, tree_root(leaves))


def test_pages_of_lines_start_where_asked(founded, author):
    for number in range(5):
        write(founded, author.work(number))
    with founded.read() as reader:
        assert [line.position for line in reader.lines(author.session, 2, 2)] == [2, 3]
        page = reader.origin_lines(author.session, author.origin, 4, 9)
        assert [line.n for line in page] == [4, 5]
        assert len(reader.leaves(author.session, 3, 9)) == 2


def test_unplaced_lines_are_listed_until_they_have_a_place(founded, author):
    write(founded, author.work(1, place=False))
    write(founded, author.work(2, place=False))
    with founded.read() as reader:
        waiting = reader.unplaced(author.session, 10)
    assert [(line.n, line.position) for line in waiting] == [(1, None), (2, None)]
    leaf = leaf_hash(waiting[1].line)
    assert write(founded, lambda tx: tx.place(author.session, author.origin, 2, leaf)) == 0
    with founded.read() as reader:
        assert [line.n for line in reader.unplaced(author.session, 10)] == [1]


def test_the_same_line_again_is_known(founded, author):
    entry = author.entry(1)
    write(founded, lambda tx: author.add(tx, entry))
    line = Line(author.origin, 1, entry.jws)
    again = write(founded, lambda tx: tx.add_line(author.session, line, entry=entry, chain=b""))
    assert again is False


def test_another_line_with_a_taken_number_is_a_fork(founded, author):
    write(founded, author.work(1))
    entry = author.entry(2)
    line = Line(author.origin, 1, entry.jws)
    code = refused(founded, lambda tx: tx.add_line(author.session, line, entry=entry, chain=b""))
    assert code == "fork"


def test_a_number_that_is_not_the_next_is_a_gap(founded, author):
    entry = author.entry(1)
    line = Line(author.origin, 2, entry.jws)
    code = refused(founded, lambda tx: tx.add_line(author.session, line, entry=entry, chain=b""))
    assert code == "gap"


def test_a_chain_that_does_not_continue_is_refused(founded, author):
    entry = author.entry(1)
    line = Line(author.origin, 1, entry.jws)
    bad = bytes(32)
    code = refused(founded, lambda tx: tx.add_line(author.session, line, entry=entry, chain=bad))
    assert code == "bad_chain"


def test_an_entry_id_counts_once_per_author(founded, author):
    write(founded, author.work(1))
    other = author.entry(1, text="another text under the same id")
    assert refused(founded, lambda tx: author.add(tx, other)) == "reused_id"


def test_an_entry_cannot_come_again_through_another_venue(founded, author):
    entry = author.entry(1)
    write(founded, lambda tx: author.add(tx, entry))
    author.origin = "wencheng"
    assert refused(founded, lambda tx: author.add(tx, entry)) == "reused_id"


def test_lines_of_an_unknown_session_are_refused(store, author):
    assert refused(store, author.work(1)) == "unknown_session"


def test_a_place_for_an_unknown_line_is_refused(founded, author):
    assert (
        refused(founded, lambda tx: tx.place(author.session, author.origin, 1, bytes(32)))
        == "unknown_line"
    )


def test_a_second_place_for_a_line_is_refused(founded, author):
    write(founded, author.work(1))
    with founded.read() as reader:
        leaf = reader.leaves(author.session, 0, 1)[0]
    assert (
        refused(founded, lambda tx: tx.place(author.session, author.origin, 1, leaf))
        == "already_placed"
    )


def test_a_place_under_another_leaf_is_refused(founded, author):
    write(founded, author.work(1, place=False))
    assert (
        refused(founded, lambda tx: tx.place(author.session, author.origin, 1, bytes(32)))
        == "bad_leaf"
    )
    with founded.read() as reader:
        assert reader.head(author.session).size == 0


def test_heads_inside_a_transaction_show_what_it_did(founded, author, other_author):
    def work(tx):
        author.add(tx, author.entry(1))
        other_author.add(tx, other_author.entry(1))
        heads = tx.origin_heads(author.session)
        return tx.head(author.session).size, {name: head.n for name, head in heads.items()}

    assert write(founded, work) == (2, {"fenghua": 1, "wencheng": 1})


def test_records_of_sessions_do_not_touch(founded, author):
    write(founded, author.work(1))
    write(founded, lambda tx: tx.found("log.fenghua", "fenghua"))
    author.session = "log.fenghua"
    assert write(founded, author.work(1)) == (1, 0)
    with founded.read() as reader:
        assert reader.sessions() == ["fh-2026-001", "log.fenghua"]


def test_epoch_rises_and_stays(founded, author):
    assert write(founded, lambda tx: tx.raise_epoch(author.session)) == 2
    assert write(founded, lambda tx: tx.raise_epoch(author.session)) == 3
    with founded.read() as reader:
        assert reader.head(author.session).epoch == 3


def test_checkpoints_are_found_by_size_and_by_position(founded, author):
    for size in (1, 4, 9):
        assert write(founded, lambda tx, n=size: tx.add_checkpoint(author.session, n, f"note {n}"))
    with founded.read() as reader:
        assert reader.checkpoint(author.session).size == 9
        assert reader.checkpoint(author.session, size=4).note == "note 4"
        assert reader.checkpoint(author.session, size=5) is None
        covering = [reader.checkpoint_covering(author.session, at) for at in (0, 1, 3, 4, 9)]
    assert [found and found.size for found in covering] == [1, 4, 4, 9, None]


def test_a_checkpoint_is_kept_once(founded, author):
    assert write(founded, lambda tx: tx.add_checkpoint(author.session, 1, "a")) is True
    assert write(founded, lambda tx: tx.add_checkpoint(author.session, 1, "a")) is False
    code = refused(founded, lambda tx: tx.add_checkpoint(author.session, 1, "b"))
    assert code == "other_checkpoint"


def test_cosignatures_come_with_their_checkpoint(founded, author):
    def work(tx):
        tx.add_checkpoint(author.session, 1, "note")
        first = tx.add_cosignature(author.session, 1, "wencheng", "line w")
        return first, tx.add_cosignature(author.session, 1, "ninghai", "line n")

    assert write(founded, work) == (True, True)
    again = write(founded, lambda tx: tx.add_cosignature(author.session, 1, "ninghai", "line n"))
    assert again is False
    expected = {"ninghai": "line n", "wencheng": "line w"}
    with founded.read() as reader:
        assert reader.checkpoint(author.session) == StoredCheckpoint(
            author.session, 1, "note", expected
        )


def test_a_cosignature_without_its_checkpoint_is_refused(founded, author):
    assert (
        refused(founded, lambda tx: tx.add_cosignature(author.session, 7, "wencheng", "line"))
        == "unknown_checkpoint"
    )


def test_conflicts_are_kept_once_in_order_of_finding(founded, author):
    later = Conflict(author.session, "wencheng", 3, "fork", b"two", 2)
    earlier = Conflict(author.session, "wencheng", 3, "fork", b"one", 1)
    assert [write(founded, lambda tx, c=c: tx.add_conflict(c)) for c in (later, earlier)] == [
        True,
        True,
    ]
    assert write(founded, lambda tx: tx.add_conflict(later)) is False
    with founded.read() as reader:
        assert reader.conflicts(author.session) == [earlier, later]


def test_long_proofs_are_left_out_where_only_short_ones_are_asked_for(founded, author):
    with founded.read() as reader:
        assert reader.contradicted(author.session) is False
    short, long = (
        Conflict(author.session, "wencheng", 3, "fork", proof, found_ms)
        for proof, found_ms in ((b"\0" * 5, 1), (b"\xff" * 6, 2))
    )
    for conflict in (short, long):
        write(founded, lambda tx, c=conflict: tx.add_conflict(c))
    with founded.read() as reader:
        assert reader.contradicted(author.session) is True
        assert reader.contradicted("another") is False
        assert reader.conflicts(author.session, at_most=4) == []
        assert reader.conflicts(author.session, at_most=5) == [short]
        assert reader.conflicts(author.session, at_most=6) == [short, long]


def vouch(n, digest=b"d"):
    return Vouch(SESSION, "wencheng", n, digest * 32, b"s" * 64)


def placed(n, size, digest=b"d"):
    return Placed(SESSION, "fenghua", n, digest * 32, size, b"s" * 64)


@pytest.mark.parametrize(
    ("kept", "word", "stays"),
    [
        (vouch(3), vouch(4), vouch(4)),
        (vouch(3), vouch(2), vouch(3)),
        (vouch(3), vouch(3), vouch(3)),
        (placed(3, 9), placed(3, 8), placed(3, 8)),
        (placed(3, 9), placed(3, 10), placed(3, 9)),
        (placed(3, 9), placed(2, 4), placed(3, 9)),
        (placed(3, 9), placed(4, 12, b"e"), placed(4, 12, b"e")),
    ],
)
def test_word_is_replaced_only_by_one_that_says_more(founded, kept, word, stays):
    assert write(founded, lambda tx: tx.put_word(kept)) is True
    assert write(founded, lambda tx: tx.put_word(word)) is (stays == word != kept)
    with founded.read() as reader:
        assert reader.words(SESSION) == [stays]


@pytest.mark.parametrize(
    ("kept", "word"),
    [(vouch(3), vouch(3, b"e")), (placed(3, 9), placed(3, 8, b"e"))],
)
def test_word_about_other_lines_is_refused_and_changes_nothing(founded, kept, word):
    write(founded, lambda tx: tx.put_word(kept))
    assert refused(founded, lambda tx: tx.put_word(word)) == "other_word"
    with founded.read() as reader:
        assert reader.words(SESSION) == [kept]


def test_words_of_each_kind_and_stream_are_kept_apart(founded):
    words = [vouch(3), placed(3, 9), Vouch(SESSION, RECORD, 7, b"r" * 32, b"s" * 64)]
    assert write(founded, lambda tx: [tx.put_word(word) for word in words]) == [True] * 3
    with founded.read() as reader:
        assert reader.words(SESSION) == [words[2], words[1], words[0]]
