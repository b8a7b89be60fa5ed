"""`bideval draw`: what is printed, and the exit codes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bideval.audit.draw_verifier import BEFORE, DRAW
from bideval.cli import draw_simulation
from bideval.cli.main import main
from bideval.draw.pool import ELIGIBLE, PoolRow, encode_pool
from bideval.session.names import Phase
from tests.unit.audit.hearing import POOL, SESSION, at, bundle_of

if TYPE_CHECKING:
    from pathlib import Path

MILLION = 1_000_000


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[str], str]:
    code = main(["draw", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out.splitlines(), err


# verify


def test_draw_of_a_bundle_is_recomputed(tmp_path: Path, capsys) -> None:
    bundle = tmp_path / "bundle"
    bundle.write_bytes(bundle_of(at(Phase.CHECKED_IN)))
    code, lines, _ = said(capsys, "verify", bundle)
    assert code == 0
    steps = (*BEFORE, *DRAW)
    assert [line.partition(":")[0] for line in lines[:-1]] == [
        f"{n:2} ok   {name}" for n, name in enumerate(steps, start=1)
    ]
    assert lines[4].endswith("exclusions: 24 eligible, 6 employer_is_bidder")
    assert lines[-1] == f"the draw of {SESSION} holds"


def test_verdict_is_printed_as_json(tmp_path: Path, capsys) -> None:
    bundle = tmp_path / "bundle"
    talk = at(Phase.OPENED)
    talk.seed = lambda: bytes(32)  # type: ignore[method-assign]  # main lies
    bundle.write_bytes(bundle_of(talk.until(Phase.DRAWN)))
    code, lines, _ = said(capsys, "verify", "--json", bundle)
    document = json.loads("\n".join(lines))
    assert (code, document["ok"], document["session"]) == (1, False, SESSION)
    assert document["steps"][-1] == {
        "n": 7,
        "name": "seed",
        "ok": False,
        "detail": "entry 42 (fenghua 33, draw.computed): the seed is not that of the revealed "
        "nonces",
    }


def test_fraud_is_named_and_ends_with_one(tmp_path: Path, capsys) -> None:
    bundle = tmp_path / "bundle"
    talk = at(Phase.OPENED)
    honest = talk.drawn()
    talk.drawn = lambda: honest[::-1]  # type: ignore[method-assign]  # main lies
    bundle.write_bytes(bundle_of(talk.until(Phase.DRAWN)))
    code, lines, _ = said(capsys, "verify", bundle)
    assert (code, lines[-1]) == (1, "NOT VERIFIED")
    assert lines[-2].startswith(" 8 FAIL panel: entry 42 (fenghua 33, draw.computed): the panel")


@pytest.mark.parametrize("name", ["nothing", "empty", "text", "early"])
def test_what_has_no_draw_ends_with_two(name: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text").write_bytes(b"Dear auditor")
    (tmp_path / "early").write_bytes(bundle_of(at(Phase.OPENED)))
    code, lines, err = said(capsys, "verify", tmp_path / name)
    assert (code, lines) == (2, [])
    assert err.startswith("bideval draw verify: ")


# simulate


@pytest.mark.timeout(600)
def test_a_million_draws_are_uniform_in_every_stratum(capsys) -> None:
    code, lines, err = said(
        capsys, "simulate", "--experts", 20, "--draws", MILLION, "--seed", "CI", "--json"
    )
    document = json.loads("\n".join(lines))
    assert (code, document["draws"]) == (0, MILLION)
    assert [
        (one["stratum"], one["experts"], one["freedom"], one["biased"])
        for one in document["strata"]
    ] == [
        ("engineering/branch", 5, 4, False),
        ("engineering/main", 5, 4, False),
        ("law/branch", 5, 4, False),
        ("law/main", 5, 4, False),
    ]
    assert sum(one["seats"] for one in document["strata"]) == 5 * MILLION
    assert min(Decimal(one["p_bound"]) for one in document["strata"]) > Decimal("0.001")
    assert err.splitlines()[-1] == "bideval draw simulate: 1,000,000 of 1,000,000 draws"


def test_simulation_does_not_depend_on_who_draws(monkeypatch, capsys) -> None:
    words = ("simulate", "--experts", 20, "--draws", 300)
    alone = said(capsys, *words)
    monkeypatch.setattr(draw_simulation, "PORTION_TICKETS", 1_000)
    together = said(capsys, *words)
    assert alone[:2] == together[:2]
    assert (alone[2], together[2].count("\n")) == ("", 6)


def test_simulation_is_printed_as_a_table(capsys) -> None:
    code, lines, _ = said(capsys, "simulate", "--experts", 20, "--draws", 3)
    assert (code, lines[0]) == (0, "3 draws of 5 seats")
    assert lines[1].split()[-5:] == ["χ²", "df", "p", "at", "most"]
    assert lines[2].endswith("nothing to compare")


def test_biased_draw_ends_with_one(monkeypatch, capsys) -> None:
    def rigged(rows, *_setting):
        return lambda number: rows[: 4 + number % 2]

    monkeypatch.setattr(draw_simulation, "honest_draw", rigged)
    code, lines, _ = said(capsys, "simulate", "--experts", 20, "--draws", 1_000)
    assert code == 1
    assert [line.endswith("BIASED") for line in lines].count(True) >= 1


@pytest.mark.parametrize("form", ["table", "pool"])
def test_pool_of_a_file_is_drawn_from(form: str, tmp_path: Path, capsys) -> None:
    file = tmp_path / "pool"
    rows = "".join(f"Expert {n},{n:04},A0{n % 2},fenghua\n" for n in range(30))
    table = f"name,id_tail,discipline,venue\n{rows}"
    file.write_bytes(table.encode() if form == "table" else POOL)
    words = ["--discipline", "A02=2", "--venue", "fenghua=2"] if form == "pool" else []
    code, lines, _ = said(capsys, "simulate", "--pool", file, "--draws", 200, *words)
    expected = ["A00/fenghua", "15"] if form == "table" else ["A02/beilun", "4"]
    assert (code, lines[2].split()[:2]) == (0, expected)


@pytest.mark.parametrize(
    "words",
    [
        ("--draws", "0"),
        ("--experts", "0"),
        ("--experts", "4"),
        ("--pool", "nowhere"),
        ("--pool", "nobody"),
        ("--pool", "bad"),
        ("--discipline", "law"),
        ("--discipline", "law=1", "--venue", "main=2"),
        ("--discipline", "law=1", "--discipline", "law=1"),
    ],
)
def test_unusable_arguments_end_with_two(words, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nobody").write_bytes(encode_pool([PoolRow(bytes(32), "law", "main", "x_y")]))
    (tmp_path / "bad").write_bytes("姓名".encode("gb18030"))
    code, lines, err = said(capsys, "simulate", *words)
    assert (code, lines, err.startswith("bideval draw: ")) == (2, [], True)
    assert ELIGIBLE not in err or words == ("--pool", "nobody")
