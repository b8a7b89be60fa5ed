"""The checkout as the house checks see it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Every file that the repository keeps, as an absolute path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    present = [file for file in files if file.is_file()]
    assert len(present) > 100, "git lists hardly any file; the checks would look at nothing"
    return present


@pytest.fixture(scope="session")
def python_files(tracked: list[Path]) -> list[Path]:
    return [file for file in tracked if file.suffix == ".py"]
