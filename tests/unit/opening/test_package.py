"""Bid packages: streamed both ways, every byte covered."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import hex_digest
from bideval.opening.package import (
    CHUNK,
    MAGIC,
    Manifest,
    PackageCheck,
    PackageFile,
    check_manifest,
    files,
    manifest_document,
    parse_manifest,
    read_manifest,
    write_package,
)
from bideval.opening.sheet import parse_sheet
from bideval.terms.errors import BidevalError, EvidenceError, FaultError, InputError

SHEET = parse_sheet(
    {
        "bidder_name": "奉化桥梁工程有限公司",
        "price": "1200000.00",
        "size": "small",
        "small_share_percent": None,
        "brand": None,
        "duration": "180 days",
        "remarks": "",
    },
    "sheet",
)
CONTENTS = [b"technical", b"", bytes(200_000)]
NAMES = ["技术标.pdf", "empty.txt", "drawings.zip"]


def manifest_of(contents=CONTENTS, names=NAMES):
    listed = tuple(
        PackageFile(name, len(data), hex_digest(data), "application/pdf")
        for name, data in zip(names, contents, strict=True)
    )
    return Manifest("fh-2026", "bid-3f9c12ab", "lot-1", "bidder-3f9c12ab", SHEET, listed)


def package_of(contents=CONTENTS, names=NAMES):
    target = io.BytesIO()
    write_package(target, manifest_of(contents, names), [io.BytesIO(data) for data in contents])
    return target.getvalue()


def unpacked(data):
    source = io.BytesIO(data)
    manifest = parse_manifest(read_manifest(source))
    return manifest, [b"".join(chunks) for _, chunks in files(source, manifest)]


def refusal(data, family=EvidenceError):
    with pytest.raises(family) as caught:
        unpacked(data)
    return caught.value.code, caught.value.field


PACKAGE = package_of()
DOCUMENT = manifest_document(manifest_of())


def test_a_package_comes_back():
    assert unpacked(PACKAGE) == (manifest_of(), CONTENTS)


def test_a_package_is_magic_length_manifest_and_files():
    document = canonical_bytes(DOCUMENT)
    head = b"bideval-bid/1\n" + len(document).to_bytes(4, "big") + document
    assert head + b"".join(CONTENTS) == PACKAGE


def test_the_manifest_is_returned_with_members_that_nobody_knows_yet():
    document = canonical_bytes(DOCUMENT | {"later": 1})
    head = MAGIC + len(document).to_bytes(4, "big") + document
    assert read_manifest(io.BytesIO(head)) == DOCUMENT | {"later": 1}


@given(st.lists(st.binary(max_size=50), max_size=4))
@settings(max_examples=40)
def test_any_files_come_back(contents):
    names = [f"{number}.bin" for number in range(len(contents))]
    assert unpacked(package_of(contents, names))[1] == contents


def test_chunks_are_of_limited_size():
    source = io.BytesIO(PACKAGE)
    manifest = parse_manifest(read_manifest(source))
    sizes = [[len(chunk) for chunk in chunks] for _, chunks in files(source, manifest)]
    assert sizes == [[9], [], [CHUNK, CHUNK, CHUNK, 200_000 - 3 * CHUNK]]


def test_files_that_the_caller_leaves_are_still_checked():
    source = io.BytesIO(PACKAGE)
    manifest = parse_manifest(read_manifest(source))
    assert [file.name for file, _ in files(source, manifest)] == NAMES
    changed = bytearray(PACKAGE)
    changed[-1] ^= 1
    source = io.BytesIO(bytes(changed))
    manifest = parse_manifest(read_manifest(source))
    with pytest.raises(EvidenceError) as caught:
        [file.name for file, _ in files(source, manifest)]
    assert (caught.value.code, caught.value.field) == ("file_differs", "drawings.zip")


class Trickle(io.BytesIO):
    """A stream that gives fewer bytes than it is asked for, as pipes do."""

    def read(self, size=-1):
        return super().read(min(size, 7))


def test_a_stream_may_give_less_than_it_is_asked_for():
    source = Trickle(package_of([b"technical", b"x" * 20], ["a.pdf", "b.pdf"]))
    manifest = parse_manifest(read_manifest(source))
    contents = [b"".join(chunks) for _, chunks in files(source, manifest)]
    assert contents == [b"technical", b"x" * 20]


SMALL = package_of([b"ab", b"c"], ["a.pdf", "b.pdf"])


@pytest.mark.parametrize("size", range(len(SMALL)))
def test_every_shorter_package_is_refused(size):
    code, _ = refusal(SMALL[:size])
    assert code == "package_truncated"


def test_a_package_that_goes_on_is_refused():
    assert refusal(SMALL + b"\n") == ("package_too_long", "package")


def test_every_flipped_bit_around_the_manifest_is_refused():
    """A bit of the manifest itself is caught by the ciphertext's digest in the bid's entry."""
    start = len(SMALL) - 3
    believed = []
    for place, bit in [(p, b) for p in [*range(18), *range(start, len(SMALL))] for b in range(8)]:
        changed = bytearray(SMALL)
        changed[place] ^= 1 << bit
        try:
            unpacked(bytes(changed))
        except BidevalError:
            continue
        believed.append((place, bit))
    assert believed == []


@pytest.mark.parametrize(
    ("data", "family", "code", "field"),
    [
        (b"bideval-bid/2\n" + SMALL[14:], EvidenceError, "package_malformed", "package"),
        (MAGIC + b"\x00\x00\xaf\xc9", EvidenceError, "package_malformed", "manifest"),
        (MAGIC + b"\xff" * 4, EvidenceError, "package_malformed", "manifest"),
        (MAGIC + b"\x00\x00\x00\x02[]", InputError, "not_an_object", "manifest"),
        (MAGIC + b"\x00\x00\x00\x02{x", InputError, "not_json", "manifest"),
        (MAGIC + b"\x00\x00\x00\x00", InputError, "not_json", "manifest"),
    ],
)
def test_what_is_no_package_is_refused(data, family, code, field):
    assert refusal(data, family) == (code, field)


FILE = DOCUMENT["files"][0]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"session": "X"}, "bad_session_id", "manifest.session"),
        ({"bid": ""}, "bad_label", "manifest.bid"),
        ({"lot": None}, "bad_label", "manifest.lot"),
        ({"bidder": "林"}, "bad_person_id", "manifest.bidder"),
        ({"sheet": {}}, "missing", "manifest.sheet.bidder_name"),
        ({"files": {}}, "not_a_list", "manifest.files"),
        ({"files": [FILE] * 101}, "wrong_count", "manifest.files"),
        ({"files": [FILE, FILE]}, "duplicate_name", "manifest.files"),
        ({"files": [FILE | {"size": -1}]}, "out_of_range", "manifest.files[0].size"),
        ({"files": [FILE | {"size": 2**31 + 1}]}, "out_of_range", "manifest.files[0].size"),
        ({"files": [FILE | {"sha256": "x"}]}, "not_a_digest", "manifest.files[0].sha256"),
        ({"files": [FILE | {"media_type": "pdf"}]}, "bad_media_type",
         "manifest.files[0].media_type"),
        ({"files": [FILE | {"media_type": "text/html; charset=x"}]}, "bad_media_type",
         "manifest.files[0].media_type"),
    ],
)  # fmt: skip
def test_a_malformed_manifest_is_refused_at_its_member(changes, code, field):
    with pytest.raises(InputError) as caught:
        parse_manifest(DOCUMENT | changes)
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize(
    "name",
    ["../x.pdf", "a/b", "a\\b", ".hidden", " x.pdf", "x.pdf ", "x\u202efdp.exe", "a\tb", "x\n"],
)
def test_a_file_name_that_could_be_a_path_or_a_trick_is_refused(name):
    with pytest.raises(InputError) as caught:
        parse_manifest(DOCUMENT | {"files": [FILE | {"name": name}]})
    assert (caught.value.code, caught.value.field) == ("bad_file_name", "manifest.files[0].name")


OWN = {
    "session": "fh-2026",
    "bid": "bid-3f9c12ab",
    "lot": "lot-1",
    "bidder": "bidder-3f9c12ab",
}


def test_the_manifest_of_the_sealed_bid_is_accepted():
    assert check_manifest(manifest_of(), **OWN) is None


@pytest.mark.parametrize("name", list(OWN))
def test_a_manifest_copied_from_another_bid_is_refused(name):
    with pytest.raises(EvidenceError) as caught:
        check_manifest(manifest_of(), **OWN | {name: "another"})
    assert (caught.value.code, caught.value.field) == ("manifest_differs", f"manifest.{name}")


@pytest.mark.parametrize(
    ("sources", "code"),
    [
        ([b"a", b"c"], "package_truncated"),
        ([b"abc", b"c"], "package_too_long"),
        ([b"ba", b"c"], "file_differs"),
    ],
)
def test_writing_other_files_than_the_manifest_states_is_our_own_fault(sources, code):
    manifest = manifest_of([b"ab", b"c"], ["a.pdf", "b.pdf"])
    with pytest.raises(FaultError) as caught:
        write_package(io.BytesIO(), manifest, [io.BytesIO(data) for data in sources])
    assert (caught.value.code, caught.value.field) == (code, "a.pdf")


def test_a_manifest_that_no_entry_could_repeat_is_not_written():
    names = [f"{number:03}" + "长" * 110 for number in range(100)]
    target = io.BytesIO()
    with pytest.raises(FaultError) as caught:
        write_package(target, manifest_of([b""] * 100, names), [io.BytesIO()] * 100)
    assert (caught.value.code, target.getvalue()) == ("too_large", b"")


# Checking what is pushed


def pushed(data, sizes):
    """Return what a check says of data that comes in pieces of these sizes, then in one."""
    check, at = PackageCheck(), 0
    for size in sizes:
        assert check.write(data[at : at + size]) == len(data[at : at + size])
        at += size
    check.write(data[at:])
    return check


def verdict(judge):
    try:
        return judge()
    except BidevalError as fault:
        return fault.code, fault.field, fault.detail


def pulled(data):
    source = io.BytesIO(data)
    document = read_manifest(source)
    for _file, chunks in files(source, parse_manifest(document)):
        for _chunk in chunks:
            pass
    return document


def checked(data, sizes):
    check = pushed(data, sizes)
    check.end()
    return check.document()


@pytest.mark.parametrize("sizes", [(), (1,) * 40, (17, 1, 300), (1_000, 65_536, 65_536)])
def test_pushed_package_is_whole(sizes):
    data = package_of()
    check = pushed(data, sizes)

    check.end()
    assert check.document() == pulled(data)
    assert check.sha256 == hex_digest(data)


@given(
    place=st.integers(0, 900),
    bit=st.integers(0, 255),
    cut=st.integers(0, 900),
    more=st.binary(max_size=3),
    sizes=st.lists(st.integers(0, 400), max_size=6),
)
@settings(deadline=None)
def test_pushed_and_pulled_packages_are_judged_alike(place, bit, cut, more, sizes):
    data = bytearray(package_of([b"technical", b"", b"x" * 300], NAMES))
    data[place % len(data)] ^= bit
    data = bytes(data[: len(data) - cut % len(data)]) + more

    assert verdict(lambda: checked(data, sizes)) == verdict(lambda: pulled(data))


def test_fault_of_a_pushed_file_does_not_hide_the_manifest():
    data = package_of()
    check = pushed(data[:-1] + b"!", ())

    assert check.document() == pulled(data)
    assert verdict(check.end)[:2] == ("file_differs", "drawings.zip")


def test_pushed_manifest_that_is_none_is_told_first():
    refused = pushed(b"another format, and much of it", ())

    assert verdict(refused.document)[0] == "package_malformed"
    assert verdict(refused.end)[0] == "package_malformed"
