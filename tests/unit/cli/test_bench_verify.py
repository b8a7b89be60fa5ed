"""`bideval bench verify`: both figures are of one bundle, which is not held in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bideval.cli.main import main
from bideval.rehearsal.paper_meeting import LEAST, paper_record
from bideval.rehearsal.paper_record import paper_bundle

if TYPE_CHECKING:
    from pathlib import Path

PEAK = """
import sys
from pathlib import Path
from bideval.cli.verify import verify_file
verdict = verify_file(Path(sys.argv[1]), jobs=1)
status = Path("/proc/self/status").read_text().splitlines()
anonymous = next(line for line in status if line.startswith("RssAnon:"))
print(verdict.ok, anonymous.split()[1])
"""


def measured(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["bench", "verify", *words]) == 0
    return capsys.readouterr().out


def test_figures_are_printed(capsys) -> None:
    words = ("--entries", "400", "--rounds", "1", "--jobs", "1")
    document = json.loads(measured(capsys, *words, "--json"))

    assert {key: document[key] for key in ("entries", "jobs", "rounds")} == {
        "entries": 400,
        "jobs": 1,
        "rounds": 1,
    }
    assert document["ratio_cpu"] > 0
    assert 0 < document["kept_bytes_per_entry"] < 20_000
    lines = measured(capsys, *words).splitlines()
    first = [line.split()[0] for line in lines]
    assert first == ["400", "seconds", "hashes", "bideval", "times", "kept"]


@pytest.mark.parametrize("words", [("--entries", str(LEAST - 1)), ("--rounds", "0")])
def test_what_cannot_be_measured_is_refused(capsys, words: tuple[str, str]) -> None:
    assert main(["bench", "verify", *words]) == 2
    assert words[0] in capsys.readouterr().err


def kib_for(entries: int, folder: Path) -> int:
    path = folder / f"{entries}.bundle"
    path.write_bytes(b"".join(paper_bundle(paper_record(entries, "1"))))
    command = [sys.executable, "-c", PEAK, str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert said[0] == "True"
    return int(said[1])


def test_memory_holds_what_the_session_keeps_and_no_lines(tmp_path: Path) -> None:
    few, many = 500, 4_000
    grown = (kib_for(many, tmp_path) - kib_for(few, tmp_path)) * 1024
    size = [(tmp_path / f"{entries}.bundle").stat().st_size for entries in (few, many)]

    # Hash, place, author and id, and the last mark of every item: less than the line itself.
    assert grown < 0.8 * (size[1] - size[0]), (grown, size)
