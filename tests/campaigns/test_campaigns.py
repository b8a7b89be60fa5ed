"""Short campaigns, and what their judge and their dealing of injuries must do.

Long ones, and what they found, are in docs/campaigns.md.
"""

from __future__ import annotations

from collections import Counter

import pytest

from bideval.rehearsal.servers import VenuePlan
from tests.campaigns.injuries import STEPS, deal
from tests.campaigns.judging import (
    broken_promises,
    broken_words,
    damages,
    doubles,
    lost_accounts,
)
from tests.campaigns.people import Journal, Word
from tests.campaigns.private import may_enter
from tests.campaigns.running import LIMIT_S, run_campaign
from tests.campaigns.venues import Held, VenueServer

pytestmark = pytest.mark.timeout(LIMIT_S + 20)

ANYWHERE = [
    ("killing", "--count", "5"),
    ("killing", "--count", "4", "--database", "postgresql"),
    ("io_errors", "--count", "4"),
]
AS_ROOT = [
    ("power", "--count", "4"),
    ("full_disk", "--count", "3"),
    ("lines", "--count", "3"),
    ("offline", "--count", "1"),
]
"""What mounts disks and cuts lines: where the machine lets us."""


@pytest.mark.parametrize("words", ANYWHERE + AS_ROOT * may_enter(), ids=" ".join)
def test_short_campaign_loses_and_doubles_nothing(words):
    code, report = run_campaign(*words)
    assert (code, "lost, doubled or otherwise wrong: 0" in report) == (0, True), report


# The judge alone


def held(*entries):
    return Held(Counter(entries), Counter(("a", name) for name in entries), Counter())


def test_judge_finds_what_was_saved_here_and_is_gone():
    promised = [("wencheng", "e1", "here"), ("wencheng", "e2", "here")]
    found = broken_promises(promised, {"wencheng": held("e2")}, main="fenghua")
    assert found == ["lost: e1 was saved here at wencheng"]


@pytest.mark.parametrize(
    ("places", "faults"),
    [
        ({"fenghua": ["e1"], "wencheng": ["e1"], "taishun": []}, []),
        (
            {"fenghua": ["e1"], "wencheng": [], "taishun": []},
            ["lost: e1 of fenghua was saved by the session, only at fenghua"],
        ),
        (
            {"fenghua": [], "wencheng": ["e1"], "taishun": ["e1"]},
            [
                "lost: e1 was saved here at fenghua",
                "lost: e1 of fenghua was saved by the session, not at fenghua",
            ],
        ),
    ],
)
def test_judge_holds_the_session_to_main_and_another_venue(places, faults):
    kept = {venue: held(*entries) for venue, entries in places.items()}
    assert broken_promises([("fenghua", "e1", "session")], kept, main="fenghua") == faults


def test_judge_finds_an_account_that_is_gone():
    kept = held("e1")
    kept.accounts = {"kid-a"}
    opened = [("fenghua", "officer-a", "kid-a"), ("fenghua", "officer-b", "kid-b")]
    found = lost_accounts([*opened, ("wencheng", "x", "kid-x")], {"fenghua": kept})
    assert found == ["lost: the account of officer-b at fenghua"]


def test_what_a_database_held_that_cannot_be_read_is_lost(tmp_path):
    plan = VenuePlan("fenghua", "Fenghua", tmp_path, 1)
    venue = f'data_dir = "{tmp_path}"\n[venue]\nid = "fenghua"\nname = "Fenghua"\n'
    plan.settings_file.write_text(venue, "utf-8")
    (tmp_path / "bideval.sqlite").write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 16)
    kept = {"fenghua": VenueServer(plan).held("session")}
    assert damages(kept) == ["damaged: fenghua: file is not a database"]
    found = broken_promises([("fenghua", "e1", "here")], kept, main="fenghua")
    assert found == ["lost: e1 was saved here at fenghua"]


def test_judge_finds_a_line_that_is_there_twice():
    faults = doubles({"fenghua": held("e1", "e2", "e1")})
    assert faults == [
        "double: fenghua holds e1 2 times",
        "double: fenghua holds ('a', 'e1') 2 times",
    ]


def test_judge_compares_every_word_with_every_venue():
    journal = Journal()
    for name, refused in (("e1", ""), ("e2", "too_late"), ("e3", "")):
        word = Word("fenghua", "a", "mark.sealed", name, ("a", name), ("a", name), refused=refused)
        journal.words[name] = word
        journal.meant[word.saying] += 1
    venues = {"fenghua": held("e1", "e2"), "wencheng": held("e1", "e9")}
    venues["wencheng"].sayings["a", "e1"] = 2
    assert broken_words(journal, venues) == [
        "kept: mark.sealed e2 of a was refused (too_late), and is at ['fenghua']",
        "lost: mark.sealed e3 of a is only at []",
        "double: wencheng holds 2 times what a said 1 times: e1",
        "strange: wencheng holds ('a', 'e9'), which nobody said",
    ]


def test_seed_deals_every_step_before_one_again():
    dealt = deal(7, 2 * len(STEPS), ["fenghua", "wencheng"])
    assert dealt == deal(7, 2 * len(STEPS), ["fenghua", "wencheng"])
    assert Counter(injury.step for injury in dealt) == dict.fromkeys(STEPS, 2)
    assert all(1 <= injury.turn <= STEPS[injury.step] for injury in dealt)
