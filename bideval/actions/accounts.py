"""People of a venue: one-time codes, enrolment with proof of possession, signing in and out.

Decided here: what a code is worth, when a key becomes an account, what a cookie is.
Not decided here: who may hand out which code (pages.access), what a role may write (session).

The server never has a person's private key. A code is known by its hash only, a cookie too, so a
stolen database signs nobody in. A code that was tried wrongly too often is withdrawn.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.telling import tell_signed_out
from bideval.actions.venue_log import code_given, note_within
from bideval.actions.visitor import Visitor
from bideval.evidence.agefile import check_recipient
from bideval.evidence.canonical import read_json
from bideval.evidence.encoding import b64u, hex_digest, tagged_hash, unb64u
from bideval.evidence.jws import verify_compact
from bideval.evidence.signing import PublicKey, public_key
from bideval.ports import Account, Activation, Challenge, Login
from bideval.terms.errors import BidevalError, EvidenceError, InputError, RefusedError
from bideval.terms.identifiers import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bideval.actions.venue import Venue
    from bideval.ports import Reader, Transaction

PROOF_TYPE = "bideval-proof/1"
LOGIN_TAG = "bideval/login/v1"
PROOF_LIMIT = 2_000
"""Characters of a proof of possession: five short members, signed."""
CODE_BYTES = 10
"""80 random bits in a code: nobody guesses it in a day at the allowed rate."""
TOKEN_BYTES = 32

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Characters of a code: read aloud and copied from paper without 0/o and 1/l/i."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a browser sends to become somebody: the code, its key, and the proof."""

    code: str
    suite: str
    public: bytes
    recipient: str | None
    proof: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A visitor with the secret of the cookie; the only place where it exists in clear."""

    visitor: Visitor
    token: str


@contextmanager
def braked(venue: Venue, address: str) -> Iterator[None]:
    """Let an address try; failures count, and after too many it has to wait.

    Raises RefusedError `too_many_attempts`.
    """
    limiter, key, rate = venue.devices.limiter, f"people:{address}", venue.limits.attempts
    if limiter.wait_ms(key, rate) > 0:
        raise RefusedError("too_many_attempts", rule="limits.attempts")
    try:
        yield
    except BidevalError:
        limiter.allow(key, rate)
        raise


def new_code(venue: Venue) -> str:
    """Return a fresh code such as `k7qd-m2xw-9bnr-t4`."""
    number = int.from_bytes(venue.devices.entropy.token(CODE_BYTES))
    text = ""
    for _ in range(16):
        number, digit = divmod(number, len(_ALPHABET))
        text += _ALPHABET[digit]
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def code_hash(code: str) -> str:
    """Return how a code is stored; spaces, hyphens and case do not matter."""
    return hex_digest("".join(code.lower().replace("-", " ").split()).encode())


def give_code(venue: Venue, activation: Activation) -> None:
    """Keep a code for somebody and withdraw the codes he or she had for the same purpose.

    Who gave it for whom stands in the venue's log.
    """

    def work(tx: Transaction) -> None:
        tx.drop_activations(person=activation.person, session=activation.session)
        tx.add_activation(activation)
        note_within(venue, tx, "code.given", code_given(activation))

    venue.devices.store.write(work).result()


def invite(venue: Venue, person: str, role: Role, *, checked_by: str | None = None) -> str:
    """Return a one-time code for an account of this venue."""
    code = new_code(venue)
    expires = venue.now_ms() + venue.limits.code_ms
    activation = Activation(code_hash(code), person, role, expires, checked_by=checked_by)
    give_code(venue, activation)
    return code


def check_new(venue: Venue, person: str) -> None:
    """Raise RefusedError `person_known` for somebody who has an open account.

    A code for a known person lets its holder take that person's place, so that one colleague could
    withdraw a bidder's bid; after the loss of a key the administrator gives it (`bideval enrol`).
    """
    with venue.devices.store.read() as reader:
        known = [one for one in reader.accounts(person=person) if one.closed_ms is None]
    if known:
        raise RefusedError("person_known", field="person", rule="access.codes")


def find_activation(venue: Venue, code: str) -> Activation:
    """Return what a code is worth now; RefusedError `bad_code` says no more than that."""
    with venue.devices.store.read() as reader:
        found = reader.activation(code_hash(code))
    if found is None or found.used_ms is not None or found.expires_ms <= venue.now_ms():
        raise RefusedError("bad_code", field="code", rule="code.once")
    return found


def check_proof(venue: Venue, enrolment: Enrolment, activation: Activation) -> PublicKey:
    """Return the key once its owner has shown possession for exactly this enrolment."""
    public = public_key(enrolment.suite, enrolment.public, field="public")
    if enrolment.recipient is not None:
        check_recipient(enrolment.recipient, field="recipient")
    raw = verify_compact(enrolment.proof, public, typ=PROOF_TYPE, limit=PROOF_LIMIT)
    wanted = {
        "session": activation.session,
        "venue": venue.id,
        "person": activation.person,
        "role": activation.role,
        "recipient": enrolment.recipient,
    }
    if read_json(raw, limit=PROOF_LIMIT, field="proof") != wanted:
        raise EvidenceError("proof_differs", field="proof", rule="proof.possession")
    return public


def open_account(venue: Venue, enrolment: Enrolment) -> SignedIn:
    """Enrol a key for the whole venue: use the code up, open the account, sign in.

    Raises RefusedError `bad_code`, EvidenceError for a weak key or a proof that is not for this.
    """
    activation = find_activation(venue, enrolment.code)
    public = check_proof(venue, enrolment, activation)
    account = account_of(venue, enrolment, activation, public)
    enrolled = {"person": account.person, "role": account.role, "kid": account.kid}

    def work(tx: Transaction) -> None:
        add_account(tx, account, activation)
        note_within(venue, tx, "key.enrolled", {**enrolled, "suite": account.suite})

    venue.devices.store.write(work).result()
    return sign_in(venue, account)


def account_of(
    venue: Venue, enrolment: Enrolment, activation: Activation, public: PublicKey
) -> Account:
    return Account(
        kid=public.key_id,
        person=activation.person,
        role=activation.role,
        session=activation.session,
        suite=enrolment.suite,
        public=enrolment.public,
        recipient=enrolment.recipient,
        venue=venue.id,
        created_ms=venue.now_ms(),
        label=activation.label,
    )


def add_account(tx: Transaction, account: Account, activation: Activation) -> None:
    """Use the code up and open the account; a person's earlier key for the same is closed."""
    if not tx.use_activation(activation.code_hash, account.created_ms):
        raise RefusedError("bad_code", field="code", rule="code.once")
    for other in open_accounts(tx, account.person, account.session):
        if activation.replaces not in {None, other.kid}:
            raise RefusedError("bad_code", field="code", rule="code.replaces")
        tx.close_account(other.kid, account.created_ms)
    if tx.account(account.kid) is not None:
        raise RefusedError("key_in_use", field="public", rule="key.once")
    tx.add_account(account)


def open_accounts(reader: Reader, person: str, session: str | None) -> list[Account]:
    """Return a person's open accounts for a session (None: for the whole venue)."""
    known = reader.accounts(person=person)
    return [one for one in known if one.session == session and one.closed_ms is None]


def check_recovery(reader: Reader, activation: Activation) -> None:
    """Raise RefusedError unless a code takes nobody's place unsaid.

    `person_known` for somebody with an open account whose key the code does not replace,
    `key_unknown` for a key that is not the person's present one, `person_differs` for another role.
    """
    present = open_accounts(reader, activation.person, activation.session)
    if activation.replaces is None:
        if present:
            raise RefusedError("person_known", field="person", rule="code.replaces")
        return
    found = [one for one in present if one.kid == activation.replaces]
    if not found:
        raise RefusedError("key_unknown", field="replaces", rule="code.replaces")
    if found[0].role != activation.role:
        raise RefusedError("person_differs", field="role", rule="code.replaces")


def challenge(venue: Venue, kid: str) -> str:
    """Return what the owner of a key must sign; unknown keys get one too, and never pass."""
    text = b64u(venue.devices.entropy.token(TOKEN_BYTES))
    expires = venue.now_ms() + venue.limits.challenge_ms
    venue.devices.store.write(lambda tx: tx.add_challenge(Challenge(text, kid, expires))).result()
    return text


def login_bytes(venue: str, kid: str, text: str) -> bytes:
    """Return the bytes that a log-in signs: bound to this venue, this key and this challenge."""
    return tagged_hash(LOGIN_TAG, venue.encode(), kid.encode(), text.encode())


def log_in(venue: Venue, *, kid: str, text: str, signature: str) -> SignedIn:
    """Sign in by key; RefusedError `login_failed` whatever it was that failed."""
    now = venue.now_ms()
    taken = venue.devices.store.write(lambda tx: tx.take_challenge(text, kid, now)).result()
    with venue.devices.store.read() as reader:
        account = reader.account(kid)
    if account is None or account.closed_ms is not None or not taken:
        raise _login_failed()
    try:
        public = public_key(account.suite, account.public)
        public.verify(unb64u(signature), login_bytes(venue.id, kid, text))
    except (EvidenceError, InputError):
        raise _login_failed() from None

    def accepted(tx: Transaction) -> None:
        note_within(venue, tx, "login.accepted", {"person": account.person, "kid": kid})

    return sign_in(venue, account, also=accepted)


def sign_in(
    venue: Venue, account: Account, *, also: Callable[[Transaction], None] | None = None
) -> SignedIn:
    """Open a login for an account and return its cookie's secret.

    `also` is written in the same commit.
    """
    token = b64u(venue.devices.entropy.token(TOKEN_BYTES))
    now = venue.now_ms()
    login = Login(_token_hash(token), account.person, account.kid, now, now + venue.limits.login_ms)

    def work(tx: Transaction) -> None:
        tx.add_login(login)
        if also is not None:
            also(tx)

    venue.devices.store.write(work).result()
    tell_signed_out(venue, account.person)  # a new key has closed the one before
    return SignedIn(_visitor(account), token)


def visitor_of(venue: Venue, token: str | None) -> Visitor | None:
    """Return who holds this cookie, None when nobody does any more."""
    if not token or len(token) > 2 * TOKEN_BYTES:
        return None
    with venue.devices.store.read() as reader:
        login = reader.login(_token_hash(token))
        if login is None or login.closed_ms is not None or login.expires_ms <= venue.now_ms():
            return None
        account = reader.account(login.kid)
    if account is None or account.closed_ms is not None:
        return None
    return _visitor(account)


def leave_for(venue: Venue, token: str | None, new: Visitor) -> None:
    """End the login that a browser had when somebody else signs in with it.

    Its open pages, which name who was there, are told; nobody acts there as somebody else unseen.
    """
    old = visitor_of(venue, token)
    if token is not None and old is not None and old != new:
        log_out(venue, token)


def log_out(venue: Venue, token: str) -> None:
    """End a login, and the open pages that live on it."""
    visitor, now = visitor_of(venue, token), venue.now_ms()
    venue.devices.store.write(lambda tx: tx.close_login(_token_hash(token), now)).result()
    if visitor is not None:
        tell_signed_out(venue, visitor.person)


def _visitor(account: Account) -> Visitor:
    return Visitor(account.person, Role(account.role), account.kid, account.session)


def _token_hash(token: str) -> str:
    return hex_digest(token.encode())


def _login_failed() -> RefusedError:
    return RefusedError("login_failed", field="signature", rule="login.key")
