"""The file of a proof: one spelling, and a judgement that believes nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bideval.audit import misbehaviour
from bideval.audit.misbehaviour import (
    HEADER,
    is_misbehaviour,
    judge,
    read_misbehaviour,
    write_misbehaviour,
)
from bideval.terms.errors import BidevalError, InputError
from tests.unit.audit import misdeeds

TALK = misdeeds.talk_of()
FOUND = misdeeds.two_chains(TALK)
DATA = write_misbehaviour(FOUND)
ALL = {
    "two_heads": misdeeds.two_heads(TALK),
    "two_chains": FOUND,
    "omission": misdeeds.omission(TALK),
    "closed_key": misdeeds.closed_key(),
    "false_record": misdeeds.false_record(TALK),
    "false_line": misdeeds.false_line(TALK),
}


@pytest.mark.parametrize("what", sorted(ALL))
def test_file_is_read_as_it_was_written_and_proves_the_same(what):
    found = read_misbehaviour(write_misbehaviour(ALL[what]))
    assert (found, judge(found)) == (ALL[what], judge(ALL[what]))


def test_file_tells_itself_apart():
    assert (is_misbehaviour(DATA), is_misbehaviour(b"bideval-bundle/1\n")) == (True, False)


WRONG = {
    "another header": b"x" + DATA,
    "cut": DATA[:-1],
    "spaces": DATA.replace(b'":"', b'": "', 1),
    "no JSON": HEADER + b"{\n",
    "unknown rule": DATA.replace(b'"two_chains"', b'"two_faces"'),
    "further member": DATA.replace(b'"evidence"', b'"ever":1,"evidence"'),
    "evidence is a list": write_misbehaviour(FOUND)[: len(HEADER)] + b"[]\n",
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG.keys())
def test_file_that_is_not_of_the_format_is_unusable(data):
    with pytest.raises(InputError):
        read_misbehaviour(data)


def test_file_that_is_too_large_is_called_so(monkeypatch):
    monkeypatch.setattr(misbehaviour, "LIMIT", len(DATA) - 1)
    with pytest.raises(InputError) as caught:
        read_misbehaviour(DATA)
    assert caught.value.code == "too_large"


def test_founding_that_main_did_not_sign_proves_nothing():
    head, body, _ = FOUND.founding.split(".")
    for founding in (f"{head}.{body}.{'A' * 86}", "no line", "fenghua 1 a.b.c"):
        with pytest.raises(BidevalError) as caught:
            judge(replace(FOUND, founding=founding))
        assert caught.value.code == "founding_refused"


def test_what_the_finder_says_of_itself_changes_nothing():
    said = replace(FOUND, found_by="jiande", found_at="never")
    assert judge(said) == judge(FOUND)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(ALL)), st.data())
def test_no_changed_byte_accuses_anybody_else(what, data):
    original = write_misbehaviour(ALL[what])
    place = data.draw(st.integers(0, len(original) - 1))
    other = data.draw(st.integers(0, 255))
    changed = original[:place] + bytes([other]) + original[place + 1 :]
    try:
        judged = judge(read_misbehaviour(changed))
    except BidevalError:
        return
    assert (judged.accused, judged.kid) == (judge(ALL[what]).accused, judge(ALL[what]).kid)


@pytest.mark.parametrize("what", sorted(ALL))
def test_statements_put_under_another_rule_prove_nothing(what):
    for rule in sorted(ALL.keys() - {what}):
        with pytest.raises(BidevalError):
            judge(replace(ALL[what], what=rule))
