"""The child process of the press: report content as JSON on standard input, PDF on standard output.

Decided here: that nothing is fetched: the only address a page may name is the report's stylesheet.
Not decided here: words and template (`press`), how a report is signed (`report_signing`).

Arguments: none, or the two files of the certificate and the key that sign the report.
"""

from __future__ import annotations

import sys
from pathlib import Path

from weasyprint import CSS, HTML  # type: ignore[import-untyped]  # annotated nowhere

from bideval.evidence.canonical import read_json
from bideval.gateways.press import report_html
from bideval.gateways.resources import web_folder
from bideval.terms.fields import mapping

CONTENT_LIMIT = 32 * 2**20


def main() -> int:
    """Print one report."""
    content = mapping(read_json(sys.stdin.buffer.read(), limit=CONTENT_LIMIT), "report")
    html = report_html(content).replace('<link rel="stylesheet" href="report.css">', "")
    style = CSS(filename=str(web_folder() / "static" / "css" / "report.css"))
    document = HTML(string=html, url_fetcher=_refuse)
    pdf = document.write_pdf(stylesheets=[style], pdf_identifier=b"bideval")
    sys.stdout.buffer.write(_signed(pdf, sys.argv[1:]))
    return 0


def _signed(pdf: bytes, files: list[str]) -> bytes:
    if not files:
        return pdf
    # Only here: the library is large, and most presses have no certificate.
    from bideval.gateways.report_signing import sign_report  # noqa: PLC0415

    certificate, key = map(Path, files)
    return sign_report(pdf, certificate=certificate, key=key)


def _refuse(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a report fetches nothing, not even {url[:60]}")


if __name__ == "__main__":
    sys.exit(main())
