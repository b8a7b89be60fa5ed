from __future__ import annotations

import pytest

from bideval.session.bodies.parts import (
    FILE_LIMIT,
    FileRef,
    OriginHead,
    read_file,
    read_reason,
    read_remark,
    read_seal,
    read_vector,
)
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields


def body(**members: object) -> Fields:
    return Fields(members, "body")


def test_file_has_digest_and_size() -> None:
    assert read_file(body(file={"sha256": "ab" * 32, "size": 7}), "file") == FileRef("ab" * 32, 7)


def test_file_beyond_the_limit_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        read_file(body(file={"sha256": "ab" * 32, "size": FILE_LIMIT + 1}), "file")
    assert caught.value.field == "body.file.size"


def test_vector_has_a_head_for_each_origin() -> None:
    vector = {"fenghua": {"n": 3, "chain": "0f" * 32}}

    assert read_vector(body(vector=vector)) == {"fenghua": OriginHead(3, b"\x0f" * 32)}


@pytest.mark.parametrize(
    ("vector", "field"),
    [
        ({"Fenghua!": {"n": 3, "chain": "0f" * 32}}, "body.vector"),
        ({"fenghua": {"n": -1, "chain": "0f" * 32}}, "body.vector.fenghua.n"),
        ({"fenghua": {"n": 1, "chain": "0F" * 32}}, "body.vector.fenghua.chain"),
    ],
)
def test_vector_names_the_part_that_is_wrong(vector: object, field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_vector(body(vector=vector))
    assert caught.value.field == field


def test_seal_is_read_below_its_own_path() -> None:
    with pytest.raises(InputError) as caught:
        read_seal(body(seal={"purpose": "gossip"}))
    assert caught.value.field == "body.seal.purpose"


def test_reason_must_be_given_and_a_remark_may_be_left_out() -> None:
    with pytest.raises(InputError):
        read_reason(body(reason=" "))
    assert read_reason(body(reason="because")) == "because"
    found = [read_remark(body(reason=one)) for one in (None, "", "  ", "because ")]
    assert found == ["", "", "", "because"]
    assert read_remark(body()) == ""
