"""The press: report content to PDF bytes, in a process of its own.

Decided here: the report's Chinese words, its template, and that the same content gives the same
bytes before a signature. Not decided here: what the report says (`bideval.session.report`).

Printing takes seconds and much memory, so it never runs inside the server's process.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bideval.evidence.canonical import canonical_bytes
from bideval.gateways.certificates import Issued, check_pair
from bideval.gateways.keyring import read_secret
from bideval.gateways.report_words import WORDS
from bideval.gateways.resources import web_folder
from bideval.terms.errors import FaultError, InputError
from bideval.terms.unseen import with_unseen_shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PRINT_S = 120.0
"""Seconds for one report; a long one with sixty bids takes ten on a quiet machine."""
PDF_LIMIT = 64 * 2**20
"""Bytes of a report: far above the largest, below what would hurt."""


@dataclass(frozen=True, slots=True)
class ReportSigner:
    """Two PEM files: the venue's certificate for reports (with its chain), and its private key."""

    certificate: Path
    key: Path

    def check(self, *, now_ms: int) -> None:
        """Look at start whether reports can be signed.

        Raises:
            FaultError: `bad_key_file`.
            InputError: `bad_certificate`.

        """
        key = read_secret(self.key, field="report.key")
        try:
            certificate = self.certificate.read_bytes()
        except OSError as error:
            raise InputError(
                "bad_certificate", field="report.certificate", detail=error.strerror or ""
            ) from None
        check_pair(Issued(certificate, key), field="report.certificate", now_ms=now_ms)


class PaperPress:
    """Prints with WeasyPrint in a child process; with a `signer`, the report is signed there."""

    def __init__(self, signer: ReportSigner | None = None) -> None:
        self._files = () if signer is None else (str(signer.certificate), str(signer.key))

    async def report(self, content: Mapping[str, object]) -> bytes:
        """Return the report as PDF bytes; raises FaultError `press_failed`."""
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bideval.gateways.press_child",
            *self._files,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(PRINT_S):
                pdf, complaint = await child.communicate(canonical_bytes(dict(content)))
        except TimeoutError:
            child.kill()
            await child.wait()
            raise FaultError("press_failed", detail=f"not printed in {PRINT_S} s") from None
        if child.returncode != 0 or not pdf.startswith(b"%PDF") or len(pdf) > PDF_LIMIT:
            last = complaint.decode(errors="replace").strip().splitlines()[-1:]
            raise FaultError("press_failed", detail=" ".join(last)[:300])
        return pdf


def report_html(content: Mapping[str, Any]) -> str:
    """Return the report as one HTML page in Chinese."""
    folder = web_folder() / "templates" / "report"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: with_unseen_shown(value) if type(value) is str else value,
    )
    environment.filters |= {"word": _word, "money": _money, "given": _given, "instant": _instant}
    comparison = {
        lot: {**part, "sheets": _sheets(part["marks"])}
        for lot, part in content["comparison"].items()
    }
    page = environment.get_template("report.html")
    return page.render({**content, "comparison": comparison, "names": _names(content)})


def _names(content: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    bids = {
        one["bid"]: f"{one['label']}. {one['sheet']['bidder_name']}"
        for one in content["opening"]["bids"]
        if one["sheet"]
    }
    venues = {one["id"]: one["name"] for one in content["basics"]["venues"]}
    return {"bids": bids, "venues": venues, "disciplines": content["basics"]["disciplines"]}


def _sheets(marks: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Turn marks by member and bid into marks by bid and member."""
    turned: dict[str, dict[str, Any]] = {}
    for member, bids in marks.items():
        for bid, row in bids.items():
            turned.setdefault(bid, {})[member] = row
    return turned


def _word(code: str | None, of: str = "") -> str:
    """Return the word for a code, the one for what it is a code `of` first."""
    return "" if code is None else WORDS.get(f"{of}.{code}") or WORDS.get(code, code)


def _money(amount: str | None) -> str:
    return "—" if amount is None else f"{Decimal(amount):,.2f}"


def _given(value: object) -> str:
    return "—" if value is None else str(value)


def _instant(text: str | None) -> str:
    return "—" if text is None else text[:19].replace("T", " ")
