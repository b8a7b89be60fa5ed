"""Outside judges: programs of other houses that read what we make. Not decided here: what is asked.

A judge that is not installed fails the tests that need it; it never passes them over.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
GOPATH = Path("/usr/share/gocode")
GO_MODULES = GOPATH / "src" / "golang.org" / "x" / "mod" / "sumdb"


def command(name: str, package: str) -> str:
    """Return the path of a program, or fail with how to install it."""
    found = shutil.which(name)
    if found is None:
        raise AssertionError(f"missing: {name}; as an administrator run: apt-get install {package}")
    return found


@dataclass(frozen=True, slots=True)
class GoJudge:
    """The built program of `judge/main.go`."""

    program: Path

    def ask(self, *questions: str) -> list[str]:
        """Return one answer per question."""
        lines = "".join(f"{one}\n" for one in questions)
        done = subprocess.run(
            [str(self.program)], input=lines, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2_000:]
        answers = done.stdout.splitlines()
        assert len(answers) == len(questions)
        return answers


def build_go_judge(folder: Path) -> GoJudge:
    """Build the judge against Debian's Go packages, without modules and without a network."""
    go = command("go", "golang-go golang-golang-x-mod-dev")
    if not GO_MODULES.is_dir():
        package = "golang-golang-x-mod-dev"
        raise AssertionError(f"missing: {GO_MODULES}; run: apt-get install {package}")
    environment = os.environ | {
        "GO111MODULE": "off",
        "GOPATH": str(GOPATH),
        "GOFLAGS": "",
        "GOCACHE": str(folder / "cache"),
        "CGO_ENABLED": "0",
    }
    program = folder / "judge"
    done = subprocess.run(
        [go, "build", "-o", str(program), "."],
        cwd=HERE / "judge",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return GoJudge(program)
