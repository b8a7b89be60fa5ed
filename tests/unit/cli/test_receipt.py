"""The command on receipts that hold, that expose, and that are none."""

from __future__ import annotations

import json

import pytest

from bideval.audit.receipt import kept_text
from bideval.cli.main import main
from bideval.evidence.signing import new_signing_key
from bideval.ledger.entry import entry_hash
from bideval.ledger.line import chain_next, chain_start
from bideval.ledger.receipt import Receipt, receipt_place, sign_receipt
from bideval.session.names import Phase
from tests.unit.audit.hearing import at, bundle_of, lines_of
from tests.unit.session.conversation import SESSION

TALK = at(Phase.ARCHIVED)
KEY = TALK.actors["venue/wencheng"].key
OWN = [line for line in TALK.lines if line.origin == "wencheng"]


def receipt_of(number, *, other_entry=None, chain=None):
    """Return the kept receipt of the branch's line."""
    if chain is None:
        chain = chain_start(SESSION, "wencheng")
        for raw in [raw for raw in lines_of(TALK) if raw.startswith(b"wencheng ")][:number]:
            chain = chain_next(chain, raw)
    entry = other_entry or entry_hash(OWN[number - 1].jws)
    receipt = Receipt(SESSION, "wencheng", entry, receipt_place(chain), 1_795_312_800_000)
    return kept_text(sign_receipt(KEY, receipt), KEY.public)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "session.bundle"
    path.write_bytes(bundle_of(TALK))
    return path


def check(tmp_path, capsys, text, *more):
    path = tmp_path / "kept.txt"
    path.write_text(text + "\n")
    code = main(["receipt", "verify", str(path), *map(str, more)])
    return code, capsys.readouterr()


def test_receipt_alone_shows_its_key(tmp_path, capsys):
    code, said = check(tmp_path, capsys, receipt_of(2), "--json")
    found = json.loads(said.out)
    assert (code, found["ok"], found["origin"], found["kid"]) == (0, True, "wencheng", KEY.key_id)


def test_entry_in_its_place_holds(tmp_path, capsys, bundle):
    code, said = check(tmp_path, capsys, receipt_of(2), "--bundle", bundle)
    assert code == 0, said
    assert said.out.startswith("the receipt holds: entry ")


def test_entry_that_is_missing_is_named(tmp_path, capsys, bundle):
    missing = "77" * 32
    code, said = check(tmp_path, capsys, receipt_of(2, other_entry=missing), "--bundle", bundle)
    assert (code, said.out.startswith("EXPOSED: ")) == (1, True)
    assert f"entry {missing} is not in the record, and wencheng signed for it" in said.out
    assert "entries: " not in said.out


def test_rewritten_past_is_named(tmp_path, capsys, bundle):
    text = receipt_of(2, chain=bytes(32))
    code, said = check(tmp_path, capsys, text, "--bundle", bundle, "--json")
    found = json.loads(said.out)
    assert (code, found["ok"]) == (1, False)
    assert "wencheng signed for other lines of its own before this one" in found["detail"]


def test_forged_receipt_is_exposed(tmp_path, capsys):
    other = new_signing_key("Ed25519", b"o" * 32).public
    code, said = check(tmp_path, capsys, kept_text(receipt_of(2).split(" ")[3], other))
    assert (code, said.out.startswith("EXPOSED: ")) == (1, True)


def test_bundle_that_does_not_hold_shows_nothing_of_the_receipt(tmp_path, capsys):
    path = tmp_path / "other.bundle"
    path.write_bytes(bundle_of(TALK, root="77" * 32))
    code, said = check(tmp_path, capsys, receipt_of(2), "--bundle", path)
    assert (code, "the bundle itself does not verify: 4 tree" in said.out) == (1, True)


@pytest.mark.parametrize("text", ["nothing of the kind", ""])
def test_what_is_no_receipt_is_unusable(tmp_path, capsys, text):
    code, said = check(tmp_path, capsys, text)
    assert (code, said.out, said.err.startswith("bideval receipt: ")) == (2, "", True)


def test_file_that_is_not_there_is_unusable(tmp_path, capsys):
    code = main(["receipt", "verify", str(tmp_path / "nowhere")])
    assert (code, "cannot be read" in capsys.readouterr().err) == (2, True)
