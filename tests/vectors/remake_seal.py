"""Makes tests/vectors/seal.json again, with new keys: after a deliberate change of the format only.

Run as `python -m tests.vectors.remake_seal`. Sealing is random, so the file is another each time.
"""

from __future__ import annotations

import json
from pathlib import Path

from bideval.evidence.encoding import b64u
from bideval.evidence.sealing import (
    Custodian,
    Purpose,
    age_decrypt,
    age_encrypt,
    deal_seal,
    new_age_identity,
    open_share,
    parse_seal,
)

FILE = Path(__file__).parent / "seal.json"
SESSION = "fh-2026-0117"
ACTORS = ("officer-lin", "venue/fenghua", "supervisor-zhao")
PLAINTEXT = "ten in the morning"
NOTE = (
    "Made once, opened by every run of the tests. "
    "The identities are published here and must never be used."
)


def document() -> dict[str, object]:
    keys = {actor: new_age_identity() for actor in ACTORS}
    custodians = [Custodian(actor, recipient) for actor, (_, recipient) in keys.items()]
    identity, dealt = deal_seal(
        session=SESSION, purpose=Purpose.BID, custodians=custodians, threshold=2
    )
    seal = parse_seal(dealt, "seal")
    first = age_decrypt(keys[ACTORS[0]][0], seal.shares[0].sealed)
    shares = {
        actor: open_share(seal, session=SESSION, custodian=actor, identity=own)
        for actor, (own, _) in keys.items()
    }
    return {
        "note": NOTE,
        "session": SESSION,
        "custodians": [
            {"actor": actor, "identity": own, "recipient": recipient}
            for actor, (own, recipient) in keys.items()
        ],
        "seal": dealt,
        "identity": identity,
        "shares": {actor: b64u(share) for actor, share in shares.items()},
        "share_plaintext": first.decode(),
        "plaintext": PLAINTEXT,
        "ciphertext": b64u(age_encrypt(seal.recipient, PLAINTEXT.encode())),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(document(), indent=2) + "\n")
