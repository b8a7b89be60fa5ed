"""A wheel carries everything that the program reads, so that installing it needs no Node."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CARRIED = ("web/static/", "web/templates/", "web/locale/", "migrations/")


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file) as opened:
        yield opened


def test_wheel_carries_what_the_program_reads(
    wheel: zipfile.ZipFile, tracked: list[Path], root: Path
) -> None:
    names = {file.relative_to(root).as_posix() for file in tracked}
    wanted = {f"bideval/{name}" for name in names if name.startswith(CARRIED)}
    wanted |= {name for name in names if name.startswith("bideval/")}

    assert sorted(wanted - {*wheel.namelist()}) == []


def test_wheel_carries_every_module_of_the_import_map(wheel: zipfile.ZipFile) -> None:
    imports = json.loads(wheel.read("bideval/web/static/vendor/importmap.json"))["imports"]
    files = {f"bideval/web{address}" for address in imports.values()}

    assert {"age-encryption", "pdfjs-dist", "shamir-secret-sharing"} <= imports.keys()
    assert sorted(files - {*wheel.namelist()}) == []


def test_wheel_carries_nothing_of_the_workshop(wheel: zipfile.ZipFile) -> None:
    outside = [name for name in wheel.namelist() if not name.startswith(("bideval/", "bideval-"))]

    assert outside == []
