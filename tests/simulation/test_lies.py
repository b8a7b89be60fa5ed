"""Each lie of a venue is found by the first honest one, which stops the session and can prove it.

The houses are whole and the lines are the real protocol; only what the liar's server sends is told
anew, and signed. Nothing here waits for a checkpoint.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from itertools import product

import pytest

from bideval.actions import accusing, arrivals, hearing, showing, shown_proofs
from bideval.actions.findings import read_finding
from bideval.actions.founding import NewSession, found_session
from bideval.actions.stopping import Stops
from bideval.audit.misbehaviour import read_misbehaviour, write_misbehaviour
from bideval.cli.main import main as command
from bideval.ledger.checkpoint import sign_checkpoint
from bideval.ledger.line import chain_next, chain_start
from bideval.link.host import NewWord
from bideval.ports import Event, OriginHead
from bideval.simulation import wires
from bideval.simulation.devices import START_MS, quiet_logs, signing_key, threads_at_once
from bideval.simulation.ideal import ideal_cryptography
from bideval.simulation.people import Client
from bideval.simulation.province import Place, World
from bideval.sync import limits, messages
from bideval.sync.receiving import ReceivingStream
from bideval.sync.vouching import Vouching
from bideval.sync.words import Vouch
from tests.simulation.lies import (
    Story,
    at,
    changed,
    last_retold,
    nothing,
    retold,
    skipped,
    swapped,
    told_twice,
)
from tests.simulation.planted import forget_what_was_not_kept

MAIN, BRANCH, OTHER = "fenghua", "wencheng", "changshan"
SESSION = "fh-2026-0001"
BUSY_MS = 9_000
END_MS = 40_000

pytestmark = pytest.mark.timeout(120)


class Province:
    """Two or three whole houses, some of whose lines tell stories."""

    def __init__(self, names, monkeypatch, *stories):
        self.stories = stories
        self.world = World(7, names, tell=True)
        self.world.oracle.liars.update(story.venue for story in stories)
        original = wires.End._transmit

        def transmit(end, frame):
            told = [
                story
                for story in stories
                if (story.venue, story.peer) == (end.place.id, end.peer.id)
            ]
            deaf = [one for one in stories if one.deaf and one.venue == end.peer.id]
            if deaf and deaf[0].peer == end.place.id and end.listed:
                frame = deaf[0].hear(frame)
            for spoken in told[0].speak(frame) if told else [frame]:
                original(end, spoken)

        monkeypatch.setattr(wires.End, "_transmit", transmit)

    def found(self):
        places = self.world.places
        branches = [name for name in places if name != MAIN]
        asked = NewSession(id=SESSION, title="Beds", rulebook="rehearsal/1", branches=branches)
        places[MAIN].guarded(lambda: found_session(places[MAIN].venue, asked))
        clients = [Client(self.world, place, SESSION) for place in places.values()]
        for client in clients:
            for when in range(500, BUSY_MS, 1_500):
                self.world.later(when, client.warn)
        return clients

    def run(self, until=END_MS):
        self.world.run_until(until)

    def findings(self, name):
        record = self.world.places[name].disk.image.records.get(SESSION)
        found = [read_finding(conflict) for conflict in record.conflicts] if record else []
        return [one for one in found if one is not None]

    def proof(self, name):
        record = self.world.places[name].disk.image.records[SESSION]
        return next(one.proof for one in record.conflicts if read_finding(one) is not None)


@pytest.fixture
def province(monkeypatch):
    with ExitStack() as stack:
        for context in (threads_at_once(), ideal_cryptography(7), quiet_logs()):
            stack.enter_context(context)
        yield lambda names, *stories: Province(names, monkeypatch, *stories)


def check_proven(held, finder, what, accused, tmp_path, capsys):
    """The finder has one proof, takes nothing more, and the command explains the file."""
    found = [(one.what, one.accused) for one in held.findings(finder)]
    assert found == [(what, f"venue/{accused}")]
    place = held.world.places[finder]
    size = len(place.disk.image.records[SESSION].order)
    held.run(END_MS + 5_000)
    assert len(place.disk.image.records[SESSION].order) == size
    path = tmp_path / "proof"
    path.write_bytes(held.proof(finder))
    assert command(["verify", str(path)]) == 1
    out = capsys.readouterr().out
    assert f"MISBEHAVIOUR PROVEN: venue/{accused}, session {SESSION}: {what}" in out
    return out


def story_of_main(peer, twist, **more):
    return Story(MAIN, peer, SESSION, main=True, twist=twist, silent=(messages.Checkpoint,), **more)


def story_of_branch(twist, **more):
    return Story(BRANCH, MAIN, SESSION, main=False, twist=twist, **more)


# What a liar does; each returns the province after it has run.


def telling(story):
    """Let somebody tell a story from the beginning."""

    def play(province, _monkeypatch):
        held = province((MAIN, BRANCH), story())
        held.found()
        held.run()
        assert held.stories[0].lies > 0
        return held

    return play


def main_goes_back(province, _monkeypatch):
    held = province((MAIN, BRANCH), story_of_main(BRANCH, None))
    clients = held.found()
    held.run(3_000)
    place = held.world.places[MAIN]
    before = place.disk.image.copy()
    held.run(6_000)
    lost = len(place.disk.image.records[SESSION].order) - len(before.records[SESSION].order)
    assert lost > 0
    place.crash_now("restart", downtime=100)
    place.disk.image = before
    held.world.cut(MAIN, BRANCH, 4_000)
    for client in clients:
        if client.place is place:
            client.waiting.clear()
            for when in range(300, 3_000, 300):
                held.world.later(when, client.warn)
    held.run()
    return held


def main_leaves_out_what_it_acknowledged(province, monkeypatch):
    held = province((MAIN, BRANCH), story_of_main(BRANCH, nothing))
    original = arrivals.commit_up

    def forget(venue, session, lines, *, word):
        with venue.devices.store.read() as reader:
            head, size = reader.origin_head(session, word.stream), reader.head(session).size
        if size < 6:
            return original(venue, session, lines, word=word)
        chain = head.chain if head.n else chain_start(session, word.stream)
        for line in lines:
            chain = chain_next(chain, line)
        return OriginHead(word.n, chain), size

    monkeypatch.setattr(arrivals, "commit_up", forget)
    held.found()
    held.run()
    return held


def forking(*silent, alike=()):
    """Main tells one branch another record than the other, and signs both.

    It does not send that branch what is `silent`, and the other one what is `alike`.
    """

    def play(province, _monkeypatch):
        twist = at(MAIN, 5, retold)
        story = Story(MAIN, BRANCH, SESSION, main=True, twist=twist, silent=silent, deaf=True)
        truth = Story(MAIN, OTHER, SESSION, main=True, silent=alike)
        held = province((MAIN, BRANCH, OTHER), story, truth)
        held.found()
        held.run()
        assert held.stories[0].lies > 0
        return held

    return play


def forking_and_quiet(peer):
    """Main tells one branch another line than the other, and then nothing more."""

    def play(province, _monkeypatch):
        story = Story(
            MAIN,
            peer,
            SESSION,
            main=True,
            twist=at(MAIN, 5, retold),
            silent=(messages.Checkpoint,),
            deaf=True,
            goes_quiet=True,
        )
        held = province((MAIN, BRANCH, OTHER), story)
        held.found()
        held.run()
        told = held.world.places[peer].size_of(SESSION)[0]
        assert (held.stories[0].lies > 0, told) == (True, story.most)
        return held

    return play


def branch_writes_anew(province, _monkeypatch):
    story = story_of_branch(nothing)
    held = province((MAIN, BRANCH), story)
    held.found()
    held.run(6_000)
    story.twist = at(BRANCH, 3, retold)
    held.world.cut(MAIN, BRANCH, 1_000)
    held.run()
    return held


def branch_tells_anew_what_is_long_past(province, monkeypatch):
    monkeypatch.setattr(limits, "MARKS_REMEMBERED", 1)
    story = story_of_branch(nothing)
    held = province((MAIN, BRANCH), story)
    held.found()
    held.run(8_000)
    told = retold(story.true[:2], 1)
    batch = messages.Lines(SESSION, 2, told[1:], bytes(32), bytes(64))
    end = held.world.places[MAIN].live[BRANCH]
    end.machine.receive(messages.encode(story.signed(batch, told)), held.world.now)
    end.after()
    held.run()
    return held


ONE_RECORD_TWICE = ("two_heads", "One record cannot have both")
ONE_NUMBER_TWICE = ("two_chains", "it has two entries")

LIES = {
    "main changes a line": (
        telling(lambda: story_of_main(BRANCH, at(MAIN, 5, changed))),
        "false_record",
        "its author's key did not sign it",
    ),
    "main skips a line": (
        telling(lambda: story_of_main(BRANCH, at(MAIN, 5, skipped))),
        "false_record",
        "(fenghua 6, supervisor.warned) cannot stand",
    ),
    "main tells one number twice": (
        telling(lambda: story_of_main(BRANCH, at(MAIN, 5, told_twice))),
        "false_record",
        "(fenghua 5, supervisor.warned) cannot stand",
    ),
    "main changes the order": (
        telling(lambda: story_of_main(BRANCH, at(MAIN, 5, swapped))),
        "two_heads",
        "put in another order",
    ),
    "main tells the same lines in two ways": (
        telling(lambda: story_of_main(BRANCH, nothing, again=at(MAIN, 5, retold))),
        *ONE_RECORD_TWICE,
    ),
    "main goes back": (main_goes_back, *ONE_RECORD_TWICE),
    "main forks between two branches": (forking(), *ONE_RECORD_TWICE),
    "main forks, and shows one branch no checkpoint": (
        forking(messages.Checkpoint),
        *ONE_RECORD_TWICE,
    ),
    "main forks, and gives nobody a checkpoint": (
        forking(messages.Checkpoint, alike=(messages.Checkpoint,)),
        *ONE_RECORD_TWICE,
    ),
    "main forks, and tells one branch no more": (forking_and_quiet(OTHER), *ONE_RECORD_TWICE),
    "main forks, and tells the other branch no more": (
        forking_and_quiet(BRANCH),
        *ONE_RECORD_TWICE,
    ),
    "main leaves out what it acknowledged": (
        main_leaves_out_what_it_acknowledged,
        "omission",
        "is missing",
    ),
    "a branch tells one number in two ways": (
        telling(lambda: story_of_branch(nothing, again=last_retold)),
        *ONE_NUMBER_TWICE,
    ),
    "a branch tells anew what is long past": (
        branch_tells_anew_what_is_long_past,
        *ONE_NUMBER_TWICE,
    ),
    "a branch writes anew": (branch_writes_anew, *ONE_NUMBER_TWICE),
    "a branch changes a line": (
        telling(lambda: story_of_branch(at(BRANCH, 4, changed))),
        "false_line",
        "is none: the signature is not the one of key",
    ),
    "a branch skips a line": (
        telling(lambda: story_of_branch(at(BRANCH, 4, skipped))),
        "false_line",
        "In them line 4 is numbered wencheng 5",
    ),
    "a branch tells one number twice": (
        telling(lambda: story_of_branch(at(BRANCH, 4, told_twice))),
        "false_line",
        "In them line 5 is numbered wencheng 4",
    ),
}


FORKS_WITHOUT_CHECKPOINTS = (
    "main forks, and tells one branch no more",
    "main forks, and tells the other branch no more",
    "main forks, and gives nobody a checkpoint",
)
TAKEN_BY_NOBODY = [
    lie for lie, (_, what, _) in LIES.items() if what in {"false_record", "false_line"}
]


def sides(lie):
    """Return who finds a lie, and who has told it."""
    if lie == "main forks, and tells the other branch no more":
        return (OTHER, MAIN)
    return (BRANCH, MAIN) if lie.startswith("main") else (MAIN, BRANCH)


@pytest.mark.parametrize("lie", LIES)
def test_lie_stops_the_session_and_leaves_its_proof(province, monkeypatch, tmp_path, capsys, lie):
    play, what, words = LIES[lie]
    finder, liar = sides(lie)
    held = play(province, monkeypatch)
    assert words in check_proven(held, finder, what, liar, tmp_path, capsys)
    assert held.findings(liar) == []
    for name in set(held.world.names) - {finder, liar}:
        check_proven(held, name, what, liar, tmp_path, capsys)


def keep_no_word(patch):
    """Keep lines without what their sender has signed."""
    patch.setattr(arrivals, "_keep_word", lambda *_asked: None)
    patch.setattr(Stops, "hear", lambda *_asked: False)


def refuse_without_a_proof(patch):
    """Put lines away that cannot be taken, and say nothing of who signed them."""
    patch.setattr(accusing, "_accuse_speaker", lambda *_asked: False)


def ignore_what_is_here(patch):
    """Drop lines whose numbers are known, unseen."""
    patch.setattr(ReceivingStream, "_compare", lambda *_asked: None)


def never_contest(patch):
    """Refuse another mark without saying what is held instead."""
    patch.setattr(Vouching, "contest", lambda *_asked: None)


def trust_mains_places(patch):
    """Never look whether own lines stand where main has placed them."""
    patch.setattr(accusing, "accuse_omission", lambda *_asked: False)


def leave_the_past_alone(patch):
    """Look at no word about lines whose digest is not remembered."""
    patch.setattr(accusing, "compare_word", lambda *_asked: False)


def compare_no_heads(patch):
    """Take what another branch shows for true."""
    patch.setattr(showing, "compare_heads", lambda *_asked: False)


def show_nothing(patch):
    """Keep from other branches what main has signed."""
    show_no_words(patch)
    patch.setattr(showing, "head_for", lambda *_asked: None)


def show_no_words(patch):
    """Keep from other branches what main has signed beside checkpoints."""
    patch.setattr(showing, "word_for", lambda *_asked: None)


def hear_no_words(patch):
    """Take for true what main has told another branch of its copy."""
    patch.setattr(showing, "agrees_here", lambda *_asked: True)


@pytest.mark.parametrize(
    ("mistake", "lie"),
    [
        *product((show_no_words, hear_no_words), FORKS_WITHOUT_CHECKPOINTS),
        (compare_no_heads, "main forks between two branches"),
        (show_nothing, "main forks between two branches"),
        (compare_no_heads, "main forks, and shows one branch no checkpoint"),
        *product((refuse_without_a_proof,), TAKEN_BY_NOBODY),
        (keep_no_word, "main changes the order"),
        (keep_no_word, "main tells the same lines in two ways"),
        (ignore_what_is_here, "main tells the same lines in two ways"),
        (keep_no_word, "main goes back"),
        (never_contest, "main goes back"),
        (trust_mains_places, "main leaves out what it acknowledged"),
        (keep_no_word, "a branch tells one number in two ways"),
        (ignore_what_is_here, "a branch tells one number in two ways"),
        (leave_the_past_alone, "a branch tells anew what is long past"),
        (keep_no_word, "a branch writes anew"),
    ],
)
def test_venue_with_a_planted_mistake_proves_nothing(province, monkeypatch, mistake, lie):
    mistake(monkeypatch)
    held = LIES[lie][0](province, monkeypatch)
    assert [held.findings(name) for name in sides(lie)] == [[], []]


def test_honest_venues_prove_nothing(province):
    held = province((MAIN, BRANCH, OTHER))
    held.found()
    for when in (2_000, 4_000, 6_000):
        held.world.later(when, lambda: held.world.cut(MAIN, BRANCH, 500))
    held.run()
    assert [held.findings(name) for name in (MAIN, BRANCH, OTHER)] == [[], [], []]
    assert len(held.world.places[OTHER].disk.image.records[SESSION].order) > 20


def test_head_goes_to_branches_of_its_session_only(province):
    held = province((MAIN, BRANCH, OTHER))
    held.found()
    held.run(5_000)
    venue = held.world.places[BRANCH].venue
    shown = showing.heads_for(venue, OTHER)
    assert [head.session for head in shown] == [SESSION]
    assert showing.heads_for(venue, MAIN) == showing.heads_for(venue, "beilun") == []
    assert showing.heads_for(held.world.places[MAIN].venue, OTHER) == []


def test_branch_that_takes_no_part_is_shown_nothing(province):
    held = province((MAIN, BRANCH, OTHER))
    place = held.world.places[MAIN]
    asked = NewSession(id=SESSION, title="Beds", rulebook="rehearsal/1", branches=[BRANCH])
    place.guarded(lambda: found_session(place.venue, asked))
    held.run(5_000)
    assert showing.heads_for(held.world.places[BRANCH].venue, OTHER) == []
    assert not any("Head(" in words for words in held.world.told)


def test_head_that_main_has_not_signed_is_none(province):
    held = province((MAIN, BRANCH, OTHER))
    held.found()
    held.run(5_000)
    venue = held.world.places[BRANCH].venue
    (head,) = showing.heads_for(venue, OTHER)
    forged = sign_checkpoint(signing_key(OTHER), SESSION, head.size, bytes(32))
    assert showing.hear_head(venue, OTHER, head)
    assert not showing.hear_head(venue, OTHER, replace(head, note=forged))
    assert not showing.hear_head(venue, OTHER, replace(head, size=head.size + 1))
    assert showing.hear_head(venue, OTHER, replace(head, session="fh-2026-0099", note=forged))
    assert held.findings(BRANCH) == []


def test_head_of_a_longer_record_waits_for_the_copy(province):
    held = province((MAIN, BRANCH, OTHER))
    held.world.oracle.liars.add(MAIN)
    held.found()
    held.run(5_000)
    venue = held.world.places[BRANCH].venue
    (head,) = showing.heads_for(venue, OTHER)
    key = signing_key(MAIN)
    for size in (head.size + 2, head.size + 5, head.size + 3):
        note = sign_checkpoint(key, SESSION, size, bytes(32))
        assert showing.hear_head(venue, OTHER, showing.Head(SESSION, size, note))
    waiting = [size for _, (size, _) in venue.findings.shown(SESSION)]
    assert waiting == [head.size + 2, head.size + 3]
    assert held.findings(BRANCH) == []
    held.run()
    assert [one.what for one in held.findings(BRANCH)] == ["two_heads"]


def test_word_goes_to_branches_of_its_session_only(province):
    held = province((MAIN, BRANCH, OTHER))
    held.found()
    held.run(5_000)
    venue = held.world.places[BRANCH].venue
    (word,) = showing.words_for(venue, OTHER)
    assert (word.stream, word.n) == ("", held.world.places[BRANCH].size_of(SESSION)[0])
    assert showing.words_for(venue, MAIN) == showing.words_for(venue, "beilun") == []
    assert showing.words_for(held.world.places[MAIN].venue, OTHER) == []
    assert [change.word for change in new_words(held, BRANCH)] == [word]


def new_words(held, name):
    """Return what a venue tells the other branch after its fan-out has dropped something."""
    changes = held.world.places[name].host.changes_by(OTHER, Event("link", lagging=True))
    return [change for change in changes if isinstance(change, NewWord)]


def test_word_for_another_copy_is_compared_if_main_has_signed_it(province):
    held = province((MAIN, BRANCH, OTHER))
    held.world.oracle.liars.add(MAIN)
    held.found()
    held.run(5_000)
    venue = held.world.places[BRANCH].venue
    size = held.world.places[BRANCH].size_of(SESSION)[0]
    other = Vouch(SESSION, "", size, bytes(32))
    by_branch, by_main = (
        replace(other, signature=signing_key(name).sign(other.signed_bytes()))
        for name in (OTHER, MAIN)
    )
    assert not showing.hear_word(venue, OTHER, by_branch)
    assert showing.hear_word(venue, OTHER, replace(by_branch, session="fh-2026-0099"))
    assert showing.hear_word(venue, MAIN, by_branch)
    assert held.findings(BRANCH) == []
    assert showing.hear_word(venue, OTHER, by_main)
    assert [one.what for one in held.findings(BRANCH)] == ["two_heads"]


FOUND_WITHOUT_A_DISK = (
    "main changes a line",
    "main changes the order",
    "main goes back",
    "main forks between two branches",
    "main forks, and gives nobody a checkpoint",
    "main forks, and tells one branch no more",
    "main leaves out what it acknowledged",
    "a branch tells anew what is long past",
    "a branch writes anew",
    "a branch changes a line",
)
DISK_MS = 3_000


def fill_the_disk_of_the_finder(monkeypatch, finder):
    """Let the finder's disk be full when it would keep what it has found, and the lines be cut.

    So nobody tells it a second time. Returns when that was.
    """
    filled = []

    def instead_of(original):
        def keep(venue, *args, **named):
            if venue.id == finder and not filled:
                (place,) = places
                filled.append(place.world.now)
                place.disk.fail = "full"
                place.world.later(DISK_MS, lambda: repair(place))
                for name in set(place.world.names) - {finder}:
                    place.world.cut(finder, name, END_MS)
            return original(venue, *args, **named)

        return keep

    places = []
    original = Place.start

    def start(self):
        if self.id == finder and not places:
            places.append(self)
        original(self)

    monkeypatch.setattr(Place, "start", start)
    for module, name in (
        (accusing, "quarantine"),
        (accusing, "keep_finding"),
        (hearing, "quarantine"),
        (showing, "quarantine"),
    ):
        monkeypatch.setattr(module, name, instead_of(getattr(module, name)))
    return filled


def repair(place):
    place.disk.broken, place.disk.fail = False, None


@pytest.mark.parametrize("lie", FOUND_WITHOUT_A_DISK)
def test_lie_is_proven_when_the_disk_takes_it(province, monkeypatch, tmp_path, capsys, lie):
    play, what, words = LIES[lie]
    finder, liar = sides(lie)
    filled = fill_the_disk_of_the_finder(monkeypatch, finder)
    held = play(province, monkeypatch)
    assert words in check_proven(held, finder, what, liar, tmp_path, capsys)
    (found,) = held.findings(finder)
    (when,) = filled
    assert found.found_ms - START_MS >= when + DISK_MS


@pytest.mark.parametrize("lie", FOUND_WITHOUT_A_DISK)
def test_lie_is_forgotten_by_who_does_not_wait_for_the_disk(province, monkeypatch, lie):
    finder, _ = sides(lie)
    forget_what_was_not_kept(monkeypatch)
    filled = fill_the_disk_of_the_finder(monkeypatch, finder)
    held = LIES[lie][0](province, monkeypatch)
    assert (held.findings(finder), len(filled)) == ([], 1)


@pytest.fixture
def proven(province, monkeypatch):
    """A province in which one branch has proven a fork, and shown it to nobody."""
    with monkeypatch.context() as patch:
        patch.setattr(shown_proofs, "proof_for", lambda *_asked: None)
        patch.setattr(showing, "words_for", lambda *_asked: ())
        held = LIES["main forks, and shows one branch no checkpoint"][0](province, patch)
    assert [len(held.findings(name)) for name in (BRANCH, OTHER, MAIN)] == [1, 0, 0]
    return held, held.world.places[BRANCH].venue, held.world.places[OTHER].venue


def test_proof_goes_to_the_other_venues_of_the_session_but_the_accused(proven, monkeypatch):
    held, finder, other = proven
    file = held.proof(BRANCH)
    shown = [shown_proofs.proof_for(finder, name, SESSION) for name in (OTHER, MAIN, "beilun")]
    assert shown == [file, None, None]
    assert shown_proofs.proof_for(other, BRANCH, SESSION) is None
    assert shown_proofs.proof_for(finder, OTHER, "fh-2026-0099") is None
    monkeypatch.setattr(shown_proofs, "PROOF_BYTES", len(file) - 1)
    assert shown_proofs.proof_for(finder, OTHER, SESSION) is None


def test_proof_of_another_venue_stops_the_session_by_its_bytes(proven):
    held, _, other = proven
    file = held.proof(BRANCH)
    assert shown_proofs.hear_proof(other, "beilun", SESSION, file)
    assert shown_proofs.hear_proof(other, BRANCH, "fh-2026-0099", file)
    assert held.findings(OTHER) == []
    assert shown_proofs.hear_proof(other, BRANCH, SESSION, file)
    assert held.proof(OTHER) == file
    assert shown_proofs.hear_proof(other, BRANCH, SESSION, b"nothing looks at this any more")


def test_file_that_proves_nothing_here_is_not_believed(proven):
    held, _, other = proven
    found = read_misbehaviour(held.proof(BRANCH))
    twice = found.evidence | {"second": found.evidence["first"]}
    for wrong in (
        b"bideval-misbehaviour/1\n{}\n",
        write_misbehaviour(replace(found, evidence=twice)),
        write_misbehaviour(replace(found, session="fh-2026-0099")),
        write_misbehaviour(replace(found, what="closed_key")),
    ):
        assert not shown_proofs.hear_proof(other, BRANCH, SESSION, wrong)
    assert held.findings(OTHER) == []


def test_proof_against_a_key_that_our_record_does_not_name_is_ignored(proven, monkeypatch):
    held, _, other = proven
    right = shown_proofs.judge

    def judged(found):
        return replace(right(found), kid=signing_key(OTHER).public.key_id)

    monkeypatch.setattr(shown_proofs, "judge", judged)
    assert shown_proofs.hear_proof(other, BRANCH, SESSION, held.proof(BRANCH))
    monkeypatch.setattr(
        shown_proofs, "judge", lambda found: replace(judged(found), accused=f"venue/{OTHER}")
    )
    assert shown_proofs.hear_proof(other, BRANCH, SESSION, held.proof(BRANCH))
    assert held.findings(OTHER) == []


def test_more_files_than_are_borne_with_are_not_judged(proven):
    held, _, other = proven
    for _ in range(shown_proofs.PROOFS.acts):
        assert not shown_proofs.hear_proof(other, BRANCH, SESSION, b"nothing")
    assert shown_proofs.hear_proof(other, BRANCH, SESSION, held.proof(BRANCH))
    assert held.findings(OTHER) == []
