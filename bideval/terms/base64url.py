"""Base64url without padding (RFC 4648 section 5), where one byte string has exactly one text.

Decided here: the alphabet, no padding, no white space, unused trailing bits zero.
Not decided here: which error a reader raises; callers turn the `ValueError` into their own family.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode


def encode(data: bytes) -> str:
    """Return the one base64url text of `data`."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of a base64url text; raise `ValueError` for any other spelling of them.

    Writing the bytes again and comparing covers alphabet, padding and trailing bits at once
    (RFC 4648 sections 3.2 to 3.5), and is the fastest check that the standard library allows.
    """
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:
        raise ValueError("not canonical base64url")
    return data
