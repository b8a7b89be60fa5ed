"""Every byte of a bundle is covered."""

from __future__ import annotations

import hashlib
import mmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.audit.container import (
    HEADER,
    PIECE,
    ViewReader,
    give_back,
    read_container,
    source,
    write_container,
)
from bideval.terms.errors import BidevalError, EvidenceError, InputError

NAME = "file/" + "ab" * 32
BUNDLE = b"".join(
    write_container([source("manifest", b"{}"), source("record", b"\x00\x01x"), source(NAME, b"")])
)


def test_container_reads_back_what_was_written() -> None:
    sections = [(section.name, bytes(section.data)) for section in read_container(BUNDLE)]
    assert sections == [("manifest", b"{}"), ("record", b"\x00\x01x"), (NAME, b"")]


def test_container_tells_where_a_section_starts() -> None:
    section = read_container(BUNDLE)[1]
    assert BUNDLE[section.offset : section.offset + 3] == b"\x00\x01x"


def test_container_without_sections_is_header_and_end() -> None:
    data = b"".join(write_container([]))
    assert data == HEADER + b"end " + hashlib.sha256(HEADER).hexdigest().encode() + b"\n"
    assert read_container(data) == []


def _region_of_damage(data: bytes) -> str | None:
    try:
        read_container(data)
    except BidevalError as error:
        return error.field
    return "nothing found"


def test_every_flipped_bit_is_found_and_located() -> None:
    unnoticed = []
    for bit in range(len(BUNDLE) * 8):
        damaged = bytearray(BUNDLE)
        damaged[bit // 8] ^= 1 << bit % 8
        if _region_of_damage(bytes(damaged)) in (None, "nothing found"):
            unnoticed.append(bit)
    assert unnoticed == []


def test_every_truncation_is_found_and_located() -> None:
    regions = [_region_of_damage(BUNDLE[:size]) for size in range(len(BUNDLE))]
    assert "nothing found" not in regions
    assert None not in regions


@pytest.mark.parametrize(
    ("data", "region"),
    [
        (BUNDLE + b"x", "end"),
        (BUNDLE.replace(b"\x00\x01x", b"\x00\x01y"), "record"),
        (BUNDLE.replace(b"{}\n", b"{} "), "manifest"),
        (b"X" + BUNDLE[1:], "header"),
        (HEADER + b"junk\n" + BUNDLE[-69:], "after header"),
        (HEADER + b"record 5 " + b"0" * 64 + b"\nabc", "record"),
    ],
)
def test_damage_is_named_by_region(data: bytes, region: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        read_container(data)
    assert caught.value.field == region


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"bideval-bundle/2\n"])
def test_another_kind_of_file_is_no_bundle(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_container(data)
    assert caught.value.code == "not_a_bundle"


def test_no_more_sections_are_read_than_there_may_be() -> None:
    assert len(read_container(BUNDLE, most=3)) == 3
    with pytest.raises(EvidenceError) as caught:
        read_container(BUNDLE, most=2)
    assert (caught.value.field, caught.value.detail) == (
        "after record",
        "there are more than 2 sections",
    )


def test_section_that_changes_while_it_is_written_is_refused() -> None:
    promised = source("record", b"abc")._replace(pieces=(b"ab", b"d"))
    with pytest.raises(InputError) as caught:
        b"".join(write_container([promised]))
    assert (caught.value.code, caught.value.field) == ("section_changed", "record")


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_a_region(data: bytes) -> None:
    assert _region_of_damage(data) not in (None, "nothing found")
    assert _region_of_damage(HEADER + data) not in (None, "nothing found")


@pytest.mark.parametrize("size", [65_536, 1_000_003, PIECE + 1, 3 * PIECE])
def test_view_reader_gives_every_byte_of_a_mapped_file_once(tmp_path, size) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * (PIECE // 100))
    with path.open("rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    reader = ViewReader(view)

    digest = hashlib.sha256()
    while part := reader.read(size):
        digest.update(part)

    assert digest.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_giving_back_leaves_other_views_alone() -> None:
    view = memoryview(b"bytes")
    give_back(view)

    assert bytes(view) == b"bytes"
