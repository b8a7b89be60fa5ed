"""A session and the one that continues it: that they belong together shows in both bundles."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from bideval.audit.verifier import verify_bundle
from bideval.ledger.line import encode_line
from bideval.ledger.tree import leaf_hash, tree_root
from bideval.session.continued import offers_of
from bideval.session.names import Phase
from tests.unit.audit import hearing
from tests.unit.audit.hearing import Hearing, bundle_of
from tests.unit.audit.test_fault_rules import MAIN, begun, expire, pause
from tests.unit.session import conversation

EARLIER, LATER = conversation.SESSION, "fh-2026-0200"
OTHERS = [{"lot": "1", "bidder": conversation.BIDDERS[0], "digest": "cd" * 32}]


@cache
def earlier(successor: str = LATER) -> tuple[bytes, dict[str, Any]]:
    """Return the bundle of a session that was sealed for a fault, and what continues it."""
    talk = begun()
    due = pause(talk)
    expire(talk, due, due)
    order = talk.order(Phase.RE_FORMED, "four hours without power", successor=successor)
    talk.must(MAIN, "phase.moved", talk.moving(Phase.RE_FORMED, order=order.entry))
    root = tree_root([leaf_hash(encode_line(line)) for line in talk.lines])
    end = {"session": EARLIER, "size": len(talk.lines), "root": root.hex()}
    return bundle_of(talk), end | {"bids": offers_of(talk.session)}


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that gives the bundle of a session which says what it continues."""
    earlier()

    def found(continues: dict[str, Any] | None) -> bytes:
        with monkeypatch.context() as patch:
            for module in (conversation, hearing):
                patch.setattr(module, "SESSION", LATER)
            talk = Hearing(rulebook="procurement/2")
            more = {} if continues is None else {"continues": continues}
            talk.must(MAIN, "session.founded", talk.founding() | more)
            talk.people()
            return bundle_of(talk)

    return found


def held_against(one: bytes, other: bytes) -> tuple[str, bool, str]:
    """Return the last step that was taken, whether it held, and what it says."""
    last = verify_bundle(one, against=other).steps[-1]
    return last.name, last.ok, last.detail


def test_successor_and_its_predecessor_belong_together_either_way(later: Any) -> None:
    before, continues = earlier()
    after = later(continues)

    found = [held_against(after, before), held_against(before, after)]

    assert [(name, ok) for name, ok, _ in found] == [("against", True)] * 2
    assert all(detail.startswith(f"{LATER} continues {EARLIER}") for *_, detail in found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"root": "ab" * 32}, f"{EARLIER} has another record up to "),
        ({"size": 10_000}, f"{EARLIER} has another record up to 10000"),
        ({"bids": OTHERS}, f"in {EARLIER} other bids were opened"),
        ({"session": "fh-2026-0300"}, "is of another session"),
    ],
)
def test_other_end_or_other_bids_are_found(later: Any, change: dict[str, Any], said: str) -> None:
    before, continues = earlier()

    name, ok, detail = held_against(later(continues | change), before)

    assert (name, ok, said in detail) == ("against", False, True), detail


def test_session_that_was_not_named_is_no_successor(later: Any) -> None:
    before, continues = earlier("fh-2026-0999")

    assert held_against(later(continues), before) == (
        "against",
        False,
        f"against: {EARLIER} names fh-2026-0999",
    )


def test_sessions_that_continue_nothing_have_nothing_to_compare(later: Any) -> None:
    before, _ = earlier()

    _, ok, detail = held_against(later(None), before)

    assert (ok, "which neither continues" in detail) == (False, True)
