"""What killed processes of a venue left is cleared, but nothing of one that still runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bideval.app import clear_leftovers
from bideval.settings import Settings

STAYING = """
import pathlib, sys
from bideval.gateways.disk import present
with present(pathlib.Path(sys.argv[1])):
    print("here", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(tmp_path):
    made = Settings(venue={"id": "fenghua", "name": "F"}, data_dir=tmp_path / "data")
    for folder, name in (("scratch/one", "bid"), ("files/new", "upload")):
        place = made.data_dir / folder
        place.mkdir(parents=True)
        (place / name).write_bytes(b"half")
    return made


def left(settings):
    found = settings.data_dir.rglob("*")
    return sorted(path.name for path in found if path.is_file() and path.suffix != ".lock")


def test_what_killed_processes_left_is_cleared(settings):
    assert clear_leftovers(settings)
    assert left(settings) == []


def test_nothing_is_cleared_while_another_process_runs(settings):
    command = [sys.executable, "-c", STAYING, str(settings.data_dir)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as other:
        assert other.stdout.readline() == "here\n"
        assert clear_leftovers(settings) is False
        assert left(settings) == ["bid", "upload"]
        other.kill()
    assert clear_leftovers(settings)
    assert left(settings) == []
