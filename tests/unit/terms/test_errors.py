"""The error family: what each member carries, prints and survives."""

from __future__ import annotations

import pickle

import pytest

from bideval.terms.errors import (
    BidevalError,
    EvidenceError,
    FaultError,
    InputError,
    RefusedError,
)

FAMILIES = (BidevalError, InputError, RefusedError, EvidenceError, FaultError)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_keeps_all_parts(family):
    error = family("too_late", field="bid.price", rule="order87/33", detail="after the deadline")
    assert (error.code, error.field, error.rule, error.detail) == (
        "too_late",
        "bid.price",
        "order87/33",
        "after the deadline",
    )


@pytest.mark.parametrize("family", FAMILIES[1:])
def test_every_family_is_the_base_error_and_no_other_family(family):
    others = [other for other in FAMILIES[1:] if other is not family]
    assert issubclass(family, BidevalError)
    assert [issubclass(family, other) for other in others] == [False] * 3


@pytest.mark.parametrize("family", [BidevalError, RefusedError, EvidenceError, FaultError])
def test_parts_are_optional_outside_input(family):
    error = family("closed")
    assert (error.field, error.rule, error.detail) == (None, None, "")


def test_input_error_insists_on_its_field():
    with pytest.raises(TypeError, match="field"):
        InputError("bad")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InputError("bad", field="a.b", detail="is not so"), "a.b: is not so"),
        (InputError("bad", field="a.b"), "a.b: bad"),
        (RefusedError("closed", detail="the opening is over"), "the opening is over"),
        (RefusedError("closed", rule="r"), "closed"),
    ],
)
def test_text_names_field_then_detail_or_code(error, text):
    assert str(error) == text


@pytest.mark.parametrize("family", FAMILIES)
def test_errors_survive_pickling(family):
    error = family("code", field="field", rule="rule", detail="detail")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
    assert type(copy) is family
    assert str(copy) == "field: detail"
    assert vars(copy) == vars(error)
