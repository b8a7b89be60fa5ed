from __future__ import annotations

import ast
import inspect
import re

import pytest

from bideval.ledger.entry import parse_entry
from bideval.session.act import Author
from bideval.session.acts.table import ACTS
from bideval.session.kinds import GENERAL_REFUSALS, KINDS
from bideval.session.names import COURSE, Phase
from bideval.terms.errors import InputError, RefusedError
from tests.unit.session.conversation import Conversation, at
from tests.unit.session.samples import SAMPLES
from tests.unit.session.tables import SPEC, renewed

SPEAKERS = {
    Author.MAIN: "venue/fenghua",
    Author.BRANCH: "venue/wencheng",
    Author.OFFICER: "officer-lin",
    Author.BIDDER: "bidder-aaaaaaaa",
    Author.SUPERVISOR: "supervisor-gu",
    Author.OPERATOR: "operator-fenghua",
    Author.EXPERT: "wencheng-01",
}
NAMES = sorted(SAMPLES)


def admitted(talk: Conversation, author: str, kind: str, body: dict[str, object]) -> str | None:
    """Return the code with which the author's own venue refuses the entry, or None."""
    entry = parse_entry(talk.entry(author, kind, body))
    try:
        talk.session.admit(entry, talk.actors[author].venue)
    except (InputError, RefusedError) as refused:
        return refused.code
    return None


def test_kinds_have_each_one_sample_and_one_act() -> None:
    assert sorted(KINDS) == sorted([*SAMPLES, "session.founded"])
    assert sorted(ACTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_sample_counts_and_is_admitted(name: str) -> None:
    sample = SAMPLES[name]
    talk = sample.ready()
    body = sample.body(talk)

    assert admitted(talk, sample.author, name, body) is None
    outcome = talk.say(sample.author, name, body)

    assert (outcome.kind, outcome.counted, outcome.void_code) == (name, True, None)


@pytest.mark.parametrize("name", NAMES)
def test_kind_is_refused_to_every_other_author(name: str) -> None:
    sample, kind = SAMPLES[name], KINDS[name]
    for author, speaker in SPEAKERS.items():
        talk = at(Phase.SCORING)
        if author in kind.authors:
            continue
        assert admitted(talk, speaker, name, {}) == "not_allowed"
        assert talk.say(speaker, name, {}).void_code == "not_allowed"
    assert sample.author in {SPEAKERS[author] for author in kind.authors}


@pytest.mark.parametrize("name", NAMES)
def test_kind_is_early_before_its_phases_and_late_after(name: str) -> None:
    sample, kind = SAMPLES[name], KINDS[name]
    author = sample.author
    for phase in COURSE:
        talk = at(phase)
        if phase in kind.phases or author not in talk.session.people.persons.keys() | {
            "venue/fenghua",
            "venue/wencheng",
        }:
            continue
        if phase is Phase.ARCHIVED:
            expected = "session_ended"
        else:
            before = COURSE.index(phase) < COURSE.index(kind.phases[0])
            expected = "early" if before else "late"
        assert (phase, talk.say(author, name, {}).void_code) == (phase, expected)


@pytest.mark.parametrize("name", NAMES)
def test_kind_waits_for_the_end_of_a_pause_unless_a_pause_lets_it_through(name: str) -> None:
    sample, kind = SAMPLES[name], KINDS[name]
    talk = sample.ready()
    body = sample.body(talk)
    if not talk.session.paused:
        if "officer-lin" not in talk.session.people.persons:
            talk.enrol("officer-lin", "officer")
        talk.must("officer-lin", "session.paused", {"reason": "fire alarm"})

    outcome = talk.say(sample.author, name, body)

    moving = name in {"phase.ordered", "phase.moved"}
    waits = not kind.during_pause or moving
    assert outcome.void_code == ("session_paused" if waits else None)


@pytest.mark.parametrize("name", NAMES)
def test_kind_needs_every_member_of_its_body(name: str) -> None:
    optional = {
        "person.enrolled": {"recipient", "replaces", "seat", "ticket", "checked_by"},
        "phase.ordered": {"reason"},
        "phase.moved": {"reason"},
        "responsiveness.voted": {"requirement"},
        "declaration.signed": {"reason"},
        "bid.unopenable": {"detail"},
        "member.replaced": {"by"},
    }
    sample = SAMPLES[name]
    talk = sample.ready()
    body = sample.body(talk)
    for member in sorted(body.keys() - optional.get(name, set())):
        rest = {key: value for key, value in body.items() if key != member}
        twin = talk.fork()
        refused = admitted(twin, sample.author, name, rest)
        assert (member, refused) in {(member, "missing"), (member, "order_missing")}
        assert twin.say(sample.author, name, rest).void_code == refused


@pytest.mark.parametrize("name", NAMES)
def test_kind_refuses_a_body_of_nonsense_at_a_field_of_it(name: str) -> None:
    sample = SAMPLES[name]
    talk = sample.ready()
    body = sample.body(talk)
    for member in sorted(body):
        nonsense = body | {member: ["\u0000", 7]}
        entry = parse_entry(talk.entry(sample.author, name, nonsense))
        with pytest.raises((InputError, RefusedError)) as caught:
            talk.session.admit(entry, talk.actors[sample.author].venue)
        assert str(caught.value.field).startswith("body.")


def test_void_codes_of_the_acts_are_in_the_table() -> None:
    """Every code that an act names is listed for a kind that the act hears."""
    listed = {code for kind in KINDS.values() for code in kind.refuses} | {*GENERAL_REFUSALS}
    named: set[str] = set()
    for module in {inspect.getmodule(act) for act in ACTS.values()}:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if is_call and node.func.id == "refused":
                named.add(ast.literal_eval(node.args[0]))
    assert named - listed == set()
    assert listed - named - {*GENERAL_REFUSALS} == {"already_founded", "custody_differs"}


def test_page_of_kinds_is_written_from_the_table() -> None:
    assert (SPEC / "kinds.md").read_text(encoding="utf-8") == renewed("kinds.md")


def refusals_by_kind() -> dict[str, set[str]]:
    """Return the codes that the page of refusals has for each kind, in its tables by kind."""
    text = (SPEC / "refusals.md").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    kinds: list[str] = []
    for kind_cell, code_cell in re.findall(r"^\|([^|]*)\|([^|]*)\|[^|]*\|$", text, re.MULTILINE):
        named = re.findall(r"`([a-z]+\.[a-z_]+)`", kind_cell)
        kinds = named or kinds
        for kind in kinds:
            found.setdefault(kind, set()).update(re.findall(r"`([a-z_]+)`", code_cell))
    return found


def test_page_of_refusals_has_every_code_of_every_kind_and_no_other() -> None:
    everywhere = {"custody_differs", "seal_known", *GENERAL_REFUSALS}
    found = refusals_by_kind()
    for kind in KINDS.values():
        stated = found.get(kind.name, set()) - everywhere
        assert (kind.name, stated) == (kind.name, set(kind.refuses) - everywhere)
    general = (SPEC / "refusals.md").read_text(encoding="utf-8").partition("## Venues")[0]
    assert all(f"`{code}`" in general for code in GENERAL_REFUSALS)
