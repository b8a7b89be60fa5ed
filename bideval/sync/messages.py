"""What two venues say to each other: the messages of `bideval.link.v1` and their bytes.

Decided here: shapes and sizes. A message is one msgpack array, `[tag, field, ...]`, so that there
is no member name to repeat, to leave out or to write twice. Decoding is strict: wrong types, wrong
lengths, missing or further fields and trailing bytes are all refused.
Not decided here: when a message may come and what it means; see docs/spec/link.md.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from bideval.sync import limits
from bideval.terms.errors import InputError

VenueId = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{1,30}\Z")]
SessionId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]{3,63}\Z")]
Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
Digest = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Number = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
LineBytes = Annotated[bytes, msgspec.Meta(min_length=1, max_length=limits.LINE_BYTES)]
Note = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.NOTE_BYTES)]
Cosignature = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.COSIGNATURE_BYTES)]
Signature = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]
Batch = Annotated[
    list[LineBytes], msgspec.Meta(min_length=1, max_length=limits.BATCH_LINES)
]  # bytes of a batch: checked by the receiving stream


class _Message(
    msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False, eq=True
):
    """Base of all messages."""


class Hello(_Message, frozen=True, tag="hello"):
    """First words: who speaks, on which side of the connection, with which fresh nonce.

    `epoch` counts the lives of the venue's storage: it rises when a backup is put back.
    """

    version: Count
    venue: VenueId
    side: Literal["dialler", "listener"]
    nonce: Digest
    epoch: Count


class Prove(_Message, frozen=True, tag="prove"):
    """Signature by the venue key over both hellos; see `bideval.sync.proving`."""

    signature: Signature


class StatedPlace(
    msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False
):
    """Main's newest `placed` word to the speaker, as it was signed."""

    n: Count
    digest: Digest
    size: Count
    signature: Signature


class StatedMark(
    msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False
):
    """The receiver's durable mark of what it gets in one session.

    `main`: the speaker is the session's main venue (then the mark is of the peer's own lines: `n`
    and chain); otherwise it is a branch (then of its copy of the record: size and root).
    `epoch`: the speaker's epoch of this session's copy; it rises when a backup is put back.
    `placed`: by a branch, what main has signed about its lines: a main that has lost them learns
    from it what it owes.
    """

    session: SessionId
    main: bool
    n: Count
    digest: Digest
    epoch: Count
    placed: StatedPlace | None = None


class Marks(_Message, frozen=True, tag="marks"):
    """Durable marks, all at first, later those of new sessions (an offer, when main speaks)."""

    marks: Annotated[list[StatedMark], msgspec.Meta(max_length=limits.SESSIONS)]


class Refuse(_Message, frozen=True, tag="refuse"):
    """This session is not synchronised on this link any more; others go on."""

    session: SessionId
    code: Code


class Lines(_Message, frozen=True, tag="lines"):
    """Lines `first`, `first`+1, … and the sender's word for its stream up to the last of them.

    `digest` is the chain (up) or root (down) there, `signature` that of a vouch for it.
    """

    session: SessionId
    first: Number
    lines: Batch
    digest: Digest
    signature: Signature


class Ack(_Message, frozen=True, tag="ack"):
    """Everything up to `n` is durable at the receiver; `digest` is its chain or root there."""

    session: SessionId
    n: Count
    digest: Digest


class Vouched(_Message, frozen=True, tag="vouch"):
    """The sender's signed word: the first `n` lines of my stream come to `digest`."""

    session: SessionId
    n: Count
    digest: Digest
    signature: Signature


class PlacedWord(_Message, frozen=True, tag="placed"):
    """Main's signed word: your first `n` lines are among the first `size` of the record."""

    session: SessionId
    n: Count
    digest: Digest
    size: Count
    signature: Signature


class Checkpoint(_Message, frozen=True, tag="checkpoint"):
    """Main's newest checkpoint."""

    session: SessionId
    size: Number
    note: Note


class Cosign(_Message, frozen=True, tag="cosign"):
    """The branch's cosignature line for the checkpoint of this size."""

    session: SessionId
    size: Number
    line: Cosignature


class Head(_Message, frozen=True, tag="head"):
    """From one branch to another: main's newest checkpoint that the speaker has found its own."""

    session: SessionId
    size: Number
    note: Note


class Told(_Message, frozen=True, tag="told"):
    """From one branch to another: main's word for the speaker's copy; no head says as much."""

    session: SessionId
    n: Number
    digest: Digest
    signature: Signature


class Proof(_Message, frozen=True, tag="proof"):
    """A proof of misbehaviour by which the speaker has stopped the session, as a file."""

    session: SessionId
    file: Annotated[bytes, msgspec.Meta(min_length=1, max_length=limits.PROOF_BYTES)]


class Want(_Message, frozen=True, tag="want"):
    """Send me `length` bytes of this file from `offset`."""

    session: SessionId
    sha256: Digest
    offset: Annotated[int, msgspec.Meta(ge=0, le=limits.FILE_BYTES)]
    length: Annotated[int, msgspec.Meta(ge=1, le=limits.CHUNK_BYTES)]


class Chunk(_Message, frozen=True, tag="chunk"):
    """The bytes that a want asked for."""

    sha256: Digest
    offset: Annotated[int, msgspec.Meta(ge=0, le=limits.FILE_BYTES)]
    data: Annotated[bytes, msgspec.Meta(min_length=1, max_length=limits.CHUNK_BYTES)]


class Absent(_Message, frozen=True, tag="absent"):
    """What a want asked for is not here, or not for the asker."""

    sha256: Digest
    offset: Annotated[int, msgspec.Meta(ge=0, le=limits.FILE_BYTES)]


class Ping(_Message, frozen=True, tag="ping"):
    """Heartbeat."""

    n: Count


class Pong(_Message, frozen=True, tag="pong"):
    """Answer to the heartbeat of the same number."""

    n: Count


OfSessions = Marks | Refuse | Lines | Ack | Vouched | PlacedWord | Checkpoint | Cosign
OfBranches = Head | Told
OfFiles = Want | Chunk | Absent
Message = Hello | Prove | OfSessions | OfBranches | Proof | OfFiles | Ping | Pong

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """Return the frame of `message`."""
    return _ENCODER.encode(message)


def decode(frame: bytes) -> Message:
    """Return the message in `frame`.

    Raises InputError `frame_size` above FRAME_BYTES, `frame` for anything that is not exactly one
    well-formed message.
    """
    if len(frame) > limits.FRAME_BYTES:
        raise InputError("frame_size", field="frame", detail=f"{len(frame)} bytes")
    try:
        message: Message = _DECODER.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError("frame", field="frame", detail=str(error)[:200]) from None
    return message
