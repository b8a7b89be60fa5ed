"""`bideval receipt verify`: what a kept receipt shows, alone and against a bundle.

Decided here: arguments, words and exit codes. Not decided here: what is checked (audit).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bideval.audit.kept_receipts import KEPT_LIMIT
from bideval.audit.receipt import check_alone, read_kept
from bideval.audit.verifier import RECEIPTS
from bideval.cli.fault_words import error_text
from bideval.cli.verify import verify_file
from bideval.cli.verify_words import LANGUAGES, language_of, step_detail, step_name
from bideval.terms.errors import EvidenceError, InputError
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from bideval.audit.receipt import Kept

ENGLISH = {
    "holds": "the receipt holds",
    "exposed": "EXPOSED",
    "alone": "signed by this key; whose it is, and the place, a bundle shows",
    "bundle_fails": "the bundle itself does not verify: {why}",
    "session": "session",
    "origin": "origin",
    "entry": "entry",
    "at": "at",
    "kid": "kid",
    "code": "code",
    "root": "root",
    "entries": "entries",
}
CHINESE = {
    "holds": "回执成立",
    "exposed": "已揭示问题",
    "alone": "由此密钥签署；密钥归属与条目位置须凭证据包核对",
    "bundle_fails": "证据包本身未通过验证：{why}",
    "session": "项目",
    "origin": "会场",
    "entry": "条目",
    "at": "时间",
    "kid": "密钥",
    "code": "代码",
    "root": "根值",
    "entries": "条目数",
}
WORDS = {"en": ENGLISH, "zh": CHINESE}
"""What is printed; names of facts are those of the JSON form."""

HOLDS = 0
EXPOSED = 1
UNUSABLE = 2


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser("receipt", help="check a kept receipt")
    verify = parser.add_subparsers(required=True, metavar="verify").add_parser(
        "verify",
        help="check a kept receipt, alone or against a bundle",
        description="Check a receipt that a venue gave: its signature and key; with a bundle also "
        "its entry's place in the record. Exit code 0: it holds; 1: what is missing, rewritten or "
        "forged is named; 2: this is no receipt, or there is no key to check it with.",
    )
    verify.add_argument("receipt", metavar="RECEIPT", help="a saved receipt, or a QR code's text")
    verify.add_argument("--bundle", metavar="BUNDLE", help="an evidence bundle of the session")
    verify.add_argument("--json", action="store_true", help="print the findings as JSON")
    verify.add_argument("--lang", choices=LANGUAGES, help="language (default: the locale's)")


def run(args: argparse.Namespace) -> int:
    """Check `args.receipt` and print what it shows."""
    path = Path(args.receipt)
    spoken = args.lang or language_of(os.environ)
    language = "en" if args.json else spoken
    try:
        kept = read_kept(_read(path))
        if args.bundle is None:
            found = _alone(kept, language)
        else:
            found = _against(kept, path, Path(args.bundle), language)
    except InputError as error:
        sys.stderr.write(f"bideval receipt: {path}: {error_text(spoken, error)}\n")
        return UNUSABLE
    except EvidenceError as error:
        found = {"ok": False, "code": error.code, "detail": error_text(language, error)}
    _print(found, language, as_json=args.json)
    return HOLDS if found["ok"] else EXPOSED


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(KEPT_LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        detail = f"cannot be read: {reason}"
        raise InputError("unreadable", field="receipt", detail=detail) from None


def _alone(kept: Kept, language: str) -> dict[str, object]:
    receipt = check_alone(kept)
    return {
        "ok": True,
        "session": receipt.session,
        "origin": receipt.origin,
        "entry": receipt.entry,
        "at": instant_text(receipt.at),
        "kid": kept.key.key_id if kept.key else None,
        "detail": WORDS[language]["alone"],
    }


def _against(kept: Kept, path: Path, bundle: Path, language: str) -> dict[str, object]:
    """Hold it against the whole verification: a bundle that does not hold shows nothing."""
    facts = _alone(kept, language) if kept.key is not None else {}
    verdict = verify_file(bundle, receipts=[str(path)])
    last = verdict.steps[-1]
    if not verdict.ok and last.name != RECEIPTS:
        why = f"{last.n} {step_name(language, last.name)}: {step_detail(language, last)}"
        detail = WORDS[language]["bundle_fails"].format(why=why)
        return {"ok": False, "code": "bundle_fails", "detail": detail}
    facts.update(ok=verdict.ok, detail=step_detail(language, last))
    if verdict.ok:
        facts.update(root=verdict.root, entries=verdict.entries)
    return facts


def _print(found: Mapping[str, object], language: str, *, as_json: bool) -> None:
    if as_json:
        # Printed for people and pipes, never hashed or signed.
        text = json.dumps(found, ensure_ascii=False, indent=1)  # noqa: TID251
    else:
        words = WORDS[language]
        first = words["holds" if found["ok"] else "exposed"]
        facts = {name: value for name, value in found.items() if name not in {"ok", "detail"}}
        lines = [f"  {words[name]}: {value}" for name, value in facts.items() if value is not None]
        text = "\n".join([f"{first}: {found['detail']}", *lines])
    sys.stdout.write(text + "\n")
