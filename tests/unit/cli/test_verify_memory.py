"""A bundle of any size is verified in little memory, mapped pages included."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from bideval.session.names import Phase
from tests.unit.audit import hearing
from tests.unit.audit.hearing import Hearing, bundle_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

MEGABYTE = 2**20
LARGE = 30 * MEGABYTE
SPARE = 15 * MEGABYTE
"""Half of a file: a piece of mapped pages, and what Python rounds up."""

PEAK = """
import sys
from pathlib import Path
from bideval.cli.verify import verify_file
verdict = verify_file(Path(sys.argv[1]), jobs=1)
status = Path("/proc/self/status").read_text().splitlines()
peak = next(line for line in status if line.startswith("VmHWM:"))
print(verdict.ok, verdict.steps[5].detail.replace(" ", "_"), peak.split()[1])
"""


def peak_bytes(path: Path) -> int:
    command = [sys.executable, "-c", PEAK, str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert said[:2] == ["True", "3_opened,_0_that_could_not_be"]
    return int(said[2]) * 1024


def bundle_with_offers(offer: bytes, path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(hearing, "OFFER", offer)
    path.write_bytes(bundle_of(Hearing().until(Phase.OPENED)))  # type: ignore[arg-type]  # it is one
    return path


def test_large_bids_are_opened_and_never_held(tmp_path: Path, monkeypatch) -> None:
    small = bundle_with_offers(b"%PDF-1.7", tmp_path / "small", monkeypatch)
    large = bundle_with_offers(os.urandom(MEGABYTE) * 30, tmp_path / "large", monkeypatch)

    assert large.stat().st_size > 3 * LARGE
    assert peak_bytes(large) - peak_bytes(small) < SPARE
