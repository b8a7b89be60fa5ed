"""`bideval verify` on a proof of misbehaviour: who is proven to have done what, in words.

Decided here: what is printed and the exit codes. Not decided here: what a file proves (audit).
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from bideval.audit.misbehaviour import HEADER, LIMIT, judge, read_misbehaviour
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from pathlib import Path

    from bideval.audit.contradictions import Judgement
    from bideval.audit.misbehaviour import Misbehaviour

PROVEN = 1
UNUSABLE = 2


def is_proof(path: Path) -> bool:
    """Tell whether the file begins as a proof of misbehaviour; what cannot be read is none."""
    try:
        with path.open("rb") as file:
            return file.read(len(HEADER)) == HEADER
    except (OSError, ValueError):
        return False


def report(path: Path, *, as_json: bool) -> int:
    """Judge the file and print what it proves; a file that proves nothing is unusable."""
    try:
        with path.open("rb") as file:
            found = read_misbehaviour(file.read(LIMIT + 1))
        judged = judge(found)
    except (BidevalError, OSError) as wrong:
        sys.stderr.write(f"bideval verify: {path}: proves nothing: {wrong}\n")
        return UNUSABLE
    if as_json:
        # Printed for people and pipes, never hashed or signed.
        text = json.dumps(_document(found, judged), ensure_ascii=False, indent=1)  # noqa: TID251
    else:
        text = "\n".join(_lines(found, judged))
    sys.stdout.write(text + "\n")
    return PROVEN


def _document(found: Misbehaviour, judged: Judgement) -> dict[str, object]:
    return {
        "proven": True,
        "session": found.session,
        "what": found.what,
        "accused": judged.accused,
        "kid": judged.kid,
        "words": list(judged.words),
        "found_by": found.found_by,
        "found_at": found.found_at,
    }


def _lines(found: Misbehaviour, judged: Judgement) -> list[str]:
    return [
        f"MISBEHAVIOUR PROVEN: {judged.accused}, session {found.session}: {found.what}",
        *(f"  {words}" for words in judged.words),
        f"signed with key {judged.kid}: compare it with the record that you have",
        f"found by {found.found_by} at {found.found_at} (not proven, and not needed)",
    ]
