"""The bundle's sections, written and read back."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from bideval.audit.bundle import FileSource, Manifest, read_bundle, write_bundle
from bideval.audit.container import read_container, source, write_container
from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.terms.errors import BidevalError, EvidenceError, InputError

FILES = {hashlib.sha256(content).hexdigest(): content for content in (b"one", b"two", b"")}
MANIFEST = Manifest(
    session="fh-2026-0117",
    main="fenghe",
    exported_by="wencheng",
    made_at="2026-11-22T10:00:00.000+08:00",
    size=2,
    root="ab" * 32,
    files={name: len(content) for name, content in FILES.items()},
    absent=("cd" * 32,),
)
LINES = [b"fenghe 1 a.b.c", b"x" * 65_535]


def sources() -> list[FileSource]:
    return [FileSource(name, len(FILES[name]), (FILES[name],)) for name in sorted(FILES)]


def written() -> bytes:
    return b"".join(write_bundle(MANIFEST, LINES, checkpoint="note — é\n", files=sources()))


def rewritten(**changes: bytes) -> bytes:
    """Return the bundle with sections replaced and every digest of the container made right."""
    sections = [
        source(section.name, changes.get(section.name, bytes(section.data)))
        for section in read_container(written())
    ]
    return b"".join(write_container(sections))


def manifest_with(**changes: object) -> bytes:
    document = read_json(bytes(read_container(written())[0].data), limit=10_000)
    assert isinstance(document, dict)
    return canonical_bytes(document | changes)


def test_bundle_reads_back_what_was_written() -> None:
    bundle = read_bundle(written())
    assert bundle.manifest == dataclasses.replace(
        MANIFEST, files=dict(sorted(MANIFEST.files.items()))
    )
    assert list(bundle.lines) == LINES
    assert (len(bundle.lines), bundle.lines[1]) == (2, LINES[1])
    assert bundle.checkpoint == "note — é\n"
    assert bundle.files == {name: memoryview(FILES[name]) for name in sorted(FILES)}


@pytest.mark.parametrize(
    ("damaged", "region"),
    [
        (rewritten(checkpoint=b"\xff"), "checkpoint"),
        (rewritten(record=b"\x00\x05abcde\x00"), "record, entry 0"),
        (rewritten(record=b"\x00\x0bfen 1 a.b.c\x00"), "record, entry 1"),
        (rewritten(record=b"\x00\x05abcd"), "record, entry 0"),
        (rewritten(record=b"\x00\x00"), "record, entry 0"),
        (rewritten(manifest=manifest_with(files=[])), "manifest.files"),
        (rewritten(manifest=b"[]"), "manifest"),
        (rewritten(manifest=b"{"), "manifest"),
        (rewritten(manifest=manifest_with(size=-1)), "manifest.size"),
        (rewritten(manifest=manifest_with(made_at="yesterday")), "manifest.made_at"),
        (rewritten(manifest=manifest_with(extra=1)), "manifest"),
        (rewritten(manifest=manifest_with(absent=["cd" * 32, "cd" * 32])), "manifest"),
        (rewritten(manifest=manifest_with() + b" "), "manifest"),
        (rewritten(manifest=manifest_with(format="bideval-bundle/9")), "manifest.format"),
        (b"".join(write_container([])), "container"),
    ],
)
def test_malformed_bundle_is_refused_by_region(damaged: bytes, region: str) -> None:
    with pytest.raises(BidevalError) as caught:
        read_bundle(damaged)
    assert caught.value.field == region


def test_file_under_a_false_name_is_refused() -> None:
    name = min(FILES)
    with pytest.raises(EvidenceError) as caught:
        read_bundle(rewritten(**{f"file/{name}": b"abc"[: len(FILES[name])]}))
    assert caught.value.field == f"file/{name}"


def test_file_of_another_size_is_refused() -> None:
    name = min(FILES)
    with pytest.raises(EvidenceError) as caught:
        read_bundle(rewritten(**{f"file/{name}": b"longer than it was"}))
    assert caught.value.detail == "does not have the size that the manifest states"


def test_section_that_is_no_file_is_refused() -> None:
    sections = [source(part.name, bytes(part.data)) for part in read_container(written())]
    with pytest.raises(EvidenceError) as caught:
        read_bundle(b"".join(write_container([*sections, source("extra", b"")])))
    assert caught.value.field == "container"


def test_another_kind_of_file_is_no_bundle() -> None:
    with pytest.raises(InputError):
        read_bundle(b"%PDF-1.7")


@pytest.mark.parametrize(("name", "limit"), [("manifest", 16 * 2**20), ("checkpoint", 65_536)])
def test_section_above_its_limit_is_not_even_copied(name: str, limit: int) -> None:
    sections = [
        source(part.name, b"x" * (limit + 1) if part.name == name else bytes(part.data))
        for part in read_container(written())
    ]
    with pytest.raises(EvidenceError) as caught:
        read_bundle(b"".join(write_container(sections)))
    assert (caught.value.field, caught.value.detail) == (name, f"must have at most {limit} bytes")
