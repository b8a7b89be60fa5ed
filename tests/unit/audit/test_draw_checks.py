"""The draw against pool, nonces and rule: frauds of the venue that computes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bideval.audit.bundle import read_bundle
from bideval.audit.draw_checks import check_draw
from bideval.audit.replay import replay
from bideval.draw.panel import DrawnExpert, draw_panel
from bideval.draw.pool import HEADER_1, encode_pool, make_pool, parse_pool
from bideval.draw.seats import SeatPlan
from bideval.draw.tickets import draw_seed, ticket
from bideval.session.names import Phase
from bideval.terms.errors import EvidenceError
from tests.unit.audit.hearing import POOL, ROWS, SESSION, Hearing, _nonce, at, bundle_of, failure

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


def with_pool(change: Callable[[PoolRow], PoolRow], **stated: Any) -> tuple[str, str]:
    """Return what is found where main seals a pool with other rows."""

    def rig(talk: Hearing) -> None:
        pool = make_pool(change(row) for row in ROWS)
        body = {
            "file": talk.keep(encode_pool(pool.rows)),
            "root": pool.root.hex(),
            "count": len(pool.rows),
            "eligible": len(pool.eligible),
            "excluded": pool.excluded,
        }
        talk.pool = lambda: body | stated  # type: ignore[method-assign]  # main lies

    return drawing(rig)


def test_weights_that_the_tender_does_not_ask_for_are_found() -> None:
    found = with_pool(lambda row: replace(row, weight=2))
    assert found == ("draw", f"{DRAW}: pool: has weights nobody asked for")


def test_numbers_of_excluded_that_are_not_true_are_found() -> None:
    differs = ("draw", f"{DRAW}: pool: is not the sealed one")
    assert with_pool(lambda row: row, excluded={"employer_is_bidder": 5}) == differs
    assert with_pool(lambda row: row, excluded=None) == differs


def test_reason_that_the_tender_contradicts_is_found() -> None:
    first = ROWS[0]

    def exclude(row: PoolRow) -> PoolRow:
        return replace(row, status="discipline_not_wanted") if row == first else row

    step, detail = with_pool(exclude)
    assert step == "draw"
    assert detail.startswith(f"{DRAW}: pool leaf {first.blinded}: has status discipline_not_wanted")


def test_pool_of_the_first_version_is_still_verified() -> None:
    talk = at(Phase.OPENED)
    lines = b"".join(
        f"{row.blinded}\t{row.discipline}\t{row.region}\t{row.status}\n".encode() for row in ROWS
    )
    pool = parse_pool(HEADER_1 + lines)
    body = {"file": talk.keep(HEADER_1 + lines), "root": pool.root.hex()}
    body |= {"count": len(pool.rows), "eligible": len(pool.eligible)}
    nonces = {actor: _nonce(actor) for actor in talk.session.committers()}
    talk.pool = lambda: body  # type: ignore[method-assign]  # as older venues sealed it
    talk.seed = lambda: draw_seed(SESSION, pool.root, nonces)  # type: ignore[method-assign]  # a fraud
    facts = "5 of 24 eligible experts, 0 supplements, 0 names opened, 5 still sealed"
    assert found(bundle_of(talk.until(Phase.DRAWN))) == facts


def test_draw_without_the_nonce_of_a_committer_is_found() -> None:
    bundle = read_bundle(bundle_of(at(Phase.DRAWN)))
    run = replay(bundle.manifest.session, bundle.lines)
    del run.session.panel.nonces["venue/wencheng"]
    with pytest.raises(EvidenceError) as raised:
        check_draw(bundle, run)
    assert raised.value.code == "nonces_missing"


def test_fall_back_class_is_recomputed() -> None:
    talk = Hearing()
    panel = talk.document["panel"]
    wanted = [{**one, "id": "A09", "fallback": ["A08"]} for one in panel["disciplines"][:1]]
    talk.document["panel"] = panel | {"disciplines": [*wanted, *panel["disciplines"][1:]]}
    plan = SeatPlan(
        {one["id"]: one["members"] for one in talk.document["panel"]["disciplines"]},
        {one["venue"]: one["members"] for one in panel["seats"]},
        {"A09": ["A08"]},
    )
    honest = talk.item
    talk.drawn = lambda: list(draw_panel(ROWS, talk.seed(), plan))  # type: ignore[method-assign]  # a fraud
    talk.item = lambda number, one: (  # type: ignore[method-assign]  # a fraud
        honest(number, one)
        | {"discipline": one.discipline}
        | ({"class": one.row.discipline} if one.stratum else {})
    )
    facts = "5 of 24 eligible experts, 3 of fall-back classes, 0 supplements, "
    assert found(bundle_of(talk.until(Phase.DRAWN))) == f"{facts}0 names opened, 5 still sealed"
