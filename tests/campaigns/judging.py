"""What must be true of an injured evaluation: nothing acknowledged is lost, nothing is double.

*Saved here* promises the venue's own record, *saved by the session* main's and another venue's. Who
has enrolled has an account, and a venue's log tells of every account and log-in there is.
Promises are checked twice: on what is left of the victim's disk right after each injury, and at
every venue in the end, where the bundles must verify and be one record.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bideval.cli.verify import verify_file

SHOWN = 30
"""Faults that a report lists; more say no more."""


class Slowest(float):
    """A figure of which the largest counts, where others are added up."""

    def __add__(self, other):
        return Slowest(max(self, other))

    def __radd__(self, other):
        return Slowest(max(self, other))

    def __str__(self):
        return f"{float(self):.1f}"


@dataclass
class Found:
    """What a campaign came to; `faults` is empty when everything held."""

    runs: int = 0
    injuries: Counter = field(default_factory=Counter)
    phases: Counter = field(default_factory=Counter)
    victims: Counter = field(default_factory=Counter)
    words: int = 0
    promises: int = 0
    resent: int = 0
    deaths: int = 0
    logins: int = 0
    missed: Counter = field(default_factory=Counter)
    faults: list = field(default_factory=list)
    slowest_start_s: float = 0.0
    seconds: float = 0.0
    figures: dict = field(default_factory=dict)
    logs: list = field(default_factory=list)

    def text(self):
        """Return the report of a campaign, a few lines for people."""
        lines = [
            f"{self.runs} evaluations, {sum(self.phases.values())} injuries "
            f"in {self.seconds:.0f} s; moments that did not come: {_listed(self.missed) or 'none'}",
            f"{self.words} entries signed by people, {self.promises} promises checked, "
            f"{self.resent} requests repeated, {self.deaths} clients died, {self.logins} log-ins, "
            f"slowest start {self.slowest_start_s:.1f} s",
            "by phase: " + _listed(self.phases),
            "by victim: " + _listed(self.victims),
            "by kind: " + _listed(self.injuries),
            *(f"{name}: {value}" for name, value in self.figures.items()),
            *(f"FAULT {fault}" for fault in self.faults[:SHOWN]),
            *self.logs,
            f"lost, doubled or otherwise wrong: {len(self.faults)}",
        ]
        return "\n".join(lines) + "\n"


def _listed(counter):
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))


def broken_promises(promised, held, *, main):
    """Return the promises that what the venues hold does not keep.

    `held` is what each venue holds of the session; a venue that is not in it cannot be asked now.
    """
    faults = []
    for venue, entry, saved in promised:
        if venue in held and not held[venue].entries[entry]:
            faults.append(f"lost: {entry[:12]} was saved here at {venue}")
        if saved != "session" or main not in held:
            continue
        elsewhere = [name for name, one in held.items() if name != main and one.entries[entry]]
        if not held[main].entries[entry]:
            faults.append(f"lost: {entry[:12]} of {venue} was saved by the session, not at {main}")
        elif not elsewhere:
            faults.append(f"lost: {entry[:12]} of {venue} was saved by the session, only at {main}")
    return faults


def lost_accounts(opened, held):
    """Return the accounts that somebody was told they have, and that are nowhere."""
    return [
        f"lost: the account of {person} at {venue}"
        for venue, person, kid in opened
        if venue in held and kid not in held[venue].accounts
    ]


def silences(held):
    """Return what happened to people's accounts and stands in no venue's log."""
    return [
        f"unnoted: {venue}'s log lacks {what}"
        for venue, one in held.items()
        for what in one.unnoted
    ]


def damages(held):
    """Return the databases that cannot be read."""
    return [f"damaged: {venue}: {one.damage}" for venue, one in held.items() if one.damage]


def doubles(held):
    """Return what a venue holds more than once."""
    return [
        f"double: {venue} holds {name} {count} times"
        for venue, one in held.items()
        for counted in (one.entries, one.acts)
        for name, count in counted.items()
        if count != 1
    ]


def broken_words(journal, held):
    """Return the signed words that are at no venue, at some only, or there although refused."""
    faults = []
    for word in journal.words.values():
        places = [venue for venue, one in held.items() if one.entries[word.entry]]
        about = f"{word.kind} {word.entry[:12]} of {word.person}"
        if word.refused and places:
            faults.append(f"kept: {about} was refused ({word.refused}), and is at {places}")
        if not word.refused and len(places) != len(held):
            faults.append(f"lost: {about} is only at {places}")
    for venue, one in held.items():
        faults += [
            f"double: {venue} holds {count} times what {about[0]} said {meant} times: {about[1]}"
            for about, meant in journal.meant.items()
            if (count := one.sayings[about]) > meant
        ]
    known = {word.act for word in journal.words.values()}
    people = {word.person for word in journal.words.values()}
    for venue, one in held.items():
        strange = [act for act in one.acts if act[0] in people and act not in known]
        faults += [f"strange: {venue} holds {act}, which nobody said" for act in strange]
    return faults


def broken_bundles(ending, *, main):
    """Return what is wrong with the bundles: not archived, not true, not the same record.

    Main's must pass every step. A branch's copy lacks other branches' cosignatures, so it is held
    against main's: every step but that one, and not an entry more, less or moved.
    """
    faults = [] if ending.phase == "archived" else [f"course: it ended as {ending.phase}"]
    with tempfile.TemporaryDirectory() as folder:
        paths = {venue: Path(folder) / venue for venue in ending.bundles}
        for venue, bundle in ending.bundles.items():
            paths[venue].write_bytes(bundle)
        for venue in sorted(ending.bundles.keys() - {main}):
            verdict = verify_file(paths[main], against=paths[venue], jobs=1)
            step = verdict.steps[-1]
            if not (verdict.ok and verdict.final):
                faults.append(f"bundle: main's and {venue}'s: {step.name}: {step.detail}")
            elif verdict.against.vanished or verdict.against.added or verdict.against.moved:
                faults.append(f"bundle: {venue}'s is another record: {step.detail}")
    return faults
