"""Sessions begin, venues join them, people's keys enter them.

Decided here: what the founding entry says of each venue (its card as configured), how a branch
answers it, and what a venue checks before it signs an enrolment.
Not decided here: what enrolled people may do (session).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.accounts import PROOF_LIMIT, PROOF_TYPE
from bideval.actions.appending import Saved, keep_line, saved
from bideval.actions.authoring import act_id, say, turns_of, venue_entry
from bideval.evidence.canonical import read_json
from bideval.evidence.encoding import b64u
from bideval.evidence.jws import verify_compact
from bideval.evidence.signing import public_key
from bideval.ledger.tree import leaf_hash
from bideval.ports import StoreError
from bideval.session.bodies.people import TITLE_LIMIT
from bideval.session.continued import offers_of
from bideval.session.rulebook import find_rules
from bideval.terms.errors import EvidenceError, InputError, RefusedError
from bideval.terms.fields import text
from bideval.terms.identifiers import Role, session_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.actions.venue import Venue
    from bideval.actions.visitor import Visitor
    from bideval.ports import Account, StoredLine, Transaction

JOINING_ROLES = frozenset({Role.OFFICER, Role.BIDDER, Role.SUPERVISOR, Role.OPERATOR})
"""Roles that join with the account they have; experts come through check-in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """What an officer asks for."""

    id: str
    title: str
    rulebook: str
    branches: Sequence[str]
    continues: str | None = None
    by: str | None = None
    """The officer who asks; needed where the session continues another one."""


def found_session(venue: Venue, asked: NewSession) -> Saved:
    """Begin a session that this venue leads; line 1 of its record is the founding entry.

    `continues` is a session that was ended so that a new panel evaluates again in this one.
    Raises InputError `bad_session_id`, `duplicate_venue`, or what is wrong with the title,
    RefusedError `unknown_venue`, `already_founded`, or
    `not_the_successor` where that session did not name this one, or `not_its_officer` where who
    asks is no officer of that session.
    """
    session_id(asked.id, field="id")
    text(asked.title, "title", limit=TITLE_LIMIT)
    if len(set(asked.branches)) != len(asked.branches):
        raise InputError("duplicate_venue", field="branches")
    if asked.id.startswith("log."):
        raise RefusedError("already_founded", field="id", detail="names of logs are taken")
    body = {
        "title": asked.title,
        "rulebook": asked.rulebook,
        "main": venue.id,
        "venues": [_own_card(venue), *(_card(venue, branch) for branch in asked.branches)],
        **_continued(venue, asked),
    }
    entry_id = act_id("session.founded")
    entry = venue_entry(venue, asked.id, "session.founded", body, entry_id=entry_id)

    def work(tx: Transaction) -> StoredLine:
        tx.found(asked.id, venue.id)
        fold = venue.book.ahead(asked.id, tx)
        fold.session.admit(entry, venue.id, now=venue.now_ms())
        stored = keep_line(venue.id, tx, entry, place=True)
        fold.take_own(stored)
        return stored

    try:
        stored = venue.devices.store.write(work).result()
    except StoreError as found:
        if found.code not in ("already_founded", "exists"):  # here, or in another process just now
            raise
        raise RefusedError("already_founded", field="id", rule="session.id") from None
    venue.book.refresh(asked.id)
    return saved(venue, stored, fresh=True)


def _continued(venue: Venue, asked: NewSession) -> dict[str, object]:
    """Return what the founding entry says of the session that this one continues."""
    if asked.continues is None:
        return {}
    if find_rules(asked.rulebook, field="rulebook")[1].faults is None:
        detail = "an older version, which knows no new panel after a fault"
        raise InputError("unknown_value", field="rulebook", detail=detail)
    with venue.book.reading(asked.continues) as fold:
        if asked.by not in {person.id for person in fold.people.of(Role.OFFICER)}:
            raise RefusedError("not_its_officer", field="continues", rule="session/faults")
        if fold.procedure.successor() != asked.id:
            raise RefusedError("not_the_successor", field="continues", rule="session/faults")
        offers = offers_of(fold)
    head = venue.book.head(asked.continues)
    last = {"session": asked.continues, "size": head.size, "root": head.root.hex()}
    return {"continues": {**last, "bids": offers}}


def join_as_branch(venue: Venue, session: str) -> Saved | None:
    """Say once that this branch has the founding line and takes part; None at main."""
    head = venue.book.head(session)
    if head.main == venue.id:
        return None
    with venue.devices.store.read() as reader:
        founding = reader.lines(session, 0, 1)[0]
    body = {"founding": leaf_hash(founding.line).hex()}
    return say(venue, session, "venue.joined", body, about=(venue.id,))


def join_person(venue: Venue, visitor: Visitor, session: str, proof: str) -> Saved:
    """Enter the visitor's account key into a session's record.

    Raises RefusedError `role_cannot_join`, EvidenceError when the proof is not by that key for
    this session, and what the session itself refuses.
    """
    if visitor.role not in JOINING_ROLES or visitor.session is not None:
        raise RefusedError("role_cannot_join", field="role", rule="session.join")
    with venue.devices.store.read() as reader:
        account = reader.account(visitor.kid)
    if account is None or account.closed_ms is not None:
        raise RefusedError("signed_out", rule="login.key")
    _check_session_proof(venue, account, session, proof)
    with venue.book.reading(session) as fold:
        present = fold.people.persons.get(visitor.person)
    if present is not None and present.kid == account.kid:
        return _enrolled_before(venue, session, account)
    body = enrolment_body(account, proof, replaces=present.kid if present else None)
    return say(venue, session, "person.enrolled", body, about=(account.person, account.kid))


def enrolment_body(
    account: Account,
    proof: str,
    *,
    replaces: str | None = None,
    seat: dict[str, str] | None = None,
    ticket: str | None = None,
    checked_by: str | None = None,
) -> dict[str, object]:
    """Return the body of `person.enrolled` for an account's key."""
    return {
        "person": account.person,
        "role": account.role,
        "suite": account.suite,
        "public": b64u(account.public),
        "recipient": account.recipient,
        "proof": proof,
        "replaces": replaces,
        "seat": seat,
        "ticket": ticket,
        "checked_by": checked_by,
    }


def _enrolled_before(venue: Venue, session: str, account: Account) -> Saved:
    about = (account.person, account.kid)
    with venue.devices.store.read() as reader:
        turns = turns_of(reader, session, venue.actor, kind="person.enrolled", about=about)
    if not turns:
        raise RefusedError("enrolled_elsewhere", field="session", rule="session.join")
    return saved(venue, turns[-1])


def _check_session_proof(venue: Venue, account: Account, session: str, proof: str) -> None:
    public = public_key(account.suite, account.public)
    raw = verify_compact(proof, public, typ=PROOF_TYPE, limit=PROOF_LIMIT)
    wanted = {
        "session": session,
        "venue": venue.id,
        "person": account.person,
        "role": account.role,
        "recipient": account.recipient,
    }
    if read_json(raw, limit=PROOF_LIMIT, field="proof") != wanted:
        raise EvidenceError("proof_differs", field="proof", rule="proof.possession")


def _own_card(venue: Venue) -> dict[str, str]:
    keys = venue.devices.keys
    return {
        "id": venue.id,
        "name": venue.name,
        "suite": keys.public.suite,
        "public": b64u(keys.public.raw),
        "recipient": keys.recipient,
        "url": venue.url,
    }


def _card(venue: Venue, branch: str) -> dict[str, str]:
    peer = venue.peers.get(branch)
    if peer is None:
        raise RefusedError("unknown_venue", field="branches", rule="peers", detail="not a peer")
    return {
        "id": peer.id,
        "name": peer.name,
        "suite": peer.suite,
        "public": b64u(peer.public),
        "recipient": peer.recipient,
        "url": peer.url,
    }
