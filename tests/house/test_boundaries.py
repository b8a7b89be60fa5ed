"""The import contracts hold, and would notice if they did not."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

LAYERS = "Rooms are stacked"
# What is planted: (module, its one import, the contract that must break).
PLANTS = (
    ("scoring/planted.py", "import random", "The core does no IO"),
    ("draw/planted.py", "import bideval.scoring.engine", LAYERS),
    ("ledger/planted.py", "import bideval.store", LAYERS),
    ("pages/planted.py", "import bideval.store", "Pages and links reach"),
    ("link/planted.py", "import cryptography", "Only evidence and gateways"),
    ("rehearsal/planted.py", "import bideval.actions", "The rehearsal is a client"),
    ("audit/planted.py", "import msgspec", "The verifier carries nothing"),
    ("actions/planted.py", "import sqlalchemy", "Only store touches"),
    ("opening/planted.py", "import bideval.opening.planted_too", "No cycles"),
    ("opening/planted_too.py", "import bideval.opening.planted", "No cycles"),
)
SERVER = (
    "alembic",
    "fastapi",
    "jinja2",
    "pydantic",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "websockets",
)
VERIFIER = """
import importlib, pkgutil, sys
import bideval.audit
for found in pkgutil.walk_packages(bideval.audit.__path__, "bideval.audit."):
    importlib.import_module(found.name)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def _lint(folder: Path) -> str:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_import_contracts_are_kept(root: Path) -> None:
    said = _lint(root)

    assert "0 broken" in said, said


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    shutil.copytree(root / "bideval", tmp_path / "bideval")
    shutil.copyfile(root / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


def test_import_contracts_catch_planted_violations(copy: Path) -> None:
    for place, planted, _ in PLANTS:
        (copy / "bideval" / place).write_text(f'"""Planted."""\n{planted}\n', encoding="utf-8")

    said = _lint(copy)

    broken = [line for line in said.splitlines() if line.endswith(" BROKEN")]
    unseen = [
        place
        for place, _, contract in PLANTS
        if not any(line.startswith(contract) for line in broken)
        or (
            f"bideval.{place.removesuffix('.py').replace('/', '.')}" not in said
            and not contract.startswith("No cycles")
        )
    ]
    assert unseen == [], said


def test_import_contracts_catch_a_room_without_a_floor(copy: Path) -> None:
    attic = copy / "bideval" / "attic"
    attic.mkdir()
    (attic / "__init__.py").write_text('"""Planted."""\n', encoding="utf-8")

    assert "attic" in _lint(copy)


def test_verifier_contract_names_the_command(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    verifier = next(c for c in contracts if c["name"].startswith("The verifier"))

    assert verifier["source_modules"] == ["bideval.audit", "bideval.cli.verify"]


def test_verifier_loads_nothing_of_the_server() -> None:
    command = [sys.executable, "-c", VERIFIER, "bideval.cli.verify", "bideval.cli.main"]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert "bideval" in loaded
    assert sorted({*SERVER} & {*loaded}) == [], (
        "an auditor installs four packages; the verifier may load nothing else"
    )
