"""`bideval rehearse` as somebody runs it: real servers, real signatures, the published result.

Wall clock: a busy machine may take ten times as long as a quiet one, so nothing here is timed; the
limits only end what hangs.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from tests.databases import rehearsal_options

DATA = Path(__file__).parents[2] / "data"
LIMIT_S = 580

pytestmark = pytest.mark.timeout(LIMIT_S + 20)


def bideval(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bideval.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)


def rehearse(case: Path, out: Path, *options: str) -> dict[str, object]:
    venues = ("main", "branch-1", "branch-2")
    done = bideval("rehearse", case, "--json", "--out", out, *options, *rehearsal_options(venues))
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def by_text(findings: object) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in findings)


@pytest.mark.parametrize("options", [(), ("--cut-line", "3")], ids=["line stays", "line is cut"])
def test_competition_with_twenty_bids_has_its_published_totals(tmp_path, options):
    case = DATA / "skating" / "016.json"

    document = rehearse(case, tmp_path, "--venues", "3", *options)

    published = json.loads(case.read_text("utf-8"))["expected"]["published_totals"]
    assert {bid: line["total"] for bid, line in document["bids"].items()} == published
    assert (document["verified"], document["venues"]) == (True, 3)
    verified = bideval("verify", "--json", document["bundle"])
    assert verified.returncode == 0, verified.stderr
    verdict = json.loads(verified.stdout)
    assert (verdict["ok"], verdict["entries"]) == (True, document["entries"])
    assert verdict["cosigned_by"] == ["branch-1", "branch-2"]


@pytest.mark.parametrize(
    ("name", "venues"),
    [
        ("01-goods-deduction", 2),
        ("03-findings-stop-consolidation", 1),
        ("05-lowest-evaluated-price", 1),
        ("07-replaced-member", 2),
        ("08-zero-is-not-absent", 1),
    ],
)
def test_worked_example_has_the_result_on_paper(tmp_path, name, venues):
    case = DATA / "cases" / f"{name}.json"

    document = rehearse(case, tmp_path, "--venues", str(venues))

    expected = json.loads(case.read_text("utf-8"))["expected"]
    bids, findings = expected.pop("bids"), expected.pop("findings")
    assert {name: document[name] for name in expected} == expected
    assert by_text(document["findings"]) == by_text(findings)
    shown = {bid: {key: document["bids"][bid][key] for key in line} for bid, line in bids.items()}
    assert shown == bids
    assert (document["verified"], document["venues"]) == (True, venues)
    # Letter for letter what `evaluate` prints, and then four keys more.
    added = ["bundle", "verified", "entries", "venues"]
    assert list(document)[-4:] == added
    same = {key: value for key, value in document.items() if key not in added}
    assert json.dumps(same, ensure_ascii=False, indent=1) + "\n" == bideval("evaluate", case).stdout


def test_panel_that_is_replaced_whole_is_scored_by_who_stays(tmp_path):
    document = json.loads((DATA / "cases" / "01-goods-deduction.json").read_text("utf-8"))
    heirs = {"M1": "M2", "M2": "M3", "M4": "M5"}
    document["members"] = [
        {"id": one["id"], "status": "replaced", "replaced_by": heirs[one["id"]]}
        if one["id"] in heirs
        else one
        for one in document["members"]
    ]
    case = tmp_path / "case.json"
    case.write_text(json.dumps(document), "utf-8")

    rehearsed = rehearse(case, tmp_path, "--venues", "2", "--cut-line", "1")

    paper = json.loads(bideval("evaluate", case).stdout)
    assert {key: rehearsed[key] for key in paper} == paper


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("missing.json",), "case: cannot be read: No such file or directory"),
        (("text.json",), "case: is not JSON"),
        (("other.json",), "format: is missing"),
        (("good.json", "--venues", "0"), "--venues: must be from 1 to 9"),
        (("good.json", "--venues", "10"), "--venues: must be from 1 to 9"),
        (("good.json", "--cut-line", "-1"), "--cut-line: must be from 0 to 3600"),
        (("good.json", "--cut-line", "nan"), "--cut-line: must be from 0 to 3600"),
        (("good.json", "--out", "/dev/null"), "--out: cannot be written to: File exists"),
        (("good.json", "--out", "/proc/no"), "--out: cannot be written to: No such file or dir"),
        (("good.json", "--nats", "here"), "fanout.nats: String should match pattern"),
    ],
    ids=[
        "missing",
        "not json",
        "not a case",
        "no venue",
        "too many venues",
        "negative cut",
        "no number",
        "a file for a folder",
        "no place for a folder",
        "no address",
    ],
)
def test_what_cannot_be_rehearsed_is_one_line(tmp_path, words, complaint):
    (tmp_path / "text.json").write_text("judges", "utf-8")
    (tmp_path / "other.json").write_text("{}", "utf-8")
    good = (DATA / "cases" / "01-goods-deduction.json").read_bytes()
    (tmp_path / "good.json").write_bytes(good)

    done = bideval("rehearse", tmp_path / words[0], *words[1:])

    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"bideval rehearse: {tmp_path / words[0]}: {complaint}")


@pytest.mark.parametrize("name", ["a\nb.json", "a\u2028b.json"])
def test_name_of_a_file_does_not_break_the_line(tmp_path, name):
    done = bideval("rehearse", tmp_path / name)

    told = name.encode("unicode_escape").decode()
    assert done.returncode == 2
    assert done.stderr == (
        f"bideval rehearse: {tmp_path}/{told}: case: cannot be read: No such file or directory\n"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_rehearsal_that_is_stopped_leaves_no_server(tmp_path, number):
    case = DATA / "cases" / "01-goods-deduction.json"
    words = [sys.executable, "-m", "bideval.cli", "rehearse", case, "--out", tmp_path]
    with subprocess.Popen([*words, "--venues", "2"], stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert any("founded" in line for line in running.stderr)
        places = [
            ("127.0.0.1", tomllib.loads(settings.read_text("utf-8"))["listen"]["port"])
            for settings in tmp_path.glob("venues/*/venue.toml")
        ]
        assert [listens(place) for place in places] == [True, True]

        running.send_signal(number)

        running.wait()
    # They finish what they do first, and the machine may be busy.
    patient_until = time.monotonic() + 60
    while any(map(listens, places)) and time.monotonic() < patient_until:
        time.sleep(0.1)
    assert [listens(place) for place in places] == [False, False]


def listens(place: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(place) == 0
