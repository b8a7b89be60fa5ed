"""Bid packages: the plaintext of a sealed bid, one stream of a manifest and the files behind it.

Decided here: the format `bideval-bid/1` (docs/spec/bid-package.md), its limits, and that every byte
is covered by the manifest's sizes and digests. Not decided here: decrypting, where files are put.
Streams are arguments; nothing is held whole in memory but the manifest.
"""

from __future__ import annotations

import hashlib
import io
import re
from typing import IO, TYPE_CHECKING, NamedTuple

from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.opening.sheet import OpeningSheet, parse_sheet, sheet_document
from bideval.terms.errors import BidevalError, EvidenceError, FaultError, InputError
from bideval.terms.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAGIC = b"bideval-bid/1\n"
"""The first bytes of a package: format name and version."""

MANIFEST_LIMIT = 45_000
"""Bytes of the manifest: the entry `bid.opened` repeats it and has at most 65,000 characters."""

FILES_LIMIT = 100
"""Files of one bid."""

FILE_LIMIT = 2**31
"""Bytes of one file: scanned volumes of a works bid reach some hundred megabytes."""

CHUNK = 65_536
"""Bytes that are read at once."""

_NAME_LIMIT = 120
_LENGTH_SIZE = 4
_MEDIA_TYPE = re.compile(r"[a-z]{2,20}/[a-z0-9][a-z0-9.+-]{0,99}", re.ASCII)


class PackageFile(NamedTuple):
    """One file of a bid as the manifest states it; `sha256` in hex, `size` in bytes."""

    name: str
    size: int
    sha256: str
    media_type: str


class Manifest(NamedTuple):
    """What a bid says about itself: for which session and lot, by whom, its sheet, its files."""

    session: str
    bid: str
    lot: str
    bidder: str
    sheet: OpeningSheet
    files: tuple[PackageFile, ...]


def parse_manifest(value: object, field: str = "manifest") -> Manifest:
    """Read a decoded manifest; raise `InputError` with the path of what is wrong."""
    fields = Fields(value, field)
    manifest = Manifest(
        session=fields.session("session"),
        bid=fields.label("bid"),
        lot=fields.label("lot"),
        bidder=fields.person("bidder"),
        sheet=parse_sheet(fields.required("sheet"), fields.at("sheet")),
        files=tuple(fields.items("files", _parse_file, most=FILES_LIMIT)),
    )
    if len({file.name for file in manifest.files}) != len(manifest.files):
        detail = "must give every file a name of its own"
        raise InputError("duplicate_name", field=fields.at("files"), detail=detail)
    return manifest


def manifest_document(manifest: Manifest) -> dict[str, object]:
    """Return the JSON members of a manifest; `parse_manifest` of them gives it again."""
    files = [file._asdict() for file in manifest.files]
    return {**manifest._asdict(), "sheet": sheet_document(manifest.sheet), "files": files}


def check_manifest(manifest: Manifest, *, session: str, bid: str, lot: str, bidder: str) -> None:
    """Raise `EvidenceError` unless the manifest is that of the bid which was sealed."""
    expected = {"session": session, "bid": bid, "lot": lot, "bidder": bidder}
    for name, value in expected.items():
        if getattr(manifest, name) != value:
            detail = "is not that of the sealed bid"
            raise EvidenceError("manifest_differs", field=f"manifest.{name}", detail=detail)


def write_package(target: IO[bytes], manifest: Manifest, sources: Sequence[IO[bytes]]) -> None:
    """Write a package: the files' bytes come out of `sources`, in the manifest's order.

    Raises `FaultError` where a source is not the file that the manifest states, or the manifest is
    too large; `target` then holds a part.
    """
    document = canonical_bytes(manifest_document(manifest))
    if len(document) > MANIFEST_LIMIT:
        detail = f"must have at most {MANIFEST_LIMIT} bytes"
        raise FaultError("too_large", field="manifest", detail=detail)
    target.write(MAGIC + len(document).to_bytes(_LENGTH_SIZE, "big") + document)
    for file, source in zip(manifest.files, sources, strict=True):
        try:
            for chunk in _exactly(source, file):
                target.write(chunk)
            _expect_end(source, file.name)
        except EvidenceError as wrong:
            raise FaultError(wrong.code, field=wrong.field, detail=wrong.detail) from None


def read_manifest(source: IO[bytes]) -> dict[str, object]:
    """Return the decoded manifest and leave the stream at the first file's first byte.

    The members are returned as they are, because `bid.opened` repeats them; `parse_manifest` reads
    them. Raises `EvidenceError` where the stream is no package, `InputError` where the manifest is
    not JSON.
    """
    head = _read_fully(source, len(MAGIC) + _LENGTH_SIZE)
    if not head.startswith(MAGIC):
        raise EvidenceError("package_malformed", field="package", detail="unknown format")
    size = int.from_bytes(head[len(MAGIC) :], "big")
    if size > MANIFEST_LIMIT:
        detail = f"the manifest must have at most {MANIFEST_LIMIT} bytes"
        raise EvidenceError("package_malformed", field="manifest", detail=detail)
    document = read_json(_read_fully(source, size), limit=MANIFEST_LIMIT, field="manifest")
    return Fields(document, "manifest").members


def files(source: IO[bytes], manifest: Manifest) -> Iterator[tuple[PackageFile, Iterator[bytes]]]:
    """Yield each file with its chunks, from a stream that `read_manifest` left at the files.

    A file's chunks raise `EvidenceError` at their end if size or digest is wrong: use what they
    gave only after they ended. What a caller leaves of a file is read and checked before the next
    one. After the last file the stream must end.
    """
    for file in manifest.files:
        chunks = _exactly(source, file)
        yield file, chunks
        _drain(chunks)
    _expect_end(source, "package")


class PackageCheck:
    """A target that takes a package in pieces of any size and keeps its manifest alone.

    What is wrong is kept for `document` and `end`, because who writes here may lose exceptions.
    """

    def __init__(self) -> None:
        self._whole = hashlib.sha256()
        self._head = bytearray()
        self._document: dict[str, object] | None = None
        self._files: list[PackageFile] = []
        self._left = 0
        self._digest = hashlib.sha256()
        self._fault: BidevalError | None = None

    def write(self, data: bytes) -> int:
        """Take the next piece."""
        self._whole.update(data)
        if self._fault is None:
            try:
                self._take(data)
            except BidevalError as fault:
                self._fault = fault
        return len(data)

    @property
    def sha256(self) -> str:
        """The digest (hex) of everything taken so far."""
        return self._whole.hexdigest()

    def document(self) -> dict[str, object]:
        """Return the decoded manifest as `read_manifest` does, and raise what that raises."""
        if self._document is None:
            if self._fault is not None:
                raise self._fault
            return read_manifest(io.BytesIO(self._head))
        return self._document

    def end(self) -> None:
        """Raise, as `files` does, unless every file was whole and nothing came behind the last."""
        self.document()
        if self._fault is not None:
            raise self._fault
        if self._files:
            name = self._files[0].name
            raise EvidenceError("package_truncated", field=name, detail="ends too early")

    def _take(self, data: bytes) -> None:
        if self._document is None:
            self._head += data
            if not self._head_is_whole():
                return
            source = io.BytesIO(self._head)
            document = read_manifest(source)
            self._files = list(parse_manifest(document).files)
            self._document, data = document, source.read()
            self._head.clear()
            self._begin_file()
        self._take_content(memoryview(data))

    def _head_is_whole(self) -> bool:
        """Return whether `read_manifest` can judge what came: all of it, or enough to refuse it."""
        start = len(MAGIC) + _LENGTH_SIZE
        if len(self._head) < start:
            return False
        size = int.from_bytes(self._head[len(MAGIC) : start], "big")
        refused = not self._head.startswith(MAGIC) or size > MANIFEST_LIMIT
        return refused or len(self._head) >= start + size

    def _begin_file(self) -> None:
        """Go to the next file that has any bytes; those without are whole already."""
        while self._files:
            self._left, self._digest = self._files[0].size, hashlib.sha256()
            if self._left:
                return
            self._end_file()

    def _end_file(self) -> None:
        file = self._files.pop(0)
        if self._digest.hexdigest() != file.sha256:
            raise _file_differs(file)

    def _take_content(self, data: memoryview) -> None:
        while data:
            if not self._files:
                raise _goes_on("package")
            part, data = data[: self._left], data[self._left :]
            self._digest.update(part)
            self._left -= len(part)
            if not self._left:
                self._end_file()
                self._begin_file()


def _parse_file(value: object, field: str) -> PackageFile:
    fields = Fields(value, field)
    name = fields.text("name", limit=_NAME_LIMIT)
    if not name.isprintable() or name != name.strip() or name[0] == "." or {*name} & {*"/\\"}:
        detail = "must be a plain file name without slashes or a leading point"
        raise InputError("bad_file_name", field=fields.at("name"), detail=detail)
    media_type = fields.text("media_type")
    if _MEDIA_TYPE.fullmatch(media_type) is None:
        detail = "must be a media type such as application/pdf"
        raise InputError("bad_media_type", field=fields.at("media_type"), detail=detail)
    return PackageFile(
        name=name,
        size=fields.integer("size", most=FILE_LIMIT),
        sha256=fields.digest("sha256"),
        media_type=media_type,
    )


def _exactly(source: IO[bytes], file: PackageFile) -> Iterator[bytes]:
    digest, left = hashlib.sha256(), file.size
    while left:
        chunk = source.read(min(CHUNK, left))
        if not chunk:
            raise EvidenceError("package_truncated", field=file.name, detail="ends too early")
        digest.update(chunk)
        left -= len(chunk)
        yield chunk
    if digest.hexdigest() != file.sha256:
        raise _file_differs(file)


def _file_differs(file: PackageFile) -> EvidenceError:
    detail = "does not have the digest that the manifest states"
    return EvidenceError("file_differs", field=file.name, detail=detail)


def _drain(chunks: Iterable[bytes]) -> None:
    for _chunk in chunks:
        pass


def _expect_end(source: IO[bytes], field: str) -> None:
    if source.read(1):
        raise _goes_on(field)


def _goes_on(field: str) -> EvidenceError:
    return EvidenceError("package_too_long", field=field, detail="goes on after its end")


def _read_fully(source: IO[bytes], size: int) -> bytes:
    """Read `size` bytes, in as many pieces as the stream gives them."""
    parts: list[bytes] = []
    while size:
        part = source.read(size)
        if not part:
            raise EvidenceError("package_truncated", field="package", detail="ends too early")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
