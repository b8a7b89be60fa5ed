"""What fails is said in Chinese: every code of the rooms that a verification goes through."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import bideval
from bideval.audit.misbehaviour import RULES, write_misbehaviour
from bideval.cli import receipt, verify_misbehaviour
from bideval.cli.fault_words import CHINESE, error_text, fault_text
from bideval.cli.main import main
from bideval.session.names import Phase
from bideval.terms.errors import EvidenceError
from tests.unit.audit import misdeeds
from tests.unit.audit.hearing import at, bundle_of
from tests.unit.cli.test_receipt import TALK, receipt_of

if TYPE_CHECKING:
    from collections.abc import Iterator

FAMILIES = {"EvidenceError", "InputError", "RefusedError", "_RefusedError"}
ROOMS = ["audit", "draw", "evidence", "ledger", "opening", "scoring", "session", "terms"]
REFUSES = "session"
"""A room whose refusals are told to people at once and never end a verification."""
BY_FUNCTIONS = {
    "audit/checks.py": "_wrong",
    "audit/kept_receipts.py": "_wrong",
    "terms/fields.py": "_wrong",
    "audit/succession.py": "_differs",
    "evidence/canonical.py": "_wrong",
}
"""Functions whose first argument is a code."""
RAISED_OTHERWISE = ["integer_too_long", "not_utf8", "unreadable"]
"""By the reader of cases through a method, and by the commands themselves."""


def codes(text: str, names: set[str]) -> Iterator[str]:
    """Yield the codes that a program gives to errors of these families, or to these functions."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            if node.func.id in names and isinstance(first, ast.Constant):
                yield str(first.value)


def found_codes() -> set[str]:
    root = Path(bideval.__path__[0])
    found: set[str] = set()
    for path in (path for room in ROOMS for path in (root / room).rglob("*.py")):
        place = path.relative_to(root).as_posix()
        names = FAMILIES | {BY_FUNCTIONS.get(place, "")}
        names -= {"RefusedError"} if place.startswith(REFUSES) else set()
        found |= set(codes(path.read_text("utf-8"), names))
    return found


def test_every_code_of_a_failed_verification_has_chinese_words() -> None:
    found = found_codes()
    assert len(found) > 100
    assert {"root_differs", "omitted", "fork", "missing", "not_json"} <= found
    assert found - CHINESE.keys() == set()
    assert sorted(CHINESE.keys() - found) == RAISED_OTHERWISE


def test_place_and_detail_stay_beside_the_sentence() -> None:
    fault = EvidenceError("fork", field="entry 3", detail="is another one")
    assert error_text("zh", fault) == f"{CHINESE['fork']}（entry 3: is another one）"
    assert error_text("en", fault) == "entry 3: is another one"
    assert fault_text("zh", None, "as it is") == fault_text("zh", "other", "as it is") == "as it is"


def test_words_of_proofs_and_receipts_are_complete() -> None:
    assert verify_misbehaviour.IN_CHINESE.keys() == RULES.keys()
    assert verify_misbehaviour.ENGLISH.keys() == verify_misbehaviour.CHINESE.keys()
    assert receipt.ENGLISH.keys() == receipt.CHINESE.keys()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "bundle"
    path.write_bytes(bundle_of(at(Phase.OPENED)))
    return path


def test_commands_say_in_chinese_what_fails(bundle: Path, capsys) -> None:
    bundle.write_bytes(bundle.read_bytes()[:-100])
    assert main(["verify", str(bundle), "--lang", "zh"]) == 1
    assert " 1 失败 文件完整: 证据包已损坏或被改动（" in capsys.readouterr().out
    assert main(["verify", str(bundle), "--lang", "en"]) == 1
    assert "已损坏" not in capsys.readouterr().out
    bundle.write_bytes(b"")
    assert main(["verify", str(bundle), "--lang", "zh"]) == 2
    assert "不是证据包（file: is empty）" in capsys.readouterr().err


def test_proofs_of_misbehaviour_are_told_in_chinese(tmp_path: Path, capsys) -> None:
    path = tmp_path / "proof"
    path.write_bytes(write_misbehaviour(misdeeds.two_chains(misdeeds.talk_of())))
    assert main(["verify", str(path), "--lang", "zh"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("不当行为已证实：venue/wencheng，项目 ")
    assert lines[0].endswith("：同一编号下签署了两条不同的条目（two_chains）")
    assert lines[-1].startswith("由 ")
    path.write_bytes(path.read_bytes()[:-9])
    assert main(["verify", str(path), "--lang", "zh"]) == 2
    assert "不能证明任何事项：" in capsys.readouterr().err


def test_receipts_are_judged_in_chinese(tmp_path: Path, capsys) -> None:
    kept, bundle = tmp_path / "kept.txt", tmp_path / "archived"
    bundle.write_bytes(bundle_of(TALK))
    kept.write_text(receipt_of(2) + "\n")
    command = ["receipt", "verify", str(kept), "--bundle", str(bundle), "--lang", "zh"]
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("回执成立: 第 ")
    assert [line.split(":")[0].strip() for line in lines[1:3]] == ["项目", "会场"]
    kept.write_text(receipt_of(2, chain=bytes(32)) + "\n")
    assert main(command) == 1
    assert capsys.readouterr().out.startswith("已揭示问题: ")
    kept.write_text("?")
    assert main(command) == 2
    assert "不是回执（" in capsys.readouterr().err
