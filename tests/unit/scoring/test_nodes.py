"""Reading decoded JSON strictly: every refusal is an InputError at its place."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import pytest

from bideval.scoring.nodes import MAX_ID_LENGTH, MAX_TEXT_LENGTH, Node, refuse_duplicates
from bideval.terms.errors import InputError


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def refusal(read):
    with pytest.raises(InputError) as caught:
        read()
    return caught.value.code, str(caught.value)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("design", "a.design"),
        ("方案-1_x", "a.方案-1_x"),
        ("a.b", "a['a.b']"),
        ("方案 一", "a['方案 一']"),
        ("a\u202eb", "a['a\\u202eb']"),
        ("", "a['']"),
        ("a\nb", "a['a\\nb']"),
        ("\ud800", "a['\\ud800']"),
        ("x" * 300, "a." + "x" * MAX_ID_LENGTH + "..."),
    ],
)
def test_child_path_is_readable_and_on_one_line(key, path):
    assert Node({}, "a").child(key, 1) == Node(1, path)


def test_top_level_path_has_no_point_and_the_top_itself_is_the_case():
    assert Node({}, "").child("bids", []).path == "bids"
    assert refusal(Node([], "").entries) == ("not_an_object", "case: must be an object")


@pytest.mark.parametrize("value", [None, [], "a", 1, True, 1.5])
def test_only_an_object_has_entries(value):
    assert refusal(Node(value, "a").entries) == ("not_an_object", "a: must be an object")


def test_need_get_and_filled_differ_on_missing_and_null():
    node = Node({"null": None, "one": 1}, "a")
    assert refusal(lambda: node.need("two")) == ("missing_key", "a.two: is missing")
    assert node.need("null") == Node(None, "a.null")
    assert (node.get("two"), node.get("null")) == (None, Node(None, "a.null"))
    assert (node.filled("two"), node.filled("null")) == (None, None)
    assert node.filled("one") == Node(1, "a.one")


def test_items_number_their_places_and_are_limited():
    assert Node(["x", "y"], "a").items(limit=2) == [Node("x", "a[0]"), Node("y", "a[1]")]
    assert refusal(lambda: Node(["x", "y"], "a").items(limit=1)) == (
        "too_many",
        "a: must have at most 1 items",
    )
    assert refusal(lambda: Node({}, "a").items(limit=1)) == ("not_a_list", "a: must be a list")


def test_members_pair_keys_with_nodes():
    assert list(Node({"k": 1}, "a").members()) == [("k", Node(1, "a.k"))]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, ("not_text", "a: must be a string")),
        (None, ("not_text", "a: must be a string")),
        ("x" * (MAX_TEXT_LENGTH + 1), ("too_long", "a: must have at most 2000 characters")),
        (
            "\udfff",
            ("not_text", "a: holds half of a surrogate pair, which is no character"),
        ),
    ],
)
def test_text_refuses_what_cannot_be_shown(value, expected):
    assert refusal(Node(value, "a").text) == expected


def test_text_may_be_empty_or_hold_line_breaks():
    assert (Node("", "a").text(), Node("x\ny", "a").text()) == ("", "x\ny")


@pytest.mark.parametrize("value", ["", " ", "\t", "a\nb", "a\x00", "\u202ea", "a\u200b"])
def test_identifier_refuses_the_invisible(value):
    assert refusal(Node(value, "a").identifier)[0] == "bad_identifier"


def test_identifier_takes_names_of_every_script_up_to_its_limit():
    assert Node("投标人 甲", "a").identifier() == "投标人 甲"
    assert Node("x" * MAX_ID_LENGTH, "a").identifier() == "x" * MAX_ID_LENGTH
    assert refusal(Node("x" * (MAX_ID_LENGTH + 1), "a").identifier)[0] == "too_long"


def test_decimal_bounds_are_included():
    low, high = Decimal(0), Decimal("1.5")
    assert Node("0", "a").decimal(low=low, high=high) == 0
    assert Node("1.50", "a").decimal(low=low, high=high) == Decimal("1.5")
    assert Node("-7", "a").decimal() == -7
    assert refusal(lambda: Node("-0.1", "a").decimal(low=low)) == (
        "out_of_bounds",
        "a: must not be below 0",
    )
    assert refusal(lambda: Node("1.51", "a").decimal(high=high)) == (
        "out_of_bounds",
        "a: must not be above 1.5",
    )
    assert refusal(Node(1, "a").decimal)[0] == "not_a_decimal"


@pytest.mark.parametrize("value", [True, "1", 1.0, None, [], {}])
def test_count_takes_whole_json_numbers_only(value):
    assert refusal(lambda: Node(value, "a").count(low=0, high=3)) == (
        "not_a_count",
        "a: must be a whole JSON number",
    )


@pytest.mark.parametrize("value", [-1, 4, 10**30])
def test_count_is_bounded(value):
    assert refusal(lambda: Node(value, "a").count(low=0, high=3)) == (
        "out_of_bounds",
        "a: must be from 0 to 3",
    )


def test_count_bounds_are_included():
    assert [Node(value, "a").count(low=0, high=3) for value in (0, 3)] == [0, 3]


@pytest.mark.parametrize("value", [0, 1, "true", None, []])
def test_flag_takes_booleans_only(value):
    assert refusal(Node(value, "a").flag) == ("not_a_flag", "a: must be true or false")


def test_flag_returns_the_boolean():
    assert [Node(value, "a").flag() for value in (True, False)] == [True, False]


@pytest.mark.parametrize(
    ("value", "found"),
    [("green", "'green'"), ("RED", "'RED'"), (None, "something else"), (["red"], "something else")],
)
def test_choice_lists_the_names(value, found):
    assert refusal(lambda: Node(value, "a").choice(Colour)) == (
        "unknown_value",
        f"a: must be one of red, blue, not {found}",
    )


def test_choice_returns_the_member():
    assert Node("blue", "a").choice(Colour) is Colour.BLUE


def test_duplicates_are_refused_at_the_second_place():
    nodes = [Node(name, f"a[{index}]") for index, name in enumerate("xyx")]
    refuse_duplicates(nodes[:2], ["x", "y"])
    assert refusal(lambda: refuse_duplicates(nodes, ["x", "y", "x"])) == (
        "duplicate_id",
        "a[2]: repeats 'x'",
    )
