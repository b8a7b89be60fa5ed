"""How a wrong peer is answered inside the machine.

Decided here: two families. A `LinkFault` closes the connection, a `SessionFault` quarantines one
session on it and lets the others go on. Both are caught by the machine and never leave it.
Not decided here: which mistake belongs to which family; see where they are raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from bideval.sync.effects import FaultKind
    from bideval.sync.trails import Mark
    from bideval.sync.words import Said


class LinkFault(BidevalError):  # noqa: N818 (it is control flow of this room, not an error of callers)
    """The connection cannot go on; the peer learns no more than that."""

    def __init__(self, kind: FaultKind, detail: str) -> None:
        super().__init__(kind.value, detail=detail)
        self.kind = kind


class SessionFault(BidevalError):  # noqa: N818 (it is control flow of this room, not an error of callers)
    """This session cannot go on here."""

    def __init__(
        self,
        kind: FaultKind,
        session: str,
        detail: str,
        *,
        stated: Mark | None = None,
        held: Mark | None = None,
        said: Said | None = None,
    ) -> None:
        super().__init__(kind.value, detail=detail)
        self.kind = kind
        self.session = session
        self.stated = stated
        self.held = held
        self.said = said
