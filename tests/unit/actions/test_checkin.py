"""The name at the door is the drawn expert's, who may sit there, or it is not shown."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from bideval.actions.checkin import drawn_identity
from bideval.actions.pool import identity_of_row
from bideval.actions.pool_table import table_rows
from bideval.draw.exclusions import Bars, organisation_key
from bideval.draw.identity import identity_document
from bideval.draw.pool import pool_leaf
from bideval.evidence.canonical import canonical_bytes
from bideval.terms.errors import BidevalError

TABLE = """name,id_tail,employer,discipline,venue,phone,title,weight,former
Lin Yi,0001,Institute,a08,wencheng,13800000000,Engineer,7,Works Ltd@2025-01-01
"""
BARS = Bars(venues={"wencheng"}, disciplines={"a08"})
ROW = next(table_rows(io.BytesIO(TABLE.encode())))
IDENTITY, PRIVATE = identity_of_row(ROW, bytes, weighted=False)
LEAF = IDENTITY.leaf.hex()
DOCUMENT = json.loads(canonical_bytes(identity_document(IDENTITY, PRIVATE)))


def shown(document, bars=BARS, leaf=LEAF):
    return drawn_identity(json.dumps(document).encode(), leaf, bars)


def test_drawn_expert_has_a_name_and_no_salt():
    assert shown(DOCUMENT) == {
        "name": "Lin Yi",
        "employer": "Institute",
        "title": "Engineer",
        "discipline": "a08",
        "venue": "wencheng",
        "weight": 1,
        "id_tail": "0001",
        "phone": "13800000000",
        "former": "Works Ltd@2025-01-01",
        "relatives": "",
        "projects": "",
    }


def test_weight_counts_where_the_tender_asks_for_it():
    assert identity_of_row(ROW, bytes, weighted=True)[0].weight == 7


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "Zhao Er"}, "other_expert"),
        ({"employer": "Agency"}, "other_expert"),
        ({"discipline": "a02"}, "other_expert"),
        ({"venue": "beilun"}, "other_expert"),
        ({"kept": DOCUMENT["kept"] | {"id_tail": "0002"}}, "other_expert"),
        ({"salt": "AAAAAAAAAAAAAAAAAAAAAQ"}, "other_expert"),
        ({"salt": "AAAA"}, "wrong_size"),
        ({"name": ""}, "too_short"),
    ],
)
def test_somebody_else_in_the_drawn_one_s_place_is_found(change, code):
    with pytest.raises(BidevalError) as raised:
        shown(DOCUMENT | change)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("bars", "reason"),
    [
        (replace(BARS, bidders={organisation_key("INSTITUTE")}), "employer_is_bidder"),
        (replace(BARS, bidders={organisation_key("Works Ltd")}), "worked_for_bidder"),
        (replace(BARS, purchasers={organisation_key("Institute")}), "employer_is_purchaser"),
    ],
)
def test_drawn_expert_whom_the_rules_exclude_is_found(bars, reason):
    day = BARS.day.replace(year=2026)
    with pytest.raises(BidevalError) as raised:
        shown(DOCUMENT, replace(bars, day=day))

    assert (raised.value.code, raised.value.rule) == ("expert_excluded", reason)


def test_identity_of_a_pool_of_the_first_version_is_shown():
    old = {"name": "Lin Yi", "id_tail": "0001", "discipline": "a08", "venue": "wencheng"}
    salt = "AAAAAAAAAAAAAAAAAAAAAA"
    leaf = pool_leaf(bytes(16), "Lin Yi/0001", "a08", "wencheng").hex()
    assert shown(old | {"salt": salt}, leaf=leaf) == old
