"""The repository names no package index and no path of one machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# Written so that this file does not match itself.
HOSTS = re.compile(
    rb"pypi[.]org|python[h]osted|registry[.]npmjs|npmjs[.](?:org|com)|deb[.]debian|debian[.]org/debian",
    re.IGNORECASE,
)
MACHINE = re.compile(rb"(?<![\w.}{-])/(?:work/(?:main|shared)|farm/|root/|tmp/team|opt/p[y]pi)")


def _matching(pattern: re.Pattern[bytes], files: list[Path], root: Path) -> list[str]:
    return [
        f"{file.relative_to(root)}:{number}"
        for file in files
        for number, line in enumerate(file.read_bytes().splitlines(), start=1)
        if pattern.search(line)
    ]


def test_tracked_files_name_no_package_index(tracked: list[Path], root: Path) -> None:
    assert _matching(HOSTS, tracked, root) == [], (
        "an address of an index ties everybody to it; digests say what is meant, settings say where"
    )


def test_tracked_files_name_no_path_of_one_machine(tracked: list[Path], root: Path) -> None:
    assert _matching(MACHINE, tracked, root) == [], "this path exists on one machine only"


@pytest.mark.parametrize(
    "parts", [("pypi", "org"), ("files", "python" + "hosted"), ("npmjs", "com")]
)
def test_check_for_hosts_sees_a_planted_one(parts: tuple[str, str]) -> None:
    assert HOSTS.search(f"https://{'.'.join(parts)}/simple".encode()) is not None


@pytest.mark.parametrize("parts", [("work", "main"), ("root", ".cache"), ("farm", "in")])
def test_check_for_paths_sees_a_planted_one(parts: tuple[str, str]) -> None:
    assert MACHINE.search(f"cd '/{'/'.join(parts)}'".encode()) is not None
