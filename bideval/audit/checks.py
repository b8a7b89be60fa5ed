"""What must hold in a record whose fold went through: tree, witnesses, course, confirmations.

Decided here: one function per numbered step of docs/spec/bundle.md that looks at the record alone.
Each raises at the first thing that does not hold, naming the entry or region, and returns what it
found. Not decided here: what needs the files of the bundle (`secrets_checks`, `result_checks`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.audit.replay import located
from bideval.ledger.checkpoint import open_checkpoint
from bideval.ledger.cosignature import cosigned_by
from bideval.ledger.note import parse_note
from bideval.session.names import Phase
from bideval.terms.errors import BidevalError, EvidenceError
from bideval.terms.identifiers import acting_venue

if TYPE_CHECKING:
    from bideval.audit.bundle import Bundle
    from bideval.audit.replay import Checker, Replay


def check_signatures(run: Replay, checker: Checker) -> str:
    """Every entry is signed by the key that the record enrolled for its author."""
    forged = checker(run.fold(), run.lines)
    if forged is not None:
        raise _wrong("signature", run.where(forged), "is not signed by its author's enrolled key")
    return f"{run.size} signatures by {len(run.kids)} keys"


def check_fold(run: Replay) -> str:
    """Every entry is authentic in its place; venues number without gaps; nothing by main is void.

    An entry of main that may not count would be main acting against the rules of the session.
    """
    if run.fault is not None:
        raise run.fault
    if not run.size:
        raise _wrong("no_founding", "record", "has no entry, and so no founding")
    for outcome in run.void:
        if acting_venue(run.entry(outcome.position).author) == run.session.main:
            detail = f"the main venue did what the rules forbid: {outcome.void_code}"
            raise _wrong("main_against_rules", run.where(outcome.position), detail)
    return f"phase {run.session.phase}, {len(run.void)} void entries kept"


def check_tree(bundle: Bundle, run: Replay) -> str:
    """The Merkle root over the lines is the one that main signed in the checkpoint."""
    manifest, session = bundle.manifest, run.session
    if manifest.exported_by not in session.people.venues:
        raise _wrong("other_venue", "manifest.exported_by", "is not a venue of this session")
    if manifest.main != session.main:
        raise _wrong("other_main", "manifest.main", "is not the venue that founded the session")
    try:
        checkpoint = open_checkpoint(
            bundle.checkpoint, manifest.session, session.people.venues[session.main].key
        )
    except BidevalError as fault:
        raise located(fault, "checkpoint") from None
    root = run.root()
    if (checkpoint.size, checkpoint.root) != (run.size, root):
        raise _wrong("root_differs", "checkpoint", "does not sign the record in this bundle")
    if (manifest.size, manifest.root) != (run.size, root.hex()):
        raise _wrong("root_differs", "manifest.root", "is not the root of the record")
    _check_files(bundle, run)
    return f"{checkpoint.size} entries, root {root.hex()}{_misled(run)}"


def _misled(run: Replay) -> str:
    """Return whose entries name another past; that alone is no proof, a lost copy does it too."""
    if not run.misled:
        return ""
    first = run.where(run.misled[0])
    return f"; {len(run.misled)} entries name another past than this, the first is {first}"


def _check_files(bundle: Bundle, run: Replay) -> None:
    """Every file is named by an entry; every one named is here or stated to be absent."""
    for sha256 in bundle.files:
        if sha256 not in run.files:
            raise _wrong("file_unnamed", f"file/{sha256}", "is named by no entry")
    for sha256 in bundle.manifest.absent:
        if sha256 in bundle.files or sha256 not in run.files:
            detail = f"{sha256} is here" if sha256 in bundle.files else f"nobody named {sha256}"
            raise _wrong("file_differs", "manifest.absent", detail)
    absent = {*bundle.manifest.absent}
    for sha256, position in run.files.items():
        if sha256 not in bundle.files and sha256 not in absent:
            detail = f"names {sha256}, which is neither here nor stated to be absent"
            raise _wrong("file_missing", run.where(position), detail)


def cosigners(bundle: Bundle, run: Replay) -> dict[str, int]:
    """Return the branches that co-signed the checkpoint, with the time each stated (seconds)."""
    people = run.session.people
    branches = {name: venue.key for name, venue in people.venues.items() if name != people.main}
    try:
        return cosigned_by(parse_note(bundle.checkpoint), branches)
    except BidevalError as fault:
        raise located(fault, "checkpoint") from None


def check_cosignatures(bundle: Bundle, run: Replay) -> str:
    """Every branch that joined and is not noted as absent co-signed the checkpoint."""
    people = run.session.people
    signed = cosigners(bundle, run)
    branches = [venue for venue in people.joined if venue != people.main]
    for branch in branches:
        if branch not in signed and branch not in people.absent:
            detail = f"{branch} joined, is not noted as absent, and did not co-sign"
            raise _wrong("cosignature_missing", "checkpoint", detail)
    if branches and not signed:
        raise _wrong("cosignature_missing", "checkpoint", "no branch co-signed")
    if signed:
        silent = sorted(people.absent.keys() - signed.keys())
        noted = f"; noted as absent and not signing: {', '.join(silent)}" if silent else ""
        return ", ".join(sorted(signed)) + noted
    absent = sorted(people.venues.keys() - people.joined.keys())
    return f"nobody else: {', '.join(absent)} never joined" if absent else "nobody else takes part"


def check_confirmations(run: Replay) -> str:
    """Every member has a stance on the current result, by own signature or the chair's note."""
    session = run.session
    results, current = session.results, session.results.current
    if not session.procedure.reached(Phase.CONFIRMED):
        return "not reached"
    if current is None:
        raise _wrong("no_result", "session", "is confirmed without a result")
    for member in session.member_ids():
        stance = results.confirmations.get(member) or results.refusals.get(member)
        if stance is None or stance.digest != current.body.digest:
            raise _wrong("not_confirmed", member, "has no stance on the current result")
    stances = [confirmation.stance for confirmation in results.confirmations.values()]
    counts = [f"{stances.count(stance)} {stance}" for stance in dict.fromkeys(stances)]
    noted = [f"{len(results.refusals)} noted refusals"] if results.refusals else []
    return ", ".join(counts + noted)


def check_report(bundle: Bundle, run: Replay) -> str:
    """The report in the bundle is the one in the record, made for this result and this head."""
    report, current = run.session.results.report, run.session.results.current
    if report is None:
        return "not reached"
    position = run.of_kind("report.issued")[-1][0]
    if report.file.sha256 not in bundle.files:
        raise _wrong("file_missing", run.where(position), "the report is not in the bundle")
    if current is None or report.digest != current.body.digest:
        raise _wrong("report_differs", run.where(position), "is not about the current result")
    size = report.head.size
    if size > position or run.root(size).hex() != report.head.root:
        raise _wrong("report_differs", run.where(position), "carries a head that never was")
    return f"SHA-256 {report.file.sha256}, head {size}; its printed words are not compared"


def _wrong(code: str, region: str, detail: str) -> EvidenceError:
    return EvidenceError(code, field=region, detail=detail)
