"""The command: exit codes, what is printed, options; and signatures in a pool."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from bideval.audit.replay import Replay, first_forged
from bideval.cli import signature_pool
from bideval.cli.main import main
from bideval.cli.signature_pool import first_forged_in_pool, ready_checker
from bideval.cli.verify import verify_file
from bideval.evidence.signing import new_signing_key
from bideval.session.names import Phase
from tests.unit.audit.hearing import at, bundle_of, lines_of
from tests.unit.audit.test_comparison import fork
from tests.unit.audit.test_kept_receipts import here, proof
from tests.unit.session.conversation import SESSION

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bundles(tmp_path: Path) -> Path:
    one, other = fork()
    (tmp_path / "one").write_bytes(bundle_of(one))
    (tmp_path / "other").write_bytes(bundle_of(other))
    (tmp_path / "early").write_bytes(bundle_of(at(Phase.OPENED)))
    (tmp_path / "receipt").write_bytes(here(one, 14))
    (tmp_path / "proof").write_bytes(proof(one, 15))
    (tmp_path / "objection").write_bytes(here(other, 29))
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[str]]:
    code = main(["verify", *map(str, words)])
    return code, capsys.readouterr().out.splitlines()


def test_unfinished_session_verifies_and_says_so(bundles: Path, capsys) -> None:
    code, lines = said(capsys, bundles / "one")

    assert (code, lines[-1]) == (0, "NOT FINISHED: the record ends in phase opened")


def test_other_history_is_shown_with_its_place(bundles: Path, capsys) -> None:
    code, lines = said(capsys, bundles / "one", "--against", bundles / "other")

    assert code == 1
    assert lines[10].startswith("11 FAIL against: entry 29 (fenghua 26, phase.ordered): the other")
    assert lines[11:] == [
        "  vanished: entry 29 (fenghua 26, opening.objected)",
        "  vanished: entry 30 (fenghua 27, phase.ordered)",
        "  added: entry 29 (fenghua 26, phase.ordered)",
        "PROOF OF MISBEHAVIOUR: both histories are signed by fenghua, beilun, wencheng",
        "NOT VERIFIED",
    ]


def test_earlier_bundle_and_receipts_hold(bundles: Path, capsys) -> None:
    kept = ["--receipt", bundles / "receipt", "--receipt", bundles / "proof"]
    code, lines = said(capsys, bundles / "one", "--against", bundles / "early", *kept)

    assert code == 0
    assert lines[10:12] == [
        "11 ok   against: 29 entries are the same, 1 came after",
        "12 ok   receipts: entry 14 (fenghua 11, bid.sealed) is in its place;"
        " entry 15 (fenghua 12, bid.sealed) is in its place",
    ]


def test_omission_is_shown_by_its_receipt(bundles: Path, capsys) -> None:
    code, lines = said(capsys, bundles / "one", "--receipt", bundles / "objection")

    assert code == 1
    assert lines[10].startswith(f"12 FAIL receipts: {bundles / 'objection'}: record of fenghua: ")


def test_damaged_other_bundle_fails_at_the_comparison(bundles: Path, capsys) -> None:
    data = (bundles / "other").read_bytes()
    (bundles / "other").write_bytes(data[:-100])

    code, lines = said(capsys, bundles / "one", "--against", bundles / "other")

    assert code == 1
    assert lines[10].startswith("11 FAIL against: against: the other bundle does not hold: ")


def test_keys_of_the_venues_are_printed_main_first(bundles: Path, capsys) -> None:
    _, lines = said(capsys, bundles / "one")
    main(["verify", "--json", str(bundles / "one")])
    keys = json.loads(capsys.readouterr().out)["keys"]

    assert list(keys) == ["fenghua", "beilun", "wencheng"]
    assert lines[-4:-1] == [f"key of {venue}: {public}" for venue, public in keys.items()]


def test_json_has_phase_and_comparison(bundles: Path, capsys) -> None:
    main(["verify", "--json", str(bundles / "one"), "--against", str(bundles / "early")])
    verdict = json.loads(capsys.readouterr().out)

    assert (verdict["ok"], verdict["phase"], verdict["final"]) == (True, "opened", False)
    assert verdict["against"]["entries"] == [30, 29]


@pytest.mark.parametrize(
    "words",
    [
        ["nowhere"],
        ["one", "--against", "nowhere"],
        ["one", "--against", "receipt"],
        ["one", "--receipt", "nowhere"],
        ["one", "--jobs", "-1"],
        ["receipt"],
        ["."],
    ],
)
def test_unusable_input_is_refused(bundles: Path, capsys, words: list[str]) -> None:
    paths = [word if word[0] == "-" else str(bundles / word) for word in words]

    assert main(["verify", *paths]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_receipt_whose_name_is_no_unicode_is_named_all_the_same(bundles: Path, capsys) -> None:
    strange = os.fsdecode(bytes(bundles) + b"/\xff.receipt")
    (bundles / "receipt").rename(strange)

    code, lines = said(capsys, bundles / "early", "--receipt", strange)
    assert code == 0
    (bundles / strange).write_bytes(b"{}")
    code, lines = said(capsys, bundles / "early", "--receipt", strange)

    assert code == 1
    assert lines[10].startswith(f"12 FAIL receipts: {bundles}/\\udcff.receipt: ")


@pytest.mark.parametrize(
    "words",
    [
        ["verify", "a\0b"],
        ["verify", "early", "--receipt", "a\0b"],
        ["receipt", "verify", "a\0b"],
        ["rehearse", "a\0b"],
        ["rehearse", "/dev/zero"],
    ],
)
def test_what_is_no_file_or_never_ends_is_refused(
    bundles: Path, capsys, monkeypatch, words: list[str]
) -> None:
    monkeypatch.chdir(bundles)

    assert main(words) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("option", "code", "words"),
    [("--receipt", 1, "is too large"), ("--stamps-by", 2, "at most 1048576 bytes")],
)
def test_small_file_that_is_a_pipe_or_too_large_is_refused(
    bundles: Path, capsys, option: str, code: int, words: str
) -> None:
    os.mkfifo(bundles / "waiting")
    (bundles / "large").touch()
    os.truncate(bundles / "large", 2**40)
    codes = [
        main(["verify", str(bundles / "early"), option, str(bundles / name)])
        for name in ("waiting", "large")
    ]

    said = capsys.readouterr()
    assert codes == [2, code]
    assert "is not a regular file" in said.err
    assert words in said.out + said.err


def test_pipe_is_refused_at_once(bundles: Path, capsys) -> None:
    os.mkfifo(bundles / "pipe")

    for words in (["pipe"], ["one", "--against", "pipe"]):
        paths = [word if word[0] == "-" else str(bundles / word) for word in words]
        assert main(["verify", *paths]) == 2
        assert capsys.readouterr().err.endswith("is not a regular file\n")


def test_verdict_is_the_same_with_any_number_of_jobs(bundles: Path, monkeypatch) -> None:
    monkeypatch.setattr(signature_pool, "ALONE", 5)
    monkeypatch.setattr(signature_pool, "CHUNK", 3)

    verdicts = [verify_file(bundles / "one", jobs=jobs).document() for jobs in (1, 2, 5)]

    assert verdicts[0] == verdicts[1] == verdicts[2]


@pytest.mark.parametrize("place", [3, 28])
def test_pool_checks_the_lines_that_the_fold_read(monkeypatch, place: int) -> None:
    monkeypatch.setattr(signature_pool, "ALONE", 2)
    monkeypatch.setattr(signature_pool, "CHUNK", 3)
    lines = lines_of(at(Phase.OPENED))
    jobs = list(Replay(SESSION, lines).fold())
    line = lines[place]
    lines[place] = line[:-4] + (b"AAAA" if line[-4:] != b"AAAA" else b"BAAA")

    assert first_forged_in_pool(iter(jobs), lines, workers=2) == place


@pytest.mark.parametrize("places", [(9, 4), (28,), (0, 28), ()])
def test_pool_finds_the_first_forged_one(monkeypatch, places: tuple[int, ...]) -> None:
    monkeypatch.setattr(signature_pool, "ALONE", 2)
    monkeypatch.setattr(signature_pool, "CHUNK", 3)
    jobs = list(Replay(SESSION, lines_of(at(Phase.OPENED))).fold())
    stranger = new_signing_key("Ed25519", bytes(32)).public
    for place in places:
        jobs[place] = (jobs[place][0], stranger)

    assert first_forged_in_pool(iter(jobs), workers=2) == min(places, default=None)
    lines = lines_of(at(Phase.OPENED))
    assert first_forged_in_pool(iter(jobs), lines, workers=2) == min(places, default=None)
    assert first_forged(jobs) == min(places, default=None)
    with ready_checker(2) as checker:
        assert [checker(iter(jobs)) for _ in range(2)] == [min(places, default=None)] * 2
