"""The pool's table: every fault has its row and its column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.actions.pool_table import (
    CELL_LIMIT,
    MOST_FAULTS,
    PoolRow,
    RowFault,
    TableError,
    read_table,
)

HEADER = "name,id_tail,discipline,venue"
GOOD = "Zhang,0001,a07,fenghua"


def faults_of(text):
    with pytest.raises(TableError) as wrong:
        read_table(text)
    return list(wrong.value.faults)


def test_table_is_read_whatever_the_order_of_columns():
    text = "venue,phone,name,discipline,id_tail\nfenghua,13800000000,张三,a07,123X\n"
    assert read_table(text) == [
        PoolRow(name="张三", id_tail="123X", discipline="a07", venue="fenghua", phone="13800000000")
    ]


def test_byte_order_mark_quotes_and_empty_rows_are_nothing_special():
    text = f'\ufeff{HEADER}\n\n"Zhang, Wei",0001,a07,fenghua\n,,,\n'
    assert [row.name for row in read_table(text)] == ["Zhang, Wei"]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([], RowFault(2, "*", "no_rows")),
        (["Zhang,0001,a07"], RowFault(2, "*", "wrong_count")),
        ([GOOD, ",0002,a07,fenghua"], RowFault(3, "name", "missing")),
        (["Zhang,1,a07,fenghua"], RowFault(2, "id_tail", "bad_id_tail")),
        (["Zhang,0001,A 07,fenghua"], RowFault(2, "discipline", "bad_discipline")),
        (["Zhang,0001,a07,Feng Hua"], RowFault(2, "venue", "bad_venue")),
        (["Zh\x07ng,0001,a07,fenghua"], RowFault(2, "name", "control_character")),
        ([f"{'x' * (CELL_LIMIT + 1)},0001,a07,fenghua"], RowFault(2, "name", "too_long")),
        ([GOOD, GOOD], RowFault(3, "name", "duplicate_expert")),
        (['"Zhang,0001,a07,fenghua'], RowFault(2, "*", "not_csv")),
    ],
)
def test_fault_names_row_and_column(rows, fault):
    assert faults_of("\n".join([HEADER, *rows])) == [fault]


@pytest.mark.parametrize(
    ("header", "faults"),
    [
        ("", [(name, "column_missing") for name in HEADER.split(",")]),
        ("name,id_tail,discipline", [("venue", "column_missing")]),
        (f"{HEADER},salary", [("salary", "column_unknown")]),
        (f"{HEADER},name", [("name", "column_twice")]),
    ],
)
def test_header_is_checked_first(header, faults):
    found = [(one.column, one.code) for one in faults_of(f"{header}\n{GOOD}\n")]
    assert found == faults


def test_faults_are_told_up_to_a_number():
    rows = [f"Zhang {number},x,a07,fenghua" for number in range(3 * MOST_FAULTS)]
    assert len(faults_of("\n".join([HEADER, *rows]))) == MOST_FAULTS


def test_error_carries_its_first_fault():
    with pytest.raises(TableError) as wrong:
        read_table(f"{HEADER}\n,0001,a07,fenghua\n")
    error = wrong.value
    assert (error.code, error.field) == ("missing", "row 2, column name")


@given(st.text(max_size=300))
def test_any_text_is_a_table_or_an_error(text):
    found = []
    try:
        found += read_table(text)
    except TableError as wrong:
        found += wrong.faults
    assert found
