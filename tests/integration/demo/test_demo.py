"""The demonstration as a stranger runs it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bideval.cli.verify import verify_file
from bideval.rehearsal.example_play import VENUES
from tests.integration.press.pdf_judge import GOOD, pdf_judge

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.timeout(600)
def test_demo_evaluates_the_example_and_verifies_its_bundle(tmp_path: Path) -> None:
    command = ["-m", "bideval.cli", "demo", "--once", "--lang", "en", "--out", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=580, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    ranking = lines[lines.index("Result (comprehensive scoring)") + 1 :][:5]
    assert [line.split()[-1] for line in ranking] == [
        "东岭城市服务股份有限公司",
        "安和物业服务有限公司",
        "清溪后勤管理有限公司",
        "明廷物业与江东保安联合体",
        "(unresponsive)",
    ]
    (bundle,) = tmp_path.glob("*.bideval-bundle")
    verdict = verify_file(bundle)
    assert verdict.ok
    assert verdict.cosigned_by == ["linhai", "wencheng"]
    (report,) = tmp_path.glob("*-report.pdf")
    assert report.read_bytes().startswith(b"%PDF")
    authority = tmp_path / "venues" / "authority" / "authority.pem"
    assert f"who vouches for that signature here: {authority}" in lines
    said = pdf_judge(authority, tmp_path)(report.read_bytes())
    assert [said["Signature Validation"], said["Certificate Validation"]] == GOOD
    assert said["Signer Certificate Common Name"] == VENUES["fenghe"]
