"""`bideval rehearse` as somebody runs it: real servers, real signatures, the published result.

Wall clock: a busy machine may take ten times as long as a quiet one, so nothing here is timed; the
limits only end what hangs.
"""

from __future__ import annotations

import json
import subprocess
import sys
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


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("missing.json",), "case: cannot be read: No such file or directory"),
        (("text.json",), "case: is not JSON"),
        (("other.json",), "format: is missing"),
        (("good.json", "--venues", "0"), "--venues: must be from 1 to 9"),
        (("good.json", "--venues", "10"), "--venues: must be from 1 to 9"),
        (("good.json", "--cut-line", "-1"), "--cut-line: must be from 0 to 3600"),
    ],
    ids=["missing", "not json", "not a case", "no venue", "too many venues", "negative cut"],
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
