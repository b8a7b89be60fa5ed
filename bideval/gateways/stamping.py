"""An outside authority's time stamps over HTTP (RFC 3161 §3.4).

Decided here: how it is asked, for how long, and that an answer that does not verify is none.
Not decided here: what is stamped and when (actions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from bideval.evidence.timestamp import check_stamp, read_roots
from bideval.terms.errors import EvidenceError, FaultError, InputError

if TYPE_CHECKING:
    from pathlib import Path

ASK_S = 10.0
ANSWER_LIMIT = 16_384
"""Bytes of an answer: what an entry of the record may carry."""
HEADERS = {"content-type": "application/timestamp-query", "accept": "application/timestamp-reply"}


class HttpStamper:
    """Asks one authority; `authority` is the file (PEM) of the roots that it is trusted by.

    Raises InputError `bad_certificate` when that file cannot be used.
    """

    def __init__(self, url: str, authority: Path) -> None:
        self._url = url
        try:
            self._roots = authority.read_bytes()
        except OSError as error:
            detail = error.strerror or "cannot be read"
            raise InputError("bad_certificate", field="stamps.authority", detail=detail) from None
        read_roots(self._roots)

    def stamp(self, data: bytes) -> bytes:
        """Return the authority's answer (DER) for `data`, verified.

        Raises:
            FaultError: `stamp_failed`.

        """
        request = TimestampRequestBuilder(data, HashAlgorithm.SHA256).build()
        answer = self._ask(request.as_bytes())
        try:
            check_stamp(answer, data, self._roots, nonce=request.nonce)
        except EvidenceError as fault:
            raise FaultError("stamp_failed", detail=fault.detail or "does not verify") from None
        return answer

    def _ask(self, query: bytes) -> bytes:
        answer = b""
        try:
            with httpx2.stream(
                "POST", self._url, content=query, headers=HEADERS, timeout=ASK_S
            ) as response:
                response.raise_for_status()
                for part in response.iter_bytes():
                    answer += part
                    if len(answer) > ANSWER_LIMIT:
                        raise FaultError("stamp_failed", detail="the answer is too long")
        except httpx2.HTTPError as error:
            raise FaultError("stamp_failed", detail=type(error).__name__) from None
        return answer
