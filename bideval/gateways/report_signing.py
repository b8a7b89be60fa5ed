"""The venue's signature under a report: PAdES B-B (ETSI EN 319 142-1), one invisible field.

Decided here: kind of signature, that nothing may be changed after it, that nothing is fetched.
Not decided here: which certificate (settings), and what the report says.

Imported only by the press's child process: loading the library takes as long as printing a page.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner

from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from pathlib import Path

FIELD = "Venue"
REASON = "Evaluation report issued by this venue"


def sign_report(pdf: bytes, *, certificate: Path, key: Path) -> bytes:
    """Return `pdf` with one signature appended; the bytes before it stay as they are.

    `certificate` is a PEM file with the signer's certificate first and then its chain; `key` the
    PEM private key without a password (P-256, P-384 or RSA).

    Raises:
        FaultError: `press_failed`, when the two cannot be used.

    """
    chain = (str(certificate),)
    signer = SimpleSigner.load(  # type: ignore[no-untyped-call]  # annotated in part
        str(key), str(certificate), ca_chain_files=chain
    )
    if signer is None:
        raise FaultError("press_failed", detail="certificate or key of reports cannot be read")
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=REASON,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    signed = io.BytesIO()
    PdfSigner(metadata, signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), output=signed)
    return signed.getvalue()
