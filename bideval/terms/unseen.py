"""Characters in a text that nobody sees and that change how others read.

Decided here: which they are, and what stands in their place wherever people read a text.
Not decided here: whether a text with them is taken. It is signed as it was written, and shown so
that it misleads nobody.
"""

from __future__ import annotations

import re

_UNSEEN = re.compile("[\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Controls beyond ASCII, line separators, and what turns the direction of text (UAX 9)."""

_SHOWN = "\N{REPLACEMENT CHARACTER}"


def with_unseen_shown(text: str) -> str:
    """Return the text with a sign for each of them.

    A bidder's name with an override showed the names behind it, those of others, in reverse.
    """
    return text if text.isprintable() else _UNSEEN.sub(_SHOWN, text)
