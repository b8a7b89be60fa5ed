"""What the browser makes, judged by the server's own code: entries, keys, seals, packages."""

from __future__ import annotations

import json
import subprocess
from io import BytesIO
from pathlib import Path

import pytest

from bideval.actions.accounts import login_bytes
from bideval.evidence.agefile import age_decrypt, new_age_identity
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u, hex_digest, tagged_hash, unb64u
from bideval.evidence.jws import verify_compact
from bideval.evidence.padding import MARK_SIZE, SCORESHEET_STEP, read_padded
from bideval.evidence.sealing import (
    Custodian,
    Purpose,
    combine_shares,
    deal_seal,
    open_share,
    parse_seal,
    recipient_of,
)
from bideval.evidence.signing import public_key
from bideval.ledger.entry import entry_hash, parse_entry, verify_entry
from bideval.opening.package import files, parse_manifest, read_manifest
from bideval.terms.errors import EvidenceError
from bideval.terms.instants import instant_text

HERE = Path(__file__).parent
SPEAK = ["node", "--no-warnings", "--import", str(HERE / "register.mjs"), str(HERE / "speak.mjs")]
NOW = 1_795_312_800_123


def speak(command: str, **given: object) -> object:
    asked = json.dumps({"command": command, **given})
    done = subprocess.run(SPEAK, input=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_canonical_json_is_the_same() -> None:
    values = [
        {"b": [1, -2, None, True], "a": {"\u4e13\u5bb6": "\u201c\u8bc4\u201d\n\t\x01\x7f"}},
        {"\U0001f600": 1, "\uff5e": 2, "~": 3, "": 4},
        [2**53 - 1, 1 - 2**53, "", [], {}],
    ]

    assert speak("canonical", values=values) == [canonical_bytes(one).decode() for one in values]


def test_tagged_hashes_are_the_same() -> None:
    parts = ["", "a", "\u6807\u6bb5"]
    expected = tagged_hash("bideval/key/v1", *(part.encode() for part in parts)).hex()

    assert speak("hashes", tag="bideval/key/v1", parts=parts) == expected


@pytest.fixture(scope="module")
def spoken() -> dict[str, str]:
    body = {"bid": "bid-0a1b2c3d", "criterion": "T1"}
    made = speak(
        "entry", session="fh-001", author="fenghua-01", kind="mark.sealed", body=body, now=NOW
    )
    assert isinstance(made, dict)
    return made


def test_entry_of_a_browser_verifies(spoken: dict[str, str]) -> None:
    public = public_key(spoken["suite"], unb64u(spoken["public"]))
    entry = parse_entry(spoken["jws"])
    verify_entry(entry, public)

    assert (entry.session, entry.author, entry.kind) == ("fh-001", "fenghua-01", "mark.sealed")
    assert (entry.id, entry.kid) == (spoken["id"], public.key_id)
    assert (entry.seen_size, entry.seen_root) == (0, hex_digest(b""))
    assert instant_text(entry.at) == instant_text(NOW)
    assert entry_hash(spoken["jws"]) == spoken["hash"]
    assert spoken["kid"] == public.key_id


def test_changed_entry_of_a_browser_does_not_verify(spoken: dict[str, str]) -> None:
    public = public_key(spoken["suite"], unb64u(spoken["public"]))
    head, payload, signature = spoken["jws"].split(".")
    other = b64u(unb64u(payload).replace(b'"T1"', b'"T2"'))

    with pytest.raises(EvidenceError):
        verify_entry(parse_entry(f"{head}.{other}.{signature}"), public)


def test_proof_and_login_of_a_browser_verify(spoken: dict[str, str]) -> None:
    public = public_key(spoken["suite"], unb64u(spoken["public"]))
    proof = verify_compact(spoken["proof"], public, typ="bideval-proof/1")
    public.verify(unb64u(spoken["login"]), login_bytes("fenghua", public.key_id, "challenge"))

    assert json.loads(proof) == {
        "session": "fh-001",
        "venue": "fenghua",
        "person": "fenghua-01",
        "role": "expert",
        "recipient": spoken["recipient"],
    }


def test_seal_of_a_browser_opens_here() -> None:
    people = [new_age_identity() for _ in range(3)]
    custodians = [
        {"actor": f"officer-{at}", "recipient": recipient}
        for at, (_, recipient) in enumerate(people)
    ]
    made = speak("deal", session="fh-001", purpose="bid", custodians=custodians, threshold=2)
    assert isinstance(made, dict)
    seal = parse_seal(made["seal"], "seal")
    shares = {
        f"officer-{at}": open_share(
            seal, session="fh-001", custodian=f"officer-{at}", identity=people[at][0]
        )
        for at in (0, 2)
    }

    assert combine_shares(seal, shares) == made["identity"]
    assert recipient_of(made["identity"]) == seal.recipient


def test_share_dealt_here_opens_in_a_browser() -> None:
    people = [new_age_identity() for _ in range(2)]
    custodians = [Custodian(f"officer-{at}", one) for at, (_, one) in enumerate(people)]
    _, seal = deal_seal(session="fh-001", purpose=Purpose.BID, custodians=custodians, threshold=2)
    expected = open_share(
        parse_seal(seal, "seal"), session="fh-001", custodian="officer-1", identity=people[1][0]
    )
    given = {"seal": seal, "custodian": "officer-1", "identity": people[1][0]}

    assert speak("open", session="fh-001", **given) == b64u(expected)


def test_padded_marks_of_a_browser_read_here() -> None:
    mark = {"bid": "bid-0a1b2c3d", "criterion": "T1", "counter": 7, "mark": "9.5"}
    sheet = {
        "format": "bideval-scoresheet/1",
        "session": "fh-001",
        "member": "fenghua-01",
        "marks": {"bid-0a1b2c3d": {"T1": "9.5", "T2": None}},
    }
    made = speak("marks", mark=mark, sheet=sheet)
    assert isinstance(made, dict)
    one = age_decrypt(made["identity"], unb64u(made["mark"]))
    whole = age_decrypt(made["identity"], unb64u(made["sheet"]))

    assert read_padded(one, step=MARK_SIZE, limit=MARK_SIZE) == mark
    assert read_padded(whole, step=SCORESHEET_STEP) == sheet


def test_bid_package_of_a_browser_reads_here() -> None:
    identity, recipient = new_age_identity()
    sheet = {
        "bidder_name": "\u5b89\u548c\u7269\u4e1a",
        "price": "2498000.00",
        "size": "medium",
        "small_share_percent": None,
        "brand": None,
        "duration": "\u4e00\u5e74",
        "remarks": "",
    }
    parts = {
        "session": "fh-001",
        "bid": "bid-0a1b2c3d",
        "lot": "1",
        "bidder": "bidder-1",
        "sheet": sheet,
    }
    texts = {"\u6280\u672f.pdf": "%PDF-1.7 one", "b.pdf": "%PDF-1.7 two"}
    given = [{"name": name, "text": text} for name, text in texts.items()]
    made = speak("bid", parts=parts, files=given, recipient=recipient)
    assert isinstance(made, dict)
    sealed = unb64u(made["sealed"])
    source = BytesIO(age_decrypt(identity, sealed))
    manifest = parse_manifest(read_manifest(source))
    read = {file.name: b"".join(chunks).decode() for file, chunks in files(source, manifest)}

    assert (hex_digest(sealed), len(sealed)) == (made["sha256"], made["size"])
    assert (manifest.bid, manifest.lot, manifest.bidder) == ("bid-0a1b2c3d", "1", "bidder-1")
    assert read == texts
