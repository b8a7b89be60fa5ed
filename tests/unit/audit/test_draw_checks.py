"""The draw against pool, nonces and rule: frauds of the venue that computes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bideval.audit.bundle import read_bundle
from bideval.audit.draw_checks import check_draw
from bideval.audit.replay import replay
from bideval.draw.panel import DrawnExpert
from bideval.draw.pool import encode_pool
from bideval.draw.tickets import ticket
from bideval.session.names import Phase
from tests.unit.audit.hearing import POOL, ROWS, Hearing, at, bundle_of, failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.draw.pool import PoolRow

DRAW = "entry 42 (fenghua 33, draw.computed)"
SUPPLEMENT = "entry 46 (fenghua 37, draw.supplemented)"


def found(data: bytes) -> str:
    bundle = read_bundle(data)
    return check_draw(bundle, replay(bundle.manifest.session, bundle.lines))


def drawing(fraud: Callable[[Hearing], None], until: Phase = Phase.DRAWN) -> tuple[str, str]:
    """Return what is found where main draws fraudulently."""
    talk = at(Phase.OPENED if until is Phase.DRAWN else Phase.DRAWN)
    fraud(talk)
    return failure(bundle_of(talk.until(until)))


def placed(talk: Hearing, row: PoolRow) -> DrawnExpert:
    return DrawnExpert(row, ticket(talk.seed(), row.leaf))


def friends(talk: Hearing, one: DrawnExpert) -> list[PoolRow]:
    """Return who could have sat in somebody's place, in pool order."""
    taken = {drawn.row.leaf for drawn in talk.drawn()} | {talk.next_for(one).row.leaf}
    cell = (one.row.discipline, one.row.region)
    eligible = [row for row in ROWS if row.eligible and row.leaf not in taken]
    return [row for row in eligible if (row.discipline, row.region) == cell]


def test_draw_is_what_pool_and_nonces_give() -> None:
    assert found(bundle_of(at(Phase.OPENED))) == "not reached"
    assert (
        found(bundle_of(at(Phase.DRAWN)))
        == "5 of 24 eligible experts, 0 supplements, 0 names opened, 5 still sealed"
    )
    assert (
        found(bundle_of(at(Phase.CHECKED_IN)))
        == "5 of 24 eligible experts, 1 supplements (on main's word alone: declined of 2967e46b),"
        " 0 names opened, 6 still sealed"
    )


def test_answer_that_somebody_beside_main_confirms_is_not_named() -> None:
    talk = at(Phase.DRAWN)
    talk.supplement()
    (noted,) = talk.session.panel.answers
    assert "(on main's word alone: declined of 2967e46b)" in found(bundle_of(talk))

    body = {"answer": noted, "how": "Heard the call"}
    talk.must("supervisor-gu", "answer.witnessed", body)

    assert (
        found(bundle_of(talk))
        == "5 of 24 eligible experts, 1 supplements, 0 names opened, 6 still sealed"
    )


def test_seating_a_friend_is_found() -> None:
    def rig(talk: Hearing) -> None:
        honest = talk.drawn()
        friend = placed(talk, friends(talk, honest[0])[0])
        talk.drawn = lambda: [friend, *honest[1:]]  # type: ignore[method-assign]  # main lies

    assert drawing(rig) == ("draw", f"{DRAW}: the panel is not the one of the lowest tickets")


def test_seating_somebody_under_another_ticket_is_found() -> None:
    def rig(talk: Hearing) -> None:
        honest = talk.drawn()
        other = DrawnExpert(honest[0].row, bytes(32))
        talk.drawn = lambda: [other, *honest[1:]]  # type: ignore[method-assign]  # main lies

    assert drawing(rig) == ("draw", f"{DRAW}: the panel is not the one of the lowest tickets")


def test_seed_of_ones_own_is_found() -> None:
    def rig(talk: Hearing) -> None:
        talk.seed = lambda: b"\x05" * 32  # type: ignore[method-assign]  # main lies

    assert drawing(rig) == ("draw", f"{DRAW}: the seed is not that of the revealed nonces")


def test_nonce_that_was_not_committed_is_found() -> None:
    def rig(talk: Hearing) -> None:
        honest = talk.nonce_of

        def lying(actor: str) -> dict[str, Any]:
            return honest(actor) | ({"commitment": "00" * 32} if actor == "venue/beilun" else {})

        talk.nonce_of = lying  # type: ignore[method-assign]  # beilun lies

    expected = f"{DRAW}: venue/beilun: the nonce is not the committed one"
    assert drawing(rig) == ("draw", expected)


def test_pool_with_other_facts_is_found() -> None:
    def rig(talk: Hearing) -> None:
        honest = talk.pool
        talk.pool = lambda: honest() | {"eligible": 25}  # type: ignore[method-assign]  # main lies

    assert drawing(rig) == ("draw", f"{DRAW}: pool: is not the sealed one")


def test_pool_that_is_not_here_is_found() -> None:
    talk = at(Phase.DRAWN)
    talk.files = {name: content for name, content in talk.files.items() if content != POOL}

    expected = f"{DRAW}: pool: the pool is not in the bundle"
    assert failure(bundle_of(talk)) == ("draw", expected)


def test_pool_that_cannot_fill_the_panel_is_found() -> None:
    def rig(talk: Hearing) -> None:
        short = talk.keep(encode_pool(ROWS[:3]))
        honest = talk.pool
        talk.keep = lambda _content: short  # type: ignore[method-assign]  # main lies
        talk.pool = lambda: honest() | {"file": short}  # type: ignore[method-assign]  # main lies

    assert drawing(rig) == ("draw", f"{DRAW}: pool: is not the sealed one")


def test_supplement_out_of_turn_is_found() -> None:
    def rig(talk: Hearing) -> None:
        friend = placed(talk, friends(talk, talk.drawn()[0])[0])
        talk.next_for = lambda _leaving: friend  # type: ignore[method-assign]  # main lies

    expected = f"{SUPPLEMENT}: the newcomer does not hold the next ticket"
    assert drawing(rig, Phase.CHECKED_IN) == ("draw", expected)


def test_supplement_with_an_excluded_expert_is_found() -> None:
    def rig(talk: Hearing) -> None:
        leaving = talk.drawn()[0].row
        cell = (leaving.discipline, leaving.region)
        excluded = [row for row in ROWS if not row.eligible]
        friend = next(row for row in excluded if (row.discipline, row.region) == cell)
        talk.next_for = lambda _leaving: placed(talk, friend)  # type: ignore[method-assign]  # a lie

    expected = f"{SUPPLEMENT}: the newcomer does not hold the next ticket"
    assert drawing(rig, Phase.CHECKED_IN) == ("draw", expected)
