"""Ideal cryptography keeps the promises that the house relies on, and repeats itself."""

from __future__ import annotations

import io

import pytest

from bideval.evidence.sealing import (
    Custodian,
    Purpose,
    age_decrypt,
    age_encrypt,
    check_recipient,
    combine_shares,
    deal_seal,
    decrypt_stream,
    encrypt_stream,
    new_age_identity,
    open_share,
    parse_seal,
)
from bideval.evidence.signing import PublicKey, new_signing_key
from bideval.simulation.ideal import ideal_cryptography
from bideval.terms.errors import EvidenceError

SESSION = "fh-2026-0001"
ACTORS = ("venue/fenghua", "venue/wencheng", "supervisor-1", "officer-1", "officer-2")


@pytest.mark.parametrize("threshold", [2, 3, 4, 5])
def test_any_shares_up_to_the_threshold_open_a_seal_and_fewer_do_not(threshold):
    with ideal_cryptography(1):
        identities = {actor: new_age_identity() for actor in ACTORS}
        custodians = [Custodian(actor, identities[actor][1]) for actor in ACTORS]
        identity, document = deal_seal(
            session=SESSION, purpose=Purpose.BID, custodians=custodians, threshold=threshold
        )
        seal = parse_seal(document, "seal")
        shares = {
            actor: open_share(seal, session=SESSION, custodian=actor, identity=identities[actor][0])
            for actor in ACTORS[-threshold:]
        }
        assert combine_shares(seal, shares) == identity
        shares.popitem()
        with pytest.raises(EvidenceError, match="needed shares"):
            combine_shares(seal, shares)


def test_only_the_recipient_opens_and_only_whole_messages():
    with ideal_cryptography(1):
        (mine, recipient), (other, _) = new_age_identity(), new_age_identity()
        sealed = age_encrypt(check_recipient(recipient), b"secret")
        assert (age_decrypt(mine, sealed), b"secret" in sealed) == (b"secret", False)
        for identity, data in ((other, sealed), (mine, sealed[:-1]), (mine, sealed + b"x")):
            with pytest.raises(EvidenceError):
                age_decrypt(identity, data)


def test_streams_are_the_same_messages():
    with ideal_cryptography(1):
        identity, recipient = new_age_identity()
        sealed, plain = io.BytesIO(), io.BytesIO()
        encrypt_stream(recipient, io.BytesIO(b"long" * 50_000), sealed)
        sealed.seek(0)
        decrypt_stream(identity, sealed, plain)
        assert plain.getvalue() == b"long" * 50_000


def test_signature_is_of_one_key_over_one_text():
    key, other = (new_signing_key("Ed25519", bytes([n]) * 32) for n in (1, 2))
    with ideal_cryptography(1):
        signature = key.sign(b"text")
        key.public.verify(signature, b"text")
        for public, text in ((other.public, b"text"), (key.public, b"texT")):
            with pytest.raises(EvidenceError):
                public.verify(signature, text)


def test_same_seed_seals_to_the_same_bytes_and_another_to_others():
    sealed = []
    for seed in (1, 1, 2):
        with ideal_cryptography(seed):
            _, recipient = new_age_identity()
            sealed.append((recipient, age_encrypt(recipient, b"secret")))
    assert (sealed[0] == sealed[1], sealed[1] == sealed[2]) == (True, False)


def test_real_cryptography_is_back_afterwards():
    verify = PublicKey.verify
    key = new_signing_key("Ed25519", b"1" * 32)
    with ideal_cryptography(1):
        ideal = key.sign(b"text")
    assert PublicKey.verify is verify
    with pytest.raises(EvidenceError):
        key.public.verify(ideal, b"text")
