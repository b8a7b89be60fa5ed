"""Time stamps of an outside authority (RFC 3161): whether an answer is good.

Decided here: what is checked. Not decided here: what is stamped, and which authority is trusted.

Not part of the verifier's four packages: whoever holds an authority's certificate against a bundle
installs `rfc3161-client`, or uses `openssl ts`.
"""

from __future__ import annotations

from cryptography import x509
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

from bideval.terms.errors import EvidenceError, InputError


def check_stamp(response: bytes, data: bytes, authority: bytes, *, nonce: int | None = None) -> int:
    """Return the time (Unix seconds) that the authority states for `data`.

    `response` is the answer (DER, RFC 3161 §2.4.2), `authority` one or more root certificates
    (PEM); with `nonce`, the answer must be the one to that request.

    Raises:
        EvidenceError: `bad_stamp`, when it is malformed, over other data, or not by the authority.
        InputError: `bad_certificate`, when the roots cannot be read.

    """
    roots = read_roots(authority)
    verifier = VerifierBuilder(roots=roots, nonce=nonce).build()
    try:
        answer = decode_timestamp_response(response)
        verifier.verify_message(answer, data)
    except (VerificationError, ValueError) as fault:
        raise EvidenceError("bad_stamp", field="response", detail=str(fault)[:200]) from None
    return int(answer.tst_info.gen_time.timestamp())


def read_roots(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates of a PEM file; raises InputError `bad_certificate`."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        detail = "must be one or more certificates (PEM)"
        raise InputError("bad_certificate", field="authority", detail=detail) from None
