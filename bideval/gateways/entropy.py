"""The machine's secret randomness.

Decided here: it comes from the operating system, always.
"""

from __future__ import annotations

import secrets


class OsEntropy:
    """An `Entropy` over the operating system."""

    def token(self, size: int) -> bytes:
        return secrets.token_bytes(size)
