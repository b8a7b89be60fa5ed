"""X.509 for venues that have no public certificates: an authority of their own, and what it issues.

Decided here: key type (P-256, which every reader of PDF and every browser knows), lengths of life,
what each certificate may be used for (RFC 5280 §4.2.1). Not decided here: where files lie (cli).

The record never depends on these: they let browsers and links use TLS, and let a reader of a PDF
see whose report it is. What counts is signed with venue keys.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

AUTHORITY_DAYS = 3_650
SERVER_DAYS = 397
"""What browsers accept of a server at most."""
REPORT_DAYS = 1_095
EARLY = timedelta(hours=1)
"""Certificates are valid a little before they are made: clocks of others may be behind."""
NAME_LENGTH = 64
"""Characters of a common name (RFC 5280, ub-common-name)."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key, both PEM; whoever writes `key` keeps it secret."""

    certificate: bytes
    key: bytes


def new_authority(name: str, *, now_ms: int) -> Issued:
    """Make an authority that may issue certificates for servers and reports, and nothing below."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = (
        _builder(subject, subject, key.public_key(), now_ms=now_ms, days=AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return _sealed(builder, key, signed_with=key)


def new_server(authority: Issued, hosts: Sequence[str], *, now_ms: int) -> Issued:
    """Issue a certificate for TLS under host names or addresses.

    Raises:
        InputError: `bad_host` for an empty list or a name that no certificate can carry;
            `bad_certificate` when the authority's files do not go together.

    """
    if not hosts:
        raise InputError("bad_host", field="host", detail="at least one name or address")
    names = [_host(host) for host in hosts]
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _issue(authority, hosts[0], key.public_key(), now_ms=now_ms, days=SERVER_DAYS)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    return _sealed(builder, key, signed_with=_key_of(authority))


def new_report_signer(authority: Issued, name: str, *, now_ms: int) -> Issued:
    """Issue a certificate with which a venue signs reports (non-repudiation)."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _issue(
        authority, name, key.public_key(), now_ms=now_ms, days=REPORT_DAYS
    ).add_extension(_usage(documents=True), critical=True)
    return _sealed(builder, key, signed_with=_key_of(authority))


def check_pair(pair: Issued, *, field: str, now_ms: int) -> None:
    """Refuse a certificate that is not this key's, or not valid now.

    Raises:
        InputError: `bad_certificate`.

    """
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate)
        public = load_pem_private_key(pair.key, password=None).public_key()
    except (ValueError, TypeError):
        detail = "must be PEM: a certificate, and a private key without a password"
        raise InputError("bad_certificate", field=field, detail=detail) from None
    if certificate.public_key() != public:
        raise InputError("bad_certificate", field=field, detail="is not the certificate of the key")
    now = _instant(now_ms)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        detail = f"is valid until {certificate.not_valid_after_utc.date()}"
        raise InputError("bad_certificate", field=field, detail=detail)


def _issue(
    authority: Issued, name: str, public: ec.EllipticCurvePublicKey, *, now_ms: int, days: int
) -> x509.CertificateBuilder:
    check_pair(authority, field="authority", now_ms=now_ms)
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(_key_of(authority).public_key())
    below = x509.SubjectKeyIdentifier.from_public_key(public)
    return (
        _builder(_name(name), issuer.subject, public, now_ms=now_ms, days=days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(above, critical=False)
        .add_extension(below, critical=False)
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    *,
    now_ms: int,
    days: int,
) -> x509.CertificateBuilder:
    now = _instant(now_ms)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLY)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, certificates: bool = False, documents: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=documents,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _sealed(
    builder: x509.CertificateBuilder,
    key: ec.EllipticCurvePrivateKey,
    *,
    signed_with: ec.EllipticCurvePrivateKey,
) -> Issued:
    certificate = builder.sign(signed_with, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Issued(certificate.public_bytes(Encoding.PEM), pem)


def _key_of(authority: Issued) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(authority.key, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        detail = "the authority's key must be of a curve, as `bideval certs authority` makes it"
        raise InputError("bad_certificate", field="authority", detail=detail)
    return key


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        pass
    labels = text.rstrip(".").split(".")
    if not text.isascii() or not all(label.replace("-", "").isalnum() for label in labels):
        detail = "must be a host name in ASCII, or an address"
        raise InputError("bad_host", field="host", detail=detail)
    return x509.DNSName(text)


def _name(text: str) -> x509.Name:
    if not 1 <= len(text) <= NAME_LENGTH:
        detail = f"must have from 1 to {NAME_LENGTH} characters"
        raise InputError("bad_name", field="name", detail=detail)
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _instant(now_ms: int) -> datetime:
    return datetime.fromtimestamp(now_ms // 1000, UTC)
