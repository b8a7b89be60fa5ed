"""`bideval verify` on a proof of misbehaviour: who is proven to have done what, in words.

Decided here: what is printed and the exit codes. Not decided here: what a file proves (audit).
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from bideval.audit.misbehaviour import HEADER, LIMIT, judge, read_misbehaviour
from bideval.cli.fault_words import error_text
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from pathlib import Path

    from bideval.audit.contradictions import Judgement
    from bideval.audit.misbehaviour import Misbehaviour

PROVEN = 1
UNUSABLE = 2

IN_CHINESE = {
    "two_heads": "对同一记录签署了两个互相矛盾的根值",
    "two_chains": "同一编号下签署了两条不同的条目",
    "omission": "遗漏了已确认收到的条目",
    "closed_key": "使用了已停用的密钥",
    "false_record": "签署了含有不能成立之条目的记录",
    "false_line": "签署了不能成立的条目",
}
ENGLISH = {
    "proven": "MISBEHAVIOUR PROVEN: {accused}, session {session}: {what}",
    "key": "signed with key {kid}: compare it with the record that you have",
    "found": "found by {venue} at {time} (not proven, and not needed)",
    "nothing": "proves nothing: {why}",
}
CHINESE = {
    "proven": "不当行为已证实：{accused}，项目 {session}：{what}",
    "key": "签署密钥 {kid}：请与手中的记录核对",
    "found": "由 {venue} 于 {time} 发现（此项未经证明，也无须证明）",
    "nothing": "不能证明任何事项：{why}",
}
WORDS = {"en": ENGLISH, "zh": CHINESE}


def is_proof(path: Path) -> bool:
    """Tell whether the file begins as a proof of misbehaviour; what cannot be read is none."""
    try:
        with path.open("rb") as file:
            return file.read(len(HEADER)) == HEADER
    except (OSError, ValueError):
        return False


def report(path: Path, language: str, *, as_json: bool) -> int:
    """Judge the file and print what it proves; a file that proves nothing is unusable."""
    words = WORDS[language]
    try:
        with path.open("rb") as file:
            found = read_misbehaviour(file.read(LIMIT + 1))
        judged = judge(found)
    except (BidevalError, OSError) as wrong:
        why = error_text(language, wrong) if isinstance(wrong, BidevalError) else str(wrong)
        sys.stderr.write(f"bideval verify: {path}: {words['nothing'].format(why=why)}\n")
        return UNUSABLE
    if as_json:
        # Printed for people and pipes, never hashed or signed.
        text = json.dumps(_document(found, judged), ensure_ascii=False, indent=1)  # noqa: TID251
    else:
        text = "\n".join(_lines(found, judged, language))
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


def _lines(found: Misbehaviour, judged: Judgement, language: str) -> list[str]:
    words = WORDS[language]
    what = f"{IN_CHINESE[found.what]}（{found.what}）" if language == "zh" else found.what
    return [
        words["proven"].format(accused=judged.accused, session=found.session, what=what),
        *(f"  {one}" for one in judged.words),
        words["key"].format(kid=judged.kid),
        words["found"].format(venue=found.found_by, time=found.found_at),
    ]
