"""The `age` command opens what we seal, once the shares are released; we open what it makes."""

from __future__ import annotations

import io
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from bideval.evidence.agefile import age_decrypt, age_encrypt, decrypt_stream, encrypt_stream
from bideval.evidence.encoding import unb64u
from bideval.evidence.sealing import (
    Custodian,
    Purpose,
    combine_shares,
    deal_seal,
    open_share,
    parse_seal,
)
from bideval.terms.errors import EvidenceError
from tests.interop.judges import command

HERE = Path(__file__).parent
WEB = HERE.parent / "web"
SESSION = "fh-2026-0117"
PLAIN = bytes(range(256)) * 700
"""More than two chunks of the format (64 KiB each), and not a multiple of one."""


@dataclass(frozen=True, slots=True)
class Key:
    """An identity that `age-keygen` made."""

    identity: str
    recipient: str


def keygen() -> Key:
    said = subprocess.run(
        [command("age-keygen", "age")], capture_output=True, text=True, check=True
    ).stdout
    lines = said.splitlines()
    return Key(lines[2], lines[1].removeprefix("# public key: "))


def age(*arguments: str, given: bytes) -> bytes:
    done = subprocess.run(
        [command("age", "age"), *arguments], input=given, capture_output=True, check=False
    )
    if done.returncode:
        raise ValueError(done.stderr.decode())
    return done.stdout


def age_opens(identity: str, sealed: bytes, folder: Path) -> bytes:
    file = folder / "identity.txt"
    file.write_text(identity + "\n", encoding="ascii")
    return age("--decrypt", "--identity", str(file), given=sealed)


@pytest.fixture(scope="module")
def custodians() -> list[Key]:
    return [keygen() for _ in range(3)]


def released(document: object, custodians: list[Key], *, session: str = SESSION) -> str:
    """Return the identity that two of the three custodians open together."""
    seal = parse_seal(document, "seal")
    shares = {
        f"officer-{at}": open_share(
            seal, session=session, custodian=f"officer-{at}", identity=custodians[at].identity
        )
        for at in (0, 2)
    }
    return combine_shares(seal, shares)


def test_age_opens_a_streamed_bid_after_the_release(custodians: list[Key], tmp_path: Path) -> None:
    dealt = [Custodian(f"officer-{at}", key.recipient) for at, key in enumerate(custodians)]
    _, document = deal_seal(session=SESSION, purpose=Purpose.BID, custodians=dealt, threshold=2)
    target = io.BytesIO()
    encrypt_stream(str(document["recipient"]), io.BytesIO(PLAIN), target)
    identity = released(document, custodians)
    assert age_opens(identity, target.getvalue(), tmp_path) == PLAIN


def test_age_opens_a_bid_that_a_browser_sealed(custodians: list[Key], tmp_path: Path) -> None:
    script = ["--no-warnings", "--import", str(WEB / "register.mjs"), str(WEB / "speak.mjs")]

    def speak(**asked: object) -> dict[str, object]:
        done = subprocess.run(
            [command("node", "nodejs"), *script],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=True,
        )
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    actors = [
        {"actor": f"officer-{at}", "recipient": key.recipient} for at, key in enumerate(custodians)
    ]
    deal = speak(command="deal", session=SESSION, purpose="bid", custodians=actors, threshold=2)
    seal = deal["seal"]
    assert isinstance(seal, dict)
    parts = {"session": SESSION, "bid": "bid-1", "lot": "1", "bidder": "bidder-1", "sheet": {}}
    text = "x" * 200_000
    given = [{"name": "offer.pdf", "text": text}]
    made = speak(command="bid", parts=parts, files=given, recipient=seal["recipient"])
    opened = age_opens(released(seal, custodians), unb64u(str(made["sealed"])), tmp_path)
    assert opened.startswith(b"bideval-bid/1\n")
    assert opened.endswith(text.encode())


def test_age_opens_the_stored_seal(tmp_path: Path) -> None:
    stored = json.loads((HERE.parent / "vectors" / "seal.json").read_text())
    opened = age_opens(stored["identity"], unb64u(stored["ciphertext"]), tmp_path)
    assert opened.decode() == stored["plaintext"]


@pytest.mark.parametrize(
    "change",
    [
        lambda sealed: sealed[:-1],
        lambda sealed: sealed[: len(sealed) // 2],
        lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
        lambda sealed: sealed.replace(b"X25519", b"X25518", 1),
        lambda sealed: sealed + b"\x00",
    ],
    ids=["cut by one", "cut in half", "last bit", "header", "appended"],
)
def test_what_age_refuses_we_refuse(change, tmp_path: Path) -> None:
    key = keygen()
    sealed = change(age_encrypt(key.recipient, PLAIN))
    with pytest.raises(EvidenceError):
        age_decrypt(key.identity, sealed)
    with pytest.raises(EvidenceError):
        decrypt_stream(key.identity, io.BytesIO(sealed), io.BytesIO())
    with pytest.raises(ValueError, match="age: error"):
        age_opens(key.identity, sealed, tmp_path)


def test_we_open_what_age_makes() -> None:
    key = keygen()
    sealed = age("--recipient", key.recipient, given=PLAIN)
    target = io.BytesIO()
    decrypt_stream(key.identity, io.BytesIO(sealed), target)
    assert (age_decrypt(key.identity, sealed), target.getvalue()) == (PLAIN, PLAIN)


def test_armour_is_refused_though_age_reads_it(tmp_path: Path) -> None:
    key = keygen()
    armoured = age("--armor", "--recipient", key.recipient, given=PLAIN)
    assert age_opens(key.identity, armoured, tmp_path) == PLAIN
    with pytest.raises(EvidenceError):
        age_decrypt(key.identity, armoured)
