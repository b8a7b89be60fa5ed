"""The tables of docs/spec/kinds.md and docs/spec/phases.md, written from the code.

`python -m tests.unit.session.tables` writes them anew between the marks in the pages.
"""

from __future__ import annotations

from pathlib import Path

from bideval.session.act import Author
from bideval.session.bodies.bids import SHARE_REFUSALS, UNOPENABLE_REASONS
from bideval.session.bodies.marks import CorrectionGround
from bideval.session.bodies.panel import ReplacementGround
from bideval.session.kinds import GENERAL_REFUSALS, KINDS
from bideval.session.names import COURSE, Phase
from bideval.session.phases import CONDITIONS, MOVES, mermaid

SPEC = Path(__file__).parents[3] / "docs" / "spec"


def kinds_table() -> str:
    """Return the table of kinds."""
    lines = [
        "| kind | author | phases | in a pause | refusals of its own |",
        "| --- | --- | --- | --- | --- |",
    ]
    for kind in KINDS.values():
        authors = ", ".join(author.value for author in Author if author in kind.authors)
        codes = ", ".join(f"`{code}`" for code in dict.fromkeys(kind.refuses))
        pause = "yes" if kind.during_pause else ""
        lines.append(f"| `{kind.name}` | {authors} | {span(kind.phases)} | {pause} | {codes} |")
    return "\n".join(lines)


def span(phases: tuple[Phase, ...]) -> str:
    """Return phases as first to last; they always follow one another in the course."""
    assert COURSE[COURSE.index(phases[0]) : COURSE.index(phases[-1]) + 1] == phases
    return phases[0].value if len(phases) == 1 else f"{phases[0]} to {phases[-1]}"


def refusals() -> str:
    """Return the refusals of every kind."""
    return ", ".join(f"`{code}`" for code in GENERAL_REFUSALS)


def words() -> str:
    """Return the closed lists of words in bodies."""
    grounds = ", ".join(f"`{ground.value}`" for ground in ReplacementGround)
    corrections = ", ".join(f"`{ground.value}`" for ground in CorrectionGround)
    reasons = ", ".join(f"`{reason}`" for reason in UNOPENABLE_REASONS)
    refusals_of_shares = ", ".join(f"`{reason}`" for reason in SHARE_REFUSALS)
    return "\n".join(
        [
            f"- `member.replaced`, `ground`: {grounds}",
            f"- `mark.corrected`, `ground`: {corrections}",
            f"- `bid.unopenable`, `reason`: {reasons}",
            f"- `share.refused`, `reason`: {refusals_of_shares}",
        ]
    )


def moves_table() -> str:
    """Return the table of moves."""
    lines = ["| from | to | order | needs |", "| --- | --- | --- | --- |"]
    for (leaving, to), move in MOVES.items():
        order = "officer" if move.needs_order else "none"
        if move.waived_by:
            order += f", or `{move.waived_by}`"
        needs = ", ".join(f"`{need}`" for need in move.needs)
        lines.append(f"| {leaving} | {to} | {order} | {needs} |")
    return "\n".join(lines)


def conditions() -> str:
    """Return what every condition means, in the words of its function."""
    return "\n".join(f"- `{name}`: {one.__doc__}" for name, one in CONDITIONS.items())


def diagram() -> str:
    """Return the diagram of the course."""
    return f"```mermaid\n{mermaid()}```"


PAGES = {
    "kinds.md": {"kinds": kinds_table, "refusals": refusals, "words": words},
    "phases.md": {"moves": moves_table, "conditions": conditions, "diagram": diagram},
}


def renewed(page: str) -> str:
    """Return a page with its tables written from the code."""
    text = (SPEC / page).read_text(encoding="utf-8")
    for name, write in PAGES[page].items():
        start, end = f"<!-- {name}: written from the code -->", f"<!-- end of {name} -->"
        head, found, rest = text.partition(start)
        _, ended, tail = rest.partition(end)
        assert found, f"{page} has lost the mark {start}"
        assert ended, f"{page} has lost the mark {end}"
        text = f"{head}{start}\n{write()}\n{end}{tail}"
    return text


if __name__ == "__main__":
    for page in PAGES:
        (SPEC / page).write_text(renewed(page), encoding="utf-8")
