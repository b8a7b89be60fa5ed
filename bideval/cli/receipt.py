"""`bideval receipt verify`: what a kept receipt shows, alone and against a bundle.

Decided here: arguments, words and exit codes. Not decided here: what is checked (audit).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bideval.audit.kept_receipts import KEPT_LIMIT
from bideval.audit.receipt import check_alone, read_kept
from bideval.audit.verifier import RECEIPTS
from bideval.cli.verify import verify_file
from bideval.terms.errors import EvidenceError, InputError
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from bideval.audit.receipt import Kept

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


def run(args: argparse.Namespace) -> int:
    """Check `args.receipt` and print what it shows."""
    path = Path(args.receipt)
    try:
        kept = read_kept(_read(path))
        found = _alone(kept) if args.bundle is None else _against(kept, path, Path(args.bundle))
    except InputError as error:
        sys.stderr.write(f"bideval receipt: {path}: {error}\n")
        return UNUSABLE
    except EvidenceError as error:
        found = {"ok": False, "code": error.code, "detail": str(error)}
    _print(found, as_json=args.json)
    return HOLDS if found["ok"] else EXPOSED


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(KEPT_LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        detail = f"cannot be read: {reason}"
        raise InputError("unreadable", field="receipt", detail=detail) from None


def _alone(kept: Kept) -> dict[str, object]:
    receipt = check_alone(kept)
    return {
        "ok": True,
        "session": receipt.session,
        "origin": receipt.origin,
        "entry": receipt.entry,
        "at": instant_text(receipt.at),
        "kid": kept.key.key_id if kept.key else None,
        "detail": "signed by this key; whose it is, and the place, a bundle shows",
    }


def _against(kept: Kept, path: Path, bundle: Path) -> dict[str, object]:
    """Hold it against the whole verification: a bundle that does not hold shows nothing."""
    facts = _alone(kept) if kept.key is not None else {}
    verdict = verify_file(bundle, receipts=[str(path)])
    last = verdict.steps[-1]
    if not verdict.ok and last.name != RECEIPTS:
        detail = f"the bundle itself does not verify: {last.n} {last.name}: {last.detail}"
        return {"ok": False, "code": "bundle_fails", "detail": detail}
    facts.update(ok=verdict.ok, detail=last.detail)
    if verdict.ok:
        facts.update(root=verdict.root, entries=verdict.entries)
    return facts


def _print(found: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        # Printed for people and pipes, never hashed or signed.
        text = json.dumps(found, ensure_ascii=False, indent=1)  # noqa: TID251
    else:
        first = "the receipt holds" if found["ok"] else "EXPOSED"
        facts = {name: value for name, value in found.items() if name not in {"ok", "detail"}}
        lines = [f"  {name}: {value}" for name, value in facts.items() if value is not None]
        text = "\n".join([f"{first}: {found['detail']}", *lines])
    sys.stdout.write(text + "\n")
