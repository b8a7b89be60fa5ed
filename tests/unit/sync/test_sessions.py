"""Sessions on a link: marks, quarantine, offers, flow."""

from __future__ import annotations

import pytest

from bideval.sync import effects as fx
from bideval.sync import limits
from bideval.sync.faults import LinkFault, SessionFault
from bideval.sync.messages import (
    Ack,
    Checkpoint,
    Cosign,
    Marks,
    Refuse,
    StatedMark,
    StatedPlace,
)
from bideval.sync.notes import CheckpointNote
from bideval.sync.outbox import Outbox
from bideval.sync.sending import UNSIGNED
from bideval.sync.sessions import SessionTable
from bideval.sync.shared import SharedSession
from bideval.sync.trails import Direction, Mark
from bideval.sync.words import Placed, Voice
from tests.unit.sync.playbook import (
    EMPTY,
    KEYS,
    SESSION,
    chain,
    frontier,
    line,
    lines,
    root,
    unsigned,
)

OTHER = "wc-2026-0042"
RECORD = lines("fenghua", 9)
THEIRS = lines("wencheng", 9)
NOTHING = chain("wencheng", [])
UP, DOWN = Direction.UP, Direction.DOWN


class Table:
    """Fenghua's table towards Wencheng, with what it sends and wants."""

    def __init__(self, *shared, listed=True):
        self.outbox = Outbox()
        self.effects = []
        self.table = SessionTable("fenghua", outbox=self.outbox, emit=self.effects.append)
        self.table.peer = "wencheng"
        self.now = 0
        if listed:
            self.table.listed(shared, 0)

    def hears(self, message):
        try:
            self.table.take(message, self.now)
        except SessionFault as fault:
            self.table.quarantine(fault)
        self.table.pump(self.now)
        return self

    def says(self, *expected):
        said = []
        while (message := self.outbox.pop()) is not None:
            said.append(message)
        assert said == list(expected)
        return self

    def does(self, *expected):
        assert self.effects == list(expected)
        self.effects.clear()
        return self

    def quiet(self):
        self.effects.clear()
        self.outbox.clear()
        return self


def as_main(n=0, session=SESSION, **more):
    state = chain("wencheng", THEIRS[:n], session) if n else b""
    return SharedSession(session, main=True, n=n, state=state, **more)


def as_branch(n=0, session=SESSION, **more):
    state = frontier(RECORD[:n]).to_bytes() if n else b""
    return SharedSession(session, main=False, n=n, state=state, **more)


def stated(n=0, digest=EMPTY, *, main=False, session=SESSION, epoch=1):
    return StatedMark(session, main, n, digest, epoch)


def flowing_main(n=0, **more):
    """Main, whose branch has an empty record; nothing to send at first."""
    play = Table(as_main(n, **more)).hears(Marks([stated()]))
    play.table.lines_read(SESSION, 1, [], 0)
    return play.quiet()


def flowing_branch(n=0):
    """Branch, of whose lines main has none; nothing to send at first."""
    mark = stated(0, chain("fenghua", []), main=True)
    play = Table(as_branch(n)).hears(Marks([mark]))
    play.table.lines_read(SESSION, 1, [], 0)
    return play.quiet()


def test_durable_marks_are_stated_first():
    play = Table(as_main(2), as_branch(3, OTHER))
    ours = [
        stated(2, chain("wencheng", THEIRS[:2]), main=True),
        stated(3, root(RECORD[:3]), session=OTHER),
    ]
    play.says(Marks(ours)).does()


def test_nothing_in_common_is_stated_too():
    Table().says(Marks([])).does()


def test_sending_begins_where_the_peer_stands():
    play = Table(as_main()).quiet().hears(Marks([stated(3, root(RECORD[:3]))]))
    play.does(fx.ReadMark(SESSION, DOWN, 3)).says()
    play.table.mark_held(SESSION, 3, frontier(RECORD[:3]).to_bytes(), 0)
    play.table.pump(0)
    play.does(
        fx.PeerHas(SESSION, DOWN, 3),
        fx.Read(SESSION, DOWN, 4, limits.BATCH_LINES, limits.BATCH_BYTES),
    )
    play.table.lines_read(SESSION, 4, RECORD[3:5], 0)
    play.says(unsigned(4, RECORD[3:5], root(RECORD[:5])))


def test_main_is_told_what_it_owes_when_the_marks_agree():
    word = Placed(SESSION, "wencheng", 3, chain("wencheng", THEIRS[:3]), 9)
    signature = KEYS["fenghua"].sign(word.signed_bytes())
    place = StatedPlace(3, word.digest, 9, signature)
    play = Table(as_main(2))
    play.table.speak("wencheng", Voice(KEYS["fenghua"], KEYS["wencheng"].public))
    mark = StatedMark(SESSION, main=False, n=0, digest=EMPTY, epoch=1, placed=place)
    play.quiet().hears(Marks([mark]))
    promised = Placed(SESSION, "wencheng", 3, word.digest, 9, signature)
    assert play.effects[0] == fx.PeerHas(SESSION, DOWN, 0, promised)


def test_acknowledged_lines_are_what_the_peer_has():
    play = flowing_main()
    play.table.new_lines(SESSION)
    play.table.pump(0)
    play.does(fx.Read(SESSION, DOWN, 1, limits.BATCH_LINES, limits.BATCH_BYTES))
    play.table.lines_read(SESSION, 1, RECORD[:2], 0)
    play.quiet().hears(Ack(SESSION, 2, root(RECORD[:2])))
    play.does(
        fx.PeerHas(SESSION, DOWN, 2),
        fx.Read(SESSION, DOWN, 3, limits.BATCH_LINES, limits.BATCH_BYTES),
    )
    play.hears(Ack(SESSION, 2, root(RECORD[:2]))).does()


def test_arriving_lines_are_committed_and_then_acknowledged():
    play = flowing_main()
    digest = chain("wencheng", THEIRS[:2])
    play.hears(unsigned(1, THEIRS[:2], digest))
    commit = fx.Commit(SESSION, UP, "wencheng", 1, tuple(THEIRS[:2]), Mark(2, digest), UNSIGNED)
    play.does(commit).says()
    more = chain("wencheng", THEIRS[:3])
    play.hears(unsigned(3, THEIRS[2:3], more)).does().says()
    play.table.committed(SESSION, 2, digest)
    play.says(Ack(SESSION, 2, digest))
    play.does(fx.Commit(SESSION, UP, "wencheng", 3, (THEIRS[2],), Mark(3, more), UNSIGNED))


def test_duplicate_lines_are_answered_with_the_durable_mark():
    play = flowing_main(2)
    digest = chain("wencheng", THEIRS[:2])
    play.hears(unsigned(1, THEIRS[:2], digest)).does().says(Ack(SESSION, 2, digest))


def test_answers_for_sessions_that_are_gone_are_ignored():
    play = Table().quiet()
    play.table.mark_held(SESSION, 1, b"", 0)
    play.table.lines_read(SESSION, 1, RECORD, 0)
    play.table.committed(SESSION, 1, b"")
    play.table.commit_failed(SESSION, "fork", retry=False)
    play.table.new_lines(SESSION)
    play.table.new_checkpoint(SESSION, CheckpointNote(1, "note"), 0)
    play.table.cosigned(SESSION, 1, "line")
    play.table.declined(SESSION, "unknown")
    play.table.left(unsigned(1, RECORD, EMPTY), 0)
    play.does().says()


def test_answers_before_the_peers_mark_are_ignored():
    play = Table(as_main()).quiet()
    play.table.mark_held(SESSION, 1, b"", 0)
    play.table.lines_read(SESSION, 1, RECORD, 0)
    play.table.new_lines(SESSION)
    play.table.left(unsigned(1, RECORD, EMPTY), 0)
    play.table.committed(SESSION, 1, b"")
    play.table.cosigned(SESSION, 1, "line")
    play.does().says()


def test_mark_beyond_ours_is_a_stale_backup_and_stops_this_session_only():
    play = Table(as_main(), as_main(session=OTHER)).quiet()
    play.hears(Marks([stated(3, root(RECORD[:3])), stated(session=OTHER)])).quiet()
    with pytest.raises(SessionFault) as caught:
        play.table.mark_held(SESSION, 3, None, 0)
    play.table.quarantine(caught.value)
    fault = fx.FaultFound(
        fx.FaultKind.STALE_BACKUP,
        SESSION,
        "the peer holds 3 lines, more than we do",
        stated=Mark(3, root(RECORD[:3])),
    )
    play.does(fault).says(Refuse(SESSION, "quarantined"))
    assert (play.table.has(SESSION), play.table.has(OTHER)) == (False, True)


@pytest.mark.parametrize(
    ("mine", "theirs", "kind"),
    [
        (1, 1, fx.FaultKind.FORK),
        (2, 1, fx.FaultKind.STALE_BACKUP),
        (1, 2, fx.FaultKind.STALE_BACKUP),
    ],
)
def test_other_digest_at_the_mark_is_a_fork_or_a_stale_backup(mine, theirs, kind):
    play = Table(as_main(epoch=mine)).quiet()
    play.hears(Marks([stated(2, b"?" * 32, epoch=theirs)])).quiet()
    with pytest.raises(SessionFault) as caught:
        play.table.mark_held(SESSION, 2, frontier(RECORD[:2]).to_bytes(), 0)
    fault = caught.value
    assert (fault.kind, fault.stated, fault.held) == (
        kind,
        Mark(2, b"?" * 32),
        Mark(2, root(RECORD[:2])),
    )


def test_other_digest_of_nothing_is_a_fork_at_once():
    play = Table(as_main()).quiet().hears(Marks([stated(0, b"?" * 32)]))
    assert play.effects[0].kind is fx.FaultKind.FORK
    play.says(Refuse(SESSION, "quarantined"))


def test_mark_whose_state_is_broken_is_our_own_fault():
    play = Table(as_main()).quiet().hears(Marks([stated(2, b"?" * 32)])).quiet()
    with pytest.raises(SessionFault) as caught:
        play.table.mark_held(SESSION, 2, b"broken", 0)
    assert caught.value.kind is fx.FaultKind.STORAGE


def test_two_mains_of_one_session_stop_it():
    play = Table(as_main()).quiet().hears(Marks([stated(main=True)]))
    play.does(fx.FaultFound(fx.FaultKind.ROLE, SESSION, "both or none claim to be main"))
    play.says(Refuse(SESSION, "quarantined"))


def test_marks_that_come_twice_change_nothing():
    flowing_main().hears(Marks([stated(3, b"?" * 32)])).does().says()


def test_marks_that_come_early_wait_for_our_own():
    play = Table(listed=False).hears(Marks([stated()])).does().says()
    assert play.table.heard_marks
    play.table.listed([as_main()], 0)
    play.does(fx.PeerHas(SESSION, DOWN, 0)).says(Marks([stated(0, NOTHING, main=True)]))


def test_too_many_early_marks_close(monkeypatch):
    monkeypatch.setattr(limits, "EARLY_MARKS", 1)
    play = Table(listed=False)
    with pytest.raises(LinkFault) as caught:
        play.table.take(Marks([stated(), stated(session=OTHER)]), 0)
    assert caught.value.kind is fx.FaultKind.LIMIT


def test_sessions_are_listed_once():
    play = Table(as_main()).quiet()
    play.table.listed([as_main(session=OTHER)], 0)
    play.does().says()
    assert not play.table.has(OTHER)


def test_too_many_sessions_are_cut_and_reported(monkeypatch):
    monkeypatch.setattr(limits, "SESSIONS", 1)
    play = Table(as_main(), as_main(session=OTHER))
    play.does(fx.FaultFound(fx.FaultKind.LIMIT, None, "2 sessions on one link"))
    play.says(Marks([stated(0, NOTHING, main=True)]))
    play.table.shared(as_main(session=OTHER), 0)
    play.does(fx.FaultFound(fx.FaultKind.LIMIT, OTHER, "too many sessions")).says()


def test_session_whose_stored_state_is_broken_is_left_out():
    broken = SharedSession(OTHER, main=False, n=3, state=b"broken")
    play = Table(as_main(), broken)
    assert [fault.kind for fault in play.effects] == [fx.FaultKind.STORAGE]
    play.says(Marks([stated(0, NOTHING, main=True)]))
    play.quiet().table.shared(broken, 0)
    assert [fault.kind for fault in play.effects] == [fx.FaultKind.STORAGE]
    play.says()


def test_new_session_is_offered_by_stating_its_mark():
    play = Table().quiet()
    play.table.shared(as_main(), 0)
    play.table.shared(as_main(), 0)
    play.says(Marks([stated(0, NOTHING, main=True)]))
    play.hears(Marks([stated()]))
    play.does(
        fx.PeerHas(SESSION, DOWN, 0),
        fx.Read(SESSION, DOWN, 1, limits.BATCH_LINES, limits.BATCH_BYTES),
    )


def test_new_session_before_the_list_is_in_the_list():
    play = Table(listed=False)
    play.table.shared(as_main(), 0)
    play.says()


def test_offer_is_put_to_the_host_and_answered_with_an_empty_mark():
    offer = stated(0, chain("fenghua", []), main=True)
    play = Table().quiet().hears(Marks([offer]))
    play.does(fx.SessionOffered(SESSION, peer_main=True)).says()
    play.hears(Marks([offer])).does()
    play.table.shared(as_branch(), 0)
    play.does(fx.PeerHas(SESSION, UP, 0)).says(Marks([stated()]))


def test_offer_that_the_host_declines_is_refused():
    play = Table().quiet().hears(Marks([stated(main=True)])).quiet()
    play.table.declined(SESSION, "not_invited")
    play.does().says(Refuse(SESSION, "not_invited"))
    play.hears(Marks([stated(main=True)])).does().says()
    play.hears(unsigned(1, RECORD[:1], root(RECORD[:1]))).does().says()


def test_branch_of_a_session_that_main_does_not_know_shows_a_stale_backup():
    play = Table().quiet().hears(Marks([stated(3, root(RECORD[:3]))]))
    play.does(fx.SessionOffered(SESSION, peer_main=False))
    play.table.declined(SESSION, "unknown")
    fault = fx.FaultFound(
        fx.FaultKind.STALE_BACKUP,
        SESSION,
        "the peer is a branch of a session that we do not know",
        stated=Mark(3, root(RECORD[:3])),
    )
    play.does(fault).says(Refuse(SESSION, "unknown"))


def test_too_many_offers_close(monkeypatch):
    monkeypatch.setattr(limits, "SESSIONS", 1)
    play = Table().quiet()
    with pytest.raises(LinkFault) as caught:
        play.table.take(Marks([stated(main=True), stated(main=True, session=OTHER)]), 0)
    assert caught.value.kind is fx.FaultKind.LIMIT


def test_refused_session_stops_and_the_host_hears_of_it():
    play = flowing_main().hears(Refuse(SESSION, "not_invited"))
    play.does(fx.SessionRefused(SESSION, "not_invited")).says()
    play.hears(Refuse(SESSION, "not_invited")).does()
    play.hears(Ack(SESSION, 1, EMPTY)).hears(Cosign(SESSION, 1, "line")).does()
    play.hears(Checkpoint(SESSION, 1, "note")).does()


def test_refused_session_may_be_shared_again():
    play = flowing_main().hears(Refuse(SESSION, "busy")).quiet()
    play.table.shared(as_main(), 0)
    play.says(Marks([stated(0, NOTHING, main=True)]))


UNKNOWN = [
    Refuse(SESSION, "unknown"),
    unsigned(1, RECORD[:1], EMPTY),
    Ack(SESSION, 1, EMPTY),
    Checkpoint(SESSION, 1, "note"),
    Cosign(SESSION, 1, "line"),
]


@pytest.mark.parametrize("message", UNKNOWN, ids=lambda message: type(message).__name__)
def test_talk_about_a_session_that_was_never_stated_closes(message):
    play = Table().quiet()
    with pytest.raises(LinkFault) as caught:
        play.table.take(message, 0)
    assert (caught.value.kind, caught.value.detail) == (
        fx.FaultKind.ORDER,
        f"{SESSION} is not shared",
    )


def test_acknowledgement_before_the_mark_closes():
    play = Table(as_main()).quiet()
    with pytest.raises(LinkFault) as caught:
        play.table.take(Ack(SESSION, 1, EMPTY), 0)
    assert caught.value.kind is fx.FaultKind.ORDER


@pytest.mark.parametrize(
    ("code", "kind"), [("fork", fx.FaultKind.FORK), ("bad_signature", fx.FaultKind.LINES)]
)
def test_lines_that_storage_refuses_stop_the_session(code, kind):
    play = flowing_main()
    with pytest.raises(SessionFault) as caught:
        play.table.commit_failed(SESSION, code, retry=False)
    fault = caught.value
    assert (fault.kind, fault.session, fault.detail) == (kind, SESSION, f"commit refused: {code}")


def test_storage_that_is_itself_at_fault_closes_the_link():
    play = flowing_main()
    with pytest.raises(LinkFault) as caught:
        play.table.commit_failed(SESSION, "disk_full", retry=True)
    assert (caught.value.kind, caught.value.detail) == (
        fx.FaultKind.STORAGE,
        f"{SESSION}: disk_full",
    )


def test_window_of_the_whole_link_is_enforced(monkeypatch):
    monkeypatch.setattr(limits, "LINK_WINDOW_BYTES", 10)
    play = flowing_main()
    with pytest.raises(LinkFault) as caught:
        play.table.take(unsigned(1, THEIRS[:1], chain("wencheng", THEIRS[:1])), 0)
    assert (caught.value.kind, caught.value.detail) == (
        fx.FaultKind.LIMIT,
        "link window exceeded",
    )


def test_checkpoint_goes_down_when_the_branch_is_known_and_again_until_cosigned():
    play = Table(as_main(checkpoint=CheckpointNote(2, "two"))).quiet()
    play.hears(Marks([stated()]))
    play.says(Checkpoint(SESSION, 2, "two"))
    play.quiet().table.new_checkpoint(SESSION, CheckpointNote(5, "five"), 0)
    play.says(Checkpoint(SESSION, 5, "five"))
    play.table.tick(limits.CHECKPOINT_RETRY_MS)
    play.says(Checkpoint(SESSION, 5, "five"))
    play.quiet().hears(Cosign(SESSION, 5, "line"))
    play.does(fx.CosignatureArrived(SESSION, 5, "line"))
    play.table.tick(2 * limits.CHECKPOINT_RETRY_MS)
    play.says()


def test_branch_does_not_make_checkpoints():
    play = flowing_branch()
    play.table.new_checkpoint(SESSION, CheckpointNote(5, "five"), 0)
    play.does().says()


def test_branch_judges_a_checkpoint_when_it_holds_as_much():
    play = flowing_branch().hears(Checkpoint(SESSION, 2, "two")).does()
    play.hears(unsigned(1, RECORD[:2], root(RECORD[:2]))).quiet()
    play.table.committed(SESSION, 2, root(RECORD[:2]))
    play.does(fx.CheckpointArrived(SESSION, 2, "two")).says(Ack(SESSION, 2, root(RECORD[:2])))
    play.hears(Checkpoint(SESSION, 1, "one")).does()
    play.table.cosigned(SESSION, 2, "line")
    play.says(Cosign(SESSION, 2, "line")).does(fx.CheckpointArrived(SESSION, 1, "one"))


def test_checkpoint_that_our_host_refuses_is_an_alarm():
    play = flowing_branch(2).hears(Checkpoint(SESSION, 2, "two")).quiet()
    play.table.cosigned(SESSION, 2, None)
    detail = "checkpoint of size 2 not cosigned"
    play.does(fx.FaultFound(fx.FaultKind.CHECKPOINT, SESSION, detail)).says()


def test_checkpoint_from_a_branch_closes():
    play = flowing_main()
    with pytest.raises(LinkFault) as caught:
        play.table.take(Checkpoint(SESSION, 2, "two"), 0)
    assert caught.value.kind is fx.FaultKind.ROLE


@pytest.mark.parametrize("play", [flowing_main, flowing_branch])
def test_cosignature_of_what_was_not_sent_closes(play):
    with pytest.raises(LinkFault) as caught:
        play().table.take(Cosign(SESSION, 2, "line"), 0)
    assert caught.value.kind is fx.FaultKind.ROLE


def test_missing_mark_of_the_peer_closes_in_time():
    play = Table(as_main()).quiet()
    play.table.tick(limits.MARKS_MS - 1)
    with pytest.raises(LinkFault) as caught:
        play.table.tick(limits.MARKS_MS)
    assert (caught.value.kind, caught.value.detail) == (
        fx.FaultKind.DEADLINE,
        f"{SESSION}: no mark from the peer",
    )


def test_backlog_without_progress_is_sent_again_once_and_then_closes():
    play = flowing_main()
    play.table.new_lines(SESSION)
    play.table.pump(0)
    play.table.lines_read(SESSION, 1, RECORD[:2], 0)
    batch = unsigned(1, RECORD[:2], root(RECORD[:2]))
    play.quiet().table.left(batch, 5)
    late = 5 + limits.NO_PROGRESS_MS
    play.table.tick(late - 1)
    play.does()
    play.table.tick(late)
    play.table.pump(late)
    alarm = fx.FaultFound(
        fx.FaultKind.NO_PROGRESS, SESSION, "2 lines on their way, none acknowledged"
    )
    play.does(alarm, fx.Read(SESSION, DOWN, 1, limits.BATCH_LINES, limits.BATCH_BYTES))
    play.table.lines_read(SESSION, 1, RECORD[:2], 0)
    play.says(batch)
    with pytest.raises(LinkFault) as caught:
        play.table.tick(late + limits.NO_PROGRESS_MS)
    assert caught.value.kind is fx.FaultKind.NO_PROGRESS


def test_lost_wake_up_costs_one_poll():
    play = flowing_main()
    play.table.tick(limits.IDLE_POLL_MS)
    play.table.pump(limits.IDLE_POLL_MS)
    play.does(fx.Read(SESSION, DOWN, 1, limits.BATCH_LINES, limits.BATCH_BYTES))


def test_nothing_is_read_while_the_socket_is_behind(monkeypatch):
    monkeypatch.setattr(limits, "OUTBOX_BYTES", 10)
    play = flowing_main()
    play.table.new_lines(SESSION)
    play.table.pump(0)
    play.table.lines_read(SESSION, 1, RECORD[:1], 0)
    play.effects.clear()
    play.table.pump(0)
    play.does()
    play.outbox.pop()
    play.table.pump(0)
    play.does(fx.Read(SESSION, DOWN, 2, limits.BATCH_LINES, limits.BATCH_BYTES))


def test_session_without_credit_waits_for_that_of_others():
    names = [f"session-{number}" for number in range(33)]
    play = Table(*(as_main(session=name) for name in names)).quiet()
    play.hears(Marks([stated(session=name) for name in names]))
    reads = [effect.session for effect in play.effects if isinstance(effect, fx.Read)]
    assert reads == names[:32]
    play.effects.clear()
    play.table.lines_read(names[0], 1, [], 0)
    play.table.pump(0)
    play.does(fx.Read(names[32], DOWN, 1, limits.BATCH_LINES, limits.BATCH_BYTES))


def test_stopped_session_gives_its_credit_back():
    play = flowing_main()
    play.table.new_lines(SESSION)
    play.table.pump(0)
    play.table.lines_read(SESSION, 1, [line("fenghua", 1, "x" * 1_000)], 0)
    play.hears(Refuse(SESSION, "busy"))
    assert (play.table._credit.available, play.outbox.line_bytes) == (limits.LINK_WINDOW_BYTES, 0)


def test_session_that_is_stopped_for_good_is_refused_whether_it_flows_or_not():
    play = flowing_main()
    play.table.stopped(OTHER)
    play.says()
    play.table.stopped(SESSION)
    play.says(Refuse(SESSION, "session_stopped"))
    play.table.stopped(SESSION)
    play.says(Refuse(SESSION, "session_stopped"))
    assert not play.table.has(SESSION)


def test_stop_is_told_once_after_a_quarantine():
    play = flowing_main()
    play.hears(Refuse(SESSION, "quarantined")).does(fx.SessionRefused(SESSION, "quarantined"))
    play.hears(Refuse(SESSION, "session_stopped"))
    play.does(fx.SessionRefused(SESSION, "session_stopped"))
    play.hears(Refuse(SESSION, "session_stopped")).does()


def test_offer_of_a_stopped_session_is_no_stale_backup():
    play = Table().quiet().hears(Marks([stated(3, root(RECORD[:3]))])).quiet()
    play.table.declined(SESSION, "session_stopped")
    play.does().says(Refuse(SESSION, "session_stopped"))


def test_cosignature_that_was_not_asked_for_costs_nothing():
    play = flowing_main()
    play.table.new_checkpoint(SESSION, CheckpointNote(2, "two"), 0)
    play.quiet().hears(Cosign(SESSION, 2, "line"))
    play.does(fx.CosignatureArrived(SESSION, 2, "line"))
    play.hears(Cosign(SESSION, 2, "another")).does().says()


def test_checkpoints_that_are_refused_again_and_again_stop_the_session():
    play = flowing_branch()
    play.hears(unsigned(1, RECORD[:2], root(RECORD[:2]))).quiet()
    play.table.committed(SESSION, 2, root(RECORD[:2]))
    for number in range(limits.CHECKPOINTS_REFUSED - 1):
        play.hears(Checkpoint(SESSION, 2, f"wrong {number}")).quiet()
        play.table.cosigned(SESSION, 2, None)
        assert [fault.kind for fault in play.effects] == [fx.FaultKind.CHECKPOINT]
    play.hears(Checkpoint(SESSION, 2, "wrong")).quiet()
    with pytest.raises(SessionFault) as caught:
        play.table.cosigned(SESSION, 2, None)
    play.table.quarantine(caught.value)
    assert caught.value.kind is fx.FaultKind.CHECKPOINT
    play.says(Refuse(SESSION, "quarantined"))
