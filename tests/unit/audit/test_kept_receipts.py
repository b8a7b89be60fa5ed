"""Kept receipts against a record: what was left out, what was rewritten, what proves nothing."""

from __future__ import annotations

import pytest

from bideval.audit.kept_receipts import KEPT_LIMIT, check_kept
from bideval.audit.replay import Replay, replay
from bideval.evidence.canonical import canonical_bytes
from bideval.ledger.entry import entry_hash
from bideval.ledger.proof import make_proof
from bideval.ledger.receipt import Receipt, receipt_place, sign_receipt
from bideval.ledger.tree import inclusion_path, leaf_hash
from bideval.session.names import Phase
from bideval.terms.errors import BidevalError
from tests.unit.audit.hearing import Hearing, at, lines_of, note_of, position
from tests.unit.session.conversation import SESSION


def here(talk: Hearing, at_place: int, **changes: str) -> bytes:
    """Return the receipt *saved here* of an entry; `changes` are what the venue lies about."""
    line = talk.lines[at_place]
    receipt = Receipt(
        session=SESSION,
        origin=line.origin,
        entry=entry_hash(line.jws),
        place=receipt_place(talk.session.chains[line.origin][line.n]),
        at=talk.now,
    )
    key = talk.actors[f"venue/{line.origin}"].key
    return sign_receipt(key, receipt._replace(**changes)).encode()


def proof(talk: Hearing, place: int) -> bytes:
    """Return the proof *saved by the session* of an entry, under the head of now."""
    lines = lines_of(talk)
    path = inclusion_path([leaf_hash(line) for line in lines], place)
    return make_proof(place, path, note_of(talk, lines)).encode()


def folded(talk: Hearing) -> Replay:
    return replay(SESSION, lines_of(talk))


def refusal(run: Replay, receipt: bytes) -> tuple[str, str | None, str]:
    with pytest.raises(BidevalError) as caught:
        check_kept(run, receipt)
    return caught.value.code, caught.value.field, caught.value.detail


def test_every_entry_is_where_its_receipts_say() -> None:
    talk = at(Phase.OPENED)
    run = folded(talk)

    for place in range(run.size):
        expected = f"{run.where(place)} is in its place"
        assert check_kept(run, here(talk, place)) == expected
        assert check_kept(run, proof(talk, place)) == expected


def test_earlier_proof_holds_in_the_grown_record() -> None:
    run = folded(at(Phase.DRAWN))
    early = at(Phase.OPENED)

    for place in range(len(early.lines)):
        assert check_kept(run, proof(early, place)) == f"{run.where(place)} is in its place"


def test_file_of_a_bidders_page_is_a_receipt() -> None:
    talk = at(Phase.OPENED)
    place = position(talk, "bid.sealed")
    other = talk.lines[place + 1].jws
    kept = {"format": "bideval-bid-receipt/1", "receipt": here(talk, place).decode()}
    right = canonical_bytes(kept | {"jws": talk.lines[place].jws})

    assert check_kept(folded(talk), right) == "entry 14 (fenghua 11, bid.sealed) is in its place"
    assert refusal(folded(talk), canonical_bytes(kept | {"jws": other}))[0] == "receipt_mismatch"


def without(talk: Hearing, place: int) -> Replay:
    """Return the fold of what would be, had the entry never been said."""
    other = at(Phase.PREPARED)
    lines = lines_of(other)[:place]
    assert place < len(talk.lines)
    return replay(SESSION, lines)


def test_omitted_entry_is_found_by_either_receipt() -> None:
    talk = at(Phase.PREPARED)
    place = position(talk, "bid.sealed", last=True)
    run = without(talk, place)
    hashed = entry_hash(talk.lines[place].jws)

    assert refusal(run, here(talk, place)) == (
        "omitted",
        "record of fenghua",
        f"entry {hashed} is not in the record, and fenghua signed for it",
    )
    assert refusal(run, proof(talk, place)) == (
        "omitted",
        f"entry {place}",
        f"is not in the record; main signed for {place + 1} entries",
    )


def test_cut_behind_the_own_entry_is_found_by_a_later_proof() -> None:
    talk = at(Phase.PREPARED)
    run = without(talk, 15)

    assert refusal(run, proof(talk, 3)) == (
        "omitted",
        "entry 15",
        "vanished with what follows; main signed for 17 entries",
    )


def test_rewritten_past_is_found_at_its_subtree() -> None:
    talk = at(Phase.PREPARED)
    lines = lines_of(talk)
    changed = [*lines]
    changed[1], changed[2] = lines[2], lines[1]

    code, field, detail = refusal(replay(SESSION, changed), proof(talk, 0))

    assert (code, field) == ("rewritten", "entry 1 (beilun 1, venue.joined)")
    assert detail == "main signed for another past"
    assert refusal(replay(SESSION, changed), proof(talk, 4))[:2] == (
        "rewritten",
        "entries 0 to 3",
    )


def test_other_entry_at_the_proven_place_is_found() -> None:
    talk = at(Phase.PREPARED)
    lines = lines_of(talk)
    lines[1], lines[2] = lines[2], lines[1]

    assert refusal(replay(SESSION, lines), proof(talk, 1)) == (
        "omitted",
        "entry 1 (beilun 1, venue.joined)",
        "is not the entry that main signed for here",
    )


def test_other_lines_before_the_own_are_found() -> None:
    talk = at(Phase.OPENED)

    assert refusal(folded(talk), here(talk, 14, place="00" * 32)) == (
        "rewritten",
        "entry 14 (fenghua 11, bid.sealed)",
        "fenghua signed for other lines of its own before this one",
    )


def test_receipt_for_the_line_of_another_venue_is_found() -> None:
    talk = at(Phase.OPENED)

    assert refusal(folded(talk), here(talk, 14, origin="wencheng"))[0] == "other_session"
    assert refusal(folded(talk), here(talk, 14, session="another-one"))[0] == "other_session"


def test_receipt_by_a_stranger_proves_nothing() -> None:
    talk = at(Phase.OPENED)
    forger = talk.fork()
    assert isinstance(forger, Hearing)
    forger.actors["venue/fenghua"] = forger.actors["bidder-aaaaaaaa"]

    assert refusal(folded(talk), here(forger, 14))[:2] == ("unknown_key", "receipt")
    assert refusal(folded(talk), proof(forger, 14))[0] == "checkpoint_unsigned"


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"{", b"[]", b"{}", b"a.b", b"x" * (KEPT_LIMIT + 1)]
)
def test_what_is_no_receipt_is_refused(data: bytes) -> None:
    with pytest.raises(BidevalError):
        check_kept(folded(at(Phase.PREPARED)), data)
