"""Seals: enough custodians open, fewer learn nothing, and who brings a wrong share is named."""

from __future__ import annotations

import copy
from functools import cache
from itertools import combinations, product

import pyshamir
import pytest

from bideval.evidence import sealing
from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.encoding import b64u, hex_digest, unb64u
from bideval.evidence.sealing import (
    Custodian,
    Custody,
    Purpose,
    SealedShare,
    age_decrypt,
    age_encrypt,
    check_custody,
    check_share,
    combine_shares,
    custody_digest,
    deal_seal,
    new_age_identity,
    open_share,
    parse_custody,
    parse_seal,
    recipient_of,
)
from bideval.terms.errors import EvidenceError, FaultError, InputError, RefusedError

SESSION = "fh-2026-0117"
ACTORS = (
    *("officer-lin", "officer-wu", "venue/fenghua", "venue/wencheng"),
    *("supervisor-1", "supervisor-2", "venue/taishun"),
)
SPLIT = pyshamir.split
KEYS = {actor: new_age_identity() for actor in ACTORS}
CUSTODIANS = [Custodian(actor, KEYS[actor][1]) for actor in ACTORS]


def deal(threshold, count, purpose=Purpose.BID, session=SESSION):
    return deal_seal(
        session=session, purpose=purpose, custodians=CUSTODIANS[:count], threshold=threshold
    )


@cache
def dealt(threshold, count, purpose=Purpose.BID, session=SESSION):
    identity, document = deal(threshold, count, purpose, session)
    seal = parse_seal(document, "seal")
    return identity, seal, opened(seal, session)


def opened(seal, session=SESSION):
    return {actor: open_for(seal, actor, session) for actor in seal.custodians}


def open_for(seal, actor, session=SESSION, holder=None):
    return open_share(seal, session=session, custodian=actor, identity=KEYS[holder or actor][0])


def refusal(act, *arguments, family=EvidenceError, **named):
    with pytest.raises(family) as caught:
        act(*arguments, **named)
    return caught.value.code, caught.value.field, caught.value.detail.partition(":")[0]


def test_a_seal_has_the_members_of_its_specification():
    _, document = deal(2, 3)
    shares = document["shares"]
    assert (sorted(document), [sorted(share) for share in shares]) == (
        ["purpose", "recipient", "shares", "threshold"],
        [["custodian", "digest", "sealed"]] * 3,
    )
    assert (document["purpose"], document["threshold"]) == ("bid", 2)


def test_a_share_says_everything_that_it_is_for():
    identity, document = deal(2, 3)
    sealed = document["shares"][1]["sealed"]
    plain = age_decrypt(KEYS["officer-wu"][0], unb64u(sealed))
    share = b64u(open_for(parse_seal(document, "seal"), "officer-wu"))
    assert plain == canonical_bytes(
        {
            "format": "bideval-share/2",
            "session": SESSION,
            "purpose": "bid",
            "recipient": recipient_of(identity),
            "custodian": "officer-wu",
            "index": 2,
            "threshold": 2,
            "of": 3,
            "custody": custody_digest(2, ACTORS[:3]),
            "share": share,
        }
    )


@pytest.mark.parametrize(
    ("threshold", "count"), [(m, n) for n in range(2, 8) for m in range(2, n + 1)]
)
def test_exactly_the_sets_of_enough_custodians_open(threshold, count):
    identity, seal, shares = dealt(threshold, count)
    ciphertext = age_encrypt(seal.recipient, b"a mark")
    assert age_decrypt(identity, ciphertext) == b"a mark"
    for size in range(count + 1):
        for chosen in combinations(seal.custodians, size):
            some = {actor: shares[actor] for actor in chosen}
            if size >= threshold:
                assert combine_shares(seal, some) == identity
            else:
                code, field, _ = refusal(combine_shares, seal, some)
                assert (code, field) == ("too_few_shares", "shares")


def test_fewer_shares_than_the_threshold_rebuild_something_else():
    identity, seal, shares = dealt(3, 5)
    for pair in combinations(seal.custodians, 2):
        rebuilt = pyshamir.combine([bytearray(shares[actor]) for actor in pair])
        assert bytes(rebuilt) != identity.encode()


def test_what_was_encrypted_to_the_seal_opens_with_the_rebuilt_identity():
    _, seal, shares = dealt(2, 3)
    ciphertext = age_encrypt(seal.recipient, b"bid")
    assert age_decrypt(combine_shares(seal, shares), ciphertext) == b"bid"


def test_the_order_in_which_shares_come_does_not_matter():
    identity, seal, shares = dealt(2, 3)
    assert combine_shares(seal, dict(reversed(shares.items()))) == identity


def test_a_changed_share_names_its_custodian():
    _, seal, shares = dealt(2, 3)
    wrong = shares["officer-wu"][:-2] + bytes([shares["officer-wu"][-2] ^ 1])
    wrong += shares["officer-wu"][-1:]
    found = refusal(combine_shares, seal, shares | {"officer-wu": wrong})
    assert found == ("bad_share", "share", "officer-wu")


def test_swapped_shares_name_the_first_of_the_two():
    _, seal, shares = dealt(2, 3)
    swapped = shares | {
        "officer-wu": shares["venue/fenghua"],
        "venue/fenghua": shares["officer-wu"],
    }
    assert refusal(combine_shares, seal, swapped) == ("bad_share", "share", "officer-wu")


def test_a_share_of_another_seal_names_its_custodian():
    _, seal, shares = dealt(2, 3)
    other = dealt(2, 3, session="fh-2026-0118")[2]
    replayed = shares | {"venue/fenghua": other["venue/fenghua"]}
    assert refusal(combine_shares, seal, replayed) == ("bad_share", "share", "venue/fenghua")


def test_a_stranger_brings_no_share():
    _, seal, shares = dealt(2, 3)
    found = refusal(combine_shares, seal, shares | {"supervisor-1": shares["officer-lin"]})
    assert found == ("bad_share", "custodian", "supervisor-1")


def test_another_custodian_cannot_open_a_share():
    _, seal, _ = dealt(2, 3)
    found = refusal(open_for, seal, "officer-lin", holder="officer-wu")
    assert found[:2] == ("unsealing_failed", "ciphertext")


def test_a_share_replayed_into_another_session_is_refused():
    _, seal, _ = dealt(2, 3)
    found = refusal(open_for, seal, "officer-lin", session="fh-2026-0118")
    assert found == ("bad_share", "share.session", "officer-lin")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"purpose": Purpose.MARKS}, "share.purpose"),
        ({"threshold": 3}, "share.threshold"),
        ({"recipient": KEYS["officer-lin"][1]}, "share.recipient"),
    ],
)
def test_a_share_moved_into_another_seal_is_refused(change, field):
    _, seal, _ = dealt(2, 3)
    moved = seal._replace(**change)
    assert refusal(open_for, moved, "officer-lin") == ("bad_share", field, "officer-lin")


def test_a_share_moved_to_another_index_is_refused():
    _, seal, _ = dealt(2, 3)
    moved = seal._replace(shares=seal.shares[::-1])
    assert refusal(open_for, moved, "officer-lin") == ("bad_share", "share.index", "officer-lin")


def test_a_share_of_a_seal_with_another_custodian_beside_it_is_refused():
    _, seal, _ = dealt(2, 3)
    other = seal.shares[2]._replace(custodian="supervisor-1")
    moved = seal._replace(shares=(*seal.shares[:2], other))
    found = refusal(open_for, moved, "officer-lin")
    assert found == ("bad_share", "share.custody", "officer-lin")


def test_the_digest_of_a_custody_tells_threshold_names_and_order_apart():
    digests = {
        custody_digest(2, ["officer-a", "officer-b"]),
        custody_digest(3, ["officer-a", "officer-b"]),
        custody_digest(2, ["officer-b", "officer-a"]),
        custody_digest(2, ["officer-a", "officer-b", "officer-c"]),
        custody_digest(2, ["officer-ao", "fficer-b"]),
    }
    assert len(digests) == 5


def test_a_share_of_a_seal_with_a_custodian_less_is_refused():
    _, seal, _ = dealt(2, 3)
    moved = seal._replace(shares=seal.shares[:2])
    assert refusal(open_for, moved, "officer-lin") == ("bad_share", "share.of", "officer-lin")


def test_a_share_dealt_to_another_name_is_refused():
    _, seal, _ = dealt(2, 3)
    first = seal.shares[0]._replace(custodian="supervisor-1")
    moved = seal._replace(shares=(first, *seal.shares[1:]))
    found = refusal(open_for, moved, "supervisor-1", holder="officer-lin")
    assert found == ("bad_share", "share.custodian", "supervisor-1")


def test_a_share_without_its_recorded_digest_is_refused():
    _, seal, _ = dealt(2, 3)
    first = seal.shares[0]._replace(digest="00" * 32)
    moved = seal._replace(shares=(first, *seal.shares[1:]))
    assert refusal(open_for, moved, "officer-lin") == ("bad_share", "share", "officer-lin")


def resealed(plain):
    """Return a seal whose first share holds `plain`, as a dishonest dealer may write it."""
    _, seal, _ = dealt(2, 3)
    first = SealedShare("officer-lin", "00" * 32, age_encrypt(CUSTODIANS[0].recipient, plain))
    return seal._replace(shares=(first, *seal.shares[1:]))


def share_members(**changes):
    _, seal, shares = dealt(2, 3)
    members = {
        "format": "bideval-share/2",
        "session": SESSION,
        "purpose": "bid",
        "recipient": seal.recipient,
        "custodian": "officer-lin",
        "index": 1,
        "threshold": 2,
        "of": 3,
        "custody": custody_digest(2, ACTORS[:3]),
        "share": b64u(shares["officer-lin"]),
    } | changes
    return {name: value for name, value in members.items() if value is not None}


@pytest.mark.parametrize("plain", [b"junk", b"[]"])
def test_a_share_that_is_no_object_is_refused(plain):
    assert refusal(open_for, resealed(plain), "officer-lin")[:2] == ("bad_share", "share")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"index": None}, "share.index"),
        ({"share": None}, "share.share"),
        ({"extra": 1}, "share"),
        ({"share": "AAAA"}, "share.share"),
        ({"share": "AAAB"}, "share.share"),
        ({"format": "bideval-share/1"}, "share.format"),
        ({"custody": "00" * 32}, "share.custody"),
        ({"index": True}, "share.index"),
        ({}, "share"),
    ],
)
def test_a_dishonest_share_is_refused_at_its_member(changes, field):
    dishonest = resealed(canonical_bytes(share_members(**changes)))
    assert refusal(open_for, dishonest, "officer-lin")[:2] == ("bad_share", field)


@pytest.mark.parametrize("share", [b"", bytes(74), bytes(75), bytes(76)])
def test_a_recorded_share_of_no_possible_form_is_refused(share):
    _, seal, _ = dealt(2, 3)
    first = seal.shares[0]._replace(digest=hex_digest(share))
    moved = seal._replace(shares=(first, *seal.shares[1:]))
    found = refusal(check_share, moved, custodian="officer-lin", share=share)
    assert found == ("bad_share", "share", "officer-lin")


def dealt_with(changed):
    """Return seal and shares where the dealer recorded wrong shares for some custodians."""
    identity, seal, shares = dealt(2, 4)
    shares = shares | changed
    recorded = tuple(
        share._replace(digest=hex_digest(shares[share.custodian])) for share in seal.shares
    )
    return identity, seal._replace(shares=recorded), shares


def test_bad_deals_do_not_hide_the_good_ones():
    wrong = {actor: b"\x00" * 74 + bytes([x]) for x, actor in enumerate(ACTORS[:2], start=250)}
    identity, seal, shares = dealt_with(wrong)
    assert combine_shares(seal, shares) == identity


def test_a_seal_of_bad_deals_only_does_not_open():
    shares = {actor: b"\x41" * 74 + bytes([x]) for x, actor in enumerate(ACTORS[:4], start=1)}
    _, seal, shares = dealt_with(shares)
    code, field, _ = refusal(combine_shares, seal, shares)
    assert (code, field) == ("seal_unopenable", "shares")


def test_two_shares_of_one_point_do_not_open():
    twice = dealt(2, 4)[2]["officer-lin"]
    _, seal, shares = dealt_with({"officer-lin": twice, "officer-wu": twice})
    some = {actor: shares[actor] for actor in ACTORS[:2]}
    assert refusal(combine_shares, seal, some)[0] == "seal_unopenable"


def test_an_identity_of_another_recipient_does_not_open():
    identity, seal, shares = dealt(2, 3)
    moved = seal._replace(recipient=KEYS["officer-lin"][1])
    assert refusal(combine_shares, moved, shares)[0] == "seal_unopenable"
    assert combine_shares(seal, shares) == identity


def test_the_search_for_good_shares_ends(monkeypatch):
    monkeypatch.setattr(sealing, "COMBINATIONS_LIMIT", 1)
    wrong = {"officer-lin": b"\x00" * 74 + b"\xfa"}
    _, seal, shares = dealt_with(wrong)
    assert refusal(combine_shares, seal, shares)[0] == "seal_unopenable"


@pytest.mark.parametrize(
    ("threshold", "actors"),
    [
        (1, ACTORS[:3]),
        (4, ACTORS[:3]),
        (2, ACTORS[:1]),
        (2, ["officer-lin", "officer-lin"]),
        (2, [f"officer-{number}" for number in range(17)]),
    ],
)
def test_a_custody_that_no_seal_may_have_is_our_own_fault(threshold, actors):
    custodians = [Custodian(actor, CUSTODIANS[0].recipient) for actor in actors]
    with pytest.raises(FaultError):
        deal_seal(session=SESSION, purpose=Purpose.BID, custodians=custodians, threshold=threshold)


@pytest.mark.parametrize("bent", range(4))
@pytest.mark.parametrize("at", [0, 40, 74])
def test_shares_that_do_not_fit_together_are_not_dealt(monkeypatch, bent, at):
    def split(secret, count, threshold):
        shares = [bytearray(share) for share in SPLIT(secret, count, threshold)]
        shares[bent][at] ^= 1
        return shares

    monkeypatch.setattr(sealing.pyshamir, "split", split)
    assert refusal(deal, 3, 4, family=FaultError)[:2] == ("misdealt", "seal")


def test_shares_of_another_secret_are_not_dealt(monkeypatch):
    monkeypatch.setattr(sealing.pyshamir, "split", lambda _secret, n, m: SPLIT(b"A" * 74, n, m))
    assert refusal(deal, 2, 3, family=FaultError)[:2] == ("misdealt", "seal")


def test_nothing_is_dealt_to_an_unsafe_recipient():
    weak = Custodian("officer-wu", "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z")
    found = refusal(
        deal_seal,
        family=InputError,
        session=SESSION,
        purpose=Purpose.BID,
        custodians=[CUSTODIANS[0], weak],
        threshold=2,
    )
    assert found[:2] == ("recipient_invalid", "recipient")


SEAL_CHANGES = [
    (("purpose",), "bids", "unknown_choice", "body.seal.purpose"),
    (("recipient",), "age1x", "recipient_invalid", "body.seal.recipient"),
    (("threshold",), 1, "out_of_range", "body.seal.threshold"),
    (("threshold",), 4, "too_few_custodians", "body.seal.shares"),
    (("threshold",), "2", "not_an_integer", "body.seal.threshold"),
    (("shares",), [], "wrong_count", "body.seal.shares"),
    (("shares", 2, "custodian"), "officer-lin", "duplicate_custodian", "body.seal.shares"),
    (("shares", 1, "custodian"), "林", "bad_person_id", "body.seal.shares[1].custodian"),
    (("shares", 1, "digest"), "x", "not_a_digest", "body.seal.shares[1].digest"),
    (("shares", 1, "sealed"), "A", "not_base64url", "body.seal.shares[1].sealed"),
    (("shares", 1, "sealed"), "A" * 2732, "not_base64url", "body.seal.shares[1].sealed"),
    (("shares", 1, "more"), 1, "unknown_member", "body.seal.shares[1]"),
    (("more",), 1, "unknown_member", "body.seal"),
]


@pytest.mark.parametrize(("path", "value", "code", "field"), SEAL_CHANGES)
def test_a_malformed_seal_is_refused_at_its_member(path, value, code, field):
    document = copy.deepcopy(DOCUMENT)
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(InputError) as caught:
        parse_seal(document, "body.seal")
    assert (caught.value.code, caught.value.field) == (code, field)


IDENTITY, DOCUMENT = deal(2, 3)


def test_a_parsed_seal_keeps_the_order_of_custody():
    assert parse_seal(DOCUMENT, "seal").custodians == ACTORS[:3]


def test_flipped_bits_of_a_seal_are_refused():
    """Every bit outside the ciphertexts, and one of every letter in them (age: test_agefile)."""
    _, document = deal(2, 2)
    original = canonical_bytes(document)
    custody = Custody(2, ACTORS[:2])
    sealed = set()
    for share in document["shares"]:
        start = original.index(share["sealed"].encode())
        sealed |= set(range(start, start + len(share["sealed"])))
    survivors = []
    for place, bit in product(range(len(original)), range(8)):
        if place in sealed and bit != place % 8:
            continue
        changed = bytearray(original)
        changed[place] ^= 1 << bit
        if is_opened(bytes(changed), custody):
            survivors.append((place, bit))
    assert survivors == []


def is_opened(data, custody):
    try:
        seal = parse_seal(read_json(data, limit=10_000), "seal")
        check_custody(seal, Purpose.BID, custody)
        for actor in seal.custodians:
            open_for(seal, actor)
    except (InputError, EvidenceError, RefusedError):
        return False
    return True


CUSTODY = {
    name: {"threshold": 2, "custodians": list(ACTORS[:3])}
    for name in ("bids", "marks", "identities", "nonces")
}


def test_a_custody_is_read_for_every_purpose():
    expected = Custody(2, ACTORS[:3])
    assert parse_custody(CUSTODY, "tender.custody") == dict.fromkeys(Purpose, expected)


@pytest.mark.parametrize(
    ("purpose", "custody", "code", "field"),
    [
        ("bids", None, "missing", "custody.bids"),
        ("marks", {"threshold": 2}, "missing", "custody.marks.custodians"),
        (
            "nonces",
            {"threshold": 3, "custodians": ["a1", "a2"]},
            "too_few_custodians",
            "custody.nonces.custodians",
        ),
        (
            "identities",
            {"threshold": 2, "custodians": ["a1", "a1"]},
            "duplicate_custodian",
            "custody.identities.custodians",
        ),
        ("bids", {"threshold": 2, "custodians": ["a1", 3]}, "bad_person_id",
         "custody.bids.custodians[1]"),
    ],
)  # fmt: skip
def test_a_malformed_custody_is_refused_at_its_member(purpose, custody, code, field):
    document = {name: value for name, value in CUSTODY.items() if name != purpose}
    if custody is not None:
        document[purpose] = custody
    with pytest.raises(InputError) as caught:
        parse_custody(document, "custody")
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_seal_of_its_custody_is_accepted():
    seal = parse_seal(DOCUMENT, "seal")
    assert check_custody(seal, Purpose.BID, Custody(2, ACTORS[:3])) is None


@pytest.mark.parametrize(
    ("purpose", "custody", "field"),
    [
        (Purpose.MARKS, Custody(2, ACTORS[:3]), "seal.purpose"),
        (Purpose.BID, Custody(3, ACTORS[:3]), "seal.threshold"),
        (Purpose.BID, Custody(2, ACTORS[:4]), "seal.shares"),
        (Purpose.BID, Custody(2, ACTORS[2::-1]), "seal.shares"),
    ],
)
def test_a_seal_of_another_custody_is_refused(purpose, custody, field):
    seal = parse_seal(DOCUMENT, "seal")
    with pytest.raises(RefusedError) as caught:
        check_custody(seal, purpose, custody)
    assert (caught.value.code, caught.value.field) == ("custody_differs", field)


def test_no_error_quotes_a_share_or_an_identity():
    identity, seal, shares = dealt(2, 3)
    secrets = [identity, *map(b64u, shares.values()), *(share.hex() for share in shares.values())]
    swapped = dict(zip(shares, reversed(shares.values()), strict=True))
    with pytest.raises(EvidenceError) as caught:
        combine_shares(seal, swapped)
    found = [secret for secret, text in product(secrets, [repr(caught.value)]) if secret in text]
    assert found == []


def test_seal_document_reads_back_as_it_was_dealt() -> None:
    _identity, document = deal(2, 3)
    assert sealing.seal_document(parse_seal(document, "seal")) == document
