"""Every room is kept as the style asks: its own tests, plain names, no code in `__init__`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CORE_ROOMS = (
    "terms",
    "evidence",
    "ledger",
    "opening",
    "draw",
    "scoring",
    "session",
    "sync",
    "audit",
)
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def test_core_modules_have_their_own_test_files(root: Path) -> None:
    modules = [
        module
        for room in CORE_ROOMS
        for module in (root / "bideval" / room).rglob("*.py")
        if module.name != "__init__.py"
    ]
    without = sorted(
        module.relative_to(root).as_posix()
        for module in modules
        if not _own_test(root, module).is_file()
    )

    assert len({module.parent for module in modules}) >= len(CORE_ROOMS)
    assert without == [], (
        "a rule of the core that only other rooms' tests touch changes unseen:"
        " each of these needs tests/unit/<room>/test_<module>.py"
    )


def _own_test(root: Path, module: Path) -> Path:
    inside = module.relative_to(root / "bideval")
    return root / "tests" / "unit" / inside.parent / f"test_{module.name}"


def test_packages_hold_a_docstring_and_nothing_else(root: Path) -> None:
    packages = sorted((root / "bideval").rglob("__init__.py"))
    others = [
        package.relative_to(root).as_posix()
        for package in packages
        if not _is_docstring_only(ast.parse(package.read_text(encoding="utf-8")))
    ]

    assert len(packages) > len(CORE_ROOMS)
    assert others == [], "code in __init__.py runs for everybody who imports a neighbour"


def _is_docstring_only(module: ast.Module) -> bool:
    return len(module.body) == 1 and ast.get_docstring(module) is not None


def test_modules_say_what_they_decide(root: Path) -> None:
    silent = sorted(
        module.relative_to(root).as_posix()
        for module in (root / "bideval").rglob("*.py")
        if ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) is None
    )

    assert silent == [], "a module without a docstring leaves open what belongs into it"


def test_files_have_names_that_say_something(tracked: list[Path], root: Path) -> None:
    empty = [
        file.relative_to(root).as_posix()
        for file in tracked
        if EMPTY_NAMES & {part.partition(".")[0] for part in file.relative_to(root).parts}
    ]

    assert empty == [], "a file named after nothing collects everything"
