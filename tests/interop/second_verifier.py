"""How the tests ask the second verifier: whole bundles, records, cases."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.interop.judges import command

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
VERIFIER = HERE / "verifier.mjs"
JUDGE = HERE / "second" / "judge.mjs"


def verdict(
    bundle: Path, *, against: Path | None = None, receipts: Iterable[Path] = ()
) -> tuple[str, str]:
    """Return the step that fails with its reason, or `ok` with the facts as JSON."""
    other = [] if against is None else ["--against", str(against)]
    done = subprocess.run(
        [command("node", "nodejs"), str(VERIFIER), str(bundle), *other, *map(str, receipts)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    if done.returncode == 0:
        return "ok", done.stdout
    step, _, reason = done.stdout.strip().partition(": ")
    return step, reason


def ask(questions: Iterable[object]) -> list[Any]:
    """Return the judge's answers to records or cases, all asked in one process."""
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run(
        [command("node", "nodejs"), str(JUDGE)],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]
