"""Texts that would be read otherwise than they are written."""

from __future__ import annotations

import unicodedata

import pytest

from bideval.terms.unseen import with_unseen_shown

TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize(
    "text",
    ["", "东岭城市服务股份有限公司", "A (B) & <C>", "two\nlines\tand a tab", "שלום", "é𝄞"],
)
def test_honest_text_stays(text):
    assert with_unseen_shown(text) == text


def test_every_character_that_turns_text_is_shown():
    every = [chr(code) for code in range(0x110000)]
    turning = [one for one in every if unicodedata.bidirectional(one) in TURNING]
    marks = ["\u061c", "\u200e", "\u200f"]
    assert len(turning) == 9
    assert with_unseen_shown("".join([*turning, *marks])) == "\ufffd" * 12


@pytest.mark.parametrize("code", [*range(0x80, 0xA0), 0x2028, 0x2029])
def test_controls_beyond_ascii_are_shown(code):
    assert with_unseen_shown(f"a{chr(code)}b") == "a\ufffdb"
