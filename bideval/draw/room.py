"""How much of the drawn experts fits into the one entry that writes a draw down.

Decided here: the largest panel that is drawn, and how many bytes the cells of its experts may have
together (docs/spec/draw.md, 3). An entry has at most 65,000 bytes, and the names of a drawn seat
are in it twice: for the venue of the seat, and sealed for publication. It is settled before the
pool is sealed, so that no draw is found too large when its seed is known.
Each file that age encrypts has a stanza of random length; each part has 100 bytes to spare for it.
Not decided here: the form of the entry (`session.bodies`), and who is told (`actions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_DRAWN = 21
"""Seats of one draw: with so many, each expert has some 550 bytes of names and declarations."""
ENTRY_BYTES = 48_550
"""Bytes of an entry's payload that fit with header and signature into 65,000 in base64url."""
BASE_BYTES = 1_220
"""Session, author, ids, seed and the like."""
CUSTODIAN_BYTES = 1_345
"""One custodian's share in the seal of the names."""
SEAT_BYTES = 1_315
"""A seat whose expert's cells are all empty: ticket, leaf, and both documents encrypted."""
TWICE = ("name", "employer", "title", "discipline", "venue")
"""Cells that are published, and that the venue of the seat gets too."""
ONCE = ("id_tail", "phone", "former", "relatives", "projects")
"""Cells that only the venue of the seat gets."""


def room_for(drawn: int, custodians: int) -> int:
    """Return how many bytes, as `cell_bytes` counts them, `drawn` experts may have together.

    `custodians`: those of identities. May be below 0: then no draw of so many fits.
    """
    left = ENTRY_BYTES - BASE_BYTES - CUSTODIAN_BYTES * custodians - SEAT_BYTES * drawn
    return left * 3 // 4


def cell_bytes(cells: Mapping[str, str]) -> int:
    """Return the bytes of an expert's cells in the entry of a draw, before base64url."""
    return 2 * sum(_written(cells[name]) for name in TWICE) + sum(
        _written(cells[name]) for name in ONCE
    )


def _written(text: str) -> int:
    """Return the bytes of a text inside a JSON string; it has no control characters."""
    return len(text.encode()) + text.count('"') + text.count("\\")
