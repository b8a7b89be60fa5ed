"""One connection, told as a conversation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bideval.sync import effects as fx
from bideval.sync import limits, messages
from bideval.sync.fetching import MissingFile
from bideval.sync.machine import GOING, REFUSED, WRONG
from bideval.sync.messages import (
    Absent,
    Ack,
    Checkpoint,
    Chunk,
    Hello,
    Marks,
    Ping,
    Pong,
    Prove,
    Refuse,
    StatedMark,
    Want,
)
from bideval.sync.notes import CheckpointNote
from bideval.sync.proving import make_prove
from bideval.sync.shared import SharedSession
from bideval.sync.states import State
from bideval.sync.trails import Direction, Mark
from bideval.sync.words import Placed, Said, Vouch
from tests.unit.sync.playbook import (
    EMPTY,
    FENGHUA,
    SESSION,
    WENCHENG,
    Playbook,
    chain,
    line,
    lines,
    placed,
    root,
    sent,
    unsigned,
    vouched,
)

RECORD = lines("fenghua", 5)
THEIRS = lines("wencheng", 5)
FILE = b"s" * 32
K = limits.CHUNK_BYTES
UP = Direction.UP
READ = (limits.BATCH_LINES, limits.BATCH_BYTES)
MAIN = SharedSession(SESSION, main=True)
OUR_MARK = StatedMark(SESSION, main=True, n=0, digest=chain("wencheng", []), epoch=1)
THEIR_MARK = StatedMark(SESSION, main=False, n=0, digest=EMPTY, epoch=1)


def established() -> Playbook:
    return Playbook().shakes_hands()


def flowing() -> Playbook:
    """Return the play after both have stated that nothing is there yet."""
    play = established()
    play.machine.sessions([MAIN], play.now)
    play.says(Marks([OUR_MARK])).hears(Marks([THEIR_MARK]))
    play.does(fx.PeerHas(SESSION, Direction.DOWN, 0), fx.Read(SESSION, Direction.DOWN, 1, *READ))
    play.machine.lines_read(SESSION, 1, [], play.now)
    play.does().says(vouched(FENGHUA, 0, EMPTY))
    word = Vouch(SESSION, "wencheng", 0, chain("wencheng", []))
    said = vouched(WENCHENG, 0, word.digest, stream="wencheng")
    play.hears(said)
    return play.does(fx.WordHeard(replace(word, signature=said.signature))).says()


def test_handshake_establishes_and_asks_for_the_sessions():
    play = established()
    assert (play.machine.state, play.machine.peer) == (State.ESTABLISHED, "wencheng")


def test_whole_conversation_of_a_session():
    play = flowing()
    play.machine.new_lines(SESSION, play.now)
    play.does(fx.Read(SESSION, Direction.DOWN, 1, *READ))
    play.machine.lines_read(SESSION, 1, RECORD[:2], play.now)
    play.does(fx.Read(SESSION, Direction.DOWN, 3, *READ))
    play.says(sent(FENGHUA, 1, RECORD[:2], root(RECORD[:2])))
    play.hears(Ack(SESSION, 2, root(RECORD[:2])))
    play.does(fx.PeerHas(SESSION, Direction.DOWN, 2)).says()
    digest = chain("wencheng", THEIRS[:1])
    batch = sent(WENCHENG, 1, THEIRS[:1], digest, stream="wencheng")
    play.hears(batch)
    mark = Mark(1, digest)
    commit = fx.Commit(SESSION, UP, "wencheng", 1, (THEIRS[0],), mark, batch.signature)
    play.does(commit).says()
    play.machine.committed(SESSION, 1, digest, play.now, size=3)
    play.says(Ack(SESSION, 1, digest), placed(FENGHUA, 1, digest, 3))
    play.machine.new_checkpoint(SESSION, CheckpointNote(2, "two"), play.now)
    play.says(Checkpoint(SESSION, 2, "two"))
    play.hears(messages.Cosign(SESSION, 2, "line"))
    play.does(fx.CosignatureArrived(SESSION, 2, "line")).says()


@pytest.mark.parametrize(
    "hello",
    [
        Hello(2, "wencheng", "listener", b"w" * 32, 1),
        Hello(1, "jiande", "listener", b"w" * 32, 1),
        Hello(1, "wencheng", "dialler", b"w" * 32, 1),
        Hello(1, "wencheng", "listener", b"f" * 32, 1),
    ],
    ids=["version", "unknown venue", "same side", "our nonce"],
)
def test_wrong_hello_closes_without_saying_why(hello):
    play = Playbook()
    play.says(play.ours).hears(hello)
    faults = [effect for effect in play.machine.effects() if isinstance(effect, fx.FaultFound)]
    assert [fault.kind for fault in faults] == [fx.FaultKind.AUTHENTICATION]
    assert (play.machine.state, play.machine.peer) == (State.CLOSING, None)
    play.says()


def test_wrong_proof_closes_before_anything_is_told():
    play = Playbook()
    play.says(play.ours).hears(play.theirs)
    play.says(make_prove(FENGHUA, play.ours, play.theirs)).hears(Prove(b"\x00" * 64))
    play.fails(fx.FaultKind.AUTHENTICATION, "wencheng: signature_invalid", REFUSED)


def test_venue_that_is_turned_away_leaves_no_blame():
    play = Playbook(away=("wencheng",))
    play.says(play.ours).hears(play.theirs)
    play.does(fx.Close(GOING)).says()


@pytest.mark.parametrize("message", [Ping(1), Prove(b"s" * 64), Marks([])])
def test_anything_but_hello_at_first_closes(message):
    play = Playbook()
    play.says(play.ours).hears(message)
    detail = f"{type(message).__name__} while hello_sent"
    play.fails(fx.FaultKind.ORDER, detail, REFUSED)


def test_hello_once_more_closes():
    play = established()
    play.hears(play.theirs).fails(fx.FaultKind.ORDER, "Hello while established", WRONG)


def test_malformed_and_oversized_frames_close():
    for frame, kind in ((b"\xc1", "malformed"), (b"\x00" * (limits.FRAME_BYTES + 1), "limit")):
        play = established()
        play.machine.receive(frame, play.now)
        fault, close = play.machine.effects()
        assert (fault.kind.value, fault.session, close) == (kind, None, fx.Close(WRONG))


def test_nothing_is_heard_or_said_after_closing():
    play = flowing()
    play.machine.leave()
    play.does(fx.Close(GOING)).hears(Ping(1)).does().says()
    play.machine.leave()
    play.machine.broken("late")
    play.machine.sessions([MAIN], play.now)
    play.at(10**9).does().says()
    assert (play.machine.state, play.machine.next_timer()) == (State.CLOSING, None)
    play.machine.lost()
    play.machine.lost()
    assert play.machine.state is State.CLOSED


def test_handshake_has_a_deadline_of_its_own():
    play = Playbook(now=1_000)
    due = 1_000 + limits.HANDSHAKE_MS
    assert play.machine.next_timer() == due
    play.says(play.ours).at(due - 1).does()
    play.at(due).fails(fx.FaultKind.DEADLINE, "not established, still hello_sent", REFUSED)


def test_proof_has_the_same_deadline():
    play = Playbook()
    play.says(play.ours)
    play.at(limits.HANDSHAKE_MS - 1).hears(play.theirs)
    play.says(make_prove(FENGHUA, play.ours, play.theirs))
    play.at(limits.HANDSHAKE_MS)
    play.fails(fx.FaultKind.DEADLINE, "not established, still proving", REFUSED)


def test_heart_beats_and_every_beat_is_answered():
    play = flowing()
    assert play.machine.next_timer() == limits.TICK_MS
    play.at(limits.HEARTBEAT_MS).says(Ping(1)).hears(Pong(1), Ping(7)).says(Pong(7))
    play.at(2 * limits.HEARTBEAT_MS).says(Ping(2)).hears(Pong(1)).says()


def test_answer_to_a_beat_that_was_not_sent_closes():
    flowing().hears(Pong(1)).fails(fx.FaultKind.ORDER, "pong to a ping that was not sent", WRONG)


def test_silence_closes():
    play = flowing()
    play.at(limits.SILENCE_MS - 1).does().says(Ping(1))
    play.at(limits.SILENCE_MS)
    play.fails(fx.FaultKind.SILENCE, "nothing heard for 15000 ms", WRONG)


def test_any_frame_breaks_the_silence():
    play = flowing()
    play.at(limits.SILENCE_MS - 1).hears(Ping(1)).at(limits.SILENCE_MS)
    play.does().says(Ping(1), Pong(1))


def test_marks_that_do_not_come_close_although_the_heart_beats():
    play = established()
    play.machine.sessions([], play.now)
    for now in range(0, limits.MARKS_MS, limits.HEARTBEAT_MS):
        play.at(now).hears(Ping(1)).does()
    play.at(limits.MARKS_MS)
    kinds = [
        effect.detail for effect in play.machine.effects() if isinstance(effect, fx.FaultFound)
    ]
    assert kinds == ["the peer has not stated its marks"]


def test_beats_and_acknowledgements_pass_waiting_lines_and_chunks():
    play = flowing()
    play.hears(Want(SESSION, FILE, 0, 4))
    play.does(fx.ReadFile(SESSION, FILE, 0, 4))
    play.machine.file_read(FILE, 0, b"file", play.now)
    play.machine.new_lines(SESSION, play.now)
    play.machine.lines_read(SESSION, 1, RECORD, play.now)
    digest = chain("wencheng", THEIRS)
    play.hears(sent(WENCHENG, 1, THEIRS, digest, stream="wencheng"), Ping(3))
    play.machine.committed(SESSION, 5, digest, play.now)
    play.says(
        Pong(3),
        Ack(SESSION, 5, digest),
        sent(FENGHUA, 1, RECORD, root(RECORD)),
        Chunk(FILE, 0, b"file"),
    )


def test_wrong_session_stops_alone():
    play = flowing()
    foreign = lines("changshan", 1)
    batch = sent(WENCHENG, 1, foreign, chain("wencheng", foreign), stream="wencheng")
    play.hears(batch)
    word = Vouch(SESSION, "wencheng", 1, batch.digest, batch.signature)
    fault = fx.FaultFound(
        fx.FaultKind.LINES,
        SESSION,
        "line: expected wencheng 1, got changshan 1",
        held=Mark(0, chain("wencheng", [])),
        said=Said(word, 1, tuple(foreign)),
    )
    play.does(fault).says(Refuse(SESSION, "quarantined"))
    play.hears(Ping(1)).says(Pong(1))


def test_lines_that_are_not_those_that_were_signed_close():
    play = flowing()
    play.hears(sent(WENCHENG, 1, THEIRS[:1], b"?" * 32, stream="wencheng"))
    detail = f"{SESSION}: up to 1 other lines than were signed"
    play.fails(fx.FaultKind.LINES, detail, WRONG)


def test_lines_that_nobody_signed_close():
    play = flowing()
    play.hears(unsigned(1, THEIRS[:1], chain("wencheng", THEIRS[:1])))
    play.fails(fx.FaultKind.AUTHENTICATION, f"{SESSION}: signature_invalid", WRONG)


def test_gap_closes_the_link():
    play = flowing()
    play.hears(sent(WENCHENG, 2, THEIRS[1:2], b"?" * 32, stream="wencheng"))
    play.fails(fx.FaultKind.GAP, f"{SESSION}: expected 1, got 2", WRONG)


def test_offer_is_taken_or_declined():
    for taken in (True, False):
        play = established()
        play.machine.sessions([], play.now)
        offer = StatedMark(SESSION, main=True, n=0, digest=chain("fenghua", []), epoch=1)
        play.says(Marks([])).hears(Marks([offer]))
        play.does(fx.SessionOffered(SESSION, peer_main=True))
        if taken:
            play.machine.shared(SharedSession(SESSION, main=False), play.now)
            word = vouched(FENGHUA, 0, chain("fenghua", []), stream="fenghua")
            play.says(Marks([THEIR_MARK]), word)
        else:
            play.machine.declined(SESSION, "not_invited", play.now)
            play.says(Refuse(SESSION, "not_invited"))


def test_mark_beyond_ours_quarantines():
    play = established()
    play.machine.sessions([MAIN], play.now)
    mark = StatedMark(SESSION, main=False, n=3, digest=b"?" * 32, epoch=1)
    play.says(Marks([OUR_MARK])).hears(Marks([mark]))
    play.does(fx.ReadMark(SESSION, Direction.DOWN, 3))
    play.machine.mark_held(SESSION, 3, None, play.now)
    assert [effect.kind for effect in play.machine.effects()] == [fx.FaultKind.STALE_BACKUP]
    play.says(Refuse(SESSION, "quarantined"))


def test_refused_commit_quarantines_and_broken_storage_closes():
    for retry in (False, True):
        play = flowing()
        play.hears(sent(WENCHENG, 1, THEIRS[:1], chain("wencheng", THEIRS[:1]), stream="wencheng"))
        play.machine.effects()
        play.machine.commit_failed(SESSION, "disk_full", play.now, retry=retry)
        if retry:
            play.fails(fx.FaultKind.STORAGE, f"{SESSION}: disk_full", WRONG)
        else:
            play.says(Refuse(SESSION, "quarantined"))


def test_broken_host_closes():
    play = flowing()
    play.machine.broken("the host failed at Read")
    play.fails(fx.FaultKind.STORAGE, "the host failed at Read", WRONG)


def test_branch_cosigns_what_it_holds():
    play = established()
    play.machine.sessions([SharedSession(SESSION, main=False)], play.now)
    offer = StatedMark(SESSION, main=True, n=0, digest=chain("fenghua", []), epoch=1)
    play.hears(Marks([offer]), Checkpoint(SESSION, 2, "two"), vouched(WENCHENG, 0, EMPTY))
    play.hears(sent(WENCHENG, 1, RECORD[:2], root(RECORD[:2])))
    play.machine.committed(SESSION, 2, root(RECORD[:2]), play.now)
    asked = [
        effect for effect in play.machine.effects() if isinstance(effect, fx.CheckpointArrived)
    ]
    assert asked == [fx.CheckpointArrived(SESSION, 2, "two")]
    play.machine.cosigned(SESSION, 2, "line", play.now)
    play.says(
        Marks([THEIR_MARK]),
        vouched(FENGHUA, 0, chain("fenghua", []), stream="fenghua"),
        Ack(SESSION, 2, root(RECORD[:2])),
        messages.Cosign(SESSION, 2, "line"),
    )


def test_lines_before_the_senders_word_close():
    play = established()
    play.machine.sessions([MAIN], play.now)
    play.hears(Marks([THEIR_MARK])).machine.effects()
    play.hears(sent(WENCHENG, 1, THEIRS[:1], chain("wencheng", THEIRS[:1]), stream="wencheng"))
    play.fails(fx.FaultKind.ORDER, f"{SESSION}: lines before the sender's word", WRONG)


def test_word_that_the_peer_did_not_sign_closes():
    play = flowing()
    play.hears(messages.Vouched(SESSION, 0, chain("wencheng", []), b"?" * 64))
    play.fails(fx.FaultKind.AUTHENTICATION, f"{SESSION}: signature_invalid", WRONG)


def test_word_about_more_than_is_held_closes():
    play = flowing()
    play.hears(vouched(WENCHENG, 1, EMPTY, stream="wencheng"))
    play.fails(fx.FaultKind.ORDER, f"{SESSION}: word about 1, not held", WRONG)


def test_word_for_other_lines_stops_the_session_and_is_kept():
    play = flowing()
    said = vouched(WENCHENG, 0, b"?" * 32, stream="wencheng")
    play.hears(said)
    fault = fx.FaultFound(
        fx.FaultKind.FORK,
        SESSION,
        "the peer vouches for other lines up to 0",
        stated=Mark(0, b"?" * 32),
        held=Mark(0, chain("wencheng", [])),
        said=Said(Vouch(SESSION, "wencheng", 0, b"?" * 32, said.signature)),
    )
    play.does(fault).says(Refuse(SESSION, "quarantined"))
    play.hears(said).does()


def test_word_about_a_mark_that_is_not_remembered_lets_no_lines_in():
    digest = chain("wencheng", THEIRS[:2])
    play = established()
    shared = replace(MAIN, n=2, state=digest)
    play.machine.sessions([shared], play.now)
    play.hears(Marks([THEIR_MARK])).machine.effects()
    said = vouched(WENCHENG, 1, digest, stream="wencheng")
    word = Vouch(SESSION, "wencheng", 1, digest, said.signature)
    play.hears(said).does(fx.WordOffered(word))
    play.hears(sent(WENCHENG, 3, THEIRS[2:3], chain("wencheng", THEIRS[:3]), stream="wencheng"))
    play.fails(fx.FaultKind.ORDER, f"{SESSION}: lines before the sender's word", WRONG)


def branch_that_sent(count: int) -> Playbook:
    """Return the play of a branch whose lines are on their way."""
    play = established()
    play.machine.sessions([SharedSession(SESSION, main=False)], play.now)
    play.hears(Marks([StatedMark(SESSION, main=True, n=0, digest=chain("fenghua", []), epoch=1)]))
    play.machine.lines_read(SESSION, 1, RECORD[:count], play.now)
    while play.machine.next_frame(play.now) is not None:
        pass
    play.machine.effects()
    return play


def test_mains_word_for_the_place_of_our_lines_is_kept():
    digest = chain("fenghua", RECORD[:2])
    play = branch_that_sent(2)
    said = placed(WENCHENG, 2, digest, 9, stream="fenghua")
    play.hears(Ack(SESSION, 2, digest), said)
    word = Placed(SESSION, "fenghua", 2, digest, 9, said.signature)
    play.does(fx.WordHeard(word), fx.PeerHas(SESSION, UP, 2))


def test_branch_does_not_take_an_acknowledgement_for_mains_word():
    play = branch_that_sent(2)
    play.hears(Ack(SESSION, 2, chain("fenghua", RECORD[:2]))).does()


def test_mains_word_for_other_lines_of_ours_closes():
    play = branch_that_sent(2)
    play.hears(placed(WENCHENG, 2, b"?" * 32, 9, stream="fenghua"))
    play.fails(fx.FaultKind.ROLE, f"{SESSION}: placed other lines than were sent", WRONG)


def test_mains_word_about_lines_that_are_not_remembered_says_nothing():
    play = branch_that_sent(2)
    play.hears(placed(WENCHENG, 1, chain("fenghua", RECORD[:1]), 9, stream="fenghua")).does()


def test_place_for_what_was_not_sent_closes():
    play = branch_that_sent(1)
    play.hears(placed(WENCHENG, 2, b"?" * 32, 9, stream="fenghua"))
    play.fails(fx.FaultKind.ROLE, f"{SESSION}: placed what was not sent", WRONG)


def test_branch_places_nothing():
    play = flowing()
    play.hears(placed(WENCHENG, 0, b"?" * 32, 9, stream="fenghua"))
    play.fails(fx.FaultKind.ROLE, f"{SESSION}: a branch has placed", WRONG)


def test_place_that_is_known_is_said_when_the_session_begins_to_flow():
    digest = chain("wencheng", THEIRS[:2])
    play = established()
    play.machine.sessions([replace(MAIN, n=2, state=digest, size=7)], play.now)
    play.hears(Marks([THEIR_MARK])).machine.effects()
    assert play.machine.next_frame(play.now) is not None
    play.says(vouched(FENGHUA, 0, EMPTY), placed(FENGHUA, 2, digest, 7))


def test_missing_file_is_asked_for_written_and_finished():
    play = flowing()
    play.machine.missing_files([MissingFile(SESSION, FILE, K + 3)], play.now)
    play.says(Want(SESSION, FILE, 0, K), Want(SESSION, FILE, K, 3))
    play.hears(Chunk(FILE, 0, b"x" * K), Chunk(FILE, K, b"end"))
    play.does(fx.WriteChunk(SESSION, FILE, 0, b"x" * K, last=False))
    play.machine.chunk_written(FILE, K, play.now)
    play.does(fx.WriteChunk(SESSION, FILE, K, b"end", last=True))
    play.machine.chunk_written(FILE, K + 3, play.now)
    play.does().says()


def test_file_that_does_not_come_is_an_alarm_in_the_end(monkeypatch):
    monkeypatch.setattr(limits, "FILE_TRIES", 2)
    monkeypatch.setattr(limits, "FILE_RETRY_MS", limits.TICK_MS)
    play = flowing()
    play.machine.missing_files([MissingFile(SESSION, FILE, 3)], play.now)
    play.says(Want(SESSION, FILE, 0, 3)).hears(Absent(FILE, 0)).does()
    play.at(limits.TICK_MS).says(Want(SESSION, FILE, 0, 3)).hears(Absent(FILE, 0))
    play.does(fx.FaultFound(fx.FaultKind.FILE, SESSION, f"file {FILE.hex()} did not come")).says()


def test_chunk_that_does_not_come_is_asked_for_again_and_given_up_in_the_end(monkeypatch):
    monkeypatch.setattr(limits, "FILE_TRIES", 1)
    monkeypatch.setattr(limits, "SILENCE_MS", 10**9)
    play = flowing()
    play.machine.missing_files([MissingFile(SESSION, FILE, 3)], play.now)
    play.says(Want(SESSION, FILE, 0, 3)).at(limits.CHUNK_MS)
    kinds = [effect.kind for effect in play.machine.effects() if isinstance(effect, fx.FaultFound)]
    assert kinds == [fx.FaultKind.FILE]


def test_chunk_that_nobody_asked_for_is_dropped():
    flowing().hears(Chunk(FILE, 0, b"x")).does().says()


def test_file_of_a_session_that_is_not_shared_is_absent():
    play = flowing()
    play.hears(Want("wc-2026-0042", FILE, 0, 3)).does().says(Absent(FILE, 0))


def test_file_that_is_not_here_is_absent_and_stray_answers_are_dropped():
    play = flowing()
    play.hears(Want(SESSION, FILE, 0, 3)).does(fx.ReadFile(SESSION, FILE, 0, 3))
    play.machine.file_read(FILE, 0, None, play.now)
    play.machine.file_read(FILE, 0, b"abc", play.now)
    play.machine.chunk_written(FILE, 3, play.now)
    play.says(Absent(FILE, 0)).does()


def test_sending_frees_room_for_reading(monkeypatch):
    monkeypatch.setattr(limits, "OUTBOX_BYTES", 10)
    play = flowing()
    play.machine.new_lines(SESSION, play.now)
    play.machine.effects()
    play.machine.lines_read(SESSION, 1, [line("fenghua", 1, "x" * 100)], play.now)
    play.does()
    assert play.machine.next_frame(play.now) is not None
    play.does(fx.Read(SESSION, Direction.DOWN, 2, *READ))


def test_session_that_is_stopped_is_told_to_the_peer():
    play = flowing()
    play.machine.stopped(SESSION, play.now)
    play.says(Refuse(SESSION, "session_stopped"))
