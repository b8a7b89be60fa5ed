"""A rehearsed person signs what a browser would."""

from __future__ import annotations

import json
from itertools import count

from bideval.evidence.encoding import b64u, unb64u
from bideval.evidence.jws import verify_compact
from bideval.evidence.signing import public_key
from bideval.ledger.entry import parse_entry, verify_entry
from bideval.rehearsal.persona import PROOF_TYPE, Devices, new_persona
from bideval.terms.identifiers import Role


def devices() -> Devices:
    numbers = count(1)
    return Devices(lambda: 1_000, lambda size: bytes([next(numbers)]) * size)


def test_enrolment_proves_the_key_it_brings():
    persona = new_persona("expert-1", Role.EXPERT, devices())

    enrolment = persona.enrolment(session="s-01", venue="main")

    public = public_key(enrolment["suite"], unb64u(enrolment["public"]))
    proved = json.loads(verify_compact(enrolment["proof"], public, typ=PROOF_TYPE))
    assert proved == {
        "session": "s-01",
        "venue": "main",
        "person": "expert-1",
        "role": "expert",
        "recipient": persona.recipient,
    }


def test_entry_is_signed_by_its_author():
    tools = devices()
    persona = new_persona("expert-1", Role.EXPERT, tools)

    entry = parse_entry(persona.entry("s-01", "chair.voted", {"round": 1}, devices=tools))

    verify_entry(entry, persona.key.public)
    assert (entry.session, entry.author, entry.kind) == ("s-01", "expert-1", "chair.voted")
    assert (entry.id, entry.at, entry.body) == (b64u(bytes([2]) * 16), 1_000, {"round": 1})
