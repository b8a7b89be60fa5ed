"""`bideval certs`: a certificate authority for venues, and the certificates it issues.

Decided here: arguments, names of files, and that no file is ever overwritten.
Not decided here: what stands in a certificate (gateways).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bideval.gateways.certificates import Issued, new_authority, new_report_signer, new_server
from bideval.gateways.clock import SystemClock
from bideval.gateways.keyring import read_secret, write_secret
from bideval.terms.errors import InputError, RefusedError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

PEM_BYTES = 1 << 16
AUTHORITY, REPORT = "authority", "report"
"""Names of the files, without their endings."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("certs", help="make an authority, and certificates for venues")
    kinds = parser.add_subparsers(
        dest="makes", required=True, metavar="authority | server | report"
    )
    authority = kinds.add_parser(
        "authority", help="make an authority: authority.pem, authority.key"
    )
    authority.add_argument("--name", required=True, help="as people read it in a browser")
    server = kinds.add_parser("server", help="issue a certificate for TLS")
    server.add_argument(
        "--host", action="append", required=True, help="a name or address; may be repeated"
    )
    report = kinds.add_parser("report", help="issue one that signs reports")
    report.add_argument(
        "--name", required=True, help="the venue's name as readers of a report see it"
    )
    for kind in (server, report):
        kind.add_argument(
            "--authority", type=Path, required=True, help="folder of the authority's two files"
        )
    for kind in (authority, server, report):
        kind.add_argument("--out", type=Path, required=True, help="folder for the new files")


def run(args: argparse.Namespace) -> int:
    now_ms = SystemClock().now_ms()
    match args.makes:
        case "authority":
            issued = new_authority(args.name, now_ms=now_ms)
        case "server":
            issued = new_server(_authority(args.authority), args.host, now_ms=now_ms)
        case _:
            issued = new_report_signer(_authority(args.authority), args.name, now_ms=now_ms)
    for path in _keep(args.out, args.makes, issued):
        print(path)
    return 0


def _authority(folder: Path) -> Issued:
    path = folder / "authority.pem"
    try:
        certificate = path.read_bytes()[:PEM_BYTES]
    except OSError as error:
        detail = f"{path.name}: {error.strerror}"
        raise InputError("bad_certificate", field="authority", detail=detail) from None
    return Issued(certificate, read_secret(folder / "authority.key", field="authority"))


def certify_venues(authority: Path, name: str, venues: Mapping[Path, str]) -> None:
    """Make an authority and, in each venue's folder, a certificate of it that signs reports.

    `venues`: folder to the venue's name. An authority that is there already issues them.
    """
    now_ms = SystemClock().now_ms()
    if not (authority / f"{AUTHORITY}.pem").exists():
        _keep(authority, AUTHORITY, new_authority(name, now_ms=now_ms))
    issuer = _authority(authority)
    for folder, venue in venues.items():
        _keep(folder, REPORT, new_report_signer(issuer, venue, now_ms=now_ms))


def _keep(folder: Path, name: str, issued: Issued) -> tuple[Path, Path]:
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    if certificate.exists() or key.exists():
        raise RefusedError("key_exists", field="out", detail="a key is never overwritten")
    write_secret(key, issued.key)
    certificate.write_bytes(issued.certificate)
    return certificate, key
