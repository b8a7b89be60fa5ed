"""The pages' scripts: their own tests on node, and the same bytes as the server's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NODE = ["node", "--no-warnings", "--import", str(HERE / "register.mjs")]


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda file: file.name)
def test_script_behaves(file: Path) -> None:
    done = subprocess.run([*NODE, "--test", str(file)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
