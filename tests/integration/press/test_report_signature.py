"""The signed report before a judge that is not ours: `pdfsig` of Debian's poppler-utils."""

from __future__ import annotations

import asyncio
import time

import pytest

from bideval.cli.main import main
from bideval.gateways.press import PaperPress, ReportSigner
from bideval.session.caseform import consolidation, corrected_marks
from bideval.session.names import Phase
from bideval.session.report import report_content
from bideval.session.unsealing import open_marks
from bideval.terms.errors import FaultError, InputError
from tests.integration.press.pdf_judge import GOOD, pdf_judge
from tests.unit.session.conversation import at

VENUE = "凤和区公共资源交易中心"


@pytest.fixture(scope="module")
def content():
    talk = at(Phase.CONFIRMED)
    opened = open_marks(talk.session)
    return report_content(
        talk.session,
        marks=corrected_marks(talk.session, opened),
        numbers=consolidation(talk.session, opened),
        root="ab" * 32,
    )


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """An authority, and what it issued to one venue."""
    folder = tmp_path_factory.mktemp("papers")
    made = ["--out", str(folder)]
    assert main(["certs", "authority", "--name", "Authority of venues", *made]) == 0
    report = ["certs", "report", "--authority", str(folder), "--name", VENUE]
    assert main([*report, *made]) == 0
    return folder


@pytest.fixture(scope="module")
def plain(content):
    return asyncio.run(PaperPress().report(content))


@pytest.fixture(scope="module")
def signed(content, papers):
    signer = ReportSigner(papers / "report.pem", papers / "report.key")
    signer.check(now_ms=time.time_ns() // 1_000_000)
    return asyncio.run(PaperPress(signer).report(content))


@pytest.fixture(scope="module")
def judge(papers, tmp_path_factory):
    """Return what `pdfsig` says of a file when it trusts the authority alone."""
    return pdf_judge(papers / "authority.pem", tmp_path_factory.mktemp("trust"))


def test_another_reader_finds_the_signature_valid_and_trusted(judge, signed):
    said = judge(signed)
    assert [said["Signature Validation"], said["Certificate Validation"]] == GOOD
    assert said["Signature Type"] == "ETSI.CAdES.detached"
    assert said["Signer Certificate Common Name"] == VENUE


def test_the_same_content_gives_the_same_bytes_below_the_signature(content, plain, signed):
    assert asyncio.run(PaperPress().report(content)) == plain
    assert signed.startswith(plain)
    assert len(signed) > len(plain)


def test_a_changed_byte_anywhere_breaks_the_signature(judge, plain, signed):
    for place in (len(plain) // 3, len(plain) - 40):
        bent = bytearray(signed)
        bent[place] ^= 1
        said = judge(bytes(bent))
        assert said.get("Signature Validation") != GOOD[0]


def test_a_report_of_another_authority_is_not_trusted(judge, content, tmp_path):
    made = ["--out", str(tmp_path)]
    assert main(["certs", "authority", "--name", "Somebody else", *made]) == 0
    report = ["certs", "report", "--authority", str(tmp_path), "--name", VENUE]
    assert main([*report, *made]) == 0
    press = PaperPress(ReportSigner(tmp_path / "report.pem", tmp_path / "report.key"))
    said = judge(asyncio.run(press.report(content)))
    assert said["Signature Validation"] == GOOD[0]
    assert said["Certificate Validation"] != GOOD[1]


def test_files_that_cannot_sign_are_named_at_the_start(papers, tmp_path):
    loose = tmp_path / "loose.key"
    loose.write_bytes((papers / "report.key").read_bytes())
    loose.chmod(0o644)
    with pytest.raises(FaultError) as fault:
        ReportSigner(papers / "report.pem", loose).check(now_ms=time.time_ns() // 1_000_000)
    assert (fault.value.code, fault.value.field) == ("bad_key_file", "report.key")
    with pytest.raises(InputError) as mistake:
        ReportSigner(tmp_path / "none.pem", papers / "report.key").check(now_ms=0)
    assert (mistake.value.code, mistake.value.field) == ("bad_certificate", "report.certificate")


def test_a_key_that_vanished_prints_no_unsigned_report(content, papers, tmp_path):
    press = PaperPress(ReportSigner(papers / "report.pem", tmp_path / "gone.key"))
    with pytest.raises(FaultError) as fault:
        asyncio.run(press.report(content))
    assert fault.value.code == "press_failed"
