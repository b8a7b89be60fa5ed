"""Files by digest: whole and durable, or not visible at all."""

from __future__ import annotations

import hashlib
import os
import resource

import pytest

from bideval.gateways.files import DiskFileStore
from bideval.ports import FileFacts
from bideval.terms.errors import FaultError, InputError, RefusedError

DATA = b"a bid document" * 1000
NAME = hashlib.sha256(DATA).hexdigest()
FACTS = FileFacts(NAME, len(DATA))


@pytest.fixture
def files(tmp_path):
    return DiskFileStore(tmp_path / "files")


def pieces(data, size=777):
    return [data[start : start + size] for start in range(0, len(data), size)]


async def stream(data, size=777):
    for piece in pieces(data, size):
        yield piece


def visible(files):
    """Return the names of all files that are not working files."""
    return sorted(
        path.name
        for path in files._folder.rglob("*")
        if path.is_file() and path.parent.name not in ("new", "part")
    )


def left_over(files):
    return [path.name for path in (files._folder / "new").iterdir()]


def refused(call, *args, **options):
    with pytest.raises((InputError, RefusedError, FaultError)) as caught:
        call(*args, **options)
    return caught.value.code, caught.value.field


def test_a_kept_file_comes_back(files):
    assert files.put(pieces(DATA), limit=len(DATA)) == FACTS
    assert files.has(NAME) is True
    assert (files.size(NAME), files.path(NAME).read_bytes()) == (len(DATA), DATA)
    with files.open(NAME) as file:
        assert file.read() == DATA
    assert (visible(files), left_over(files)) == ([NAME], [])


def test_a_file_lies_under_its_digest(files):
    files.put([DATA], limit=len(DATA))
    assert files.path(NAME).relative_to(files._folder).parts == (NAME[:2], NAME[2:4], NAME)
    assert files.path(NAME).stat().st_mode & 0o077 == 0


def test_the_same_file_again_changes_nothing(files):
    files.put([DATA], limit=len(DATA))
    before = files.path(NAME).stat().st_ino
    assert files.put([DATA], limit=len(DATA)) == FACTS
    assert files.path(NAME).stat().st_ino == before
    assert left_over(files) == []


def test_an_empty_file_is_a_file(files):
    assert files.put([], limit=0) == FileFacts(hashlib.sha256(b"").hexdigest(), 0)


def test_a_file_over_the_limit_leaves_nothing(files):
    code = refused(files.put, pieces(DATA), limit=len(DATA) - 1)
    assert code == ("file_too_large", "file")
    assert (visible(files), left_over(files)) == ([], [])


def test_another_digest_leaves_nothing(files):
    code = refused(files.put, [DATA + b"!"], limit=1 << 20, expected=NAME)
    assert code == ("digest_differs", "sha256")
    assert (visible(files), left_over(files)) == ([], [])


def test_a_source_that_breaks_leaves_nothing(files):
    def breaking():
        yield DATA
        raise ConnectionError

    with pytest.raises(ConnectionError):
        files.put(breaking(), limit=1 << 20)
    assert (visible(files), left_over(files)) == ([], [])


async def test_a_stream_is_kept(files):
    facts = await files.put_stream(stream(DATA), limit=len(DATA), expected=NAME)
    assert facts == FACTS
    assert files.path(NAME).read_bytes() == DATA


async def test_a_large_stream_is_gathered(files):
    data = os.urandom(1 << 20)
    facts = await files.put_stream(stream(data, 10_001), limit=len(data))
    assert facts == FileFacts(hashlib.sha256(data).hexdigest(), len(data))


async def test_a_stream_over_the_limit_leaves_nothing(files):
    with pytest.raises(InputError, match="at most"):
        await files.put_stream(stream(DATA), limit=100)
    assert (visible(files), left_over(files)) == ([], [])


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 5, DATA[:5]), (7, 9, DATA[7:16]), (len(DATA) - 2, 9, DATA[-2:]), (len(DATA), 9, b"")],
)
def test_a_range_is_read(files, start, length, expected):
    files.put([DATA], limit=len(DATA))
    assert files.read_range(NAME, start, length) == expected


@pytest.mark.parametrize(("start", "length", "field"), [(-1, 1, "start"), (0, -1, "length")])
def test_a_negative_range_is_refused(files, start, length, field):
    files.put([DATA], limit=len(DATA))
    assert refused(files.read_range, NAME, start, length) == ("bad_range", field)


def test_an_unknown_file_is_refused(files):
    for call in (files.path, files.size, files.open, files.finish_part):
        assert refused(call, NAME) == ("unknown_file", "sha256")
    assert files.has(NAME) is False


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_a_name_that_is_no_digest_is_refused(files, name):
    for call in (files.has, files.path, files.part_size, files.finish_part):
        assert refused(call, name) == ("not_a_digest", "sha256")


def test_parts_grow_in_order_and_become_a_file(files):
    here = 0
    for piece in pieces(DATA, 5_000):
        assert files.part_size(NAME) == here
        here = files.append_part(NAME, here, piece, size=len(DATA))
    assert files.has(NAME) is False
    assert files.finish_part(NAME) == FACTS
    assert files.path(NAME).read_bytes() == DATA
    assert files.part_size(NAME) == 0


def test_parts_survive_a_restart(files, tmp_path):
    files.append_part(NAME, 0, DATA[:100], size=len(DATA))
    again = DiskFileStore(tmp_path / "files")
    assert again.part_size(NAME) == 100
    again.append_part(NAME, 100, DATA[100:], size=len(DATA))
    assert again.finish_part(NAME) == FACTS


@pytest.mark.parametrize("offset", [0, 99, 101])
def test_a_part_goes_on_only_at_its_end(files, offset):
    files.append_part(NAME, 0, DATA[:100], size=len(DATA))
    code = refused(files.append_part, NAME, offset, b"x", size=len(DATA))
    assert code == ("wrong_offset", "offset")
    assert files.part_size(NAME) == 100


def test_a_part_never_exceeds_what_was_announced(files):
    code = refused(files.append_part, NAME, 0, DATA, size=len(DATA) - 1)
    assert code == ("file_too_large", "size")
    assert files.part_size(NAME) == 0


def test_a_part_with_another_digest_is_thrown_away(files):
    files.append_part(NAME, 0, DATA[:-1] + b"!", size=len(DATA))
    assert refused(files.finish_part, NAME) == ("digest_differs", "sha256")
    assert (files.part_size(NAME), files.has(NAME)) == (0, False)


def test_what_was_being_received_is_gone_after_a_restart(files):
    (files._folder / "new" / "left").write_bytes(b"half a file")
    again = DiskFileStore(files._folder)
    assert left_over(again) == []


def test_a_full_disk_is_our_fault_and_leaves_nothing(files):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        code = refused(files.put, [bytes(50_000)] * 4, limit=1 << 20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == ("storage_fault", "data_dir")
    assert (visible(files), left_over(files)) == ([], [])


def test_a_folder_that_cannot_be_made_is_our_fault(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FaultError, match="data_dir"):
        DiskFileStore(tmp_path / "file" / "files")
