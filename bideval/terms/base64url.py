"""Base64url without padding (RFC 4648 section 5), where one byte string has exactly one text.

Decided here: the alphabet, no padding, no white space, unused trailing bits zero.
Not decided here: which error a reader raises; callers turn the `ValueError` into their own family.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

_WRITTEN = bytes.maketrans(b"+/", b"-_")
_READ = bytes.maketrans(b"-_+/=\n", b"+/!!!!")
"""To the alphabet that `binascii` reads; what it would read beside becomes what it refuses."""

_ENDS = {2: (b"AQgw", b"=="), 3: (b"AEIMQUYcgkosw048", b"=")}
"""By the length modulo four: last characters whose unused bits are zero, and what pads them."""


def encode(data: bytes) -> str:
    """Return the one base64url text of `data`."""
    return b2a_base64(data, newline=False).translate(_WRITTEN).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of a base64url text; raise `ValueError` for any other spelling of them.

    The alphabet alone, no padding, and unused trailing bits zero (RFC 4648 sections 3.2 to 3.5).
    """
    data = text.encode("ascii").translate(_READ)
    spare = len(data) & 3
    if spare:
        allowed, padding = _ENDS.get(spare, (b"", b""))
        if data[-1] not in allowed:
            raise ValueError("not canonical base64url")
        data += padding
    return a2b_base64(data, strict_mode=True)
