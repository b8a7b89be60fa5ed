"""Whether a time stamp is good: answers of a real authority (OpenSSL), and everything beside."""

from __future__ import annotations

import time

import pytest
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from bideval.evidence.timestamp import check_stamp, read_roots
from bideval.terms.errors import EvidenceError, InputError
from tests.integration.server.stamp_authority import Authority, new_authority

DATA = b"bideval/session/fh-2026-0117\n3\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("tsa"))


def stamped(authority: Authority, data: bytes = DATA) -> tuple[bytes, int]:
    request = TimestampRequestBuilder(data, HashAlgorithm.SHA256).build()
    assert request.nonce is not None
    return authority.answer(request.as_bytes()), request.nonce


def test_a_stamp_states_the_time(authority: Authority) -> None:
    before = int(time.time())
    stamp, nonce = stamped(authority)
    roots = authority.root.read_bytes()

    assert before <= check_stamp(stamp, DATA, roots, nonce=nonce) <= int(time.time())
    assert check_stamp(stamp, DATA, roots) >= before


def test_a_stamp_over_other_data_or_of_another_question_does_not_hold(authority: Authority) -> None:
    stamp, nonce = stamped(authority)
    roots = authority.root.read_bytes()

    for data, asked in ((DATA + b"x", nonce), (DATA, nonce + 1)):
        with pytest.raises(EvidenceError) as caught:
            check_stamp(stamp, data, roots, nonce=asked)
        assert caught.value.code == "bad_stamp"


def test_a_stamp_by_nobody_trusted_does_not_hold(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stamp, _ = stamped(authority)
    other = new_authority(tmp_path_factory.mktemp("stranger")).root.read_bytes()

    with pytest.raises(EvidenceError) as caught:
        check_stamp(stamp, DATA, other)

    assert caught.value.code == "bad_stamp"


def test_no_byte_of_the_signed_part_may_change(authority: Authority) -> None:
    stamp, _ = stamped(authority)
    roots = authority.root.read_bytes()
    from_data = stamp.index(DATA_DIGEST_TAG)
    for place in (*range(from_data, from_data + 60, 7), len(stamp) - 20):
        bent = bytearray(stamp)
        bent[place] ^= 1
        with pytest.raises(EvidenceError):
            check_stamp(bytes(bent), DATA, roots)


DATA_DIGEST_TAG = bytes.fromhex("0609608648016503040201")
"""The object identifier of SHA-256 in DER, before the imprint."""


@pytest.mark.parametrize("response", [b"", b"no stamp", b"\x30\x03\x02\x01\x00"])
def test_what_is_no_answer_does_not_hold(authority: Authority, response: bytes) -> None:
    with pytest.raises(EvidenceError) as caught:
        check_stamp(response, DATA, authority.root.read_bytes())

    assert caught.value.code == "bad_stamp"


def test_roots_that_are_no_certificates_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        read_roots(b"no certificate")

    assert (caught.value.code, caught.value.field) == ("bad_certificate", "authority")
