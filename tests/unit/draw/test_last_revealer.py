"""Who reveals last learns the panel first; he must not be able to do anything with it.

The attack: a venue that wants friends on the panel waits until all other nonces are open, computes
the panel, and keeps its own nonce back if it does not like it. Where the draw then goes on without
that nonce, he has chosen between two panels.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from bideval.audit.draw_verifier import verify_draw
from bideval.draw.panel import draw_panel
from bideval.draw.pool import ELIGIBLE, PoolRow
from bideval.draw.seats import SeatPlan
from bideval.draw.tickets import check_nonce, draw_seed, nonce_commitment
from bideval.evidence.sealing import (
    Custodian,
    Purpose,
    age_decrypt,
    age_encrypt,
    combine_shares,
    deal_seal,
    new_age_identity,
    open_share,
    parse_seal,
)
from bideval.session.names import Phase
from bideval.terms.errors import EvidenceError
from tests.unit.audit.hearing import SESSION, Hearing, at, bundle_of
from tests.unit.session.conversation import SUPERVISOR

if TYPE_CHECKING:
    from collections.abc import Callable

ATTACKER = "venue/wencheng"
OTHERS = ("venue/fenghua", SUPERVISOR)
POOL = [PoolRow(bytes([n]) * 32, "law", "a", ELIGIBLE) for n in range(30)]
FRIENDS = {row.leaf for row in POOL[:3]}
PLAN = SeatPlan({"law": 5}, {"a": 5})
Nonces = dict[str, bytes]


def nonces_of(number: int) -> Nonces:
    actors = (*OTHERS, ATTACKER)
    return {actor: hashlib.sha256(f"{actor} {number}".encode()).digest() for actor in actors}


def friends(nonces: Nonces) -> int:
    drawn = draw_panel(POOL, draw_seed("s-001", bytes(32), nonces), PLAN)
    return sum(one.row.leaf in FRIENDS for one in drawn)


def opened_by_all_means(nonces: Nonces) -> int:
    """The nonce is sealed to the others: keeping it back changes nothing."""
    return friends(nonces)


def goes_on_without(nonces: Nonces) -> int:
    """The cheating twin: a nonce that is not revealed is left out of the seed."""
    rest = {actor: nonce for actor, nonce in nonces.items() if actor != ATTACKER}
    return max(friends(nonces), friends(rest))


def successes(protocol: Callable[[Nonces], int]) -> int:
    return sum(protocol(nonces_of(number)) >= 2 for number in range(2_000))


def test_only_the_protocol_that_goes_on_without_a_nonce_pays_the_attacker() -> None:
    # Two or more of 3 friends among 5 of 30: (C(3,2)*C(27,3) + C(27,2)) / C(30,5) = 0.0640.
    fair = 2_000 * (3 * 2_925 + 351) / 142_506
    sigma = (fair * (1 - fair / 2_000)) ** 0.5
    assert abs(successes(opened_by_all_means) - fair) < 4 * sigma
    assert successes(goes_on_without) - fair > 8 * sigma


def test_others_open_a_nonce_whose_author_stays_away() -> None:
    keys = {actor: new_age_identity() for actor in (*OTHERS, ATTACKER)}
    custodians = [Custodian(actor, recipient) for actor, (_, recipient) in keys.items()]
    nonce = nonces_of(0)[ATTACKER]
    _, dealt = deal_seal(session="s-001", purpose=Purpose.NONCE, custodians=custodians, threshold=2)
    seal, ciphertext = parse_seal(dealt, "seal"), age_encrypt(str(dealt["recipient"]), nonce)
    shares = {
        actor: open_share(seal, session="s-001", custodian=actor, identity=keys[actor][0])
        for actor in OTHERS
    }
    opened = age_decrypt(combine_shares(seal, shares), ciphertext)
    check_nonce("s-001", ATTACKER, opened, nonce_commitment("s-001", ATTACKER, nonce))
    assert opened == nonce
    del shares[SUPERVISOR]
    with pytest.raises(EvidenceError) as raised:
        combine_shares(seal, shares)
    assert raised.value.code == "too_few_shares"


def committed(*, without: str | None = None) -> Hearing:
    talk = at(Phase.OPENED)
    talk.must("venue/fenghua", "pool.sealed", talk.pool())
    for committer in talk.session.committers():
        if committer != without:
            talk.must(committer, "nonce.sealed", talk.nonce_of(committer))
    return talk


def reveal(talk: Hearing) -> None:
    """Everybody but the attacker releases."""
    for nonce in list(talk.session.panel.nonces.values()):
        for custodian in OTHERS:
            recipient = nonce.seal.recipient
            talk.must(custodian, "share.released", talk.share(custodian, recipient))


def seed_without_attacker(talk: Hearing) -> bytes:
    nonces = {
        actor: hashlib.sha256(f"nonce of {actor}".encode()).digest()
        for actor in talk.session.committers()
        if actor != ATTACKER
    }
    pool = talk.session.panel.pool
    assert pool is not None
    return draw_seed(SESSION, bytes.fromhex(pool.root), nonces)


def test_draw_needs_nothing_more_of_the_attacker() -> None:
    talk = committed()
    reveal(talk)
    talk.must("venue/fenghua", "draw.computed", talk.drawing())
    assert verify_draw(bundle_of(talk)).ok


def test_draw_without_the_attackers_nonce_is_caught() -> None:
    talk = committed()
    reveal(talk)
    cheated = seed_without_attacker(talk)
    talk.seed = lambda: cheated  # type: ignore[method-assign]  # main plays with the attacker
    talk.must("venue/fenghua", "draw.computed", talk.drawing())
    verdict = verify_draw(bundle_of(talk))
    assert (verdict.ok, verdict.steps[-1].name) == (False, "seed")


def test_draw_before_the_attacker_has_committed_is_void() -> None:
    talk = committed(without=ATTACKER)
    cheated = seed_without_attacker(talk)
    talk.seed = lambda: cheated  # type: ignore[method-assign]  # main plays with the attacker
    outcome = talk.say("venue/fenghua", "draw.computed", talk.drawing())
    assert outcome.void_code == "too_early"
    verdict = verify_draw(bundle_of(talk))
    assert (verdict.ok, verdict.steps[-1].name) == (False, "fold")
