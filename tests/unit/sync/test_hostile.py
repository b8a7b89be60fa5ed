"""A peer that says anything at all costs at most its connection and bounded memory."""

from __future__ import annotations

from typing import get_args

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from bideval.sync import effects as fx
from bideval.sync import limits, messages
from bideval.sync.fetching import MissingFile
from bideval.sync.notes import CheckpointNote
from bideval.sync.shared import SharedSession
from bideval.sync.states import State
from tests.unit.sync.playbook import SESSION, WENCHENG, Playbook, chain, lines, root, vouched

OTHER = "wc-2026-0042"
RECORD = lines("fenghua", 4)
THEIRS = lines("wencheng", 4)

sessions = st.sampled_from([SESSION, OTHER, "nobody-knows"])
digests = st.sampled_from(
    [chain("wencheng", THEIRS[:n], s) for n in range(4) for s in (SESSION, OTHER)]
    + [chain("fenghua", [], s) for s in (SESSION, OTHER)]
    + [root(RECORD[:n]) for n in range(4)]
    + [b"?" * 32]
)
numbers = st.integers(0, 5) | st.integers(0, 2**53 - 1)
positive = st.integers(1, 5) | st.integers(1, 2**53 - 1)
batches = st.lists(st.sampled_from(THEIRS + RECORD) | st.binary(min_size=1, max_size=9), min_size=1)
offsets = st.sampled_from([0, limits.CHUNK_BYTES, 7])
spoken = st.one_of(
    st.builds(
        messages.Marks,
        st.lists(
            st.builds(messages.StatedMark, sessions, st.booleans(), numbers, digests, numbers),
            max_size=3,
        ),
    ),
    st.builds(messages.Refuse, sessions, st.just("busy")),
    st.builds(messages.Lines, sessions, positive, batches, digests),
    st.builds(messages.Ack, sessions, numbers, digests),
    st.builds(messages.Vouched, sessions, numbers, digests, st.just(b"s" * 64)),
    st.builds(messages.PlacedWord, sessions, numbers, digests, numbers, st.just(b"s" * 64)),
    st.builds(
        lambda n, digest: vouched(WENCHENG, n, digest, stream="wencheng"),
        st.integers(0, 4),
        digests,
    ),
    st.builds(messages.Checkpoint, sessions, positive, st.just("note")),
    st.builds(messages.Cosign, sessions, positive, st.just("line")),
    st.builds(messages.Head, sessions, positive, st.just("note")),
    st.builds(messages.Told, sessions, positive, digests, st.just(b"s" * 64)),
    st.builds(messages.Proof, sessions, st.binary(min_size=1, max_size=9)),
    st.builds(messages.Want, sessions, digests, offsets, st.integers(1, limits.CHUNK_BYTES)),
    st.builds(messages.Chunk, digests, offsets, st.binary(min_size=1, max_size=9)),
    st.builds(messages.Absent, digests, offsets),
    st.builds(messages.Ping, numbers),
    st.builds(messages.Pong, numbers),
    st.builds(messages.Prove, st.just(b"s" * 64)),
    st.builds(
        messages.Hello,
        numbers,
        st.sampled_from(["wencheng", "fenghua", "jiande"]),
        st.sampled_from(["dialler", "listener"]),
        digests,
        numbers,
    ),
)


def answer(play: Playbook, effect: fx.Effect, choice: int) -> None:
    """Answer like a host that is sometimes right."""
    machine, now = play.machine, play.now
    match effect:
        case fx.SessionOffered(session):
            if choice % 2:
                machine.declined(session, "not_invited", now)
            else:
                machine.shared(SharedSession(session, main=False), now)
        case fx.ReadMark(session, _, n):
            machine.mark_held(session, n, (None, b"", b"broken")[choice % 3], now)
        case fx.Read(session, _, first):
            machine.lines_read(session, first, RECORD[first - 1 :], now)
        case fx.Commit(session, _, _, _, _, mark):
            if choice % 3:
                machine.committed(session, mark.n, mark.digest, now)
            else:
                machine.commit_failed(session, "fork", now)
        case _:
            answer_more(play, effect, choice)


def answer_more(play: Playbook, effect: fx.Effect, choice: int) -> None:
    machine, now = play.machine, play.now
    match effect:
        case fx.CheckpointArrived(session, size):
            machine.cosigned(session, size, "line" if choice % 2 else None, now)
        case fx.ReadFile(_, sha256, offset, length):
            machine.file_read(sha256, offset, b"x" * length if choice % 2 else None, now)
        case fx.WriteChunk(_, sha256, offset, data):
            machine.chunk_written(sha256, offset + len(data) if choice % 2 else None, now)
        case _:
            answer_shown(play, effect, choice)


def answer_shown(play: Playbook, effect: fx.Effect, choice: int) -> None:
    machine, now = play.machine, play.now
    match effect:
        case fx.HeadArrived(session, size):
            machine.head_checked(session, size, now, signed=choice % 2 == 1)
        case fx.ReadProof(session):
            machine.proof_read(session, b"proof" if choice % 2 else None, now)
        case fx.ProofArrived(session):
            machine.proof_checked(session, now, proves=choice % 2 == 1)
        case fx.ReadWord():
            machine.word_read(None, now)
        case fx.ToldArrived(word):
            machine.told_checked(word.session, word.n, now, signed=choice % 2 == 1)


def check_bounds(play: Playbook) -> None:
    table, outbox = play.machine._table, play.machine._outbox
    assert len(outbox) <= 100
    assert table._held_bytes() <= limits.LINK_WINDOW_BYTES
    assert outbox.line_bytes <= limits.OUTBOX_BYTES + limits.BATCH_BYTES


@settings(max_examples=200)
@given(st.lists(st.tuples(spoken, st.integers(0, 5), st.integers(0, 6_000)), max_size=30))
def test_no_sequence_of_messages_raises_or_grows(course):
    play = Playbook().shakes_hands()
    shared = [SharedSession(SESSION, main=True), SharedSession(OTHER, main=False)]
    play.machine.sessions(shared, play.now)
    play.machine.missing_files([MissingFile(SESSION, b"?" * 32, 80_000)], play.now)
    play.machine.new_checkpoint(SESSION, CheckpointNote(3, "three"), play.now)
    for message, choice, passed in course:
        play.hears(message)
        for effect in play.machine.effects():
            answer(play, effect, choice)
        check_bounds(play)
        if choice:
            play.machine.next_frame(play.now)
        play.at(play.now + passed)
    assert play.machine.state in (State.ESTABLISHED, State.CLOSING)


@settings(max_examples=200)
@given(st.lists(spoken, max_size=6))
def test_no_sequence_of_messages_gets_past_the_handshake(course):
    play = Playbook().hears(*course)
    assert play.machine.peer is None
    assert [effect for effect in play.machine.effects() if isinstance(effect, fx.Established)] == []


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_no_bytes_raise(frame):
    for play in (Playbook(), Playbook().shakes_hands()):
        play.machine.receive(frame, play.now)
        assert play.machine.state is not State.CLOSED


nested = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
tags = st.sampled_from(sorted(kind.__struct_config__.tag for kind in get_args(messages.Message)))


@settings(max_examples=100)
@given(tags, st.lists(nested, max_size=6))
def test_no_well_formed_msgpack_raises(tag, fields):
    play = Playbook().shakes_hands()
    play.machine.receive(msgspec.msgpack.encode([tag, *fields]), play.now)
    assert play.machine.state in (State.ESTABLISHED, State.CLOSING)


def test_deeply_nested_frame_closes():
    play = Playbook().shakes_hands()
    play.machine.receive(b"\x91" * 1_000_000, play.now)
    assert play.machine.state is State.CLOSING


def test_flood_of_beats_leaves_one_answer():
    play = Playbook().shakes_hands()
    for n in range(10_000):
        play.hears(messages.Ping(n))
    play.says(messages.Pong(9_999))
