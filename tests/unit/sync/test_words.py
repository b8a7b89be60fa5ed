"""What a venue signs about its lines."""

from __future__ import annotations

import pytest

from bideval.sync.words import RECORD, Placed, Voice, Vouch, check_word, contradicts, outweighs
from bideval.terms.errors import EvidenceError
from tests.unit.sync.playbook import KEYS, SESSION

FENGHUA, WENCHENG = KEYS["fenghua"], KEYS["wencheng"]
VOUCH = Vouch(SESSION, RECORD, 3, b"d" * 32)
PLACED = Placed(SESSION, "wencheng", 3, b"d" * 32, 9)
OTHERS = [
    Vouch("fh-2026-0118", RECORD, 3, b"d" * 32),
    Vouch(SESSION, "wencheng", 3, b"d" * 32),
    Vouch(SESSION, RECORD, 4, b"d" * 32),
    Vouch(SESSION, RECORD, 3, b"e" * 32),
    PLACED,
    Placed("fh-2026-0118", "wencheng", 3, b"d" * 32, 9),
    Placed(SESSION, "beilun", 3, b"d" * 32, 9),
    Placed(SESSION, "wencheng", 4, b"d" * 32, 9),
    Placed(SESSION, "wencheng", 3, b"e" * 32, 9),
    Placed(SESSION, "wencheng", 3, b"d" * 32, 8),
]


@pytest.mark.parametrize("word", [VOUCH, PLACED])
def test_word_that_one_signs_the_other_checks(word):
    signature = Voice(FENGHUA, WENCHENG.public).sign(word)
    said = type(word)(
        **{name: getattr(word, name) for name in word.__slots__[:-1]}, signature=signature
    )
    Voice(WENCHENG, FENGHUA.public).check(said)
    Voice(FENGHUA, WENCHENG.public).check_own(said)
    with pytest.raises(EvidenceError):
        Voice(WENCHENG, FENGHUA.public).check_own(said)
    with pytest.raises(EvidenceError):
        check_word(said, WENCHENG.public)


def test_no_two_words_have_the_same_bytes():
    words = [VOUCH, *OTHERS]
    assert len({word.signed_bytes() for word in words}) == len(words)


def test_word_about_more_lines_outweighs_whatever_else_it_says():
    assert outweighs(Vouch(SESSION, RECORD, 4, b"e" * 32), VOUCH)
    assert outweighs(Placed(SESSION, "wencheng", 4, b"e" * 32, 99), PLACED)
    assert not outweighs(VOUCH, Vouch(SESSION, RECORD, 4, b"e" * 32))


def test_narrower_place_of_the_same_lines_outweighs():
    narrower = Placed(SESSION, "wencheng", 3, b"d" * 32, 8)
    assert (outweighs(narrower, PLACED), outweighs(PLACED, narrower)) == (True, False)
    assert not outweighs(PLACED, PLACED)
    assert not outweighs(VOUCH, VOUCH)


def test_word_about_other_lines_outweighs_nothing_and_contradicts():
    other = Placed(SESSION, "wencheng", 3, b"e" * 32, 8)
    assert (outweighs(other, PLACED), contradicts(other, PLACED)) == (False, True)
    assert contradicts(Vouch(SESSION, RECORD, 3, b"e" * 32), VOUCH)
    assert not contradicts(Vouch(SESSION, RECORD, 4, b"e" * 32), VOUCH)
    assert not contradicts(VOUCH, VOUCH)
