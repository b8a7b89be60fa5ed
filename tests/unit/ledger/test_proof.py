"""Proof files: offline, with nothing but public keys, and every byte counts."""

from __future__ import annotations

import pytest

from bideval.evidence.encoding import b64
from bideval.evidence.signing import new_signing_key
from bideval.ledger.checkpoint import Checkpoint, sign_checkpoint
from bideval.ledger.cosignature import cosign, with_cosignature
from bideval.ledger.note import parse_note
from bideval.ledger.proof import Proof, Proven, Trust, make_proof, open_proof, parse_proof
from bideval.ledger.tree import inclusion_path, leaf_hash, tree_root
from bideval.terms.errors import EvidenceError

MAIN = new_signing_key("Ed25519", bytes(32))
BRANCH = new_signing_key("Ed25519", bytes([1] * 32))
THIRD = new_signing_key("Ed25519", bytes([2] * 32))
SESSION = "fh-2026"
LINES = [b"fenghua %d a.b.c" % number for number in range(1, 6)]
LEAVES = [leaf_hash(line) for line in LINES]
TIME = 1_795_312_800
BARE = sign_checkpoint(MAIN, SESSION, 5, tree_root(LEAVES))
BODY = parse_note(BARE).body
NOTE = with_cosignature(
    with_cosignature(BARE, cosign(BRANCH, "wencheng", BODY, TIME)),
    cosign(THIRD, "taishun", BODY, TIME),
)
TRUST = Trust(MAIN.public, {"wencheng": BRANCH.public, "taishun": THIRD.public}, 2)
PROOF = make_proof(3, inclusion_path(LEAVES, 3), NOTE)


def refusal(text, *, session=SESSION, line=LINES[3], trust=TRUST):
    with pytest.raises(EvidenceError) as caught:
        open_proof(text, session=session, line=line, trust=trust)
    return caught.value.code


def test_the_file_has_the_lines_of_the_specification():
    path = "".join(b64(node) + "\n" for node in inclusion_path(LEAVES, 3))
    assert f"c2sp.org/tlog-proof@v1\nindex 3\n{path}\n{NOTE}" == PROOF


def test_a_proof_comes_back():
    assert parse_proof(PROOF) == Proof(3, tuple(inclusion_path(LEAVES, 3)), NOTE)


@pytest.mark.parametrize("position", range(5))
def test_every_line_is_proven(position):
    text = make_proof(position, inclusion_path(LEAVES, position), NOTE)
    proven = open_proof(text, session=SESSION, line=LINES[position], trust=TRUST)
    checkpoint = Checkpoint(SESSION, 5, tree_root(LEAVES))
    assert proven == Proven(position, checkpoint, {"wencheng": TIME, "taishun": TIME})


def test_the_only_line_of_a_record_needs_no_path():
    note = sign_checkpoint(MAIN, SESSION, 1, LEAVES[0])
    trust = TRUST._replace(needed=0)
    proven = open_proof(make_proof(0, [], note), session=SESSION, line=LINES[0], trust=trust)
    assert (proven.position, proven.cosigned) == (0, {})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n",
        PROOF.replace("@v1", "@v2"),
        PROOF.replace("index 3", "index 03"),
        PROOF.replace("index 3", "index -3"),
        PROOF.replace("index 3", "index 3 "),
        PROOF.replace("index 3", "extra AAAA\nindex 3"),
        PROOF.replace("index 3\n", ""),
        "\n" + PROOF,
        PROOF.replace("index 3\n", "index 3\nAAAA\n"),
        PROOF.replace("index 3\n", "index 3\n" + (b64(bytes(32)) + "\n") * 64),
        PROOF + "x" * 70_000,
    ],
)
def test_a_malformed_file_is_refused(text):
    assert refusal(text) == "proof_malformed"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (PROOF.replace("index 3\n", "index 3\nno hash\n"), "not_base64"),
        (PROOF.replace("index 3", "index 2"), "inclusion_failed"),
        (PROOF.replace("index 3", "index 5"), "inclusion_failed"),
        (make_proof(3, inclusion_path(LEAVES, 3)[:-1], NOTE), "inclusion_failed"),
        (make_proof(3, inclusion_path(LEAVES, 3), BODY), "note_malformed"),
        (make_proof(3, inclusion_path(LEAVES, 3), BARE), "too_few_cosignatures"),
        (PROOF + "\n", "note_malformed"),
        (PROOF[:-1], "note_malformed"),
    ],
)
def test_a_false_proof_is_refused(text, code):
    assert refusal(text) == code


def test_another_line_is_not_proven():
    assert refusal(PROOF, line=LINES[2]) == "inclusion_failed"


def test_a_proof_of_another_session_is_refused():
    assert refusal(PROOF, session="fh-2027") == "checkpoint_malformed"


def test_a_proof_by_another_main_is_refused():
    assert refusal(PROOF, trust=TRUST._replace(main=BRANCH.public)) == "checkpoint_unsigned"


def test_a_venue_that_is_not_trusted_does_not_count():
    trust = TRUST._replace(venues={"wencheng": BRANCH.public})
    assert refusal(PROOF, trust=trust) == "too_few_cosignatures"


def test_every_single_flipped_bit_is_refused():
    trust = Trust(MAIN.public, {"wencheng": BRANCH.public}, 1)
    note = with_cosignature(BARE, cosign(BRANCH, "wencheng", BODY, TIME))
    data, accepted = make_proof(4, inclusion_path(LEAVES, 4), note).encode(), []
    for bit in range(len(data) * 8):
        twin = bytearray(data)
        twin[bit // 8] ^= 1 << bit % 8
        try:
            open_proof(twin.decode(), session=SESSION, line=LINES[4], trust=trust)
        except (EvidenceError, UnicodeDecodeError):
            continue
        accepted.append(bit)
    assert accepted == []
