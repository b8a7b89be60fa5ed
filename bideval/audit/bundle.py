"""What a bundle holds: the record, its last checkpoint, and the files that entries name.

Decided here: the sections of `bideval-bundle/1` and their order, and reading them back strictly.
Nothing is copied: lines and files are read where they lie, so that a bundle may be mapped.
Not decided here: whether any of it is true (`bideval.audit.verifier`).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.audit.container import (
    MOST_FILES,
    PIECE,
    SectionSource,
    give_back,
    read_container,
    source,
    write_container,
)
from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.ledger.line import parse_line
from bideval.ledger.note import NOTE_LIMIT
from bideval.terms.errors import EvidenceError
from bideval.terms.fields import Fields, digest
from bideval.terms.instants import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bideval.audit.container import Section

FORMAT = "bideval-bundle/1"
MANIFEST_LIMIT = 16 * 2**20
"""Bytes of the manifest: room for 100,000 files of 150 bytes each."""
_LENGTH_BYTES = 2


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the exporting venue says the bundle holds; everything in it is checked later.

    `root` is hex; `files` maps SHA-256 (hex) to the size in bytes; `absent` lists files that the
    record names and the exporting venue does not have.
    """

    session: str
    main: str
    exported_by: str
    made_at: str
    size: int
    root: str
    files: Mapping[str, int]
    absent: Sequence[str]


class Lines:
    """The lines of a record section in record order; eight bytes are kept of each."""

    __slots__ = ("_data", "_starts")

    def __init__(self, data: memoryview) -> None:
        """Find where every line starts; raise EvidenceError at one that is cut or empty."""
        self._data = data
        self._starts = array("Q")
        at, end, seen = 0, len(data), 0
        while at < end:
            if at - seen >= PIECE:
                give_back(data)
                seen = at
            self._starts.append(at)
            size = int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
            at += _LENGTH_BYTES + size
            if at > end or not size:
                raise _wrong(f"record, entry {self._first_unreadable()}", "is cut or empty")

    def _first_unreadable(self) -> int:
        """Return where the lengths went wrong: a false one shows in the lines that follow."""
        for position, line in enumerate(self):
            try:
                parse_line(line)
            except EvidenceError:
                return position
        return len(self) - 1

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, position: int) -> bytes:
        start = self._starts[position]
        size = int.from_bytes(self._data[start : start + _LENGTH_BYTES], "big")
        return bytes(self._data[start + _LENGTH_BYTES : start + _LENGTH_BYTES + size])

    def __iter__(self) -> Iterator[bytes]:
        seen = 0
        for position, start in enumerate(self._starts):
            if start - seen >= PIECE:
                give_back(self._data)
                seen = start
            yield self[position]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle taken apart: line bytes in record order, the note, file contents by SHA-256."""

    manifest: Manifest
    lines: Lines
    checkpoint: str
    files: Mapping[str, memoryview]


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file to be written: SHA-256 (hex), size in bytes and the bytes piece by piece."""

    sha256: str
    size: int
    pieces: Iterable[bytes]


def write_bundle(
    manifest: Manifest, lines: Iterable[bytes], *, checkpoint: str, files: Iterable[FileSource]
) -> Iterator[bytes]:
    """Yield the bundle piece by piece; `files` must come ordered by digest, as in the manifest."""
    return write_container(_sources(manifest, lines, checkpoint, files))


def read_bundle(data: bytes | memoryview) -> Bundle:
    """Return the bundle in `data` after checking every byte of the container.

    Raises InputError when it is no bundle, EvidenceError naming the region when it is damaged or
    its sections are not the ones that docs/spec/bundle.md asks for, in that order.
    """
    sections = read_container(data)
    names = [section.name for section in sections]
    if names[:3] != ["manifest", "record", "checkpoint"]:
        raise _wrong("container", "must begin with manifest, record and checkpoint")
    manifest = _read_manifest(_bounded(sections[0], MANIFEST_LIMIT))
    _check_files(manifest, sections[3:])
    return Bundle(
        manifest=manifest,
        lines=Lines(sections[1].data),
        checkpoint=_text(sections[2]),
        files={section.name.partition("/")[2]: section.data for section in sections[3:]},
    )


def _sources(
    manifest: Manifest, lines: Iterable[bytes], checkpoint: str, files: Iterable[FileSource]
) -> Iterator[SectionSource]:
    yield source("manifest", canonical_bytes(_manifest_document(manifest)))
    yield source("record", b"".join(_framed(line) for line in lines))
    yield source("checkpoint", checkpoint.encode())
    for file in files:
        yield SectionSource(f"file/{file.sha256}", file.size, file.sha256, file.pieces)


def _framed(line: bytes) -> bytes:
    """Return the line behind its length; `ledger.line` keeps it below 65,536 bytes."""
    return len(line).to_bytes(_LENGTH_BYTES, "big") + line


def _manifest_document(manifest: Manifest) -> dict[str, object]:
    files = [{"sha256": name, "size": size} for name, size in sorted(manifest.files.items())]
    return {
        "format": FORMAT,
        "session": manifest.session,
        "main": manifest.main,
        "exported_by": manifest.exported_by,
        "made_at": manifest.made_at,
        "size": manifest.size,
        "root": manifest.root,
        "files": files,
        "absent": sorted({*manifest.absent}),
    }


def _read_manifest(data: bytes) -> Manifest:
    members = Fields(read_json(data, limit=MANIFEST_LIMIT, field="manifest"), "manifest")
    members.word("format", [FORMAT])
    files = members.objects("files", most=MOST_FILES)
    manifest = Manifest(
        session=members.session("session"),
        main=members.venue("main"),
        exported_by=members.venue("exported_by"),
        made_at=_instant(members, "made_at"),
        size=members.integer("size"),
        root=members.digest("root"),
        files={file.digest("sha256"): file.integer("size") for file in files},
        absent=tuple(members.items("absent", digest, most=MOST_FILES)),
    )
    if canonical_bytes(_manifest_document(manifest)) != data:
        raise _wrong("manifest", "must be canonical JSON of its members and no others")
    return manifest


def _instant(members: Fields, name: str) -> str:
    text = members.text(name, limit=40)
    parse_instant(text, field=members.at(name))
    return text


def _check_files(manifest: Manifest, sections: Sequence[Section]) -> None:
    found = [section.name.partition("/") for section in sections]
    if [name for name, _, _ in found] != ["file"] * len(found):
        raise _wrong("container", "must hold nothing but files after the checkpoint")
    if [sha256 for _, _, sha256 in found] != sorted(manifest.files):
        raise _wrong("manifest.files", "must list the file sections, ordered by digest")
    for section, (_, _, sha256) in zip(sections, found, strict=True):
        if len(section.data) != manifest.files[sha256]:
            raise _wrong(section.name, "does not have the size that the manifest states")
        if section.sha256 != sha256:
            raise _wrong(section.name, "does not have the digest that is its name")


def _bounded(section: Section, limit: int) -> bytes:
    """Return the bytes of a section, which are copied only after their number was looked at."""
    if len(section.data) > limit:
        raise _wrong(section.name, f"must have at most {limit} bytes")
    return bytes(section.data)


def _text(section: Section) -> str:
    try:
        return _bounded(section, NOTE_LIMIT).decode()
    except UnicodeDecodeError:
        raise _wrong(section.name, "must be UTF-8") from None


def _wrong(region: str, detail: str) -> EvidenceError:
    return EvidenceError("bundle_malformed", field=region, detail=detail)
