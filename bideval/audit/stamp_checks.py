"""Whether the time stamps in a record hold, for an auditor who trusts an authority.

Decided here: that a stamp is over the body of a checkpoint that this record had, and when the
authority says that was. Not decided here: how a stamp is verified (evidence).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.ledger.checkpoint import Checkpoint, checkpoint_body
from bideval.terms.errors import BidevalError, EvidenceError
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.audit.replay import Replay

    Judge = Callable[[bytes, bytes], int]


def check_stamps(run: Replay, judge: Judge) -> str:
    """Every stamp in the record is over a head that the record had, and good.

    `judge(response, data)` returns Unix seconds, or raises EvidenceError.
    """
    found = []
    for stamp in run.session.procedure.stamps:
        root = run.root(stamp.size)
        if root.hex() != stamp.root:
            detail = f"states another root for {stamp.size} entries than the record has"
            raise EvidenceError("root_differs", field=run.where(stamp.position), detail=detail)
        head = Checkpoint(run.session.session_id, stamp.size, root)
        try:
            seconds = judge(stamp.response, checkpoint_body(head).encode())
        except BidevalError as fault:
            where = run.where(stamp.position)
            raise EvidenceError(fault.code, field=where, detail=fault.detail or "") from None
        found.append(f"{stamp.size} entries by {instant_text(seconds * 1000)} ({stamp.by})")
    return "; ".join(found) or "none in this record"
