"""Our checkpoints and cosignatures before Go's sumdb/note, and its notes before us.

Go's package is laxer in one thing: it takes Base 64 whose unused bits are not zero.
"""

from __future__ import annotations

import base64
from functools import cache

import pytest

from bideval.evidence.encoding import b64, sha256
from bideval.evidence.signing import new_signing_key
from bideval.ledger.checkpoint import checkpoint_origin, open_checkpoint, sign_checkpoint
from bideval.ledger.cosignature import VenueKey, cosign, cosigned_by, with_cosignature
from bideval.ledger.note import TextKey, parse_note, verify_note
from bideval.ledger.tree import leaf_hash, tree_root
from bideval.terms.errors import EvidenceError
from tests.interop.judges import GoJudge, build_go_judge

SESSION = "fh-2026-0117"
SEEDS = {
    venue: sha256(f"interop: {venue}".encode()) for venue in ("fenghua", "wencheng", "taishun")
}
KEYS = {venue: new_signing_key("Ed25519", seed) for venue, seed in SEEDS.items()}
MAIN = TextKey(checkpoint_origin(SESSION), KEYS["fenghua"].public)
COSIGNERS = [VenueKey(venue, KEYS[venue].public) for venue in ("wencheng", "taishun")]
ROOT = tree_root([leaf_hash(b"one"), leaf_hash(b"two")])
TIME_S = 1_795_312_803


def vkey(key: TextKey | VenueKey, kind: bytes) -> str:
    return f"{key.name}+{key.key_id.hex()}+{b64(kind + key.public.raw)}"


VKEYS = ",".join([vkey(MAIN, b"\x01"), *(vkey(key, b"\x04") for key in COSIGNERS)])


@cache
def note() -> str:
    text = sign_checkpoint(KEYS["fenghua"], SESSION, 2, ROOT)
    for key in COSIGNERS:
        line = cosign(KEYS[key.venue], key.venue, parse_note(text).body, TIME_S)
        text = with_cosignature(text, line)
    return text


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> GoJudge:
    return build_go_judge(tmp_path_factory.mktemp("go"))


def b64_text(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def theirs(judge: GoJudge, notes: list[str]) -> list[set[str]]:
    """Return who signed each note in Go's eyes; nobody where it refuses the whole note."""
    answers = judge.ask(*(f"note {b64_text(one)} {VKEYS}" for one in notes))
    return [set(one[3:].split(",")) if one.startswith("ok ") else set() for one in answers]


def ours(text: str) -> set[str]:
    try:
        return set(verify_note(parse_note(text), [MAIN, *COSIGNERS]))
    except EvidenceError:
        return set()


def changed(text: str, at: int, letter: str) -> str:
    return text[:at] + letter + text[at + 1 :]


def changes(text: str) -> list[str]:
    """Return the text with each character in turn replaced, left out, and doubled."""
    found = []
    for at, letter in enumerate(text):
        other = "A" if letter != "A" else "B"
        found += [changed(text, at, other), changed(text, at, ""), changed(text, at, 2 * letter)]
    return found


def loose(text: str) -> str:
    """Return the note with non-zero unused bits at the end of main's signature."""
    line = next(one for one in text.splitlines() if one.startswith(f"\u2014 {MAIN.name} "))
    encoded = line.rpartition(" ")[2]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = letters[letters.index(encoded.rstrip("=")[-1]) + 1]
    bare = encoded.rstrip("=")
    return text.replace(encoded, bare[:-1] + last + "=" * (len(encoded) - len(bare)))


def test_go_opens_our_checkpoint_with_all_its_cosignatures(judge: GoJudge) -> None:
    everybody = {MAIN.name, *(key.name for key in COSIGNERS)}
    assert (theirs(judge, [note()]), ours(note())) == ([everybody], everybody)


def test_no_changed_character_gets_a_signature_believed(judge: GoJudge) -> None:
    twins = changes(note())
    pairs = list(zip((ours(twin) for twin in twins), theirs(judge, twins), strict=True))
    # A changed name or key id makes the line one of a stranger: the others still count.
    assert [pair for pair in pairs if not pair[0] <= pair[1] or ours(note()) in pair] == []


def test_a_changed_text_is_believed_by_nobody(judge: GoJudge) -> None:
    body = len(parse_note(note()).body)
    twins = changes(note())[: 3 * body]
    assert theirs(judge, twins) == [set()] * len(twins)
    assert [ours(twin) for twin in twins] == [set()] * len(twins)


def test_unused_bits_that_are_not_zero_are_refused_by_us_alone(judge: GoJudge) -> None:
    assert (ours(loose(note())), theirs(judge, [loose(note())])) == (set(), [ours(note())])


def test_a_bad_line_of_a_known_key_sinks_the_note(judge: GoJudge) -> None:
    parsed = parse_note(note())
    line = note().splitlines()[-1]
    name, encoded = line.removeprefix("\u2014 ").split(" ")
    data = base64.b64decode(encoded)
    twins = [
        note().replace(encoded, b64(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]))
        for at in (4, 11, 12, 43, 44, 75)
    ]
    assert (name, len(parsed.signatures)) == (COSIGNERS[-1].name, 3)
    assert [ours(twin) for twin in twins] == [set()] * 6
    assert theirs(judge, twins) == [set()] * 6


def test_notes_that_go_signs_open_here(judge: GoJudge) -> None:
    body = parse_note(note()).body
    seed = SEEDS["fenghua"]
    signer = f"PRIVATE+KEY+{MAIN.name}+{MAIN.key_id.hex()}+{b64(bytes([1]) + seed)}"
    asked = [f"sign {b64_text(body)} {signer}"]
    asked += [
        f"cosign {b64_text(body)} {key.name} {SEEDS[key.venue].hex()} {TIME_S}" for key in COSIGNERS
    ]
    signed, *cosigned = [base64.b64decode(one[3:]).decode() for one in judge.ask(*asked)]
    whole = signed
    for one in cosigned:
        whole = with_cosignature(whole, one.splitlines()[-1])
    public = {key.venue: key.public for key in COSIGNERS}
    assert whole == note()
    assert open_checkpoint(whole, SESSION, KEYS["fenghua"].public).root == ROOT
    assert cosigned_by(parse_note(whole), public) == dict.fromkeys(public, TIME_S)
