"""`bideval certs`: an authority and what it issues, by files, and accepted by OpenSSL's TLS."""

from __future__ import annotations

import socket
import ssl
import stat
import threading

import pytest
from cryptography.x509 import load_pem_x509_certificate

from bideval.cli.certs import certify_venues
from bideval.cli.main import main
from bideval.gateways.certificates import Issued, check_pair, new_authority, new_server
from bideval.terms.errors import InputError, RefusedError

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000


@pytest.fixture
def authority(tmp_path, capsys):
    folder = tmp_path / "ca"
    assert (
        main(["certs", "authority", "--name", "凤和区公共资源交易中心", "--out", str(folder)]) == 0
    )
    capsys.readouterr()
    return folder


def issue(authority, folder, *words):
    return main(["certs", *words, "--authority", str(authority), "--out", str(folder)])


def shaken_hands(folder, authority, name):
    """Return the TLS version that a client trusting only the authority agrees on."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem", folder / "server.key")
    client = ssl.create_default_context(cafile=authority / "authority.pem")
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    near, far = socket.socketpair()

    def serve():
        try:
            server.wrap_socket(far, server_side=True).close()
        except ssl.SSLError:
            far.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(near, server_hostname=name) as line:
            return line.version()
    finally:
        thread.join(10)


def test_a_server_certificate_is_trusted_under_its_names_alone(authority, tmp_path, capsys):
    out = tmp_path / "fenghe"
    assert issue(authority, out, "server", "--host", "bid.example", "--host", "10.1.2.3") == 0
    assert capsys.readouterr().out == f"{out}/server.pem\n{out}/server.key\n"
    assert shaken_hands(out, authority, "bid.example") == "TLSv1.3"
    assert shaken_hands(out, authority, "10.1.2.3") == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken_hands(out, authority, "other.example")


def test_keys_are_secret_and_never_overwritten(authority, tmp_path, capsys):
    out = tmp_path / "fenghe"
    words = ("report", "--name", "凤和区公共资源交易中心")
    assert issue(authority, out, *words) == 0
    key = out / "report.key"
    before = key.read_bytes()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert issue(authority, out, *words) == 2
    assert "out" in capsys.readouterr().err
    assert key.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("server", "--host", "名.example"), "host"),
        (("server", "--host", "a b"), "host"),
        (("server", "--host", ""), "host"),
        (("report", "--name", "x" * 65), "name"),
        (("report", "--name", ""), "name"),
    ],
)
def test_a_name_that_no_certificate_carries_is_refused(authority, tmp_path, capsys, words, field):
    assert issue(authority, tmp_path / "out", *words) == 2
    assert field in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_authority_that_is_not_there_is_named(tmp_path, capsys):
    assert issue(tmp_path / "none", tmp_path / "out", "report", "--name", "x") == 2
    assert "authority" in capsys.readouterr().err


def test_a_pair_must_belong_together_and_be_valid_now():
    one, other = (new_authority(name, now_ms=NOW_MS) for name in ("one", "other"))
    server = new_server(one, ["bid.example"], now_ms=NOW_MS)
    check_pair(server, field="f", now_ms=NOW_MS)
    for pair, now_ms in (
        (Issued(one.certificate, other.key), NOW_MS),
        (server, NOW_MS + 398 * DAY_MS),
        (server, NOW_MS - DAY_MS),
        (Issued(b"no certificate", server.key), NOW_MS),
        (Issued(server.certificate, b"no key"), NOW_MS),
    ):
        with pytest.raises(InputError) as caught:
            check_pair(pair, field="f", now_ms=now_ms)
        assert (caught.value.code, caught.value.field) == ("bad_certificate", "f")


def test_venues_get_certificates_of_one_authority_and_nothing_is_overwritten(tmp_path):
    folders = {tmp_path / "main": "主场", tmp_path / "branch": "副场"}
    certify_venues(tmp_path / "authority", "Authority", folders)
    issued = [load_pem_x509_certificate((one / "report.pem").read_bytes()) for one in folders]
    authority = load_pem_x509_certificate((tmp_path / "authority/authority.pem").read_bytes())
    for certificate in issued:
        certificate.verify_directly_issued_by(authority)
    with pytest.raises(RefusedError) as caught:
        certify_venues(tmp_path / "authority", "Authority", folders)
    assert caught.value.code == "key_exists"
    certify_venues(tmp_path / "authority", "Authority", {tmp_path / "other": "另一场"})
    other = load_pem_x509_certificate((tmp_path / "other" / "report.pem").read_bytes())
    other.verify_directly_issued_by(authority)
