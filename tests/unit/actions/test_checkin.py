"""The name at the door is the drawn expert's, or it is not shown."""

from __future__ import annotations

import json

import pytest

from bideval.actions.checkin import drawn_identity
from bideval.actions.pool import identity_document
from bideval.actions.pool_table import read_table
from bideval.draw.pool import pool_leaf
from bideval.terms.errors import BidevalError

SALT = bytes(range(16))
TABLE = "name,id_tail,employer,discipline,venue,phone,title\n"
ROW = read_table(TABLE + "Lin Yi,0001,Institute,a08,wencheng,13800000000,Engineer\n")[0]
LEAF = pool_leaf(SALT, "Lin Yi/0001", "a08", "wencheng").hex()
DOCUMENT = json.loads(identity_document(ROW, SALT))


def test_drawn_expert_has_a_name_and_no_salt():
    found = drawn_identity(identity_document(ROW, SALT), LEAF)

    assert found == {name: value for name, value in DOCUMENT.items() if name != "salt"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "Zhao Er"}, "other_expert"),
        ({"id_tail": "0002"}, "other_expert"),
        ({"discipline": "a02"}, "other_expert"),
        ({"venue": "beilun"}, "other_expert"),
        ({"salt": "AAAAAAAAAAAAAAAAAAAAAA"}, "other_expert"),
        ({"salt": "AAAA"}, "wrong_size"),
        ({"name": ""}, "too_short"),
    ],
)
def test_somebody_else_in_the_drawn_one_s_place_is_found(change, code):
    with pytest.raises(BidevalError) as raised:
        drawn_identity(json.dumps(DOCUMENT | change).encode(), LEAF)
    assert raised.value.code == code
