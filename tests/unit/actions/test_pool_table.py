"""The pool's table: every fault has its row and its column."""

from __future__ import annotations

import io
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.actions import pool_table
from bideval.actions.pool_table import (
    CELLS,
    LINE_LIMIT,
    MOST_FAULTS,
    Room,
    RowFault,
    TableError,
    TableRow,
    check_table,
    table_rows,
)
from bideval.draw.identity import CELL_LIMIT, LIST_LIMIT
from bideval.draw.room import cell_bytes

HEADER = "name,id_tail,discipline,venue"
GOOD = "Zhang,0001,a07,fenghua"


def read_table(text):
    source = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    count = check_table(source)
    rows = list(table_rows(source))
    assert len(rows) == count
    return rows


def faults_of(text):
    with pytest.raises(TableError) as wrong:
        read_table(text)
    return list(wrong.value.faults)


def test_table_is_read_whatever_the_order_of_columns():
    text = "venue,phone,name,discipline,id_tail\nfenghua,13800000000,张三,a07,123X\n"
    assert read_table(text) == [
        TableRow(
            name="张三", id_tail="123X", discipline="a07", venue="fenghua", phone="13800000000"
        )
    ]


def test_byte_order_mark_quotes_and_empty_rows_are_nothing_special():
    text = f'\ufeff{HEADER}\n\n"Zhang, Wei",0001,a07,fenghua\n,,,\n'
    assert [row.name for row in read_table(text)] == ["Zhang, Wei"]


@pytest.mark.parametrize("name", ["张\u3000三", "Li\u00a0Si", "张\ue1a2", "张\U0002ebf0"])
def test_names_as_people_write_them_are_taken(name):
    assert [row.name for row in read_table(f"{HEADER}\n{name},0001,a07,fenghua\n")] == [name]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([], RowFault(2, "*", "no_rows")),
        (["Zhang,0001,a07"], RowFault(2, "*", "wrong_count")),
        ([GOOD, ",0002,a07,fenghua"], RowFault(3, "name", "missing")),
        (["Zhang,1,a07,fenghua"], RowFault(2, "id_tail", "bad_id_tail")),
        (["Zhang,0001,a_07,fenghua"], RowFault(2, "discipline", "bad_discipline")),
        (["Zhang,0001,A 07,fenghua"], RowFault(2, "discipline", "bad_discipline")),
        (["Zhang,0001,a07,Feng Hua"], RowFault(2, "venue", "bad_venue")),
        (["Zh\x07ng,0001,a07,fenghua"], RowFault(2, "name", "control_character")),
        ([f"{'x' * (CELL_LIMIT + 1)},0001,a07,fenghua"], RowFault(2, "name", "too_long")),
        ([GOOD, GOOD], RowFault(3, "name", "duplicate_expert", 2)),
        ([GOOD, "", " ZHANG ,0001,a08,wencheng"], RowFault(4, "name", "duplicate_expert", 2)),
        ([GOOD, "\uff3ahang,0001,a07,fenghua"], RowFault(3, "name", "duplicate_expert", 2)),
        (["Zh\u2028ng,0001,a07,fenghua"], RowFault(2, "name", "control_character")),
        (["Zh\x00ng,0001,a07,fenghua"], RowFault(2, "name", "control_character")),
        (["Zh\u202eng,0001,a07,fenghua"], RowFault(2, "name", "control_character")),
        (["Zh\u200bng,0001,a07,fenghua"], RowFault(2, "name", "control_character")),
        (["Zh\x85ng\u3000x,0001,a07,fenghua"], RowFault(2, "name", "control_character")),
        ([GOOD, f"{'x' * LINE_LIMIT},0001,a07,fenghua"], RowFault(3, "*", "not_csv")),
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


COLUMNS = f"{HEADER},weight,former,relatives,projects"


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ("0,,,", ("weight", "bad_weight")),
        ("101,,,", ("weight", "bad_weight")),
        ("1.5,,,", ("weight", "bad_weight")),
        ("-1,,,", ("weight", "bad_weight")),
        ("\uff11,,,", ("weight", "bad_weight")),
        (f"{'9' * 150},,,", ("weight", "bad_weight")),
        (",甲公司,,", ("former", "bad_former")),
        (",甲公司@2026-13-01,,", ("former", "bad_former")),
        (f",,{'x' * (LIST_LIMIT + 1)},", ("relatives", "too_long")),
        (f",,,{'x' * (LIST_LIMIT + 1)}", ("projects", "too_long")),
    ],
)
def test_declarations_are_checked(cells, fault):
    assert faults_of(f"{COLUMNS}\n{GOOD},{cells}\n") == [RowFault(2, *fault)]


def test_declarations_are_kept_as_they_are():
    (row,) = read_table(f"{COLUMNS}\n{GOOD},100,甲公司@2024-05-31;乙@2020-01-01,丙公司,FH-1;FH-2\n")
    assert (row.weight, row.former) == ("100", "甲公司@2024-05-31;乙@2020-01-01")
    assert (row.relatives, row.projects) == ("丙公司", "FH-1;FH-2")


CHINESE = f"{HEADER}\n张三,0001,a07,fenghua\n"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (CHINESE.encode("gb18030"), RowFault(2, "*", "looks_gb18030")),
        (CHINESE.encode("utf-16"), RowFault(1, "*", "looks_utf16")),
        (b"\xfe\xff" + CHINESE.encode("utf-16-be"), RowFault(1, "*", "looks_utf16")),
        (b"PK\x03\x04rest of a workbook", RowFault(1, "*", "is_workbook")),
        (b"\xd0\xcf\x11\xe0rest", RowFault(1, "*", "is_workbook")),
        (f"{HEADER}\n".encode() + b"\xff\xff,0001,a07,fenghua\n", RowFault(2, "*", "not_utf8")),
        (CHINESE.encode() + "李四,2".encode("gb18030"), RowFault(3, "*", "looks_gb18030")),
        ("姓名,".encode("gb18030"), RowFault(1, "*", "looks_gb18030")),
        (HEADER.encode() + b"\r" + GOOD.encode(), RowFault(1, "*", "not_csv")),
    ],
)
def test_other_formats_are_named(data, fault):
    assert faults_of(data) == [fault]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_end_as_spreadsheets_end_them(end):
    data = end.join([f"\ufeff{HEADER}", GOOD, GOOD.replace("0001", "0002")]).encode()
    assert [row.id_tail for row in read_table(data)] == ["0001", "0002"]


def test_table_over_the_limit_is_refused_at_its_row(monkeypatch):
    monkeypatch.setattr(pool_table, "MAX_ROWS", 2)
    rows = [GOOD.replace("0001", f"000{number}") for number in range(5)]
    assert faults_of("\n".join([HEADER, *rows])) == [RowFault(4, "*", "too_many_rows")]


class Endless(io.RawIOBase):
    """A table of good rows that is never held by anybody."""

    def __init__(self, rows):
        self.rows, self.at = rows, 0

    def seek(self, place):
        self.at = place
        return place

    def read(self, _size):
        return HEADER.encode()[:4]

    def readline(self, _limit):
        self.at += 1
        if self.at == 1:
            return HEADER.encode() + b"\n"
        return b"Zhang,%06d,a07,fenghua\n" % self.at if self.at <= self.rows + 1 else b""


def test_rows_are_given_while_the_table_is_read():
    source = Endless(10**9)
    first = list(islice(table_rows(source), 3))
    assert [row.id_tail for row in first] == ["000002", "000003", "000004"]
    assert source.at == 4


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_an_error(data):
    found = []
    try:
        found += read_table(data)
    except TableError as wrong:
        found += wrong.faults
    assert found


@given(st.text(max_size=300))
def test_any_text_is_a_table_or_an_error(text):
    found = []
    try:
        found += read_table(text)
    except TableError as wrong:
        found += wrong.faults
    assert found


def long_row(number, former):
    return f"Zhang{number},000{number},a07,fenghua,{former}"


def test_rows_that_do_not_fit_into_the_draw_together_are_named():
    former = "甲" * 60 + "@2024-05-31"
    rows = [long_row(number, former if number in {2, 4} else "") for number in range(1, 6)]
    source = io.BytesIO("\n".join([f"{HEADER},former", *rows]).encode())
    short = cell_bytes_of(source, 0)
    long = cell_bytes_of(source, 1)
    assert check_table(source, Room(3, 2 * long + short)) == 5
    with pytest.raises(TableError) as wrong:
        check_table(source, Room(3, 2 * long + short - 1))
    assert wrong.value.faults == (
        RowFault(3, "*", "too_long_for_panel"),
        RowFault(5, "*", "too_long_for_panel"),
    )
    assert check_table(source, Room(1, long)) == 5


def cell_bytes_of(source, index):
    row = list(table_rows(source))[index]
    return cell_bytes({name: getattr(row, name) for name in CELLS})
