"""Mutual authentication: every way to be somebody else fails."""

from __future__ import annotations

import pytest

from bideval.evidence.encoding import tagged_hash
from bideval.sync.effects import FaultKind
from bideval.sync.faults import LinkFault
from bideval.sync.messages import Hello, Prove
from bideval.sync.proving import (
    LocalVenue,
    Side,
    check_hello,
    check_prove,
    make_hello,
    make_prove,
    proven_bytes,
)
from tests.unit.sync.playbook import FENGHUA, KEYS, WENCHENG

PEERS = {"wencheng": KEYS["wencheng"].public, "changshan": KEYS["changshan"].public}
OURS = make_hello(FENGHUA, Side.DIALLER, b"f" * 32)
THEIRS = make_hello(WENCHENG, Side.LISTENER, b"w" * 32)


def hello(**changes):
    fields = {"version": 1, "venue": "wencheng", "side": "listener", "nonce": b"w" * 32, "epoch": 4}
    return Hello(**{**fields, **changes})


def test_sides_are_each_others_other():
    assert [side.other for side in Side] == [Side.LISTENER, Side.DIALLER]


def test_hello_of_a_known_venue_gives_its_pinned_key():
    assert hello() == THEIRS
    assert check_hello(THEIRS, OURS, PEERS) == KEYS["wencheng"].public


@pytest.mark.parametrize(
    ("theirs", "detail"),
    [
        (hello(version=2), "version 2"),
        (hello(venue="jiande"), "unknown venue jiande"),
        (hello(venue="fenghua"), "unknown venue fenghua"),
        (hello(side="dialler"), "wencheng is on our side"),
        (hello(nonce=b"f" * 32), "wencheng repeats our nonce"),
    ],
)
def test_wrong_hello_closes(theirs, detail):
    peers = {**PEERS, "fenghua": KEYS["fenghua"].public}
    with pytest.raises(LinkFault) as caught:
        check_hello(theirs, OURS, peers)
    assert (caught.value.kind, caught.value.detail) == (FaultKind.AUTHENTICATION, detail)


def test_proof_covers_side_venues_and_nonces():
    expected = tagged_hash(
        "bideval/link/v1", b"listener", b"wencheng", b"fenghua", b"w" * 32, b"f" * 32
    )
    assert proven_bytes(THEIRS, OURS) == expected


def test_right_proof_is_accepted():
    prove = make_prove(WENCHENG, THEIRS, OURS)
    check_prove(prove, theirs=THEIRS, ours=OURS, public=KEYS["wencheng"].public)


IMPOSTOR = LocalVenue("wencheng", KEYS["changshan"])
WRONG = {
    "another key": make_prove(IMPOSTOR, THEIRS, OURS),
    "recorded with another nonce of ours": make_prove(
        WENCHENG, THEIRS, make_hello(FENGHUA, Side.DIALLER, b"o" * 32)
    ),
    "meant for another venue": make_prove(
        WENCHENG,
        THEIRS,
        make_hello(LocalVenue("changshan", KEYS["changshan"]), Side.DIALLER, b"f" * 32),
    ),
    "of the other side": make_prove(WENCHENG, hello(side="dialler"), OURS),
    "our own, reflected": make_prove(FENGHUA, OURS, THEIRS),
    "no signature": Prove(b"\x00" * 64),
}


@pytest.mark.parametrize("prove", WRONG.values(), ids=WRONG.keys())
def test_wrong_proof_closes(prove):
    with pytest.raises(LinkFault) as caught:
        check_prove(prove, theirs=THEIRS, ours=OURS, public=KEYS["wencheng"].public)
    assert (caught.value.kind, caught.value.detail) == (
        FaultKind.AUTHENTICATION,
        "wencheng: signature_invalid",
    )
