"""Nonces become a seed, the seed becomes tickets."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from bideval.draw.tickets import check_nonce, draw_seed, nonce_commitment, ticket
from bideval.terms.errors import EvidenceError, InputError

NONCES = {"venue/fenghua": b"\x01" * 32, "venue/wencheng": b"\x02" * 32}
ROOT = b"\x07" * 32


def _lengths(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_seed_is_the_hash_that_the_specification_spells_out() -> None:
    message = _lengths(
        b"bideval/draw-seed/v1",
        b"s-001",
        ROOT,
        b"2",
        b"venue/fenghua",
        NONCES["venue/fenghua"],
        b"venue/wencheng",
        NONCES["venue/wencheng"],
        b"",
    )
    assert draw_seed("s-001", ROOT, NONCES) == hashlib.sha256(message).digest()


def test_seed_does_not_depend_on_the_order_of_the_reveals() -> None:
    reversed_nonces = dict(reversed(list(NONCES.items())))
    assert draw_seed("s-001", ROOT, reversed_nonces) == draw_seed("s-001", ROOT, NONCES)


@pytest.mark.parametrize(
    "changed",
    [
        draw_seed("s-002", ROOT, NONCES),
        draw_seed("s-001", b"\x08" * 32, NONCES),
        draw_seed("s-001", ROOT, NONCES | {"venue/wencheng": b"\x03" * 32}),
        draw_seed("s-001", ROOT, NONCES | {"supervisor-1": b"\x03" * 32}),
        draw_seed("s-001", ROOT, NONCES, beacon=b"\x01"),
    ],
    ids=["session", "pool", "nonce", "one more", "beacon"],
)
def test_seed_changes_with_every_input(changed: bytes) -> None:
    assert changed != draw_seed("s-001", ROOT, NONCES)


def test_seed_without_a_nonce_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        draw_seed("s-001", ROOT, {})
    assert caught.value.code == "nonces_missing"


def test_commitment_opens_with_its_own_nonce() -> None:
    commitment = nonce_commitment("s-001", "venue/fenghua", b"\x01" * 32)
    check_nonce("s-001", "venue/fenghua", b"\x01" * 32, commitment)


@pytest.mark.parametrize(
    ("session", "actor", "nonce"),
    [
        ("s-002", "venue/fenghua", b"\x01" * 32),
        ("s-001", "venue/wencheng", b"\x01" * 32),
        ("s-001", "venue/fenghua", b"\x02" * 32),
    ],
)
def test_commitment_of_somebody_else_is_refused(session: str, actor: str, nonce: bytes) -> None:
    commitment = nonce_commitment("s-001", "venue/fenghua", b"\x01" * 32)
    with pytest.raises(EvidenceError) as caught:
        check_nonce(session, actor, nonce, commitment)
    assert caught.value.code == "nonce_differs"


def test_commitment_to_a_short_nonce_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        nonce_commitment("s-001", "venue/fenghua", b"\x01" * 31)
    assert caught.value.code == "nonce_length"


def test_ticket_is_a_keyed_hash_of_the_leaf() -> None:
    assert ticket(b"seed", b"leaf") == hmac.new(b"seed", b"leaf", hashlib.sha256).digest()


def test_weight_is_a_number_of_tickets_of_which_the_lowest_counts() -> None:
    messages = [b"leaf", b"leaf\x00\x01", b"leaf\x00\x02"]
    tickets = [hmac.new(b"seed", one, hashlib.sha256).digest() for one in messages]
    assert ticket(b"seed", b"leaf", 3) == min(tickets)
    assert ticket(b"seed", b"leaf", 1) == tickets[0]
