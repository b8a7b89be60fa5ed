"""Twelve bundles with a planted fraud each, for whoever learns to audit.

    python -m tests.unit.audit.frauds --out frauds

writes the bundles, `branch.bundle` (the copy that the branch kept) and `kept.receipt` (the proof
that a member kept). docs/guide/auditor.md says how each fraud is found; a test follows it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bideval.audit.container import read_container, source, write_container
from bideval.evidence.encoding import hex_digest
from bideval.ledger.entry import parse_entry
from bideval.ledger.proof import make_proof
from bideval.ledger.tree import inclusion_path, leaf_hash
from bideval.session.caseform import consolidation
from bideval.session.names import Phase
from bideval.session.unsealing import open_marks
from tests.unit.audit import insider
from tests.unit.audit.hearing import (
    REPORT,
    ROWS,
    Hearing,
    at,
    bundle_of,
    lines_of,
    next_expert,
    note_of,
    position,
    rewritten,
)
from tests.unit.audit.retelling import eventful, retold
from tests.unit.session.conversation import OFFICERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.draw.panel import DrawnExpert

MAIN = "venue/fenghua"
REPLACED, SUCCESSOR = "fenghua-02", "fenghua-09"


def changed_mark() -> bytes:
    """Main gives a sealed mark another content and keeps the expert's signature."""
    talk = eventful()
    place = position(talk, "mark.sealed")
    other = parse_entry(talk.lines[position(talk, "mark.sealed", last=True)].jws).body["ciphertext"]
    return bundle_of(talk, lines=rewritten(talk, place, ciphertext=other))


def removed_entry() -> bytes:
    """Main leaves the supervisor's warning out and signs what is left."""
    return insider.remove_without_renumbering()


def swapped_sheet() -> bytes:
    """Main puts one expert's sheet under another one's name."""
    talk = eventful()
    first, last = (
        position(talk, "scoresheet.signed"),
        position(talk, "scoresheet.signed", last=True),
    )
    other = parse_entry(talk.lines[first].jws).body["ciphertext"]
    return bundle_of(talk, lines=rewritten(talk, last, ciphertext=other))


def rigged_draw() -> bytes:
    """Main seats a friend from the pool instead of the lowest ticket."""
    talk = at(Phase.OPENED)
    honest = talk.drawn

    def rigged() -> list[DrawnExpert]:
        drawn = honest()
        friend = next_expert(ROWS, talk.seed(), drawn[0].row, {one.row.leaf for one in drawn})
        return [friend, *drawn[1:]]

    talk.drawn = rigged  # type: ignore[method-assign]  # main lies
    return bundle_of(talk.until(Phase.DRAWN))  # type: ignore[arg-type]  # it is a hearing


def late_bid() -> bytes:
    """Main opens a bid that came when the box was closed."""
    talk = at(Phase.PREPARED)
    talk.must("bidder-bbbbbbbb", "bid.withdrawn", {"bid": "bid-b"})
    talk.packages["bid-d"] = {"price": "940000.00", "size": "small"}
    talk.close()
    talk.say("bidder-bbbbbbbb", "bid.sealed", talk.bid("bid-d"))
    talk.say(MAIN, "bid.opened", talk.announcement("bid-d"))
    return bundle_of(talk)


def early_opening() -> bytes:
    """Main opens a bid before the box is closed."""
    talk = at(Phase.PREPARED)
    talk.say(MAIN, "bid.opened", talk.announcement("bid-a"))
    return bundle_of(talk)


def forged_cosignature() -> bytes:
    """Main signs in the name of a branch."""
    return insider.forge_cosignature()


def replaced_member_counted() -> bytes:
    """Main counts the marks of the member who was replaced, not those of the successor."""
    talk = at(Phase.SCORING)
    talk.script[REPLACED] = {bid: {"design": "40"} for bid in ("bid-b",)}
    for name in talk.session.member_ids():
        talk.score(name, items=0)
    unreplaced = talk.fork()
    unreplaced.move(Phase.RELEASED)
    unreplaced.release_marks()
    body = dict(consolidation(unreplaced.session, open_marks(unreplaced.session)).body)
    _replace(talk)
    talk.until(Phase.RELEASED)
    talk.release_marks()
    talk.must(MAIN, "result.consolidated", body)
    return bundle_of(talk)


def _replace(talk: Hearing) -> None:
    """Let an officer replace a member; the next ticket takes the seat and starts anew."""
    member = talk.session.panel.members[REPLACED]
    assert member.seat is not None
    seat = talk.session.panel.seats[member.seat].item
    body = {"person": REPLACED, "ground": "illness", "reason": "ill", "by": None}
    talk.must(OFFICERS[0], "member.replaced", body)
    leaving = next(row for row in ROWS if row.blinded == seat.blinded)
    spent = {bytes.fromhex(one) for one in talk.session.panel.spent}
    following = next_expert(ROWS, talk.seed(), leaving, spent)
    item = talk.item(member.seat, following)
    names = talk.names_of([following])
    supplement = {"reason": "ill", "for": seat.blinded, "panel": item, "names": names}
    talk.must(MAIN, "draw.supplemented", supplement)
    assert talk.enrol(SUCCESSOR, "expert", "fenghua", ticket=item["blinded"]).counted
    talk.declare(SUCCESSOR)
    for bid in talk.session.reviewed_bids():
        talk.vote(SUCCESSOR, bid.id)


def changed_rule_set() -> bytes:
    """Main and the branches write the session anew under other rules."""
    return bundle_of(insider.rewritten_by("change_rulebook"))


def edited_report() -> bytes:
    """Somebody edits the report in the file and puts the container's digests right."""
    edited = REPORT.replace(b"report", b"REPORT")
    name = f"file/{hex_digest(REPORT)}"
    sections = [
        source(part.name, edited if part.name == name else bytes(part.data))
        for part in read_container(bundle_of(eventful()))
    ]
    return b"".join(write_container(sections))


def cut_tail() -> bytes:
    """Main shows an old state that the branches did co-sign."""
    talk = eventful()
    lines = lines_of(talk)[:-4]
    return bundle_of(talk, lines=lines, note=note_of(talk, lines))


def fork() -> bytes:
    """Main and the branches sign a second history, in which nobody dissents."""
    return bundle_of(insider.rewritten_by("turn_dissent"))


FRAUDS: dict[str, Callable[[], bytes]] = {
    one.__name__.replace("_", "-"): one
    for one in (
        changed_mark,
        removed_entry,
        swapped_sheet,
        rigged_draw,
        late_bid,
        early_opening,
        forged_cosignature,
        replaced_member_counted,
        changed_rule_set,
        edited_report,
        cut_tail,
        fork,
    )
}


def write_frauds(folder: Path) -> None:
    """Write the twelve bundles, the branch's copy and a kept receipt into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    talk = retold(eventful(), lambda _story: None)
    lines = lines_of(talk)
    path = inclusion_path([leaf_hash(line) for line in lines], len(lines) - 1)
    proof = make_proof(len(lines) - 1, path, note_of(talk, lines))
    (folder / "branch.bundle").write_bytes(bundle_of(talk, exported_by="wencheng"))
    (folder / "kept.receipt").write_text(proof, encoding="utf-8")
    for name, make in FRAUDS.items():
        (folder / f"{name}.bundle").write_bytes(make())


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    write_frauds(parser.parse_args().out)


if __name__ == "__main__":
    main()
