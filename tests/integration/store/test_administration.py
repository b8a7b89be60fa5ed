"""Accounts, codes, logins, files, pools, seats and caches on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bideval.ports import (
    Account,
    Activation,
    Challenge,
    DeliveryNote,
    FileUse,
    KeptFile,
    Login,
    Peer,
    PoolExpert,
    Projection,
    SeatBooking,
    StoreError,
)

ACCOUNT = Account(
    kid="kid-1",
    person="officer-a",
    role="officer",
    session=None,
    suite="Ed25519",
    public=b"\x01" * 32,
    recipient="age1x",
    venue="fenghua",
    created_ms=10,
    label=b"sealed",
)
CODE = Activation("code-1", "officer-a", "officer", 100, label=b"sealed")
LOGIN = Login("token-1", "officer-a", "kid-1", 10, 100)
EXPERT = PoolExpert("s1", "b1", b"salt", "civil", "wencheng", "eligible", b"sealed")


def write(store, *works):
    return [store.write(work).result(timeout=20) for work in works][-1]


def refused(store, work):
    with pytest.raises(StoreError) as caught:
        write(store, work)
    return caught.value.code


@pytest.fixture
def peopled(store):
    write(store, lambda tx: tx.add_account(ACCOUNT))
    return store


def test_accounts_come_back_whole(peopled):
    seat = replace(ACCOUNT, kid="kid-2", person="wencheng-02", role="expert", session="s1")
    write(peopled, lambda tx: tx.add_account(seat))
    with peopled.read() as reader:
        assert reader.account("kid-1") == ACCOUNT
        assert reader.account("kid-9") is None
        assert reader.accounts() == [ACCOUNT, seat]
        assert reader.accounts(session="s1") == [seat]
        assert reader.accounts(person="officer-a") == [ACCOUNT]
        assert reader.accounts(role="expert", session="s2") == []


def test_a_key_has_one_account(peopled):
    assert refused(peopled, lambda tx: tx.add_account(ACCOUNT)) == "exists"


def test_closing_an_account_closes_its_logins(peopled):
    write(peopled, lambda tx: tx.add_login(LOGIN))
    assert write(peopled, lambda tx: tx.close_account("kid-1", 50)) is True
    assert write(peopled, lambda tx: tx.close_account("kid-1", 60)) is False
    with peopled.read() as reader:
        assert reader.account("kid-1") == replace(ACCOUNT, closed_ms=50)
        assert reader.login("token-1") == replace(LOGIN, closed_ms=50)


def test_a_code_works_once(store):
    write(store, lambda tx: tx.add_activation(CODE))
    uses = [write(store, lambda tx: tx.use_activation("code-1", 50)) for _ in range(2)]
    assert uses == [True, False]
    with store.read() as reader:
        assert reader.activation("code-1") == replace(CODE, used_ms=50)


def test_a_code_does_not_work_after_its_time(store):
    write(store, lambda tx: tx.add_activation(CODE))
    assert write(store, lambda tx: tx.use_activation("code-1", 100)) is False


def test_an_unknown_code_does_not_work(store):
    assert write(store, lambda tx: tx.use_activation("code-9", 1)) is False
    assert write(store, lambda tx: tx.count_attempt("code-9")) == 0


def test_failed_attempts_are_counted(store):
    write(store, lambda tx: tx.add_activation(CODE))
    assert [write(store, lambda tx: tx.count_attempt("code-1")) for _ in range(3)] == [1, 2, 3]


def test_codes_are_listed_per_session_and_for_the_venue(store):
    seat = replace(CODE, code_hash="code-2", session="s1", seat="wencheng-02", ticket="b1")
    write(store, lambda tx: tx.add_activation(CODE), lambda tx: tx.add_activation(seat))
    with store.read() as reader:
        assert reader.activations(None) == [CODE]
        assert reader.activations("s1") == [seat]


def test_dropping_codes_spares_used_ones_and_other_sessions(store):
    codes = [
        CODE,
        replace(CODE, code_hash="code-2"),
        replace(CODE, code_hash="code-3", session="s1"),
        replace(CODE, code_hash="code-4", person="officer-b"),
    ]
    write(store, *[lambda tx, c=code: tx.add_activation(c) for code in codes])
    write(store, lambda tx: tx.use_activation("code-1", 50))
    assert write(store, lambda tx: tx.drop_activations(person="officer-a", session=None)) == 1
    with store.read() as reader:
        left = [code.code_hash for code in reader.activations(None)]
        assert (left, len(reader.activations("s1"))) == (["code-1", "code-4"], 1)


def test_logins_close_one_by_one_and_by_person(peopled):
    second = replace(LOGIN, token_hash="token-2")
    write(peopled, lambda tx: tx.add_login(LOGIN), lambda tx: tx.add_login(second))
    assert write(peopled, lambda tx: tx.close_login("token-1", 20)) is True
    assert write(peopled, lambda tx: tx.close_login("token-1", 30)) is False
    assert write(peopled, lambda tx: tx.close_logins("officer-a", 40)) == 1
    with peopled.read() as reader:
        assert reader.login("token-1").closed_ms == 20
        assert reader.login("token-2").closed_ms == 40
        assert reader.login("token-3") is None


def test_a_login_needs_its_account(store):
    assert refused(store, lambda tx: tx.add_login(LOGIN)) == "exists"


@pytest.mark.parametrize(
    ("kid", "now_ms", "taken"), [("kid-1", 99, True), ("kid-1", 100, False), ("kid-2", 1, False)]
)
def test_a_challenge_holds_for_its_key_and_time(store, kid, now_ms, taken):
    write(store, lambda tx: tx.add_challenge(Challenge("c", "kid-1", 100)))
    assert write(store, lambda tx: tx.take_challenge("c", kid, now_ms)) is taken


def test_a_challenge_is_taken_once(store):
    write(store, lambda tx: tx.add_challenge(Challenge("c", "kid-1", 100)))
    assert write(store, lambda tx: tx.take_challenge("c", "kid-1", 1)) is True
    assert write(store, lambda tx: tx.take_challenge("c", "kid-1", 1)) is False


def test_expired_rows_are_forgotten(peopled):
    used = replace(CODE, code_hash="code-2")
    write(
        peopled,
        lambda tx: tx.add_login(LOGIN),
        lambda tx: tx.add_challenge(Challenge("c", "kid-1", 100)),
        lambda tx: tx.add_activation(CODE),
        lambda tx: tx.add_activation(used),
        lambda tx: tx.use_activation("code-2", 50),
    )
    assert write(peopled, lambda tx: tx.drop_expired(99)) == 0
    assert write(peopled, lambda tx: tx.drop_expired(100)) == 3
    with peopled.read() as reader:
        assert [code.code_hash for code in reader.activations(None)] == ["code-2"]


def test_files_are_missing_until_their_bytes_are_here(store):
    uses = [FileUse("s1", f"{n:064x}", n, "document", "e") for n in (1, 2)]
    write(store, *[lambda tx, u=use: tx.name_file(u) for use in uses])
    assert write(store, lambda tx: tx.name_file(uses[0])) is False
    kept = KeptFile(uses[0].sha256, 1, "application/pdf", "officer-a", 10)
    assert write(store, lambda tx: tx.add_file(kept)) is True
    assert write(store, lambda tx: tx.add_file(kept)) is False
    with store.read() as reader:
        assert reader.file(kept.sha256) == kept
        assert reader.file(uses[1].sha256) is None
        assert reader.session_files("s1") == uses
        assert reader.missing_files("s1", 10) == uses[1:]
        assert reader.missing_files("s1", 0) == []
        assert reader.file_uses(kept.sha256) == uses[:1]


def test_a_peers_card_is_replaced(store):
    peer = Peer("wencheng", "Wencheng", "wss://a/link", "Ed25519", b"key", "age1x")
    newer = replace(peer, url="wss://b/link")
    write(store, lambda tx: tx.put_peer(peer), lambda tx: tx.put_peer(newer))
    with store.read() as reader:
        assert (reader.peer("wencheng"), reader.peers()) == (newer, [newer])
        assert reader.peer("ninghai") is None


def test_the_pool_comes_back_by_blinded_id(store):
    other = replace(EXPERT, blinded="a1", facts={"employer": "sealed", "years": 3})
    write(store, lambda tx: tx.add_pool([EXPERT, other]))
    with store.read() as reader:
        assert reader.pool("s1") == [other, EXPERT]
        assert reader.pool_expert("s1", "a1") == other
        assert reader.pool_expert("s2", "a1") is None


def test_a_pool_takes_an_expert_once_and_else_nothing(store):
    other = replace(EXPERT, blinded="a1")
    write(store, lambda tx: tx.add_pool([EXPERT]))
    assert refused(store, lambda tx: tx.add_pool([other, EXPERT])) == "exists"
    with store.read() as reader:
        assert reader.pool("s1") == [EXPERT]


def test_an_experts_status_changes(store):
    write(store, lambda tx: tx.add_pool([EXPERT]))
    write(store, lambda tx: tx.set_pool_status("s1", "b1", "excluded", exclusion="employer"))
    with store.read() as reader:
        expert = reader.pool_expert("s1", "b1")
    assert expert == replace(EXPERT, status="excluded", exclusion="employer")
    assert refused(store, lambda tx: tx.set_pool_status("s1", "b9", "drawn")) == "unknown"


def test_seats_are_booked_and_taken(store):
    seat = SeatBooking("s1", "wencheng-02", "wencheng", "booked", 10)
    taken = replace(seat, status="taken", blinded="b1", updated_ms=20)
    write(store, lambda tx: tx.put_seat(seat), lambda tx: tx.put_seat(taken))
    with store.read() as reader:
        assert (reader.seats("s1"), reader.seats("s2")) == ([taken], [])


def test_delivery_notes_keep_their_order(store):
    notes = [DeliveryNote("s1", "b1", "sms", outcome, 10) for outcome in ("failed", "sent")]
    write(store, *[lambda tx, n=note: tx.add_delivery(n) for note in notes])
    with store.read() as reader:
        assert reader.deliveries("s1") == notes


def test_a_nonce_is_kept_once(store):
    write(store, lambda tx: tx.put_nonce("s1", "fenghua", b"sealed"))
    assert refused(store, lambda tx: tx.put_nonce("s1", "fenghua", b"other")) == "exists"
    with store.read() as reader:
        assert reader.nonce("s1", "fenghua") == b"sealed"
        assert reader.nonce("s1", "wencheng") is None


def test_a_view_of_a_smaller_record_does_not_replace_a_larger_one(store):
    view = Projection("s1", "Title", "opened", 5, "ab", 20, {"bids": 3})
    older = replace(view, size=4, phase="prepared", updated_ms=30)
    newer = replace(view, size=5, phase="drawn")
    write(store, lambda tx: tx.put_projection(view), lambda tx: tx.put_projection(older))
    with store.read() as reader:
        assert reader.projection("s1") == view
    write(store, lambda tx: tx.put_projection(newer))
    with store.read() as reader:
        assert reader.projections() == [newer]


def test_views_can_be_forgotten_and_made_again(store):
    view = Projection("s1", "Title", "opened", 5, "ab", 20)
    write(store, lambda tx: tx.put_projection(view))
    assert write(store, lambda tx: tx.clear_projections()) == 1
    with store.read() as reader:
        assert (reader.projection("s1"), reader.projections()) == (None, [])


def test_spare_files_are_those_of_a_person_that_no_entry_names(store):
    files = [KeptFile(f"{n:064x}", 10 + n, "x/y", "bidder-a", 1) for n in range(3)]
    other = KeptFile(f"{9:064x}", 5, "x/y", "bidder-b", 1)
    write(store, *[lambda tx, one=one: tx.add_file(one) for one in (*files, other)])
    write(store, lambda tx: tx.name_file(FileUse("s1", files[0].sha256, 10, "bid", "e1")))
    with store.read() as reader:
        found = [reader.spare_files(person) for person in ("bidder-a", "bidder-b", "bidder-c")]
    assert found == [(2, 23), (1, 5), (0, 0)]
