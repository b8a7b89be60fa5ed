"""What is said on paper is signed, sealed, folded, and refused where a session would refuse it."""

from __future__ import annotations

import pytest

from bideval.audit.bundle import read_bundle
from bideval.evidence.encoding import b64u
from bideval.evidence.sealing import age_decrypt, age_encrypt
from bideval.rehearsal.paper_record import MAIN, SESSION, PaperRecord, paper_bundle
from bideval.terms.errors import FaultError


def test_keys_come_from_the_seed_and_recipients_do_not() -> None:
    one, same, other = PaperRecord("1"), PaperRecord("1"), PaperRecord("2")

    assert one.key("officer-1").public == same.key("officer-1").public
    assert one.key("officer-1").public != other.key("officer-1").public
    assert one.recipient("officer-1") == one.recipient("officer-1") != same.recipient("officer-1")


def test_recipient_is_one_that_the_record_can_open() -> None:
    record = PaperRecord("1")
    sealed = age_encrypt(record.recipient("officer-1"), b"share")

    assert age_decrypt(record._age("officer-1")[0], sealed) == b"share"


def test_what_a_session_refuses_is_not_written() -> None:
    record = PaperRecord("1")
    key = record.key(f"venue/{MAIN}")
    venues = [
        {
            "id": MAIN,
            "name": MAIN,
            "suite": "Ed25519",
            "public": b64u(key.public.raw),
            "recipient": record.recipient(f"venue/{MAIN}"),
            "url": "",
        }
    ]
    body = {"title": "paper", "rulebook": "procurement/1", "main": MAIN, "venues": venues}
    record.say(f"venue/{MAIN}", "session.founded", body)

    with pytest.raises(FaultError) as fault:
        record.say(f"venue/{MAIN}", "session.founded", body)

    assert (fault.value.code, fault.value.detail) == ("paper_refused", "already_founded")
    assert (len(record.lines), record.tree.size) == (1, 1)


def test_bundle_holds_the_lines_and_the_files() -> None:
    record = PaperRecord("1")
    record.lines.append(b"main 1 a.b.c")
    named = record.keep(b"content")
    bundle = read_bundle(b"".join(paper_bundle(record)))

    assert (list(bundle.lines), bundle.manifest.session) == (record.lines, SESSION)
    assert {name: bytes(data) for name, data in bundle.files.items()} == {
        named["sha256"]: b"content"
    }
