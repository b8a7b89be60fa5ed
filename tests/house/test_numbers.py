"""Marks and prices are decimals from strings; a binary float would change a ranking unseen."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXACT = ("scoring", "draw", "terms/decimals.py")
BINARY = {"float", "inf", "nan", "fsum", "sqrt", "random"}


def _exact_files(root: Path) -> list[Path]:
    places = [root / "bideval" / place for place in EXACT]
    return [file for place in places for file in ([place] if place.suffix else place.rglob("*.py"))]


def _binary_numbers(tree: ast.AST) -> Iterator[int]:
    refusals = _names_in_type_tests(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield node.lineno
        name = getattr(node, "id", None) or getattr(node, "attr", None)
        if name in BINARY and id(node) not in refusals:
            yield node.lineno


def _names_in_type_tests(tree: ast.AST) -> set[int]:
    """Asking whether something is a float in order to refuse it is the one good use."""
    return {
        id(name)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "isinstance"
        for name in ast.walk(call.args[1])
    }


def test_exact_rooms_know_no_binary_numbers(root: Path) -> None:
    files = _exact_files(root)
    found = [
        f"{file.relative_to(root)}:{line}"
        for file in files
        for line in _binary_numbers(ast.parse(file.read_text(encoding="utf-8")))
    ]

    assert len(files) > 5
    assert found == [], "marks, prices and tickets are exact: use Decimal, Fraction or int"


def _careless_decimals(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", None) != "Decimal":
            continue
        if not node.args or any(_is_inexact(part) for part in ast.walk(node.args[0])):
            yield node.lineno


def _is_inexact(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Div)
    return isinstance(node, ast.Name) and node.id == "float"


def test_decimals_come_from_strings_or_integers(python_files: list[Path], root: Path) -> None:
    found = [
        f"{file.relative_to(root)}:{line}"
        for file in python_files
        if root / "tests" / "house" not in file.parents
        for line in _careless_decimals(ast.parse(file.read_text(encoding="utf-8")))
    ]

    assert found == [], "Decimal(0.1) is not 0.1; build it from the string or from integers"


@pytest.mark.parametrize(
    "planted", ["x = 0.5", "x: float = 1", "x = math.inf", "x = [float(y)]", "from random import *"]
)
def test_check_for_binary_numbers_sees_a_planted_one(planted: str) -> None:
    seen = [*_binary_numbers(ast.parse(planted))]

    assert seen == ([] if planted.startswith("from") else [1])


@pytest.mark.parametrize("planted", ["Decimal(0.1)", "Decimal(1 / 3)", "Decimal(float(x))"])
def test_check_for_decimals_sees_a_planted_one(planted: str) -> None:
    assert [*_careless_decimals(ast.parse(planted))] == [1]
