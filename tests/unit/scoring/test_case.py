"""Which documents are cases, where each other one goes wrong, and writing a case back."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.scoring import case as case_module
from bideval.scoring.case import (
    Bid,
    Case,
    Category,
    Member,
    MemberStatus,
    Scoresheet,
    Size,
    Tender,
    case_document,
    parse_case,
)
from bideval.terms.errors import InputError

NOT_OBJECTS = [None, [], "x", 1, True]

MUTATIONS = [
    # path, value (... takes it away), field of the error (same as path where not given), code
    *[("format", value, None, "not_text") for value in (None, 1, [], {}, True)],
    ("format", ..., None, "missing_key"),
    ("format", "bideval-case/2", None, "unknown_format"),
    ("format", "", None, "unknown_format"),
    ("format", "bideval-case/1\n", None, "unknown_format"),
    ("title", None, None, "not_text"),
    ("title", ["t"], None, "not_text"),
    ("title", "t" * 2001, None, "too_long"),
    ("title", "\ud83d", None, "not_text"),
    *[("tender", value, None, "not_an_object") for value in NOT_OBJECTS],
    ("tender", ..., None, "missing_key"),
    ("tender/category", ..., None, "missing_key"),
    ("tender/category", "Goods", None, "unknown_value"),
    ("tender/category", None, None, "unknown_value"),
    ("tender/ceiling", 200, None, "not_a_decimal"),
    ("tender/ceiling", "-1", None, "out_of_bounds"),
    ("tender/ceiling", "", None, "not_a_decimal"),
    *[("method", value, None, "not_an_object") for value in NOT_OBJECTS],
    ("method", ..., None, "missing_key"),
    ("method/type", ..., None, "missing_key"),
    ("method/type", "cheapest", None, "unknown_value"),
    ("method/criteria/0/max", 40, "method.criteria[0].max", "not_a_decimal"),
    ("bids", ..., None, "missing_key"),
    *[("bids", value, None, "not_a_list") for value in (None, {}, "x", 1, True)],
    ("bids", [], None, "missing_bids"),
    *[("bids/1", value, "bids[1]", "not_an_object") for value in NOT_OBJECTS],
    ("bids/1/id", ..., "bids[1].id", "missing_key"),
    ("bids/1/id", "A", "bids[1].id", "duplicate_id"),
    ("bids/1/id", "", "bids[1].id", "bad_identifier"),
    ("bids/1/id", 7, "bids[1].id", "not_text"),
    ("bids/1/id", None, "bids[1].id", "not_text"),
    ("bids/1/price", ..., "bids[1].price", "missing_key"),
    *[
        ("bids/1/price", value, "bids[1].price", "not_a_decimal")
        for value in (
            *(100, 100.0, None, True, [], {}, "", "1e3", "NaN", "Infinity", "1,000", " 1", "1\n"),
            *("+1", "01", ".5", "5.", "-0", "9" * 19, "0." + "1" * 19, "9" * 5000, "\uff11"),
        )
    ],
    ("bids/1/price", "-0.01", "bids[1].price", "out_of_bounds"),
    ("bids/1/size", "tiny", "bids[1].size", "unknown_value"),
    ("bids/1/size", None, "bids[1].size", "unknown_value"),
    ("bids/1/size", ["small"], "bids[1].size", "unknown_value"),
    *[
        ("bids/1/valid", value, "bids[1].valid", "not_a_flag")
        for value in (None, 0, 1, "true", "false", [], {})
    ],
    ("bids/1/small_share_percent", 30, "bids[1].small_share_percent", "not_a_decimal"),
    ("bids/1/small_share_percent", "-1", "bids[1].small_share_percent", "out_of_bounds"),
    ("bids/1/small_share_percent", "100.1", "bids[1].small_share_percent", "out_of_bounds"),
    ("members", ..., None, "missing_key"),
    *[("members", value, None, "not_a_list") for value in (None, {}, "x", 1, True)],
    ("members", [], None, "nobody_seated"),
    ("members", [{"id": "M1", "status": "replaced"}], None, "nobody_seated"),
    *[("members/0", value, "members[0]", "not_an_object") for value in NOT_OBJECTS],
    ("members/0/id", ..., "members[0].id", "missing_key"),
    ("members/0/id", 1, "members[0].id", "not_text"),
    ("members/2/id", "M1", "members[2].id", "duplicate_id"),
    ("members/0/status", "absent", "members[0].status", "unknown_value"),
    ("members/0/status", None, "members[0].status", "unknown_value"),
    ("members/0/replaced_by", "M3", "members[0].replaced_by", "not_replaced"),
    ("members/1/replaced_by", "M9", "members[1].replaced_by", "unknown_reference"),
    (
        "members/3",
        {"id": "M4", "status": "replaced", "replaced_by": "M9"},
        "members[3].replaced_by",
        "unknown_reference",
    ),
    ("members/1/replaced_by", "M2", "members[1].replaced_by", "circular_reference"),
    ("members/1/replaced_by", 4, "members[1].replaced_by", "not_text"),
    ("members/1/replaced_by", "", "members[1].replaced_by", "bad_identifier"),
    ("scoresheets", ..., None, "missing_key"),
    *[("scoresheets", value, None, "not_a_list") for value in (None, {}, "x", 1, True)],
    *[("scoresheets/0", value, "scoresheets[0]", "not_an_object") for value in NOT_OBJECTS],
    ("scoresheets/0/member", ..., "scoresheets[0].member", "missing_key"),
    ("scoresheets/0/member", "M9", "scoresheets[0].member", "unknown_reference"),
    ("scoresheets/0/member", None, "scoresheets[0].member", "not_text"),
    ("scoresheets/2/member", "M1", "scoresheets[2].member", "duplicate_id"),
    ("scoresheets/0/marks", ..., "scoresheets[0].marks", "missing_key"),
    *[
        ("scoresheets/0/marks", value, "scoresheets[0].marks", "not_an_object")
        for value in NOT_OBJECTS
    ],
    *[
        ("scoresheets/3/marks/A", value, "scoresheets[3].marks.A", "not_an_object")
        for value in NOT_OBJECTS
    ],
    *[
        ("scoresheets/3/marks/A/design", value, "scoresheets[3].marks.A.design", "not_a_decimal")
        for value in (30, 30.5, True, [], {}, "", "x", "3,5", "NaN", "1e1", "-0.0", "0x1")
    ],
    ("scoresheets/1/marks/A/design", 1, "scoresheets[1].marks.A.design", "not_a_decimal"),
]


def put(data, path, value):
    *way, last = [int(key) if key.isdigit() else key for key in path.split("/")]
    for key in way:
        data = data[key]
    if value is ...:
        del data[last]
    else:
        data[last] = value


def test_there_are_more_than_a_hundred_mutations():
    assert len(MUTATIONS) > 100


@pytest.mark.parametrize(("path", "value", "field", "code"), MUTATIONS)
def test_malformed_case_names_field_and_fault(document, path, value, field, code):
    put(document, path, value)
    with pytest.raises(InputError) as caught:
        parse_case(document)
    assert (caught.value.field, caught.value.code) == (field or path.replace("/", "."), code)
    assert caught.value.detail.isprintable()
    assert 0 < len(caught.value.detail) < 200


@pytest.mark.parametrize("value", [*NOT_OBJECTS, 1.5])
def test_a_case_must_be_an_object(value):
    with pytest.raises(InputError) as caught:
        parse_case(value)
    assert str(caught.value) == "case: must be an object"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(st.data())
def test_any_json_at_any_place_is_a_case_or_an_input_error(data):
    document = case_document(ALL_DEFAULTS)
    place: object = document
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    try:
        case = parse_case(document)
    except InputError:
        return
    assert parse_case(case_document(case)) == case


def test_unknown_keys_are_ignored_everywhere(document):
    before = parse_case(copy.deepcopy(document))
    for place in (
        document,
        document["tender"],
        document["method"],
        document["method"]["rounding"],
        document["method"]["criteria"][0],
        document["method"]["price"],
        document["method"]["preference"],
        document["bids"][0],
        document["members"][0],
        document["scoresheets"][0],
    ):
        place["remark"] = {"deep": [1.5, None, {"NaN": float("nan")}]}
    document["scoresheets"][0]["marks"]["Z"] = 1.5
    document["scoresheets"][0]["marks"]["A"]["charm"] = 1.5
    assert parse_case(document) == before


def test_defaults_fill_what_may_be_left_out(document):
    for path in ("title", "tender/ceiling", "method/preference", "method/absent_marks"):
        put(document, path, ...)
    case = parse_case(document)
    assert (case.title, case.tender) == ("", Tender(category=Category.GOODS))
    assert case.bids[0] == Bid(id="A", price=Decimal("120.00"))
    assert case.bids[1].size is Size.SMALL
    assert case.members[2] == Member(id="M3", status=MemberStatus.SEATED, replaced_by=None)
    assert (case.method.small, case.method.joint_venture) == (None, None)


@pytest.mark.parametrize("path", ["tender/ceiling", "bids/0/small_share_percent"])
def test_null_is_absent_where_the_format_says_optional(document, path):
    put(document, path, None)
    case = parse_case(document)
    assert None in (case.tender.ceiling, case.bids[0].small_share_percent)


def test_a_replaced_member_may_wait_for_a_successor(document):
    document["members"][1]["replaced_by"] = None
    assert parse_case(document).members[1] == Member(id="M2", status=MemberStatus.REPLACED)


def test_successions_may_be_chains_but_not_circles(document):
    document["members"][3] = {"id": "M4", "status": "replaced", "replaced_by": "M3"}
    assert [member.id for member in parse_case(document).seated()] == ["M1", "M3"]
    document["members"][2] = {"id": "M3", "status": "replaced", "replaced_by": "M2"}
    with pytest.raises(InputError) as caught:
        parse_case(document)
    assert caught.value.field == "members[1].replaced_by"
    assert caught.value.code == "circular_reference"


def test_lowest_price_needs_neither_criteria_nor_panel():
    case = parse_case(
        {
            "format": "bideval-case/1",
            "tender": {"category": "goods"},
            "method": {"type": "lowest_price", "candidates": 1},
            "bids": [{"id": "A", "price": "0"}],
        }
    )
    assert (case.members, case.scoresheets, case.method.criteria) == ((), (), ())


def test_comprehensive_without_criteria_needs_nobody_seated(document):
    document["method"]["criteria"] = []
    document["members"] = []
    document["scoresheets"] = []
    assert parse_case(document).seated() == ()


def test_absent_marks_have_no_key_and_zero_is_a_mark(document):
    document["scoresheets"][0]["marks"] = {"A": {"design": None, "service": "0"}, "B": {}}
    sheet = parse_case(document).scoresheets[0]
    assert sheet.marks == {"A": {"service": Decimal(0)}}
    assert sheet.mark("A", "service") == 0
    assert [sheet.mark(*place) for place in (("A", "design"), ("B", "design"), ("C", "x"))] == [
        None,
        None,
        None,
    ]


def test_sheet_of_a_member_who_handed_in_none_is_empty(document):
    del document["scoresheets"][0]
    case = parse_case(document)
    assert case.sheet("M1") == Scoresheet(member="M1", marks={})
    assert case.sheet("M3") == case.scoresheets[1]


@pytest.mark.parametrize("key", ["bids", "members", "scoresheets"])
def test_counts_are_limited(document, key):
    limit = case_module.MAX_BIDS if key == "bids" else case_module.MAX_MEMBERS
    document[key] = document[key] * limit
    with pytest.raises(InputError) as caught:
        parse_case(document)
    assert (caught.value.field, caught.value.code) == (key, "too_many")


def test_the_whole_panel_may_not_owe_too_many_marks(document):
    document["bids"] = [{"id": str(number), "price": "1"} for number in range(2_000)]
    document["members"] = [{"id": str(number)} for number in range(42)]
    document["scoresheets"] = []
    with pytest.raises(InputError) as caught:
        parse_case(document)
    assert str(caught.value) == "case: must not ask for more than 250000 marks"
    document["members"].pop()
    assert len(parse_case(document).members) == 41


def test_document_spells_out_defaults_in_the_order_of_the_case(document):
    del document["scoresheets"][1:]
    document["scoresheets"][0]["marks"] = {
        "B": {"record": "12", "design": "20.50", "service": None},
        "A": {},
    }
    written = case_document(parse_case(document))
    assert written["tender"] == {"category": "goods", "ceiling": "200.00"}
    assert written["bids"] == [
        {"id": "A", "price": "120.00", "size": "large", "valid": True},
        {"id": "B", "price": "100.00", "size": "small", "valid": True},
    ]
    assert written["members"][:2] == [
        {"id": "M1", "status": "seated"},
        {"id": "M2", "status": "replaced", "replaced_by": "M4"},
    ]
    assert written["scoresheets"] == [
        {"member": "M1", "marks": {"B": {"design": "20.50", "record": "12"}}}
    ]
    assert list(written["scoresheets"][0]["marks"]["B"]) == ["design", "record"]


def test_document_is_the_inverse_of_parsing(document):
    document["bids"][0] |= {"small_share_percent": "35.0", "size": "medium", "valid": False}
    case = parse_case(document)
    written = case_document(case)
    assert parse_case(written) == case
    assert case_document(parse_case(written)) == written
    assert written["bids"][0]["small_share_percent"] == "35.0"
    assert case_document(ALL_DEFAULTS)["tender"] == {"category": "works", "ceiling": None}


def _all_defaults() -> Case:
    return parse_case(
        {
            "format": "bideval-case/1",
            "tender": {"category": "works"},
            "method": {
                "type": "comprehensive",
                "rounding": {"mode": "half_even", "places": 1, "when": "total_only"},
                "panel_mean": {
                    "over": "criterion",
                    "trim": {"high": 1, "low": 1, "when_more_than": 5},
                },
                "criteria": [{"id": "c", "kind": "objective", "max": "5", "step": "1"}],
                "price": {
                    "formula": "mean_benchmark",
                    "max": "60",
                    "drop": {"high": 1, "low": 1, "when_at_least": 5},
                    "reduction_percent": "1.5",
                    "deviation_places": 2,
                    "over_per_percent": "1",
                    "under_per_percent": "0.5",
                    "floor": "0",
                },
                "preference": {"small": {"score_bonus_percent": "3"}},
                "ties": ["bid_price"],
                "candidates": 3,
            },
            "bids": [{"id": "A", "price": "7.5"}],
            "members": [{"id": "M"}],
            "scoresheets": [{"member": "M", "marks": {"A": {"c": "3"}}}],
        }
    )


ALL_DEFAULTS = _all_defaults()
