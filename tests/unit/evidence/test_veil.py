"""What waits on a disk under a key says nothing there, and is read back as it was."""

from __future__ import annotations

import io

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

from bideval.evidence import veil
from bideval.evidence.veil import Veiled

KEY = bytes(range(32))
TEXT = "姓名,专家甲\n".encode() * 40


def veiled(key: bytes = KEY) -> tuple[io.BytesIO, Veiled]:
    disk = io.BytesIO()
    return disk, Veiled(disk, key)


def test_what_is_written_is_read_and_does_not_lie_there() -> None:
    disk, file = veiled()
    written = [file.write(TEXT[at : at + 100]) for at in range(0, len(TEXT), 100)]
    assert (sum(written), set(written[:-1])) == (len(TEXT), {100})
    file.seek(0)
    assert file.readall() == TEXT
    assert len(disk.getvalue()) == len(TEXT)
    assert "专家".encode() not in disk.getvalue()
    assert (file.readable(), file.writable(), file.seekable()) == (True, True, True)


def test_the_disk_holds_what_rfc_8439_says() -> None:
    disk, file = veiled()
    file.write(TEXT)
    expected = Cipher(ChaCha20(KEY, bytes(16)), mode=None).encryptor().update(TEXT)
    assert disk.getvalue() == expected


def test_other_keys_give_other_bytes() -> None:
    disks = [veiled(bytes([n]) * 32) for n in (1, 2)]
    for _, file in disks:
        file.write(TEXT)
    assert disks[0][0].getvalue()[:32] != disks[1][0].getvalue()[:32]


@pytest.mark.parametrize("place", [0, 1, 3, 63, 64, 65, 130, len(TEXT) - 1, len(TEXT), 9999])
def test_reading_goes_on_from_any_place(place: int) -> None:
    _, file = veiled()
    file.write(TEXT)
    assert file.seek(place) == file.tell() == place
    assert file.readall() == TEXT[place:]


def test_places_are_counted_from_here_and_from_the_end_too() -> None:
    _, file = veiled()
    file.write(TEXT)
    assert file.seek(-5, io.SEEK_END) == len(TEXT) - 5
    assert file.read(3) == TEXT[-5:-2]
    assert file.seek(-2, io.SEEK_CUR) == len(TEXT) - 4
    assert file.readall() == TEXT[-4:]
    assert file.seek(-9, io.SEEK_SET) == 0


def test_writing_appends_wherever_one_reads() -> None:
    disk, file = veiled()
    file.write(b"first ")
    before = disk.getvalue()
    file.seek(2)
    assert file.read(2) == b"rs"
    file.write(memoryview(b"second"))
    assert file.read(2) == b"t "
    file.seek(0)
    assert file.readall() == b"first second"
    assert disk.getvalue()[: len(before)] == before


def test_lines_are_read_through_a_buffer() -> None:
    _, file = veiled()
    file.write(TEXT)
    file.seek(0)
    assert list(io.BufferedReader(file, 100)) == TEXT.splitlines(keepends=True)


def test_the_key_stream_never_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(veil, "LIMIT", 10)
    disk, file = veiled()
    file.write(b"0123456789")
    with pytest.raises(ValueError, match="key stream"):
        file.write(b"x")
    assert len(disk.getvalue()) == 10


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="key"):
        veiled(b"short")
