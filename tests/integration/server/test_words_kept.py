"""A server dies between hearing and proving: what was signed is on the disk, and the proof is made.

Houses without a link; the test says for the other venue what its program would never say.
"""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from bideval.actions import accusing, arrivals, checkpoints, hearing, peering
from bideval.actions.appending import keep_line
from bideval.actions.authoring import say
from bideval.actions.findings import proof_file, session_findings
from bideval.actions.stopping import STOPPED, Stops
from bideval.audit.misbehaviour import judge, read_misbehaviour
from bideval.cli.main import main as command
from bideval.evidence.encoding import b64u
from bideval.evidence.signing import new_signing_key
from bideval.ledger.checkpoint import sign_checkpoint
from bideval.ledger.entry import Seen, entry_payload, parse_entry, sign_entry
from bideval.link.venue_host import VenueHost
from bideval.store.records import RecordWriting
from bideval.sync.words import RECORD, Placed, Said, Vouch
from bideval.terms.errors import RefusedError
from tests.integration.server.offline_venues import (
    SESSION,
    Supervisor,
    carry,
    down_word,
    found,
    head_of,
    plan_province,
    signed,
    started,
    up_word,
)

MAIN, BRANCH = "fenghua", "wencheng"


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture(params=["sqlite", "postgresql"])
def province(request, tmp_path):
    if request.param == "postgresql":
        new_url = request.getfixturevalue("new_postgresql_url")
    else:
        numbers = count(1)

        def new_url():
            return f"sqlite:///{tmp_path / f'{next(numbers)}.sqlite'}"

    settings = plan_province(tmp_path, (MAIN, BRANCH), new_url)
    with started(settings[MAIN]) as main, started(settings[BRANCH]) as branch:
        found(main, [BRANCH])
        for venue in (main, branch):
            Supervisor(venue, f"supervisor-{venue.id}").join(venue)
            carry(main, branch)
        yield settings, main, branch


@pytest.fixture
def killed(monkeypatch):
    """The finder dies after it has kept what it heard, before it has proven anything."""

    def die(*_args):
        raise KilledError

    monkeypatch.setattr(accusing, "_keep", die)
    return monkeypatch


def own_head(venue, origin):
    with venue.devices.store.read() as reader:
        return reader.origin_head(SESSION, origin)


def flush(venue):
    venue.devices.store.write(lambda _tx: None).result()


def findings(venue):
    with venue.devices.store.read() as reader:
        return session_findings(reader, SESSION)


def check_proven(settings, name, what, accused, tmp_path, capsys):
    """At the finder's next start the session is stopped, with a file that the command explains."""
    with started(settings[name]) as venue:
        (one,) = findings(venue)
        assert venue.findings.of(SESSION) == (one,)
        with venue.devices.store.read() as reader:
            data = proof_file(reader, SESSION, one.sha256)
    judged = judge(read_misbehaviour(data))
    assert (one.what, judged.accused) == (what, accused)
    path = tmp_path / "proof"
    path.write_bytes(data)
    assert command(["verify", str(path)]) == 1
    assert f"MISBEHAVIOUR PROVEN: {accused}" in capsys.readouterr().out
    with started(settings[name]) as venue:
        assert findings(venue) == [one]


def test_words_are_known_after_a_restart(province):
    settings, main, branch = province
    head = own_head(branch, BRANCH)
    said = signed(branch, Vouch(SESSION, BRANCH, head.n, head.chain))
    place = signed(main, Placed(SESSION, BRANCH, head.n, head.chain, head_of(main).size))
    hearing.hear(main, said)
    hearing.hear(branch, place)
    for venue in (main, branch):
        flush(venue)
    with started(settings[MAIN]) as again:
        assert again.findings.vouched(SESSION, BRANCH) == said
    with started(settings[BRANCH]) as again:
        assert again.findings.placed(SESSION) == place


def test_word_for_less_does_not_take_the_place_of_one_for_more(province):
    settings, main, branch = province
    head = own_head(branch, BRANCH)
    size = head_of(main).size
    most = signed(main, Placed(SESSION, BRANCH, head.n, head.chain, size))
    hearing.hear(branch, most)
    hearing.hear(branch, signed(main, Placed(SESSION, BRANCH, head.n, head.chain, size + 1)))
    hearing.hear(branch, signed(main, Placed(SESSION, BRANCH, head.n - 1, head.chain, size)))
    flush(branch)
    with started(settings[BRANCH]) as again:
        assert again.findings.placed(SESSION) == most


@pytest.mark.parametrize("kind", ["vouch", "placed"])
def test_word_about_other_lines_is_kept_beside_the_first(province, kind):
    settings, main, branch = province
    head, size = own_head(branch, BRANCH), head_of(main).size
    digests = (head.chain, b"?" * 32)
    if kind == "vouch":
        words = [signed(branch, Vouch(SESSION, BRANCH, head.n, one)) for one in digests]
    else:
        words = [signed(main, Placed(SESSION, BRANCH, head.n, one, size)) for one in digests]
    hearer, name = (main, MAIN) if kind == "vouch" else (branch, BRANCH)
    for word in words:
        hearing.hear(hearer, word)
    flush(hearer)
    with hearer.devices.store.read() as reader:
        [kept] = reader.conflicts(SESSION)
        assert (kept.code, kept.origin) == ("other_word", BRANCH if kind == "vouch" else MAIN)
        other = Said(words[1]) if kind == "vouch" else words[1]
        assert hearing.read_other_word(SESSION, kept.proof) == other
        assert words[0] in reader.words(SESSION)
    with started(settings[name]) as again:
        assert [one.what for one in findings(again)] == (["two_chains"] if kind == "vouch" else [])


def test_branch_with_two_chains_is_proven_after_a_restart_in_between(
    province, killed, tmp_path, capsys
):
    settings, main, branch = province
    head = own_head(branch, BRANCH)
    hearing.hear(main, signed(branch, Vouch(SESSION, BRANCH, head.n, head.chain)))
    flush(main)
    other = signed(branch, Vouch(SESSION, BRANCH, head.n, b"?" * 32))
    with started(settings[MAIN]) as finder:  # it has forgotten what was said in memory
        with pytest.raises(KilledError):
            accusing.accuse_speaker(finder, BRANCH, Said(other))
        assert findings(finder) == []
    killed.undo()
    check_proven(settings, MAIN, "two_chains", f"venue/{BRANCH}", tmp_path, capsys)


def test_main_that_vouches_for_two_records_is_proven_after_a_restart_in_between(
    province, killed, tmp_path, capsys
):
    settings, main, branch = province
    head = head_of(branch)
    hearing.hear(branch, signed(main, Vouch(SESSION, RECORD, head.size, head.root)))
    flush(branch)
    other = signed(main, Vouch(SESSION, RECORD, head.size - 1, b"?" * 32))
    with pytest.raises(KilledError):
        accusing.accuse_speaker(branch, MAIN, Said(other))
    killed.undo()
    check_proven(settings, BRANCH, "two_heads", f"venue/{MAIN}", tmp_path, capsys)


def test_word_that_is_proven_wrong_only_later_is_kept_until_then(province, tmp_path, capsys):
    settings, main, branch = province
    Supervisor(main, "supervisor-more").join(main)
    lines = peering.read_down(main, BRANCH, SESSION, head_of(branch).size + 1, size=(9, 1 << 20))
    size = head_of(main).size
    other = signed(main, Vouch(SESSION, RECORD, size, b"?" * 32))
    assert not accusing.accuse_speaker(branch, MAIN, Said(other))  # nothing here is as large yet
    assert findings(branch) == []
    arrivals.commit_down(branch, SESSION, MAIN, lines, word=down_word(main, size))
    check_proven(settings, BRANCH, "two_heads", f"venue/{MAIN}", tmp_path, capsys)


def test_main_whose_checkpoint_is_another_is_proven_after_a_restart_in_between(
    province, killed, tmp_path, capsys
):
    settings, main, branch = province
    size = head_of(branch).size
    note = sign_checkpoint(main.devices.keys.signing_key, SESSION, size - 1, b"?" * 32)
    with pytest.raises(KilledError):
        hear_checkpoint(branch, size - 1, note)
    killed.undo()
    check_proven(settings, BRANCH, "two_heads", f"venue/{MAIN}", tmp_path, capsys)


def hear_checkpoint(branch, size, note):
    """Do what a link does with main's checkpoint."""
    host = VenueHost(branch, None)
    return asyncio.run(host.checkpoint_arrived(MAIN, SESSION, size, note))


@pytest.mark.parametrize("later", [False, True])
def test_main_that_leaves_out_what_it_placed_is_proven_after_a_restart_in_between(
    province, killed, tmp_path, capsys, later
):
    """`later`: the line turns up in the record after all, behind where main has placed it."""
    settings, main, branch = province
    Supervisor(branch, "supervisor-lost").join(branch)
    head, size = own_head(branch, BRANCH), head_of(main).size
    hearing.hear(branch, signed(main, Placed(SESSION, BRANCH, head.n, head.chain, size + 1)))
    flush(branch)
    Supervisor(main, "supervisor-more").join(main)
    if later:
        bring_up(main, branch)
    bring_down(main, branch)
    stated = checkpoints.state_record(main, SESSION)
    with started(settings[BRANCH]) as finder, pytest.raises(KilledError):
        hear_checkpoint(finder, stated.size, stated.note)
    killed.undo()
    check_proven(settings, BRANCH, "omission", f"venue/{MAIN}", tmp_path, capsys)


def bring_up(main, branch):
    first = own_head(main, BRANCH).n + 1
    lines = peering.read_up(branch, MAIN, SESSION, first, size=(9, 1 << 20))
    arrivals.commit_up(main, SESSION, lines, word=up_word(branch, first + len(lines) - 1))


def bring_down(main, branch):
    size = head_of(branch).size
    lines = peering.read_down(main, BRANCH, SESSION, size + 1, size=(9, 1 << 20))
    word = down_word(main, size + len(lines))
    arrivals.commit_down(branch, SESSION, MAIN, lines, word=word)


def test_key_used_after_its_closing_is_proven_after_a_restart_in_between(
    province, tmp_path, capsys
):
    settings, main, branch = province
    person = Supervisor(branch, "supervisor-two")
    person.join(branch)
    old, person.key = person.key, new_signing_key("Ed25519", b"n" * 32)
    body = {
        "person": person.name,
        "role": "supervisor",
        "suite": "Ed25519",
        "public": b64u(person.key.public.raw),
        "recipient": person.recipient,
        "proof": person.proof(branch),
        "replaces": old.public.key_id,
        "seat": None,
        "ticket": None,
        "checked_by": None,
    }
    say(branch, SESSION, "person.enrolled", body)
    carry(main, branch)
    head = head_of(branch)
    payload = entry_payload(
        session=SESSION,
        author=person.name,
        kind="supervisor.warned",
        id=b64u(b"late".ljust(16, b".")),
        at=branch.now_ms(),
        body={"text": "no"},
        seen=Seen(head.size, head.root.hex()),
    )
    entry = parse_entry(sign_entry(old, payload))
    branch.devices.store.write(lambda tx: keep_line(BRANCH, tx, entry, place=False)).result()
    branch.book.refresh(SESSION)
    bring_up(main, branch)  # and the server dies before it looks at what has come
    assert findings(main) == []
    check_proven(settings, MAIN, "closed_key", person.name, tmp_path, capsys)


def deaf_to_the_database(monkeypatch):
    """A planted bug: a process refuses only what it has itself heard to be stopped."""

    def refuse(stops, session, _head):
        if stops.stopped(session):
            raise RefusedError(STOPPED, field="session")

    monkeypatch.setattr(Stops, "refuse", refuse)
    monkeypatch.setattr(RecordWriting, "_growing_edge", RecordWriting._edge)


@pytest.mark.parametrize("planted", [False, True])
def test_other_process_of_the_venue_writes_nothing_once_one_has_stopped(
    province, monkeypatch, planted
):
    """The other one has not looked yet; with the planted bug it goes on, which this would see."""
    settings, main, branch = province
    person = Supervisor(main, "supervisor-two")
    person.join(main)
    Supervisor(branch, "supervisor-up").join(branch)
    first = own_head(main, BRANCH).n + 1
    up = peering.read_up(branch, MAIN, SESSION, first, size=(9, 1 << 20))
    head = own_head(branch, BRANCH)
    if planted:
        deaf_to_the_database(monkeypatch)
    with started(settings[MAIN]) as finder:
        hearing.hear(finder, signed(branch, Vouch(SESSION, BRANCH, head.n, head.chain)))
        other = signed(branch, Vouch(SESSION, BRANCH, head.n, b"?" * 32))
        assert accusing.accuse_speaker(finder, BRANCH, Said(other))
    assert main.findings.sessions() == []
    before = head_of(main).size
    word = up_word(branch, first + len(up) - 1)
    refusals = [
        refusal(lambda: person.warn(main, "late")),
        refusal(lambda: arrivals.commit_up(main, SESSION, up, word=word)),
    ]
    stated = checkpoints.state_record(main, SESSION)
    whole = (refusals, stated, head_of(main).size) == ([STOPPED] * 2, None, before)
    assert whole is not planted


def refusal(act):
    """Return the code with which an act is refused, None when it is not."""
    try:
        act()
    except RefusedError as refused:
        return refused.code
    return None


def test_branch_process_takes_and_cosigns_nothing_once_another_has_stopped(province):
    settings, main, branch = province
    Supervisor(main, "supervisor-more").join(main)
    size = head_of(branch).size
    lines = peering.read_down(main, BRANCH, SESSION, size + 1, size=(9, 1 << 20))
    stated = checkpoints.state_record(main, SESSION)
    note = sign_checkpoint(main.devices.keys.signing_key, SESSION, size - 1, b"?" * 32)
    said = signed(main, Vouch(SESSION, RECORD, size, head_of(branch).root))
    with started(settings[BRANCH]) as finder:
        hearing.hear(finder, said)
        assert accusing.accuse_main(finder, SESSION, note)
    assert branch.findings.sessions() == []
    word = down_word(main, size + len(lines))
    assert [
        refusal(lambda: arrivals.commit_down(branch, SESSION, MAIN, lines, word=word)),
        refusal(lambda: checkpoints.answer_checkpoint(branch, SESSION, stated.note)),
    ] == [STOPPED] * 2
    assert head_of(branch).size == size


def test_session_that_an_earlier_program_stopped_is_marked_at_the_start(province, monkeypatch):
    settings, main, branch = province
    head = own_head(branch, BRANCH)
    with monkeypatch.context() as earlier, started(settings[MAIN]) as finder:
        earlier.setattr(RecordWriting, "stop", lambda *_words: False)
        hearing.hear(finder, signed(branch, Vouch(SESSION, BRANCH, head.n, head.chain)))
        other = signed(branch, Vouch(SESSION, BRANCH, head.n, b"?" * 32))
        assert accusing.accuse_speaker(finder, BRANCH, Said(other))
    assert head_of(main).stopped is None
    with started(settings[MAIN]) as again:
        (one,) = findings(again)
    assert head_of(main).stopped == one.sha256


def test_honest_venues_that_start_again_accuse_nobody(province):
    settings, main, branch = province
    head = own_head(branch, BRANCH)
    hearing.hear(main, signed(branch, Vouch(SESSION, BRANCH, head.n, head.chain)))
    place = signed(main, Placed(SESSION, BRANCH, head.n, head.chain, head_of(main).size))
    hearing.hear(branch, place)
    for number in range(3):
        Supervisor(branch, f"supervisor-again{number}").join(branch)
        carry(main, branch)
        for name in (MAIN, BRANCH):
            with started(settings[name]) as again:
                assert (findings(again), again.findings.sessions()) == ([], [])
