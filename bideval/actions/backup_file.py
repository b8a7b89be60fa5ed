"""The backup of a venue as one sequence of bytes, none of them uncovered.

Decided here: the sections of `bideval-backup/1` in the container of bundles (audit.container):
a manifest, each record with its lines, the rows beside the records, the files.
Not decided here: whether any of it is true, and what is done with it (restoring, recovering).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from bideval.audit.container import SectionSource, read_container, source, write_container
from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.encoding import b64u, unb64u
from bideval.ports import (
    Account,
    Conflict,
    DeliveryNote,
    FileUse,
    KeptFile,
    PoolExpert,
    SeatBooking,
    StoredCheckpoint,
)
from bideval.sync.words import Placed, Vouch, Word
from bideval.terms.errors import EvidenceError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bideval.audit.container import Section

HEADER = b"bideval-backup/1\n"
MOST_SECTIONS = 1_000_000
"""Sections of a backup: of every session its record and files."""
JSON_LIMIT = 1 << 30
"""Bytes of one section of rows: a pool of a hundred thousand experts takes sixty MiB."""
BLOCK_LINES = 5_000
"""Lines of one section, so that a record is written and read piece by piece."""
_LENGTH_BYTES = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which venue made the backup, when, and how many sessions it holds."""

    venue: str
    suite: str
    public: bytes
    made_at: str
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """What a venue held of one record: the head, and how many lines were not placed yet."""

    session: str
    main: str
    epoch: int
    size: int
    root: bytes
    pending: int


@dataclass(frozen=True, slots=True)
class SavedRecord:
    """One record of a backup; `lines` are the placed ones in order, then the pending ones."""

    facts: RecordFacts
    checkpoints: list[StoredCheckpoint]
    conflicts: list[Conflict]
    blocks: list[memoryview]
    words: list[Word] = field(default_factory=list)

    def lines(self) -> Iterator[bytes]:
        """Yield every line; raises EvidenceError where a block is cut."""
        for block in self.blocks:
            yield from _unframed(block)


@dataclass(frozen=True, slots=True)
class Rows:
    """What lies beside the records. Codes and log-ins are not kept: they would work twice."""

    accounts: list[Account]
    pool: list[PoolExpert]
    seats: list[SeatBooking]
    deliveries: list[DeliveryNote]
    uses: list[FileUse]
    files: list[KeptFile]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup taken apart; files by SHA-256, as views into the backup."""

    origin: Origin
    records: list[SavedRecord]
    rows: Rows
    files: Mapping[str, memoryview]


@dataclass(frozen=True, slots=True)
class RecordSource:
    """A record to be written: its facts and its lines, block by block."""

    facts: RecordFacts
    checkpoints: list[StoredCheckpoint]
    conflicts: list[Conflict]
    blocks: Iterable[list[bytes]]
    words: list[Word] = field(default_factory=list)


def write_backup(
    origin: Origin,
    records: Iterable[RecordSource],
    *,
    rows: Rows,
    files: Iterable[SectionSource],
) -> Iterator[bytes]:
    """Yield the backup piece by piece."""
    return write_container(_sections(origin, records, rows, files), header=HEADER)


def read_backup(data: bytes | memoryview) -> Backup:
    """Return the backup in `data` after checking every byte of it.

    Raises InputError when it is no backup, EvidenceError naming the region when it is damaged.
    """
    sections = read_container(data, header=HEADER, most=MOST_SECTIONS)
    if not sections or sections[0].name != "manifest":
        raise _malformed("container", "must begin with the manifest")
    origin = _load(Origin, _json(sections[0]))
    records: list[SavedRecord] = []
    rows: Rows | None = None
    files: dict[str, memoryview] = {}
    for section in sections[1:]:
        kind, _, digest = section.name.partition("/")
        if kind == "record":
            records.append(_read_record(section))
        elif kind == "lines" and records:
            records[-1].blocks.append(section.data)
        elif kind == "rows" and rows is None:
            rows = _read_rows(section)
        elif kind == "file" and digest == section.sha256:
            files[digest] = section.data
        else:
            raise _malformed(section.name, "stands where it does not belong")
    if rows is None or len(records) != origin.sessions:
        raise _malformed("container", "does not hold what its manifest says")
    return Backup(origin, records, rows, files)


def _sections(
    origin: Origin,
    records: Iterable[RecordSource],
    rows: Rows,
    files: Iterable[SectionSource],
) -> Iterator[SectionSource]:
    yield source("manifest", canonical_bytes(_plain(origin)))
    for record in records:
        document = {
            "facts": _plain(record.facts),
            "checkpoints": [_plain(one) for one in record.checkpoints],
            "conflicts": [_plain(one) for one in record.conflicts],
        } | {
            name: [_plain(one) for one in record.words if isinstance(one, kind)]
            for name, kind in _WORDS.items()
        }
        yield source("record", canonical_bytes(document))
        for block in record.blocks:
            yield source("lines", b"".join(_framed(line) for line in block))
    document = {part.name: [_plain(one) for one in getattr(rows, part.name)] for part in _ROWS}
    yield source("rows", canonical_bytes(document))
    yield from files


_WORDS: dict[str, type[Word]] = {"vouches": Vouch, "placed": Placed}
"""Members with words; backups of older programs do not have them."""
_ROWS = fields(Rows)
_ROW_TYPES: dict[str, type[Any]] = {
    "accounts": Account,
    "pool": PoolExpert,
    "seats": SeatBooking,
    "deliveries": DeliveryNote,
    "uses": FileUse,
    "files": KeptFile,
}


def _read_record(section: Section) -> SavedRecord:
    document = _json(section)
    return SavedRecord(
        _load(RecordFacts, document["facts"]),
        [_load(StoredCheckpoint, one) for one in document["checkpoints"]],
        [_load(Conflict, one) for one in document["conflicts"]],
        [],
        [_load(kind, one) for name, kind in _WORDS.items() for one in document.get(name, [])],
    )


def _read_rows(section: Section) -> Rows:
    document = _json(section)
    return Rows(
        **{name: [_load(kind, one) for one in document[name]] for name, kind in _ROW_TYPES.items()}
    )


def _json(section: Section) -> Any:  # noqa: ANN401  # the caller names each member
    try:
        return read_json(bytes(section.data), limit=JSON_LIMIT, field=section.name)
    except InputError as wrong:
        raise _malformed(section.name, wrong.code) from None


def _plain(value: object) -> dict[str, object]:
    """Return a frozen value as JSON: bytes as base64url."""
    row = {one.name: getattr(value, one.name) for one in fields(value)}  # type: ignore[arg-type]  # a dataclass
    return {
        name: b64u(part) if isinstance(part, bytes) else dict(part) if _maps(part) else part
        for name, part in row.items()
    }


def _maps(part: object) -> bool:
    return hasattr(part, "keys")


def _load(kind: type[T], row: Any) -> T:  # noqa: ANN401  # as `_plain` wrote it
    """Return the frozen value that `_plain` wrote; raises EvidenceError for anything else."""
    binary = {one.name for one in fields(kind) if str(one.type).startswith("bytes")}  # type: ignore[arg-type]  # a dataclass
    try:
        return kind(
            **{
                name: unb64u(part) if name in binary and part is not None else part
                for name, part in row.items()
            }
        )
    except (TypeError, AttributeError, InputError):
        raise _malformed(kind.__name__, "is not a row of this kind") from None


def _framed(line: bytes) -> bytes:
    """Return the line behind its length; `ledger.line` keeps it below 65,536 bytes."""
    return len(line).to_bytes(_LENGTH_BYTES, "big") + line


def _unframed(block: memoryview) -> Iterator[bytes]:
    at = 0
    while at < len(block):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(block[at:start], "big")
        if at > len(block) or at == start:
            raise _malformed("lines", "a line is cut or empty")
        yield bytes(block[start:at])


def _malformed(region: str, detail: str) -> EvidenceError:
    return EvidenceError("backup_malformed", field=region, detail=detail)
