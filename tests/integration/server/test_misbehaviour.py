"""Dishonest venues at real servers: found out, stopped, proven, told; honest ones never accused.

Dishonest is whoever has another venue's key in the test's hand: its server says on the link what an
honest program would not say.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import replace

import pytest

from bideval.actions.appending import keep_line
from bideval.actions.authoring import say
from bideval.actions.findings import load_findings, proof_file, session_findings
from bideval.actions.stopping import Stops
from bideval.audit.misbehaviour import judge, read_misbehaviour
from bideval.cli.main import main as verify
from bideval.evidence.encoding import b64u
from bideval.evidence.signing import new_signing_key
from bideval.ledger.checkpoint import sign_checkpoint
from bideval.ledger.entry import Seen, entry_payload, parse_entry, sign_entry
from bideval.ledger.line import chain_next, chain_start
from bideval.link import venue_host
from bideval.ports import OriginHead
from bideval.sync import messages
from bideval.sync.outbox import Priority
from bideval.sync.words import RECORD, Vouch
from tests.integration.server.people import Person, running_venues

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def venues(tmp_path_factory):
    with running_venues(tmp_path_factory.mktemp("venues"), ["fenghua", "wencheng"]) as running:
        yield running


@pytest.fixture(scope="module")
def people(venues):
    main, branch = venues["fenghua"], venues["wencheng"]
    found = {
        "officer": Person("officer-main", "officer", main),
        "operator": Person("operator-main", "operator", main),
        "operator_branch": Person("operator-branch", "operator", branch),
    }
    for person in found.values():
        person.enrol()
    return found


@pytest.fixture
def session(venues, people):
    """A new session of both venues, quiet on the link."""
    name = f"fh-2026-04{next(_numbers):02}"
    body = {"id": name, "title": "Beds", "rulebook": "rehearsal/1", "branches": ["wencheng"]}
    people["officer"].ok(people["officer"].http.post("/api/sessions", json=body))
    await_(lambda: size(venues["wencheng"], name) == size(venues["fenghua"], name) >= 2)
    people["operator"].join(name)
    people["operator_branch"].join(name)
    settle(venues, name)
    return name


def await_(holds, patience_s=20):
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def size(place, session):
    with place.venue.devices.store.read() as reader:
        head = reader.head(session)
    return head.size if head else 0


def settle(venues, session):
    """Wait until the branch has cosigned the whole record and has heard main's word for it."""
    main, branch = venues["fenghua"], venues["wencheng"]

    def quiet():
        whole = size(main, session)
        with main.venue.devices.store.read() as reader:
            newest = reader.checkpoint(session)
            own = reader.origin_head(session, "wencheng").n
        with branch.venue.devices.store.read() as reader:
            written = reader.origin_head(session, "wencheng").n
        said = branch.venue.findings.vouched(session, RECORD)
        up = main.venue.findings.vouched(session, "wencheng")
        return (
            newest is not None
            and (newest.size, sorted(newest.cosignatures)) == (whole, ["wencheng"])
            and (size(branch, session), written) == (whole, own)
            and (said is not None and said.n == whole)
            and (up is not None and up.n == own)
        )

    await_(quiet)


def say_on_link(place, peer, message, key):
    """Let a venue's server say anything on its link."""
    connection = place.app.state.hub._live[peer]

    def speak():
        connection._machine._outbox.put(Priority.ACKNOWLEDGE, key, message)
        connection._wake.set()

    connection._group._loop.call_soon_threadsafe(speak)


def key_of(place):
    return place.venue.devices.keys.signing_key


def findings(place, session):
    with place.venue.devices.store.read() as reader:
        return session_findings(reader, session)


def check_stopped(venues, session, *, by, what, accused):
    """The session is stopped there, by a file that proves it to anybody."""
    place = venues[by]
    await_(lambda: findings(place, session) != [])
    (found,) = findings(place, session)
    with place.venue.devices.store.read() as reader:
        data = proof_file(reader, session, found.sha256)
        logged = [
            parse_entry(stored.line.split(b" ")[2].decode()).body
            for stored in reader.lines(place.venue.log, 0, 10_000)
            if stored.kind == "misbehaviour.found"
        ]
    judged = judge(read_misbehaviour(data))
    assert (found.what, judged.accused) == (what, accused)
    assert [one["sha256"] for one in logged if one["session"] == session] == [found.sha256]
    before = size(place, session)
    person = Person(f"operator-late{by}", "operator", place)
    person.enrol()
    refused = person.http.post(
        f"/api/sessions/{session}/join", json={"proof": person.proof(session)}
    )
    assert refused.json()["error"]["code"] == "session_stopped", refused.text
    assert size(place, session) == before
    other = next(name for name in venues if name != by)
    await_(lambda: knows(venues[other], session, by))
    return judged


def knows(place, session, by):
    """Whether a venue was told that another one stopped, or has found the same by itself."""
    return place.venue.findings.elsewhere(session) == [by] or findings(place, session) != []


@pytest.mark.parametrize("back", [0, 2])
def test_main_that_states_another_record_is_stopped_by_the_branch(venues, session, back):
    main = venues["fenghua"]
    stated = size(main, session) - back
    note = sign_checkpoint(key_of(main), session, stated, b"?" * 32)
    message = messages.Checkpoint(session, stated, note)
    say_on_link(main, "wencheng", message, ("checkpoint", session))
    check_stopped(venues, session, by="wencheng", what="two_heads", accused="venue/fenghua")


def test_main_that_vouches_for_another_record_is_stopped_by_the_branch(venues, session):
    main = venues["fenghua"]
    whole = size(main, session)
    word = Vouch(session, RECORD, whole, b"?" * 32)
    signature = key_of(main).sign(word.signed_bytes())
    message = messages.Vouched(session, whole, b"?" * 32, signature)
    say_on_link(main, "wencheng", message, ("vouch", session))
    check_stopped(venues, session, by="wencheng", what="two_heads", accused="venue/fenghua")


def test_branch_with_two_entries_for_one_number_is_stopped_by_main(venues, session):
    branch = venues["wencheng"]
    with venues["fenghua"].venue.devices.store.read() as reader:
        n = reader.origin_head(session, "wencheng").n
    word = Vouch(session, "wencheng", n, b"?" * 32)
    signature = key_of(branch).sign(word.signed_bytes())
    message = messages.Vouched(session, n, b"?" * 32, signature)
    say_on_link(branch, "fenghua", message, ("vouch", session))
    check_stopped(venues, session, by="fenghua", what="two_chains", accused="venue/wencheng")


def test_main_that_leaves_out_what_it_acknowledged_is_stopped_by_the_branch(
    venues, session, monkeypatch
):
    main, branch = venues["fenghua"], venues["wencheng"]

    def forget(venue, name, lines, *, word):
        origin = word.stream
        with venue.devices.store.read() as reader:
            head = reader.origin_head(name, origin)
            record = reader.head(name)
        chain = head.chain if head.n else chain_start(name, origin)
        for line in lines:
            chain = chain_next(chain, line)
        return OriginHead(word.n, chain), record.size

    monkeypatch.setattr(venue_host.arrivals, "commit_up", forget)
    person = Person("operator-lost", "operator", branch)
    person.enrol()
    person.join(session)
    await_(lambda: branch.venue.findings.placed(session).n == 3)
    other = Person(f"operator-more{next(_numbers)}", "operator", main)
    other.enrol()
    other.join(session)
    judged = check_stopped(venues, session, by="wencheng", what="omission", accused="venue/fenghua")
    assert "wencheng 3, entry person.enrolled, is missing" in judged.words[1]


def test_everybody_sees_why_and_the_operator_gets_the_proof(
    venues, people, session, tmp_path, capsys
):
    main, branch = venues["fenghua"], venues["wencheng"]
    note = sign_checkpoint(key_of(main), session, 2, b"?" * 32)
    message = messages.Checkpoint(session, 2, note)
    say_on_link(main, "wencheng", message, ("checkpoint", session))
    await_(lambda: findings(branch, session) != [])
    (found,) = branch.venue.findings.of(session)
    operator = people["operator_branch"]
    page = operator.http.get(f"/sessions/{session}/checkin").text
    address = f"/api/sessions/{session}/misbehaviour/{found.sha256}"
    assert "本项目已停止：venue/fenghua 的不当行为已被证实。" in page
    assert address in page
    answer = operator.http.get(address)
    path = tmp_path / "proof"
    path.write_bytes(answer.content)
    assert (verify(["verify", str(path)]), answer.headers["cache-control"]) == (1, "no-store")
    assert "MISBEHAVIOUR PROVEN: venue/fenghua" in capsys.readouterr().out
    other = operator.http.get(f"/api/sessions/{session}/misbehaviour/{'0' * 64}")
    assert other.json()["error"]["code"] == "unknown_file"
    await_(lambda: main.venue.findings.elsewhere(session) == ["wencheng"])
    page = people["officer"].http.get(f"/sessions/{session}/record")
    assert "wencheng 已停止本项目：该处已证实不当行为。" in page.text


def test_stop_is_remembered_when_the_server_starts_again(venues, session):
    main, branch = venues["fenghua"], venues["wencheng"]
    note = sign_checkpoint(key_of(main), session, 2, b"?" * 32)
    message = messages.Checkpoint(session, 2, note)
    say_on_link(main, "wencheng", message, ("checkpoint", session))
    await_(lambda: findings(branch, session) != [])
    again = replace(branch.venue, findings=Stops())
    with branch.venue.devices.store.read() as reader:
        load_findings(again, reader)
    assert again.findings.of(session) == branch.venue.findings.of(session)


def test_key_used_after_its_closing_is_stopped_by_main(venues, session):
    branch = venues["wencheng"]
    person = Person(f"operator-two{next(_numbers)}", "operator", branch)
    person.enrol()
    person.join(session)
    old = person.key
    person.key = new_signing_key("Ed25519", b"n" * 32)
    replace_key(branch, session, person, old)
    settle(venues, session)
    with branch.venue.devices.store.read() as reader:
        head = reader.head(session)
    payload = entry_payload(
        session=session,
        author=person.name,
        kind="opening.objected",
        id=b64u(b"late".ljust(16, b".")),
        at=branch.clock.now_ms(),
        body={"text": "no"},
        seen=Seen(head.size, head.root.hex()),
    )
    entry = parse_entry(sign_entry(old, payload))
    store = branch.venue.devices.store
    store.write(lambda tx: keep_line("wencheng", tx, entry, place=False)).result()
    branch.venue.book.refresh(session)
    judged = check_stopped(venues, session, by="fenghua", what="closed_key", accused=person.name)
    assert judged.kid == old.key_id


def replace_key(place, session, person, old):
    """Enrol the person's new key in the session, as a recovery does."""
    body = {
        "person": person.name,
        "role": person.role,
        "suite": "Ed25519",
        "public": b64u(person.key.public.raw),
        "recipient": None,
        "proof": person.proof(session, recipient=None),
        "replaces": old.key_id,
        "seat": None,
        "ticket": None,
        "checked_by": None,
    }
    say(place.venue, session, "person.enrolled", body)


def test_bytes_that_do_not_verify_are_kept_so_often_and_stop_nothing(venues, session):
    main, branch = venues["fenghua"], venues["wencheng"]
    for number in range(40):
        note = f"bideval/session/{session}\n1\nAAAA\n\n— x AAAA{number}\n"
        host = branch.app.state.hub._host
        assert asyncio.run(host.checkpoint_arrived("fenghua", session, 1, note)) is None
    with branch.venue.devices.store.read() as reader:
        assert len(reader.conflicts(session)) == 20
    assert (findings(branch, session), branch.venue.findings.stopped(session)) == ([], False)
    settle(venues, session)
    assert findings(main, session) == []


def test_honest_venues_that_were_cut_off_accuse_nobody(venues, people, session):
    main, branch = venues["fenghua"], venues["wencheng"]
    for number in range(3):
        response = people["officer"].http.post(
            "/demo/cut-line", json={"peer": "wencheng", "seconds": 1}
        )
        assert response.status_code == 204
        for place in (main, branch):
            person = Person(f"operator-cut{place.id[0]}{number}{next(_numbers)}", "operator", place)
            person.enrol()
            person.join(session)
        settle(venues, session)
    assert [findings(place, session) for place in (main, branch)] == [[], []]
