"""Marked secrets of a running session stand nowhere before the day on which they may be read.

Two venues hold a session with logs at debug level. At three moments everything that lies in the
venues' folders is copied (databases, write-ahead logs, logs, files, scratch), a backup of each is
exported, and every page and receipt is asked for. All requests, answers and live events are kept,
every frame between the venues, and every version of every temporary file, also those
outside the venues' folders and those without a name. Afterwards all of it is searched for what was
secret at that moment, in every form of `canary.forms`.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from bideval.actions.backup_file import Origin, RecordFacts, RecordSource, Rows, write_backup
from bideval.evidence.encoding import unb64u
from bideval.ports import Conflict
from tests.integration.rehearsal.canary import leaks
from tests.integration.rehearsal.watched import (
    BRANCH,
    COMMITTED,
    MAIN,
    OFFER,
    POOL_BYTES,
    REMARK,
    SCORED,
    SEALED,
    SESSION,
    Held,
    Seen,
    hold_watched,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    return hold_watched(tmp_path_factory.mktemp("canary"))


def branch_only(places: dict[str, bytes]) -> dict[str, bytes]:
    return {name: one for name, one in places.items() if name.startswith(f"{BRANCH}: ")}


def test_the_session_was_really_watched(held: Held) -> None:
    seen = held.seen
    assert sorted(seen.copies) == sorted([SEALED, COMMITTED, SCORED])
    kinds = {name.rpartition(".")[2] for name in seen.copies[SCORED]}
    assert {"log", "sqlite", "sqlite-wal", "backup"} <= kinds
    assert sorted(held.nonces) == ["supervisor-1", f"venue/{MAIN}", f"venue/{BRANCH}"]
    assert len(held.marks) >= 10
    assert any(name.partition(": ")[2].startswith("live") for name in seen.answers[COMMITTED])
    assert any(b"mark.sealed" in unb64u_of(one) for one in seen.requests[COMMITTED].values())
    assert held.looks > 100
    assert len(held.names) == 240
    assert any(POOL_BYTES <= len(one) < 2 * POOL_BYTES for one in nameless(seen))


def nameless(seen: Seen) -> Iterator[bytes]:
    """Yield what was seen in files without a name: the pool's table waits in one."""
    for places in seen.scratch.values():
        for where, content in places.items():
            if where.startswith("open file ") and "(deleted)" in where:
                yield content


def unb64u_of(request: bytes) -> bytes:
    """Return the payload of the entry that a request submits."""
    submitted = json.loads(request) if request[:1] == b"{" else {}
    return unb64u(submitted["jws"].split(".")[1]) if "jws" in submitted else b""


def test_the_tap_hears_whole_lines_of_both_venues(held: Held) -> None:
    said = b"".join(one for stage in held.seen.wires.values() for one in stage.values())
    assert said.count(b"Upgrade: websocket") + said.count(b"upgrade: websocket") >= 2
    assert f"{BRANCH} 1 ey".encode() in said
    assert f"{MAIN} 1 ey".encode() in said


def test_nobody_finds_a_bid_before_the_opening(held: Held) -> None:
    secrets = {"offer": OFFER.encode(), "remark": REMARK.encode()}
    seen = held.seen
    for channel in (seen.copies, seen.requests, seen.answers, seen.wires, seen.scratch):
        assert leaks(channel[SEALED], secrets) == []


def test_nobody_finds_a_nonce_before_all_have_committed(held: Held) -> None:
    seen = held.seen
    for channel in (seen.copies, seen.requests, seen.answers, seen.wires, seen.scratch):
        assert leaks(channel[SEALED], held.nonces) == []
    assert leaks(seen.copies[COMMITTED], held.nonces) == []


def test_nobody_finds_a_mark_before_the_release(held: Held) -> None:
    seen = held.seen
    assert leaks(seen.copies[SCORED], held.marks) == []
    for channel in (seen.requests, seen.answers, seen.wires, seen.scratch):
        for places in channel.values():
            assert leaks(places, held.marks) == []


def test_a_branch_finds_no_name_of_an_expert_who_does_not_come_to_it(held: Held) -> None:
    places = branch_only(held.seen.copies[SCORED])
    found = {leak.secret for leak in leaks(places, held.names)}
    assert len(found) <= 2  # those who sit there
    logs = {name: one for name, one in held.seen.copies[SCORED].items() if name.endswith(".log")}
    assert leaks(logs, held.names) == []


def test_no_name_travels_between_venues_or_lies_in_a_temporary_file(held: Held) -> None:
    for channel in (held.seen.wires, held.seen.scratch):
        for places in channel.values():
            assert leaks(places, held.names) == []


def test_nobody_but_the_operators_is_told_a_name(held: Held) -> None:
    for answers in held.seen.answers.values():
        told = {name: one for name, one in answers.items() if not name.startswith("operator-")}
        assert leaks(told, held.names) == []


# The search itself finds what is there


TEXT = "专家甲乙 canary-5b1f77c2"


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize(
    "write",
    [
        lambda before, text: before.encode() + text.encode() + b"<",
        lambda before, text: base64.b64encode(f"{before}{text}<>".encode()),
        lambda before, text: base64.urlsafe_b64encode(f"{before}{text}<>".encode()),
        lambda before, text: f"{before}{text}<".encode().hex().encode(),
        lambda before, text: f"{before}{text}<".encode().hex().upper().encode(),
        lambda before, text: f"{before}{text}<".encode("utf-16-le"),
        lambda before, text: f"{before}{text}<".encode("utf-16-be"),
        lambda before, text: json.dumps(before + text + "<").encode(),
    ],
    ids=["raw", "base64", "base64url", "hex", "HEX", "utf-16-le", "utf-16-be", "json"],
)
def test_a_planted_secret_is_found_however_it_is_written(
    write: Callable[[str, str], bytes], before: int
) -> None:
    place = {"log": b"event: " + write("?" * before, TEXT)}
    assert {leak.secret for leak in leaks(place, {"planted": TEXT.encode()})} == {"planted"}
    other = TEXT.replace("canary", "canari")
    assert leaks({"log": write("?" * before, other)}, {"planted": TEXT.encode()}) == []


def test_a_leak_planted_in_what_the_session_left_is_found(held: Held) -> None:

    mark = next(iter(held.marks.values()))
    line = b'{"event": "sheet", "body": "' + base64.urlsafe_b64encode(b'{"mark":"' + mark + b'"}')
    copies = held.seen.copies[SCORED]
    log = next(name for name in copies if name.endswith(".log"))
    wal = next(name for name in copies if name.endswith("-wal"))
    twin = copies | {log: copies[log] + line, wal: copies[wal] + mark.decode().encode("utf-16-le")}
    found = leaks(twin, held.marks)
    assert {(one.place, one.form.partition(" ")[0]) for one in found} == {
        (log, "base64"),
        (wal, "utf-16-le"),
    }


@pytest.mark.parametrize("channel", ["requests", "answers", "wires", "scratch"])
def test_a_leak_planted_in_a_channel_of_the_session_is_found(held: Held, channel: str) -> None:
    places = dict(getattr(held.seen, channel)[COMMITTED] or {"": b""})
    name, mark = next(iter(places)), next(iter(held.marks.values()))
    twin = {**places, name: places[name] + base64.urlsafe_b64encode(b'{"mark":"' + mark + b'"}')}
    assert {one.place for one in leaks(twin, held.marks)} == {name}


def test_a_leak_in_an_export_is_found(held: Held) -> None:
    copies = held.seen.copies[SCORED]
    name = next(name for name in copies if name.endswith("export.backup"))
    mark = next(iter(held.marks.values()))
    conflict = Conflict(SESSION, MAIN, 1, "fork", b"a line with " + mark, 0)
    facts = RecordFacts(session=SESSION, main=MAIN, epoch=1, size=0, root=bytes(32), pending=0)
    origin = Origin(venue=MAIN, suite="Ed25519", public=bytes(32), made_at="", sessions=1)
    rows = Rows([], [], [], [], [], [])
    record = RecordSource(facts, [], [conflict], [])
    twin = b"".join(write_backup(origin, [record], rows=rows, files=[]))
    assert {one.secret for one in leaks({name: twin}, held.marks)} == {next(iter(held.marks))}
