"""The verifier's words in Chinese: every step, every phase, every detail of a good step."""

from __future__ import annotations

import re
import string

import pytest

from bideval.audit.bundle import read_bundle
from bideval.audit.replay import Replay
from bideval.audit.stamp_checks import check_stamps
from bideval.audit.verifier import ASKED, STEPS, verify_bundle
from bideval.cli.main import main
from bideval.cli.verify_words import (
    ASKED_IN_CHINESE,
    CHINESE_END,
    ENGLISH_END,
    PHASES_IN_CHINESE,
    STEPS_IN_CHINESE,
    good_detail,
    language_of,
)
from bideval.pages.names import PHASES
from bideval.session.names import Phase
from tests.unit.audit.hearing import at, bundle_of
from tests.unit.audit.test_comparison import fork
from tests.unit.audit.test_kept_receipts import here, proof
from tests.unit.pages.test_language import translations

WORD = re.compile(r"[A-Za-z]{3,}")
NAMES = {"SHA", "fenghua", "beilun", "wencheng"}
"""Latin words that are names in either language, beside digests and kinds of entries."""


def foreign(text: str) -> list[str]:
    """Return the English words of a text; digests, and places in brackets, are the same in both."""
    bare = re.sub(r"\([^)]*\)|\b[0-9a-f]{8,}\b|bideval\S*|\S*-\d{4}-\S*", "", text)
    return [word for word in WORD.findall(bare) if word not in NAMES]


def test_every_step_phase_and_line_has_its_chinese_words() -> None:
    assert (tuple(STEPS_IN_CHINESE), tuple(ASKED_IN_CHINESE)) == (STEPS, ASKED)
    chinese = translations()
    assert {phase.value: chinese[PHASES[phase]] for phase in Phase} == PHASES_IN_CHINESE
    fields = [
        {
            key: {one[1] for one in string.Formatter().parse(text) if one[1]}
            for key, text in words.items()
        }
        for words in (ENGLISH_END, CHINESE_END)
    ]
    assert fields[0] == fields[1]


@pytest.mark.parametrize("phase", [Phase.OPENED, Phase.SCORING, Phase.RELEASED, Phase.ARCHIVED])
def test_details_of_good_steps_are_said_in_chinese(phase: Phase) -> None:
    verdict = verify_bundle(bundle_of(at(phase)))

    assert verdict.ok
    said = {step.name: good_detail("zh", step.detail) for step in verdict.steps}
    assert {name: foreign(text) for name, text in said.items() if foreign(text)} == {}
    assert [good_detail("en", step.detail) for step in verdict.steps] == [
        step.detail for step in verdict.steps
    ]


def test_comparison_receipts_and_stamps_are_said_in_chinese() -> None:
    one, _ = fork()
    early = bundle_of(at(Phase.OPENED))
    kept = {"a": here(one, 14), "b": proof(one, 15)}

    verdict = verify_bundle(bundle_of(one), against=early, receipts=kept)

    assert [good_detail("zh", step.detail) for step in verdict.steps[10:]] == [
        "29 条相同，其后另有 1 条",
        "第 14 条 (fenghua 11, bid.sealed)在其位置；第 15 条 (fenghua 12, bid.sealed)在其位置",
    ]
    bundle = read_bundle(bundle_of(one))
    run = Replay(bundle.manifest.session, bundle.lines)
    run.fold()
    assert good_detail("zh", check_stamps(run, lambda *_: 0)) == "本记录中没有"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("beilun, wencheng", "beilun, wencheng"),
        (
            "beilun; noted as absent and not signing: wencheng",
            "beilun；已记录缺席且未联署：wencheng",
        ),
        ("nobody else: beilun, wencheng never joined", "无其他会场：beilun, wencheng 从未加入"),
        ("3 agree, 1 dissent, 1 noted refusals", "3 人同意, 1 人保留意见, 记录拒签 1 人"),
        ("version 2, 3 scoresheets, stopped by findings", "第 2 版，评分表 3 份，因发现问题而停止"),
        ("s-2 continues s-1, of one end and its bids", "s-2 续接 s-1，结尾与投标一致"),
        (
            "12 entries by 2026-11-20T08:00:00.000Z (authority)",
            "12 条不晚于 2026-11-20T08:00:00.000Z（authority）",
        ),
    ],
)
def test_rarer_details_are_said_in_chinese(english: str, chinese: str) -> None:
    assert good_detail("zh", english) == chinese


def test_a_detail_without_chinese_words_would_be_seen() -> None:
    assert foreign(good_detail("zh", "7 widgets agree")) != []


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN", "LC_ALL": ""}, "zh"),
    ],
)
def test_language_is_the_one_of_the_locale(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_command_speaks_the_language_asked_for_or_of_the_locale(
    tmp_path, capsys, monkeypatch
) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(bundle_of(at(Phase.OPENED)))
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")

    assert main(["verify", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(" 1 通过 文件完整: ")
    assert lines[-1] == "尚未结束：记录止于“开标”阶段"
    assert main(["verify", str(path), "--lang", "en"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("NOT FINISHED")
    path.write_bytes(path.read_bytes()[:-100])
    assert main(["verify", str(path)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert (said[-2][:9], said[-1]) == (" 1 失败 文件完", "验证未通过")
