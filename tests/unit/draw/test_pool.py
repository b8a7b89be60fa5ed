"""The pool file: every row accounted for, no name in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.draw import pool as pool_module
from bideval.draw.pool import (
    ELIGIBLE,
    HEADER,
    HEADER_1,
    PoolRow,
    encode_pool,
    is_discipline,
    make_pool,
    parse_pool,
    pool_leaf,
    pool_lines,
)
from bideval.ledger.tree import leaf_hash, tree_root
from bideval.terms.errors import InputError


def row(number: int, status: str = ELIGIBLE) -> PoolRow:
    leaf = pool_leaf(number.to_bytes(16, "big"), f"expert-{number}", "property", "fenghua")
    return PoolRow(leaf, "property", "fenghua", status)


def test_pool_file_reads_back_in_order_of_the_leaves() -> None:
    rows = [row(number) for number in range(20)] + [row(20, "employer_is_bidder")]
    pool = parse_pool(encode_pool(rows))
    assert pool.rows == tuple(sorted(rows, key=lambda item: item.leaf))


def test_pool_file_does_not_depend_on_the_order_of_the_import() -> None:
    rows = [row(number) for number in range(20)]
    assert encode_pool(rows) == encode_pool(reversed(rows))


def test_pool_root_is_the_tree_over_the_rows_as_written() -> None:
    data = encode_pool([row(1), row(2)])
    lines = data[len(HEADER) :].split(b"\n")[:-1]
    assert parse_pool(data).root == tree_root([leaf_hash(line) for line in lines])


def test_empty_pool_has_the_empty_root() -> None:
    assert parse_pool(HEADER).root == tree_root([])


@pytest.mark.parametrize("weight", [1, 2, 9, 10, 99, 100])
def test_weight_is_a_column(weight: int) -> None:
    one = PoolRow(bytes(32), "law", "fenghua", ELIGIBLE, weight)
    data = encode_pool([one])
    assert data == HEADER + b"00" * 32 + f"\tlaw\tfenghua\t{weight}\teligible\n".encode()
    assert parse_pool(data).rows == (one,)


@pytest.mark.parametrize("weight", [-1, 0, 101, 1000])
def test_weight_outside_its_bounds_cannot_be_written(weight: int) -> None:
    with pytest.raises(InputError) as caught:
        encode_pool([PoolRow(bytes(32), "law", "fenghua", ELIGIBLE, weight)])
    assert caught.value.code == "pool_row"


@pytest.mark.parametrize("weight", [b"0", b"01", b"101", b"1.5", b"", b"+1", b"\xef\xbc\x91"])
def test_weight_has_one_spelling(weight: bytes) -> None:
    data = HEADER + b"00" * 32 + b"\tlaw\tfenghua\t" + weight + b"\teligible\n"
    with pytest.raises(InputError) as caught:
        parse_pool(data)
    assert (caught.value.code, caught.value.field) == ("pool_row", "line 2")


def test_pool_of_the_first_version_is_read_with_every_weight_one() -> None:
    line = b"00" * 32 + b"\tlaw\tfenghua\teligible"
    pool = parse_pool(HEADER_1 + line + b"\n")
    assert pool.rows == (PoolRow(bytes(32), "law", "fenghua", ELIGIBLE, 1),)
    assert (pool.version, pool.root) == (1, tree_root([leaf_hash(line)]))
    with pytest.raises(InputError):
        parse_pool(HEADER + line + b"\n")


def test_pool_made_of_rows_is_the_one_that_its_file_gives() -> None:
    rows = [row(number) for number in range(20)]
    pool = make_pool(reversed(rows))
    assert pool == parse_pool(encode_pool(rows)) == parse_pool(b"".join(pool_lines(pool.rows)))


def test_excluded_are_counted_by_reason() -> None:
    rows = [row(1), row(2, "kin_of_bidder"), row(3, "employer_is_bidder"), row(4, "kin_of_bidder")]
    pool = parse_pool(encode_pool(rows))
    assert pool.excluded == {"employer_is_bidder": 1, "kin_of_bidder": 2}


def test_excluded_experts_stay_in_the_pool_and_out_of_the_draw() -> None:
    pool = parse_pool(encode_pool([row(1), row(2, "kinship")]))
    assert [item.status for item in pool.eligible] == [ELIGIBLE]
    assert {item.status for item in pool.rows} == {ELIGIBLE, "kinship"}


@pytest.mark.parametrize("part", ["salt", "expert", "discipline", "region"])
def test_leaf_changes_with_every_part(part: str) -> None:
    given_parts = {"salt": b"\x01" * 16, "expert": "a", "discipline": "b", "region": "c"}
    changed = dict(given_parts, **{part: b"\x02" * 16 if part == "salt" else "z"})
    assert pool_leaf(**given_parts) != pool_leaf(**changed)  # type: ignore[arg-type]  # test table


def test_leaf_with_a_short_salt_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        pool_leaf(b"", "a", "b", "c")
    assert caught.value.code == "salt_length"


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        *(("A080101", True), ("property", True), ("a-1", True), ("x" * 40, True)),
        *(("", False), ("x" * 41, False), ("物业", False), ("a b", False), ("a\n", False)),
    ],
)
def test_pool_holds_the_disciplines_that_it_says(name: str, *, holds: bool) -> None:
    assert is_discipline(name) is holds
    one = PoolRow(bytes(32), name, "fenghua", "eligible")
    if holds:
        assert parse_pool(encode_pool([one])).rows == (one,)
    else:
        with pytest.raises(InputError):
            encode_pool([one])


LINES = encode_pool([row(1), row(2)]).split(b"\n")


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        (b"", "pool_header", "line 1"),
        (b"bideval-pool/3\n", "pool_header", "line 1"),
        (b"bideval-pool/2\r\n", "pool_header", "line 1"),
        (b"\n".join(LINES[:-1]), "pool_cut", "last line"),
        (b"\n".join([LINES[0], LINES[2], LINES[1], b""]), "pool_order", "line 3"),
        (b"\n".join([LINES[0], LINES[1], LINES[1], b""]), "pool_order", "line 3"),
        (b"\n".join([LINES[0], LINES[1].upper(), b""]), "pool_row", "line 2"),
        (b"\n".join([LINES[0], LINES[1] + b"\tx", b""]), "pool_row", "line 2"),
        (b"\n".join([LINES[0], LINES[1] + b"x" * 300, b""]), "pool_row", "line 2"),
        (b"\n".join([LINES[0], b"", b""]), "pool_row", "line 2"),
        (HEADER + b"\xff\n", "pool_row", "line 2"),
    ],
)
def test_malformed_pool_is_refused_at_its_line(data: bytes, code: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_pool(data)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_pool_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "MAX_EXPERTS", 1)
    with pytest.raises(InputError) as caught:
        parse_pool(encode_pool([row(1), row(2)]))
    assert (caught.value.code, caught.value.field) == ("pool_too_large", "line 3")


def test_row_with_a_tab_in_a_column_cannot_be_written() -> None:
    with pytest.raises(InputError) as caught:
        encode_pool([PoolRow(b"\x01" * 32, "a\tb", "fenghua", ELIGIBLE)])
    assert caught.value.code == "pool_row"


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_a_field(data: bytes) -> None:
    field: str | None = "a pool"
    try:
        parse_pool(HEADER + data)
    except InputError as error:
        field = error.field
    assert field
