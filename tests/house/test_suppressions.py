"""A warning that is switched off says why, and no test is switched off."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SWITCHED_OFF = re.compile(r"(?:noqa|type:\s*ignore|pragma:\s*no cover)")
CODES = re.compile(r"noqa(?::\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*)?|type:\s*ignore(?:\[[^\]]*\])?")
WORD = re.compile(r"[A-Za-z]{3,}")


def _unexplained(file: Path) -> Iterator[int]:
    lines = file.read_text(encoding="utf-8").splitlines()
    with file.open("rb") as stream:
        comments = [t for t in tokenize.tokenize(stream.readline) if t.type == tokenize.COMMENT]
    for comment in comments:
        if not SWITCHED_OFF.search(comment.string):
            continue
        above = lines[comment.start[0] - 2].strip() if comment.start[0] > 1 else ""
        if not WORD.search(_without_codes(comment.string)) and not above.startswith("# "):
            yield comment.start[0]


def _without_codes(comment: str) -> str:
    return SWITCHED_OFF.sub("", CODES.sub("", comment))


def test_suppressions_carry_their_reason(python_files: list[Path], root: Path) -> None:
    found = [
        f"{file.relative_to(root)}:{line}" for file in python_files for line in _unexplained(file)
    ]

    assert found == [], "a suppression without a reason cannot be taken back by the next reader"


@pytest.mark.parametrize(
    ("line", "unexplained"),
    [
        ("x = 1  # noqa: E731", [1]),
        ("x = 1  # noqa: E731, S101", [1]),
        ("x = 1  # type: ignore[arg-type]", [1]),
        ("x = 1  # noqa: E731  # short names read better here", []),
        ("x = 1  # type: ignore[arg-type]  # the kind says which", []),
        ("# The name is the format's.\nx = 1  # noqa: A002", []),
        ('x = "# noqa: E731"', []),
    ],
)
def test_check_for_reasons_tells_them_apart(
    tmp_path: Path, line: str, unexplained: list[int]
) -> None:
    file = tmp_path / "planted.py"
    file.write_text(line + "\n", encoding="utf-8")

    assert [*_unexplained(file)] == unexplained


def test_no_test_is_switched_off(python_files: list[Path], root: Path) -> None:
    off = re.compile(r"\b(?:mark\.skip|pytest\.skip|importorskip|xfail|skipif)\b(?!_strict)")
    found = [
        file.relative_to(root).as_posix()
        for file in python_files
        if file != Path(__file__) and off.search(file.read_text(encoding="utf-8"))
    ]

    assert found == [], "a test that may not run proves nothing; install what it needs (see ./run)"
