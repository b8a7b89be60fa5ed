from __future__ import annotations

import argparse
import string

import pytest

from bideval.cli import demo
from bideval.cli.demo_words import CHINESE, ENGLISH, line_for


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_tell_the_same() -> None:
    assert list(CHINESE) == list(ENGLISH)
    assert {key: placeholders(text) for key, text in CHINESE.items()} == {
        key: placeholders(text) for key, text in ENGLISH.items()
    }


def test_line_shows_the_beginning_of_a_digest() -> None:
    assert line_for(ENGLISH, "reported", {"sha256": "ab" * 32}) == (
        "the report is made, SHA-256 abababababababab"
    )


def test_event_without_words_needs_no_line() -> None:
    assert line_for(CHINESE, "line_cut", {"peer": "wencheng"}) is None


@pytest.mark.parametrize("text", ["0", "65533", "-1"])
def test_port_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        demo._port(text)


def test_phase_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    screen = demo.Screen("en")

    for waiting in (["all_declared"], []):
        screen.tell("phase", {"phase": "checked_in", "waiting": waiting})

    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("] ")[2] for line in lines] == [" 4/13 -- all experts are seated"]
