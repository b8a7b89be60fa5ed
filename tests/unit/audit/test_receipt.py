"""A kept receipt: the forms it is kept in, and what it shows alone."""

from __future__ import annotations

import json

import pytest

from bideval.audit.kept_receipts import KEPT_LIMIT
from bideval.audit.receipt import QR_LIMIT, Kept, check_alone, check_entry, kept_text, read_kept
from bideval.evidence.encoding import b64u
from bideval.evidence.signing import new_signing_key
from bideval.ledger.entry import entry_hash
from bideval.ledger.receipt import Receipt, receipt_place, sign_receipt
from bideval.session.names import Phase
from bideval.terms.errors import EvidenceError, InputError
from tests.unit.audit.hearing import at
from tests.unit.session.conversation import SESSION

TALK = at(Phase.OPENED)
KEY = TALK.actors["venue/wencheng"].key
ENTRY = next(line.jws for line in TALK.lines if line.origin == "wencheng")
RECEIPT = Receipt(
    SESSION, "wencheng", entry_hash(ENTRY), receipt_place(bytes(32)), 1_795_312_800_000
)
JWS = sign_receipt(KEY, RECEIPT)
LINE = kept_text(JWS, KEY.public)


def page_file(**more):
    return json.dumps({"receipt": JWS, "jws": ENTRY} | more).encode()


FORMS = {
    "line": (LINE.encode() + b"\n", Kept(JWS, key=KEY.public)),
    "bare": (JWS.encode(), Kept(JWS)),
    "page": (page_file(), Kept(JWS, entry=ENTRY)),
    "page with key": (page_file(kept=LINE), Kept(JWS, entry=ENTRY, key=KEY.public)),
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_form_is_read(form):
    data, kept = FORMS[form]
    assert read_kept(data) == kept


def test_proof_under_a_checkpoint_is_kept_for_the_bundle():
    text = "c2sp.org/tlog-proof@v1\nindex 0\n\nnote\n"
    assert read_kept(text.encode()) == Kept("", proof=text)


WRONG = {
    "nothing": b"",
    "no text": b"\xff\xfe",
    "too large": b"x" * (KEPT_LIMIT + 1),
    "another word": LINE.replace("kept/1", "kept/2").encode(),
    "a key of no suite": LINE.replace("Ed25519", "RSA").encode(),
    "a low-order key": f"bideval-kept/1 Ed25519 {b64u(bytes(32))} {JWS}".encode(),
    "a cut receipt": LINE.rpartition(".")[0].encode(),
    "half a file": b"{}",
    "a cut proof": b"c2sp.org/tlog-proof@v1\n",
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG.keys())
def test_anything_else_is_no_receipt(data):
    with pytest.raises(InputError) as caught:
        read_kept(data)
    assert (caught.value.code, caught.value.field) == ("not_a_receipt", "receipt")


def test_receipt_of_the_longest_names_fits_a_code():
    longest = Receipt("s" * 64, "v" * 31, "f" * 64, "f" * 64, 1_795_312_800_000)
    for suite in ("Ed25519", "ES256"):
        key = new_signing_key(suite, b"k" * 32)
        assert len(kept_text(sign_receipt(key, longest), key.public)) < QR_LIMIT


def test_signature_and_entry_hold():
    assert check_alone(read_kept(page_file(kept=LINE))) == RECEIPT


def test_receipt_without_a_key_cannot_be_checked_alone():
    with pytest.raises(InputError) as caught:
        check_alone(read_kept(page_file()))
    assert caught.value.code == "no_key"


def test_signature_of_another_key_is_found():
    other = new_signing_key("Ed25519", b"o" * 32)
    with pytest.raises(EvidenceError):
        check_alone(Kept(JWS, key=other.public))


def test_receipt_for_another_entry_is_found():
    other = next(line.jws for line in TALK.lines if line.origin == "fenghua")
    with pytest.raises(EvidenceError) as caught:
        check_alone(Kept(JWS, entry=other, key=KEY.public))
    assert (caught.value.code, caught.value.field) == ("receipt_mismatch", "entry")


def test_receipt_for_another_session_is_found():
    with pytest.raises(EvidenceError) as caught:
        check_entry(Kept(JWS, entry=ENTRY), RECEIPT._replace(session="fh-2026-0118"))
    assert (caught.value.code, caught.value.field) == ("receipt_mismatch", "session")


def test_receipt_alone_has_no_entry_to_be_for():
    assert check_alone(read_kept(LINE.encode())) == RECEIPT
