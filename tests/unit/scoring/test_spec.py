"""The pages that specify cases and results say what the engine does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bideval.scoring.case import FORMAT, parse_case
from bideval.scoring.engine import consolidate
from bideval.scoring.explanation import Step
from bideval.scoring.findings import FindingKind
from bideval.scoring.result import RESULT_FORMAT, result_document

SPEC = Path(__file__).parents[3] / "docs" / "spec"
CASE_PAGE = (SPEC / "evaluation-case.md").read_text(encoding="utf-8")
RESULT_PAGE = (SPEC / "result.md").read_text(encoding="utf-8")


def example(page):
    return json.loads(re.search(r"```json\n(.*?)```", page, re.DOTALL).group(1))


def test_the_example_case_yields_the_example_result():
    result = result_document(consolidate(parse_case(example(CASE_PAGE))))
    assert result == example(RESULT_PAGE)


def test_the_pages_are_titled_by_format():
    assert CASE_PAGE.splitlines()[0].split("`")[1] == FORMAT
    assert RESULT_PAGE.splitlines()[0].split("`")[1] == RESULT_FORMAT


def test_every_finding_has_its_row():
    rows = re.findall(r"^\| `(\w+)` \| `bid`", RESULT_PAGE, re.MULTILINE)
    assert rows == [str(kind) for kind in FindingKind]


def test_every_step_is_named_in_order():
    steps = RESULT_PAGE.split("Steps, in order: ")[1].splitlines()[0]
    assert re.findall(r"`(\w+)`", steps) == [str(step) for step in Step]
