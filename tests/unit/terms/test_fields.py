"""Field readers: the typed value, or the exact path of what is wrong."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import pytest

from bideval.terms import base64url, fields
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields


class Verdict(StrEnum):
    RESPONSIVE = "responsive"
    UNRESPONSIVE = "unresponsive"


DIGEST = "ab" * 32


def refused(read, *arguments, **limits):
    with pytest.raises(InputError) as caught:
        read(*arguments, **limits)
    return caught.value.code, caught.value.field


@pytest.mark.parametrize(
    ("value", "limits", "code"),
    [
        (None, {}, "not_a_text"),
        (7, {}, "not_a_text"),
        ("abcd", {"limit": 3}, "too_long"),
        ("", {}, "too_short"),
        (" \t\u3000", {}, "too_short"),
        ("ab", {"least": 3}, "too_short"),
        ("a\x00b", {}, "control_character"),
        ("a\rb", {}, "control_character"),
        ("a\x7fb", {}, "control_character"),
    ],
)
def test_text_refuses(value, limits, code):
    assert refused(fields.text, value, "f", **limits) == (code, "f")


@pytest.mark.parametrize(
    ("value", "limits"), [("理由", {}), ("a\tb\nc", {}), ("", {"least": 0}), ("abc", {"limit": 3})]
)
def test_text_returns(value, limits):
    assert fields.text(value, "f", **limits) == value


@pytest.mark.parametrize(
    ("value", "limits", "code"),
    [
        ("1", {}, "not_an_integer"),
        (True, {}, "not_an_integer"),
        (1.0, {}, "not_an_integer"),
        (-1, {}, "out_of_range"),
        (2**53, {}, "out_of_range"),
        (0, {"least": 1}, "out_of_range"),
        (6, {"most": 5}, "out_of_range"),
    ],
)
def test_integer_refuses(value, limits, code):
    assert refused(fields.integer, value, "n", **limits) == (code, "n")


def test_integer_returns_both_ends():
    assert [fields.integer(value, "n") for value in (0, 2**53 - 1)] == [0, 2**53 - 1]


def test_flag_returns_truth_values():
    assert [fields.flag(value, "f") for value in (True, False)] == [True, False]


@pytest.mark.parametrize("value", [None, 0, 1, "true"])
def test_flag_refuses_what_only_looks_true(value):
    assert refused(fields.flag, value, "f") == ("not_a_flag", "f")


def test_digest_returns_lower_case_hexadecimal():
    assert fields.digest(DIGEST, "d") == DIGEST


@pytest.mark.parametrize("value", [DIGEST.upper(), DIGEST[1:], DIGEST + "\n", "g" * 64, None])
def test_digest_refuses(value):
    assert refused(fields.digest, value, "d") == ("not_a_digest", "d")


@pytest.mark.parametrize(
    ("value", "limits", "code"),
    [
        (None, {}, "not_base64url"),
        ("Zh", {}, "not_base64url"),
        ("Zg==", {}, "not_base64url"),
        ("Zm9v", {"limit": 2}, "not_base64url"),
        ("Zm9v", {"size": 4}, "wrong_size"),
        ("Zm9vYg", {"size": 3}, "not_base64url"),
    ],
)
def test_binary_refuses(value, limits, code):
    assert refused(fields.binary, value, "b", **limits) == (code, "b")


@pytest.mark.parametrize("size", range(8))
def test_binary_returns_up_to_its_limit(size):
    data = bytes(range(size))
    text = base64url.encode(data)
    assert [fields.binary(text, "b", limit=size), fields.binary(text, "b", size=size)] == [data] * 2


@pytest.mark.parametrize(
    ("value", "limits", "code"),
    [
        ({}, {}, "not_a_list"),
        ("ab", {}, "not_a_list"),
        ([], {"least": 1}, "wrong_count"),
        ([1, 2], {"most": 1}, "wrong_count"),
    ],
)
def test_sequence_refuses(value, limits, code):
    assert refused(fields.sequence, value, "l", **limits) == (code, "l")


def test_mapping_refuses_a_list():
    assert refused(fields.mapping, [], "m") == ("not_an_object", "m")


@pytest.mark.parametrize("value", ["Responsive", "", None, 3, []])
def test_choice_refuses_other_values(value):
    assert refused(fields.choice, value, "c", Verdict) == ("unknown_choice", "c")


def test_choice_returns_the_member():
    assert fields.choice("unresponsive", "c", Verdict) is Verdict.UNRESPONSIVE


@pytest.mark.parametrize("value", ["maybe", None, ["yes"]])
def test_word_refuses_other_values(value):
    assert refused(fields.word, value, "w", ("yes", "no")) == ("unknown_choice", "w")


DOCUMENT = {
    "title": "桥梁",
    "n": 3,
    "final": False,
    "digest": DIGEST,
    "raw": "Zm9v",
    "mark": "28.50",
    "at": "1970-01-01T00:00:01.000Z",
    "verdict": "responsive",
    "answer": "yes",
    "bid": "bid-1",
    "venue": "fenghua",
    "session": "fh-2026",
    "person": "officer-lin",
    "actor": "venue/fenghua",
    "inner": {"x": 1},
    "list": [1, 2],
    "digests": [DIGEST, DIGEST],
    "objects": [{"id": "a"}, {"id": ""}],
    "nothing": None,
}

READ = [
    (lambda f: f.text("title"), "桥梁"),
    (lambda f: f.integer("n", least=3, most=3), 3),
    (lambda f: f.flag("final"), False),
    (lambda f: f.digest("digest"), DIGEST),
    (lambda f: f.binary("raw", size=3), b"foo"),
    (lambda f: f.decimal("mark"), Decimal("28.50")),
    (lambda f: f.instant("at"), 1000),
    (lambda f: f.choice("verdict", Verdict), Verdict.RESPONSIVE),
    (lambda f: f.word("answer", ("yes", "no")), "yes"),
    (lambda f: f.label("bid"), "bid-1"),
    (lambda f: f.venue("venue"), "fenghua"),
    (lambda f: f.session("session"), "fh-2026"),
    (lambda f: f.person("person"), "officer-lin"),
    (lambda f: f.actor("actor"), "venue/fenghua"),
    (lambda f: f.nested("inner").integer("x"), 1),
    (lambda f: f.sequence("list"), [1, 2]),
    (lambda f: f.items("digests", fields.digest), [DIGEST, DIGEST]),
    (lambda f: f.objects("objects")[0].label("id"), "a"),
    (lambda f: f.required("nothing"), None),
    (lambda f: f.optional("nothing", f.text), None),
    (lambda f: f.optional("missing", f.text), None),
    (lambda f: f.optional("title", f.text), "桥梁"),
    (lambda f: (f.absent("nothing"), f.absent("missing"), f.absent("final")), (True, True, False)),
]


@pytest.mark.parametrize(("read", "value"), READ)
def test_members_are_read(read, value):
    assert read(Fields(DOCUMENT, "body")) == value


WRONG = [
    (lambda f: f.text("missing"), "missing", "body.missing"),
    (lambda f: f.text("nothing"), "not_a_text", "body.nothing"),
    (lambda f: f.integer("title"), "not_an_integer", "body.title"),
    (lambda f: f.decimal("n"), "not_a_decimal", "body.n"),
    (lambda f: f.instant("title"), "not_an_instant", "body.title"),
    (lambda f: f.venue("title"), "bad_venue_id", "body.title"),
    (lambda f: f.nested("title"), "not_an_object", "body.title"),
    (lambda f: f.nested("inner").text("x"), "not_a_text", "body.inner.x"),
    (lambda f: f.items("list", fields.text), "not_a_text", "body.list[0]"),
    (lambda f: f.objects("objects")[1].label("id"), "bad_label", "body.objects[1].id"),
    (lambda f: f.only("title", "n"), "unknown_member", "body"),
]


@pytest.mark.parametrize(("read", "code", "path"), WRONG)
def test_the_path_of_a_wrong_member_is_exact(read, code, path):
    assert refused(read, Fields(DOCUMENT, "body")) == (code, path)


def test_only_accepts_fewer_members():
    assert Fields({"a": 1}, "body").only("a", "b") is None


@pytest.mark.parametrize("path", ["", "case"])
def test_the_top_has_a_name_too(path):
    assert refused(Fields, [], path) == ("not_an_object", path or "(top)")


def test_paths_at_the_top_are_bare_names():
    top = Fields({"a": 1, "b": 2}, "")
    assert (top.at("a"), refused(top.only, "a")) == ("a", ("unknown_member", "(top)"))


def test_errors_do_not_quote_the_value():
    with pytest.raises(InputError) as caught:
        Fields({"name": "王小明" * 100}, "body").text("name", limit=10)
    assert "王" not in str(caught.value)
