"""Base64url without padding (RFC 4648 section 5), where one byte string has exactly one text.

Decided here: the alphabet, no padding, no white space, unused trailing bits zero.
Not decided here: which error a reader raises; callers turn the `ValueError` into their own family.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

_WRITTEN = bytes.maketrans(b"+/", b"-_")
_READ = bytes.maketrans(b"-_", b"+/")


def encode(data: bytes) -> str:
    """Return the one base64url text of `data`."""
    return b2a_base64(data, newline=False).translate(_WRITTEN).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of a base64url text; raise `ValueError` for any other spelling of them.

    Writing the bytes again and comparing covers alphabet, padding and trailing bits at once
    (RFC 4648 sections 3.2 to 3.5), and is the fastest check that the standard library allows.
    """
    data = a2b_base64(text.encode("ascii").translate(_READ) + b"=" * (-len(text) % 4))
    if encode(data) != text:
        raise ValueError("not canonical base64url")
    return data
