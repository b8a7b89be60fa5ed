"""The words of scripts, against the scripts."""

from __future__ import annotations

import re

from bideval.pages.script_words import SCRIPT_WORDS
from bideval.pages.web_files import web_root

SAID = re.compile(r'say\(\s*"(\w+)"')
QUOTED = re.compile(r'"((?:state|step|why|mark|confirm)_[a-z_]+)"')
MARKS = {"mark_not_a_number", "mark_out_of_range", "mark_off_step"}


def said() -> set[str]:
    scripts = [file.read_text() for file in (web_root() / "static" / "js").glob("*.js")]
    names = {name for text in scripts for name in SAID.findall(text) + QUOTED.findall(text)}
    return names | MARKS


def test_scripts_say_only_words_that_exist_and_all_of_them() -> None:
    assert said() == set(SCRIPT_WORDS)
