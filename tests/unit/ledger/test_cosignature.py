"""Cosignatures: exact bytes, one name per key, the time that was signed."""

from __future__ import annotations

import hashlib
import struct

import pytest

from bideval.evidence.encoding import unb64
from bideval.evidence.signing import new_signing_key
from bideval.ledger.checkpoint import open_checkpoint, sign_checkpoint
from bideval.ledger.cosignature import (
    cosign,
    cosigned_by,
    verify_cosignature,
    with_cosignature,
)
from bideval.ledger.note import parse_note
from bideval.terms.errors import EvidenceError, FaultError

MAIN = new_signing_key("Ed25519", bytes(32))
BRANCH = new_signing_key("Ed25519", bytes([1] * 32))
THIRD = new_signing_key("Ed25519", bytes([2] * 32))
NOTE = sign_checkpoint(MAIN, "fh-2026", 12, bytes(range(32)))
BODY = parse_note(NOTE).body
TIME = 1_795_312_800
LINE = cosign(BRANCH, "wencheng", BODY, TIME)
VENUES = {"wencheng": BRANCH.public, "taishun": THIRD.public}


def refusal(act, *arguments, **named):
    with pytest.raises(EvidenceError) as caught:
        act(*arguments, **named)
    return caught.value.code


def test_the_line_has_the_bytes_of_the_specification():
    name = b"bideval/venue/wencheng"
    key_id = hashlib.sha256(name + b"\n\x04" + BRANCH.public.raw).digest()[:4]
    message = b"cosignature/v1\ntime 1795312800\n" + BODY.encode()
    dash, found, encoded = LINE.encode().split(b" ")
    assert (dash, found) == ("—".encode(), name)
    assert unb64(encoded.decode()) == key_id + struct.pack(">Q", TIME) + BRANCH.sign(message)


def test_a_cosignature_states_its_time():
    assert verify_cosignature(LINE, "wencheng", BRANCH.public, body=BODY) == TIME


@pytest.mark.parametrize("time_s", [0, 2**63 - 1])
def test_the_first_and_last_time_are_signed(time_s):
    line = cosign(BRANCH, "wencheng", BODY, time_s)
    assert verify_cosignature(line, "wencheng", BRANCH.public, body=BODY) == time_s


@pytest.mark.parametrize("time_s", [-1, 2**63])
def test_other_times_are_our_own_fault(time_s):
    with pytest.raises(FaultError):
        cosign(BRANCH, "wencheng", BODY, time_s)


def test_a_stated_time_beyond_the_limit_is_refused():
    raw = bytearray(unb64(LINE.split(" ")[2]))
    raw[4] |= 0x80
    from bideval.evidence.encoding import b64  # noqa: PLC0415  # for this one forgery

    line = f"\u2014 bideval/venue/wencheng {b64(bytes(raw))}"
    found = refusal(verify_cosignature, line, "wencheng", BRANCH.public, body=BODY)
    assert found == "cosignature_malformed"


@pytest.mark.parametrize(
    ("venue", "key"), [("taishun", BRANCH), ("wencheng", THIRD), ("taishun", THIRD)]
)
def test_another_name_or_key_is_refused(venue, key):
    found = refusal(verify_cosignature, LINE, venue, key.public, body=BODY)
    assert found == "cosignature_wrong_key"


def test_a_cosignature_of_another_text_is_refused():
    body = BODY.replace("\n12\n", "\n13\n")
    found = refusal(verify_cosignature, LINE, "wencheng", BRANCH.public, body=body)
    assert found == "signature_invalid"


def test_a_cosignature_is_appended_once():
    note = with_cosignature(NOTE, LINE)
    assert (note, with_cosignature(note, LINE)) == (NOTE + LINE + "\n", note)


def test_what_is_no_signature_line_is_not_appended():
    assert refusal(with_cosignature, NOTE, "— bideval/venue/wencheng\n") == "note_malformed"


def test_a_cosigned_checkpoint_is_still_mains():
    note = with_cosignature(NOTE, LINE)
    assert open_checkpoint(note, "fh-2026", MAIN.public).size == 12


def test_the_venues_that_cosigned_are_named_with_their_times():
    note = with_cosignature(NOTE, LINE)
    note = with_cosignature(note, cosign(THIRD, "taishun", BODY, TIME + 1))
    assert cosigned_by(parse_note(note), VENUES) == {"wencheng": TIME, "taishun": TIME + 1}


def test_a_venue_that_signed_twice_counts_once_with_its_latest_time():
    note = with_cosignature(with_cosignature(NOTE, LINE), cosign(BRANCH, "wencheng", BODY, 5))
    assert cosigned_by(parse_note(note), VENUES) == {"wencheng": TIME}


def test_a_venue_under_anothers_name_is_not_counted():
    note = with_cosignature(NOTE, cosign(THIRD, "wencheng", BODY, TIME))
    assert cosigned_by(parse_note(note), VENUES) == {}


def test_mains_own_signature_is_no_cosignature():
    assert cosigned_by(parse_note(NOTE), {"fenghua": MAIN.public}) == {}


def test_a_false_cosignature_of_a_known_venue_sinks_the_note():
    false = cosign(BRANCH, "wencheng", "other\n", TIME)
    note = parse_note(with_cosignature(with_cosignature(NOTE, LINE), false))
    assert refusal(cosigned_by, note, VENUES) == "signature_invalid"


def test_every_single_flipped_bit_of_a_line_is_refused():
    data, accepted = LINE.encode(), []
    for bit in range(len(data) * 8):
        twin = bytearray(data)
        twin[bit // 8] ^= 1 << bit % 8
        try:
            verify_cosignature(twin.decode(), "wencheng", BRANCH.public, body=BODY)
        except (EvidenceError, UnicodeDecodeError):
            continue
        accepted.append(bit)
    assert accepted == []
