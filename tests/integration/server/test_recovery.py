"""A server is lost: backups, stale ones, and a main that comes back from its branches."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from dataclasses import replace
from itertools import count

import pytest

from bideval.actions import arrivals, hearing, peering
from bideval.actions.acknowledged import check_acknowledged
from bideval.actions.appending import keep_line
from bideval.actions.backup_file import HEADER, read_backup
from bideval.actions.confirming import stop_waiting
from bideval.actions.recovering import recover
from bideval.actions.restoring import restore
from bideval.app import build_house
from bideval.audit.container import read_container, source, write_container
from bideval.audit.replay import first_forged
from bideval.cli import main as commands
from bideval.cli.backup import backup_venue
from bideval.cli.migrate import migrate_venue
from bideval.cli.rebuild import rebuild
from bideval.cli.signature_pool import ready_checker
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u, unb64u
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.sync.words import RECORD, Placed, Vouch
from bideval.terms.errors import EvidenceError, FaultError, RefusedError
from tests.integration.server.offline_venues import (
    SESSION,
    SIZE,
    Supervisor,
    carry,
    found,
    head_of,
    marks_agree,
    plan_province,
    started,
    up_word,
)

NAMES = ("fenghua", "wencheng", "beilun")
MAIN, BRANCH, OTHER = NAMES


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request, tmp_path):
    """Return a function that gives the address of an empty database."""
    if request.param == "postgresql":
        return request.getfixturevalue("new_postgresql_url")
    numbers = count(1)
    return lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.sqlite'}"


@pytest.fixture
def province(tmp_path, new_url):
    return plan_province(tmp_path, NAMES, new_url)


def moved(settings, new_url):
    """Return the settings of the same venue after its disk was lost."""
    return settings.model_copy(
        update={"database_url": new_url(), "data_dir": settings.data_dir / "new"}
    )


def empty_house(settings):
    migrate_venue(settings)
    return build_house(settings)


def take(path):
    return read_backup(path.read_bytes())


def meet(province, tmp_path):
    """Hold the beginning of a session; return each venue's backup and main's last head."""
    with (
        started(province[MAIN]) as main,
        started(province[BRANCH]) as branch,
        started(province[OTHER]) as other,
    ):
        found(main, [BRANCH, OTHER])
        watching = Supervisor(main)
        watching.join(main)
        carry(main, other)
        old = tmp_path / "old.backup"
        backup_venue(province[MAIN], old)
        for number in range(5):
            watching.warn(main, f"warning {number}")
        carry(main, branch)
        for venue in NAMES:
            backup_venue(province[venue], tmp_path / f"{venue}.backup")
        return watching, head_of(main)


def test_main_comes_back_from_a_branch_to_the_same_root(province, tmp_path, new_url):
    watching, before = meet(province, tmp_path)
    settings = moved(province[MAIN], new_url)
    house = empty_house(settings)
    [found_one] = recover(house.venue, [take(tmp_path / f"{BRANCH}.backup")])
    rebuilt = rebuild(house.venue)
    house.close()
    assert (found_one.size, found_one.root) == (before.size, before.root.hex())
    assert (found_one.taken, found_one.accounts, found_one.source) == (before.size, 1, BRANCH)
    assert found_one.awaiting == (OTHER, BRANCH)
    assert before.root.hex() in rebuilt[0]
    with started(settings) as main, started(province[BRANCH]) as branch:
        with pytest.raises(FaultError, match="put back; waits for"):
            watching.warn(main, "too early")
        assert marks_agree(main, branch) == {MAIN, BRANCH}
        with pytest.raises(FaultError, match="put back; waits for"):
            watching.warn(main, "still too early")
        with started(province[OTHER]) as other:
            assert marks_agree(main, other) == {MAIN, OTHER}
            watching.warn(main, "again")
            carry(main, branch)
            carry(main, other)
            assert head_of(other).root == head_of(branch).root == head_of(main).root
        with main.devices.store.read() as reader:
            assert reader.account(watching.account.kid).person == watching.name


def test_the_longest_of_several_copies_counts(province, tmp_path, new_url):
    _, before = meet(province, tmp_path)
    house = empty_house(moved(province[MAIN], new_url))
    backups = [take(tmp_path / f"{name}.backup") for name in (OTHER, BRANCH)]
    [found_one] = recover(house.venue, backups)
    house.close()
    assert (found_one.source, found_one.root) == (BRANCH, before.root.hex())


def test_stale_backup_of_main_is_stopped_before_it_can_fork(province, tmp_path, new_url):
    watching, before = meet(province, tmp_path)
    settings = moved(province[MAIN], new_url)
    house = empty_house(settings)
    [restored] = [one for one in restore(house.venue, take(tmp_path / "old.backup"))
                  if one.session == SESSION]  # fmt: skip
    house.close()
    assert (restored.epoch, restored.awaiting) == (2, (OTHER, BRANCH))
    with started(settings) as main, started(province[BRANCH]) as branch:
        assert head_of(main).size < before.size
        assert marks_agree(main, branch) == {BRANCH}
        with pytest.raises(FaultError, match="put back; waits for"):
            watching.warn(main, "a fork")
        assert head_of(main).size == restored.size
    house = empty_house(settings)
    [found_one] = recover(house.venue, [take(tmp_path / f"{BRANCH}.backup")])
    house.close()
    assert (found_one.root, found_one.taken) == (before.root.hex(), before.size - restored.size)
    with started(settings) as main, started(province[BRANCH]) as branch:
        assert marks_agree(main, branch) == {MAIN, BRANCH}
        assert stop_waiting(main, SESSION, [OTHER]) == ()
        watching.warn(main, "now")
        carry(main, branch)
        assert head_of(main).root == head_of(branch).root


def test_stale_backup_of_a_branch_gets_its_own_lines_from_main(province, tmp_path, new_url):
    with started(province[MAIN]) as main, started(province[BRANCH]) as branch:
        found(main, [BRANCH])
        carry(main, branch)
        watching = Supervisor(branch)
        watching.join(branch)
        backup_venue(province[BRANCH], tmp_path / "old.backup")
        watching.warn(branch, "said after the backup")
        carry(main, branch)
        before = head_of(branch)
        backup_venue(province[MAIN], tmp_path / "main.backup")
    settings = moved(province[BRANCH], new_url)
    house = empty_house(settings)
    restore(house.venue, take(tmp_path / "old.backup"))
    house.close()
    with started(settings) as branch, started(province[MAIN]) as main:
        assert marks_agree(main, branch) == {MAIN}
        with pytest.raises(FaultError, match="put back; waits for"):
            watching.warn(branch, "another line with the same number")
    house = empty_house(settings)
    recover(house.venue, [take(tmp_path / "main.backup")])
    house.close()
    with started(settings) as branch, started(province[MAIN]) as main:
        assert head_of(branch).root == before.root
        assert marks_agree(main, branch) == {MAIN, BRANCH}
        watching.warn(branch, "and on")
        carry(main, branch)
        assert head_of(main).root == head_of(branch).root != before.root


def lines_of(venue, first=1):
    return peering.read_up(venue, MAIN, SESSION, first, size=SIZE)


def bring_up(main, branch, first):
    """Carry a branch's own lines to main, as a link does."""
    lines = lines_of(branch, first)
    return arrivals.commit_up(main, SESSION, lines, word=up_word(branch, first + len(lines) - 1))


def promise(main, branch):
    """Let main sign where the branch's lines stand, and the branch hear it."""
    with main.devices.store.read() as reader:
        held, head = reader.origin_head(SESSION, branch.id), reader.head(SESSION)
    word = Placed(SESSION, branch.id, held.n, held.chain, head.size)
    signature = main.devices.keys.signing_key.sign(word.signed_bytes())
    said = replace(word, signature=signature)
    hearing.hear(branch, said)
    branch.devices.store.write(lambda _tx: None).result()
    return said


def owed_by(main):
    return [(one.venue, one.n) for one in head_of(main).owed]


@pytest.fixture
def forgetful(province, tmp_path, new_url):
    """Main has acknowledged lines of both branches and lost its disk before it sent them down.

    Yields the settings of main after its recovery, and both words. Wencheng's place is narrower.
    """
    with (
        started(province[MAIN]) as main,
        started(province[BRANCH]) as branch,
        started(province[OTHER]) as other,
    ):
        found(main, [BRANCH, OTHER])
        people = [Supervisor(one, f"supervisor-{one.id}") for one in (branch, other)]
        for one, watching in zip((branch, other), people, strict=True):
            carry(main, one)
            watching.join(one)
            carry(main, one)
        carry(main, branch)
        for one, watching in zip((branch, other), people, strict=True):
            backup_venue(province[one.id], tmp_path / f"{one.id}.backup")
            for number in range(2):
                watching.warn(one, f"acknowledged {number}")
        words = []
        for one in (branch, other):
            with main.devices.store.read() as reader:
                first = reader.origin_head(SESSION, one.id).n + 1
            bring_up(main, one, first)
            words.append(promise(main, one))
        people[1].warn(other, "not acknowledged yet")
        people[0].warn(branch, "not acknowledged yet")
    settings = moved(province[MAIN], new_url)
    house = empty_house(settings)
    recover(house.venue, [take(tmp_path / f"{name}.backup") for name in (OTHER, BRANCH)])
    house.close()
    return settings, words


def test_lines_that_main_had_promised_a_place_come_first(province, forgetful):
    settings, (narrow, wide) = forgetful
    with started(settings) as main, started(province[BRANCH]) as branch:
        assert narrow.size < wide.size
        assert marks_agree(main, branch) == {MAIN, BRANCH}
        assert (owed_by(main), head_of(main).awaiting) == ([(BRANCH, narrow.n)], (OTHER, BRANCH))
        with pytest.raises(FaultError, match="put back; waits for"):
            bring_up(main, branch, narrow.n - 1)
    with started(settings) as main, started(province[OTHER]) as other:
        assert main.awaiting.venues(SESSION) == {OTHER, BRANCH}
        assert marks_agree(main, other) == {MAIN, OTHER}
        assert owed_by(main) == [(BRANCH, narrow.n), (OTHER, wide.n)]
        with pytest.raises(FaultError, match="put back; waits for"):
            bring_up(main, other, wide.n - 1)
        with started(province[BRANCH]) as branch:
            with pytest.raises(FaultError, match=f"waits for {OTHER}$"):
                bring_up(main, branch, narrow.n - 1)  # its third line is owed nothing
            assert owed_by(main) == [(OTHER, wide.n)]
            ended = []
            main.awaiting.on_end(ended.append)
            bring_up(main, other, wide.n - 1)  # all of it: nobody else is owed anything
            assert (ended, head_of(main).awaiting, owed_by(main)) == ([SESSION], (), [])
            bring_up(main, branch, narrow.n + 1)
            carry(main, branch)
            carry(main, other)
            for one, word in ((branch, narrow), (other, wide)):
                with one.devices.store.read() as reader:
                    check_acknowledged(one, reader, SESSION, head_of(one).size)
                    last = reader.origin_lines(SESSION, one.id, word.n, 1)[0]
                assert last.position < word.size
                assert not one.findings.stopped(SESSION)
            assert head_of(branch).root == head_of(other).root == head_of(main).root


def test_what_is_owed_to_a_venue_that_is_lost_for_good_is_given_up(province, forgetful):
    settings, (narrow, wide) = forgetful
    with (
        started(settings) as main,
        started(province[BRANCH]) as branch,
        started(province[OTHER]) as other,
    ):
        marks_agree(main, branch)
        marks_agree(main, other)
        marks_agree(main, other)  # a link that comes up again changes nothing
        assert owed_by(main) == [(BRANCH, narrow.n), (OTHER, wide.n)]
        assert stop_waiting(main, SESSION, [BRANCH]) == (OTHER,)
        bring_up(main, other, wide.n - 1)
        assert (head_of(main).awaiting, owed_by(main)) == ((), [])
        before = head_of(main)
        marks_agree(main, branch)  # it comes again after all, and its place is taken
        assert head_of(main) == before
        main.devices.store.write(lambda _tx: None).result()
        with main.devices.store.read() as reader:
            log = reader.lines(main.log, 0, 100)
        assert b"link_stale_backup" in unb64u(log[-1].line.split(b".")[1].decode())


def test_main_without_its_newest_lines_learns_what_it_owes_unasked(province, forgetful):
    """Its disk was put back without a word: nobody has told the program."""
    settings, (narrow, _) = forgetful
    with started(settings) as main, started(province[BRANCH]) as branch:
        stop_waiting(main, SESSION, [BRANCH, OTHER])
        assert head_of(main).awaiting == ()
        marks_agree(main, branch)
        assert (owed_by(main), head_of(main).awaiting) == ([(BRANCH, narrow.n)], (BRANCH,))


def words_of(venue):
    with venue.devices.store.read() as reader:
        return reader.words(SESSION)


def vouch(main, branch):
    """Let main sign what the branch holds of the record, and the branch hear it."""
    held = head_of(branch)
    word = Vouch(SESSION, RECORD, held.size, held.root)
    signature = main.devices.keys.signing_key.sign(word.signed_bytes())
    hearing.hear(branch, replace(word, signature=signature))
    branch.devices.store.write(lambda _tx: None).result()


@pytest.fixture
def spoken(province, tmp_path):
    """A branch has heard main's words; backups of all were made. Return the branch's words."""
    with (
        started(province[MAIN]) as main,
        started(province[BRANCH]) as branch,
        started(province[OTHER]) as other,
    ):
        found(main, [BRANCH, OTHER])
        watching = Supervisor(branch)
        for one in (branch, other):
            carry(main, one)
        watching.join(branch)
        carry(main, branch)
        carry(main, other)
        promise(main, branch)
        vouch(main, branch)
        words = words_of(branch)
        for name in NAMES:
            backup_venue(province[name], tmp_path / f"{name}.backup")
    return words


def test_words_come_back_with_a_backup(province, tmp_path, new_url, spoken):
    assert [type(one) for one in spoken] == [Vouch, Placed]
    settings = moved(province[BRANCH], new_url)
    house = empty_house(settings)
    restore(house.venue, take(tmp_path / f"{BRANCH}.backup"))
    house.close()
    with started(settings) as branch:
        assert words_of(branch) == spoken
        assert branch.findings.placed(SESSION) == spoken[1]
        assert branch.findings.vouched(SESSION, RECORD) == spoken[0]


def test_recovered_branch_learns_what_main_signed_to_others(province, tmp_path, new_url, spoken):
    settings = moved(province[OTHER], new_url)
    house = empty_house(settings)
    recover(house.venue, [take(tmp_path / f"{name}.backup") for name in (MAIN, BRANCH)])
    house.close()
    with started(settings) as other:
        assert words_of(other) == spoken[:1]
    settings = moved(province[MAIN], new_url)
    house = empty_house(settings)
    recover(house.venue, [take(tmp_path / f"{BRANCH}.backup")])
    house.close()
    with started(settings) as main:
        assert words_of(main) == []  # its own


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"digest": b"?" * 32}, "signature_invalid"),
        ({"session": "fh-2026-0499"}, "unknown_venue"),
        ({"stream": "elsewhere"}, "unknown_venue"),
    ],
)
def test_backup_with_a_word_that_nobody_said_is_refused(
    province, tmp_path, new_url, spoken, change, code
):
    backup = take(tmp_path / f"{BRANCH}.backup")
    records = [
        replace(one, words=[replace(spoken[0], **change)]) if one.facts.session == SESSION else one
        for one in backup.records
    ]
    house = empty_house(moved(province[BRANCH], new_url))
    with pytest.raises(EvidenceError) as caught:
        restore(house.venue, replace(backup, records=records))
    assert (caught.value.code, house.venue.book.sessions()) == (code, [])
    house.close()


def test_backup_with_a_word_about_other_lines_is_refused(province, tmp_path, new_url, spoken):
    backup = take(tmp_path / f"{BRANCH}.backup")
    signing = build_house(province[MAIN])
    key = signing.venue.devices.keys.signing_key
    signing.close()
    house = empty_house(moved(province[BRANCH], new_url))
    for word in spoken:
        other = replace(word, digest=b"?" * 32)
        other = replace(other, signature=key.sign(other.signed_bytes()))
        records = [
            replace(one, words=[other]) if one.facts.session == SESSION else one
            for one in backup.records
        ]
        with pytest.raises(EvidenceError) as caught:
            restore(house.venue, replace(backup, records=records))
        assert caught.value.code == "backup_malformed"
    house.close()


def test_backup_of_an_older_program_has_no_words(province, tmp_path, new_url, spoken):
    assert spoken
    data = (tmp_path / f"{BRANCH}.backup").read_bytes()
    sections = []
    for section in read_container(data, header=HEADER):
        content = bytes(section.data)
        if section.name == "record":
            document = json.loads(content)
            del document["vouches"], document["placed"]
            content = canonical_bytes(document)
        sections.append(source(section.name, content))
    old = b"".join(write_container(iter(sections), header=HEADER))
    settings = moved(province[BRANCH], new_url)
    house = empty_house(settings)
    restore(house.venue, read_backup(old))
    house.close()
    with started(settings) as branch:
        assert words_of(branch) == []


def test_copies_that_contradict_each_other_are_refused(province, tmp_path, new_url):
    watching, _ = meet(province, tmp_path)
    fork = moved(province[MAIN], new_url)
    house = empty_house(fork)
    restore(house.venue, take(tmp_path / "old.backup"))
    house.close()
    with started(fork) as main, started(province[OTHER]) as other:
        stop_waiting(main, SESSION, [BRANCH, OTHER])
        watching.warn(main, "another story")
        carry(main, other)
    backup_venue(province[OTHER], tmp_path / "fork.backup")
    third = moved(province[MAIN], new_url)
    house = empty_house(third)
    copies = [take(tmp_path / "fork.backup"), take(tmp_path / f"{BRANCH}.backup")]
    with pytest.raises(EvidenceError) as caught:
        recover(house.venue, copies)
    sessions = house.venue.book.sessions()
    house.close()
    assert (caught.value.code, caught.value.field, sessions) == ("fork", SESSION, [])


def test_only_the_venue_itself_restores_and_only_into_an_empty_store(province, tmp_path, new_url):
    meet(province, tmp_path)
    house = empty_house(moved(province[OTHER], new_url))
    with pytest.raises(RefusedError) as caught:
        restore(house.venue, take(tmp_path / f"{MAIN}.backup"))
    house.close()
    assert caught.value.code == "other_venue"
    house = build_house(province[MAIN])
    with pytest.raises(RefusedError) as caught:
        restore(house.venue, take(tmp_path / f"{MAIN}.backup"))
    house.close()
    assert caught.value.code == "store_not_empty"


def test_every_byte_of_a_backup_is_covered(province, tmp_path):
    meet(province, tmp_path)
    path = tmp_path / f"{BRANCH}.backup"
    data = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for at in range(0, len(data), max(1, len(data) // 300)):
        damaged = bytearray(data)
        damaged[at] ^= 1 << (at % 8)
        with pytest.raises(EvidenceError):
            read_backup(bytes(damaged))
    with pytest.raises(EvidenceError):
        read_backup(data[:-1])


def toml_of(settings, path):
    venue = settings.venue
    path.write_text(
        f'data_dir = "{settings.data_dir}"\ndatabase_url = "{settings.database_url}"\n'
        f'key_file = "{settings.key_file}"\nidentity_file = "{settings.identity_file}"\n'
        f'[venue]\nid = "{venue.id}"\nname = "{venue.name}"\n',
        "utf-8",
    )
    return str(path)


def test_commands_say_what_came_back(province, tmp_path, new_url, capsys):
    _, before = meet(province, tmp_path)
    config = toml_of(province[MAIN], tmp_path / "main.toml")
    fresh = tmp_path / "fresh.backup"
    assert commands.main(["backup", "--config", config, "--out", str(fresh)]) == 0
    assert commands.main(["backup", "--config", config, "--out", str(fresh)]) == 2
    again = toml_of(moved(province[MAIN], new_url), tmp_path / "again.toml")
    assert commands.main(["restore", "--config", again, "--from", str(fresh)]) == 0
    third = toml_of(moved(province[MAIN], new_url), tmp_path / "third.toml")
    branch = str(tmp_path / f"{BRANCH}.backup")
    recovering = ["recover", "--config", third, "--from", branch]
    assert commands.main(recovering) == 0
    assert commands.main(["recover", "--config", third, "--without", OTHER]) == 0
    said = capsys.readouterr()
    line = f"{SESSION}: {before.size} entries, 0 pending, epoch 2, root {before.root.hex()}"
    assert f"{line}; waits for {OTHER}, {BRANCH}" in said.out.splitlines()
    taken = f"{SESSION}: {before.size} entries ({before.size} from {BRANCH}), root"
    assert f"{taken} {before.root.hex()}" in said.out.splitlines()
    assert f"{SESSION}: waits for {BRANCH}" in said.out.splitlines()
    assert "bideval backup: file_exists" in said.err


def with_forged_line(backup, number):
    """Return a backup whose sections are whole, but whose line `number` nobody signed."""
    [position] = [n for n, one in enumerate(backup.records) if one.facts.session == SESSION]
    saved = backup.records[position]
    lines = list(saved.lines())
    start, _, signature = lines[number].rpartition(b".")
    lines[number] = start + b"." + signature.translate(bytes.maketrans(b"AQgw", b"QgwA"))
    assert lines[number] != list(saved.lines())[number]
    block = b"".join(len(line).to_bytes(2, "big") + line for line in lines)
    records = [*backup.records]
    records[position] = replace(saved, blocks=[memoryview(block)])
    return replace(backup, records=records)


@pytest.mark.parametrize("take_back", [restore, recover])
def test_forged_line_is_found_and_nothing_is_kept(province, tmp_path, new_url, take_back):
    meet(province, tmp_path)
    house = empty_house(moved(province[MAIN], new_url))
    forged = with_forged_line(take(tmp_path / f"{MAIN}.backup"), 3)
    with ready_checker(2) as checker:
        for found_by in (checker, first_forged):
            with pytest.raises(EvidenceError) as caught:
                take_back(
                    house.venue, forged if take_back is restore else [forged], checker=found_by
                )
            assert (caught.value.code, caught.value.field) == ("signature_invalid", SESSION)
            assert caught.value.detail.startswith(f"{SESSION}: line 3: ")
    with house.venue.devices.store.read() as reader:
        assert reader.sessions() == []
    house.close()


DIE = """
import os, sys
from pathlib import Path
from bideval.actions import restoring
from bideval.cli import main as commands

def die(tx, saved):
    tx.settle()  # whatever was added has reached the database by now
    os._exit(9)

restoring.write_checkpoints = die
commands.main(["restore", "--config", sys.argv[1], "--from", sys.argv[2]])
"""


def test_restore_that_is_killed_leaves_nothing_behind(province, tmp_path, new_url):
    _, before = meet(province, tmp_path)
    settings = moved(province[MAIN], new_url)
    config = toml_of(settings, tmp_path / "again.toml")
    backup = tmp_path / f"{MAIN}.backup"
    command = [sys.executable, "-c", DIE, config, str(backup)]
    died = subprocess.run(command, check=False, timeout=120)
    assert died.returncode == 9
    house = empty_house(settings)
    with house.venue.devices.store.read() as reader:
        assert reader.sessions() == []
    restored = {one.session: one for one in restore(house.venue, take(backup))}
    house.close()
    assert restored[SESSION].root == before.root.hex()


def test_rebuild_finds_a_line_that_nobody_signed(province, tmp_path):
    """What the database holds agrees with itself; only the signature does not fit."""
    meet(province, tmp_path)
    house = empty_house(province[MAIN])
    venue = house.venue

    def slip_in(tx):
        entry = parse_entry(forged_copy(tx.lines(SESSION, 3, 1)[0].line))
        return keep_line(venue.id, tx, entry, place=True)

    venue.devices.store.write(slip_in).result()
    with pytest.raises(FaultError) as caught:
        rebuild(venue)
    house.close()
    assert caught.value.code == "record_differs"
    assert caught.value.detail.startswith(f"{SESSION}: signature of line ")


def forged_copy(line):
    """Return the entry of a line with another id under the old signature."""
    head, body, signature = parse_line(line).jws.split(".")
    members = json.loads(unb64u(body)) | {"id": b64u(bytes(16))}
    return ".".join((head, b64u(canonical_bytes(members)), signature))
