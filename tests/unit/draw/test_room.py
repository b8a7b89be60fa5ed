"""What `room_for` promises fits into one entry, measured on entries that are really signed."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from bideval.draw.identity import Identity, Private, identity_document
from bideval.draw.room import MOST_DRAWN, ONCE, TWICE, cell_bytes, room_for
from bideval.evidence.agefile import age_encrypt
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u
from bideval.evidence.jws import JWS_LIMIT
from bideval.evidence.sealing import Custodian, Purpose, deal_seal, new_age_identity
from bideval.evidence.signing import new_signing_key
from bideval.ledger.entry import Seen, entry_payload, sign_entry
from bideval.session.bodies.panel import read_draw_computed
from bideval.terms.fields import INTEGER_LIMIT, Fields

LONGEST_VENUE = "v" * 31
SESSION = "s" * 64
RECIPIENT = new_age_identity()[1]
KEY = new_signing_key("Ed25519", bytes(32))


def expert(filling: int) -> tuple[Identity, Private]:
    """Return an expert with `filling` bytes in cells, beside discipline and venue."""
    private = Private(id_tail="", former="字" * (filling // 3), blind=bytes(16))
    identity = Identity(
        name="",
        employer="",
        title="",
        discipline="d" * 40,
        venue=LONGEST_VENUE,
        weight=100,
        salt=bytes(16),
        private=private.digest,
    )
    return identity, private


def cells(identity: Identity, private: Private) -> dict[str, str]:
    values = asdict(identity) | asdict(private)
    return {name: values[name] for name in (*TWICE, *ONCE)}


def entry(drawn: int, custodians: int, experts: list[tuple[Identity, Private]]) -> tuple[str, dict]:
    """Return the signed entry of such a draw, everything in it as long as it can be."""
    keepers = [Custodian(f"venue/v{at:02}{'v' * 28}", RECIPIENT) for at in range(custodians)]
    names = canonical_bytes([identity_document(identity) for identity, _ in experts])
    _, seal = deal_seal(
        session=SESSION, purpose=Purpose.IDENTITY, custodians=keepers, threshold=custodians
    )
    panel = [
        {
            "seat": number,
            "blinded": "b" * 64,
            "discipline": "d" * 40,
            "class": "c" * 40,
            "venue": LONGEST_VENUE,
            "ticket": "7" * 64,
            "for_venue": b64u(age_encrypt(RECIPIENT, canonical_bytes(identity_document(*one)))),
        }
        for number, one in enumerate(experts, start=1)
    ]
    assert len(panel) == drawn
    sealed = {"ciphertext": b64u(age_encrypt(str(seal["recipient"]), names)), "seal": seal}
    body = {"seed": "5" * 64, "panel": panel, "names": sealed}
    payload = entry_payload(
        session=SESSION,
        author=f"venue/{LONGEST_VENUE}",
        kind="draw.computed",
        id=b64u(bytes(16)),
        at=1_795_312_800_000,
        body=body,
        seen=Seen(INTEGER_LIMIT, "e" * 64),
    )
    return sign_entry(KEY, payload), body


@pytest.mark.parametrize("drawn", [3, 5, 7, MOST_DRAWN])
@pytest.mark.parametrize("custodians", [2, 3, 9])
def test_draw_that_uses_all_of_its_room_fits_into_an_entry(drawn: int, custodians: int) -> None:
    room = room_for(drawn, custodians)
    bare = cell_bytes(cells(*expert(0)))
    experts = [expert(room // drawn - bare) for _ in range(drawn)]
    assert sum(cell_bytes(cells(*one)) for one in experts) > room - 3 * drawn - drawn
    jws, body = entry(drawn, custodians, experts)
    assert JWS_LIMIT * 0.9 < len(jws) <= JWS_LIMIT * 0.99
    assert len(read_draw_computed(Fields(body, "body")).panel) == drawn


def test_published_cells_count_twice_and_json_has_its_escapes() -> None:
    empty = dict.fromkeys((*TWICE, *ONCE), "")
    assert cell_bytes(empty) == 0
    assert cell_bytes({**empty, "name": "张"}) == 6
    assert cell_bytes({**empty, "former": 'a"\\'}) == 5


def test_largest_panel_leaves_room_for_names_and_declarations() -> None:
    assert room_for(MOST_DRAWN, 3) // MOST_DRAWN > 500
    assert room_for(2 * MOST_DRAWN, 3) < 0
