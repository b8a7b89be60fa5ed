"""Checkpoints: three lines, main's key, this session."""

from __future__ import annotations

import pytest

from bideval.evidence.encoding import b64
from bideval.evidence.signing import new_signing_key
from bideval.ledger.checkpoint import (
    Checkpoint,
    checkpoint_body,
    checkpoint_origin,
    open_checkpoint,
    sign_checkpoint,
)
from bideval.ledger.note import TextKey, signature_line, write_note
from bideval.ledger.tree import EMPTY_ROOT
from bideval.terms.errors import EvidenceError, FaultError

KEY = new_signing_key("Ed25519", bytes(32))
OTHER = new_signing_key("Ed25519", bytes([1] * 32))
SESSION = "fh-2026-0117"
ORIGIN = "bideval/session/fh-2026-0117"
ROOT = bytes(range(32))
NOTE = sign_checkpoint(KEY, SESSION, 12, ROOT)


def signed(body, name=ORIGIN, key=KEY):
    signer = TextKey(name, key.public)
    return write_note(body, [signature_line(name, signer.key_id, key.sign(body.encode()))])


def refusal(note, session=SESSION, public=KEY.public):
    with pytest.raises(EvidenceError) as caught:
        open_checkpoint(note, session, public)
    return caught.value.code


def test_the_text_has_origin_size_and_root():
    body = checkpoint_body(Checkpoint(SESSION, 12, ROOT))
    assert body == f"{ORIGIN}\n12\n{b64(ROOT)}\n"


def test_the_origin_names_the_session():
    assert checkpoint_origin(SESSION) == ORIGIN


def test_a_checkpoint_is_signed_under_its_origin():
    assert signed(checkpoint_body(Checkpoint(SESSION, 12, ROOT))) == NOTE


@pytest.mark.parametrize(("size", "root"), [(0, EMPTY_ROOT), (12, ROOT), (10**16 - 1, ROOT)])
def test_a_checkpoint_comes_back(size, root):
    note = sign_checkpoint(KEY, SESSION, size, root)
    assert open_checkpoint(note, SESSION, KEY.public) == Checkpoint(SESSION, size, root)


@pytest.mark.parametrize(
    "body",
    [
        f"{ORIGIN}\n12\n",
        f"{ORIGIN}\n12\n{b64(ROOT)}\nextension\n",
        f"{ORIGIN}x\n12\n{b64(ROOT)}\n",
        f"bideval/session/fh-2026-0118\n12\n{b64(ROOT)}\n",
        f"{ORIGIN}\n012\n{b64(ROOT)}\n",
        f"{ORIGIN}\n-1\n{b64(ROOT)}\n",
        f"{ORIGIN}\n12 \n{b64(ROOT)}\n",
        f"{ORIGIN}\n\u0661\n{b64(ROOT)}\n",
        f"{ORIGIN}\n12345678901234567\n{b64(ROOT)}\n",
        f"{ORIGIN}\n12\n{b64(ROOT[:31])}\n",
        f"{ORIGIN}\n12\n{b64(ROOT + b'x')}\n",
    ],
)
def test_other_texts_are_refused_even_when_signed(body):
    assert refusal(signed(body)) == "checkpoint_malformed"


def test_a_root_in_another_spelling_is_refused():
    assert refusal(signed(f"{ORIGIN}\n12\n{b64(ROOT).rstrip('=')}\n")) == "not_base64"


def test_another_session_is_refused():
    assert refusal(NOTE, session="fh-2026-0118") == "checkpoint_malformed"


def test_another_key_has_not_signed():
    assert refusal(NOTE, public=OTHER.public) == "checkpoint_unsigned"


def test_another_name_has_not_signed():
    note = signed(checkpoint_body(Checkpoint(SESSION, 12, ROOT)), name="bideval/session/other")
    assert refusal(note) == "checkpoint_unsigned"


def test_a_changed_size_is_refused():
    assert refusal(NOTE.replace("\n12\n", "\n13\n")) == "signature_invalid"


def test_a_main_venue_without_an_ed25519_key_makes_no_checkpoints():
    with pytest.raises(FaultError):
        sign_checkpoint(new_signing_key("ES256", bytes(32)), SESSION, 12, ROOT)


def test_every_single_flipped_bit_is_refused():
    data, accepted = NOTE.encode(), []
    for bit in range(len(data) * 8):
        twin = bytearray(data)
        twin[bit // 8] ^= 1 << bit % 8
        try:
            open_checkpoint(twin.decode(), SESSION, KEY.public)
        except (EvidenceError, UnicodeDecodeError):
            continue
        accepted.append(bit)
    assert accepted == []
