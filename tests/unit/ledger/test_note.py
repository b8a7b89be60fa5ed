"""Signed notes: the specification's own examples, and everything that must not be believed."""

from __future__ import annotations

import base64

import pytest

from bideval.evidence.encoding import b64
from bideval.evidence.signing import new_signing_key, public_key
from bideval.ledger.note import (
    ED25519_TYPE,
    NOTE_LIMIT,
    Note,
    NoteSignature,
    TextKey,
    note_key_id,
    parse_note,
    parse_signature_line,
    signature_line,
    verify_note,
    write_note,
)
from bideval.terms.errors import EvidenceError, FaultError

# C2SP signed-note v1.0.0, the example of "Verifier keys".
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n"
    "— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# The same page's first example: a text with an empty line in it.
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)

KEY = new_signing_key("Ed25519", bytes(32))
OTHER = new_signing_key("Ed25519", bytes([1] * 32))
BODY = "first\nsecond\n"


def example_key():
    name, _, encoded = EXAMPLE_KEY.split("+")
    return TextKey(name, public_key("Ed25519", base64.b64decode(encoded)[1:]))


def line(name="a.example", key=KEY, body=BODY):
    signer = TextKey(name, key.public)
    return signature_line(name, signer.key_id, key.sign(body.encode()))


def refusal(act, *arguments):
    with pytest.raises(EvidenceError) as caught:
        act(*arguments)
    return caught.value.code, caught.value.field


def test_the_published_key_id_and_note_verify():
    key = example_key()
    signed = verify_note(parse_note(EXAMPLE), [key])
    assert (key.key_id.hex(), signed) == ("530d903a", {"example.com/foo": 0})


def test_the_published_note_with_a_changed_text_is_refused():
    note = parse_note(EXAMPLE.replace("message", "massage"))
    assert refusal(verify_note, note, [example_key()]) == ("signature_invalid", "signature")


def test_the_text_ends_before_the_last_empty_line():
    note = parse_note(POEM)
    assert (note.body, [s.name for s in note.signatures]) == (
        POEM[: POEM.rindex("\n\n") + 1],
        ["quasimodo.example/salvatore"],
    )


@pytest.mark.parametrize("text", [EXAMPLE, POEM])
def test_a_note_is_written_as_it_was_read(text):
    note = parse_note(text)
    lines = [signature_line(*signature) for signature in note.signatures]
    assert write_note(note.body, lines) == text


def test_a_signature_line_has_an_em_dash_and_the_key_id_first():
    assert signature_line("a.example", b"\0\1\2\3", b"s" * 64) == (
        "\u2014 a.example " + b64(b"\0\1\2\3" + b"s" * 64)
    )


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\u2028"])
def test_key_names_without_spaces_and_plus_only(name):
    with pytest.raises(FaultError):
        signature_line(name, b"\0\1\2\3", b"s")


def test_notes_know_ed25519_keys_only():
    with pytest.raises(FaultError):
        note_key_id("a", ED25519_TYPE, new_signing_key("ES256", bytes(32)).public)


@pytest.mark.parametrize(
    "note",
    [
        "",
        BODY,
        BODY + "\n",
        BODY + "\n\n",
        BODY + line() + "\n",
        BODY + "\n" + line(),
        BODY + "\n" + line() + "\n\n",
        BODY + "\n" + line() + "\n" + "extra\n",
        BODY.replace("\n", "\r\n") + "\n" + line() + "\n",
        BODY + "\x00\n\n" + line() + "\n",
        "tab\t\n\n" + line() + "\n",
        "\ud800\n\n" + line() + "\n",
        "x" * NOTE_LIMIT + "\n\n" + line() + "\n",
        write_note(BODY, [line()] * 65),
        write_note(BODY, ["- a.example AAAAAAAA"]),
        write_note(BODY, ["\u2014a.example AAAAAAAA"]),
        write_note(BODY, ["\u2014 a.example"]),
        write_note(BODY, ["\u2014  AAAAAAAA"]),
        write_note(BODY, ["\u2014 a+b AAAAAAAA"]),
        write_note(BODY, ["\u2014 a\u00a0b AAAAAAAA"]),
        write_note(BODY, ["\u2014 a.example AAAAAA=="]),
        write_note(BODY, ["\u2014 a.example "]),
    ],
)
def test_a_malformed_note_is_refused(note):
    assert refusal(parse_note, note) == ("note_malformed", "note")


@pytest.mark.parametrize(
    "encoded", ["AAAAAAA", "AAAAAAB=", "AAAA AAAA", "AAAAAA-_", "AAAAAAAA\u00e9"]
)
def test_a_signature_in_another_spelling_is_refused(encoded):
    assert refusal(parse_signature_line, f"\u2014 a.example {encoded}") == ("not_base64", "note")


def test_a_signature_line_is_taken_apart():
    found = parse_signature_line("\u2014 a.example AAECAwQ=")
    assert found == NoteSignature("a.example", b"\0\1\2\3", b"\4")


def test_sixteen_and_more_signatures_are_accepted():
    lines = [line(f"{number}.example") for number in range(64)]
    keys = [TextKey(f"{number}.example", KEY.public) for number in range(64)]
    signed = verify_note(parse_note(write_note(BODY, lines)), keys)
    assert signed == {f"{number}.example": 0 for number in range(64)}


def test_unknown_keys_are_ignored_whatever_they_sign():
    foreign = signature_line("x.example", b"\0\1\2\3", b"no signature")
    note = parse_note(write_note(BODY, [foreign, line(), line("b.example", OTHER, "other\n")]))
    assert verify_note(note, [TextKey("a.example", KEY.public)]) == {"a.example": 0}


@pytest.mark.parametrize("name", ["a.example", "b.example"])
def test_a_known_name_with_another_id_is_an_unknown_key(name):
    note = parse_note(write_note(BODY, [line(name, OTHER)]))
    assert verify_note(note, [TextKey("a.example", KEY.public)]) == {}


@pytest.mark.parametrize("first", [True, False])
def test_one_false_signature_of_a_known_key_sinks_the_note(first):
    false = line(body="other\n")
    lines = [false, line()] if first else [line(), false]
    note = parse_note(write_note(BODY, lines))
    found = refusal(verify_note, note, [TextKey("a.example", KEY.public)])
    assert found == ("signature_invalid", "signature")


def test_a_note_of_parts():
    assert parse_note(write_note(BODY, [line()])) == Note(BODY, (parse_signature_line(line()),))
