"""What happens to people's accounts and the venue's log of it are one commit, or nothing is."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from sqlalchemy import NullPool, create_engine, text

from bideval.actions.accounts import Enrolment, challenge, invite, log_in, login_bytes, open_account
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u
from bideval.evidence.jws import sign_compact
from bideval.evidence.sealing import new_age_identity
from bideval.evidence.signing import new_signing_key
from bideval.store.engine import database_url
from bideval.terms.errors import FaultError
from bideval.terms.identifiers import ENTRY_ID_BYTES, Role


class Drained:
    """Entropy that has nothing left for the identifiers of log entries."""

    def token(self, size):
        if size == ENTRY_ID_BYTES:
            raise FaultError("entropy_drained")
        return os.urandom(size)


@pytest.fixture
def venue(unserved):
    return unserved[0].venue


@pytest.fixture
def key():
    return new_signing_key("Ed25519", os.urandom(32))


def enrolment(venue, key):
    person, recipient = "officer-a", new_age_identity()[1]
    members = {"session": None, "venue": venue.id, "person": person, "role": "officer"}
    proof = canonical_bytes({**members, "recipient": recipient})
    return Enrolment(
        code=invite(venue, person, Role.OFFICER),
        suite=key.suite,
        public=key.public.raw,
        recipient=recipient,
        proof=sign_compact(key, "bideval-proof/1", proof),
    )


def rows(venue, key):
    with venue.devices.store.read() as reader:
        kinds = [line.kind for line in reader.lines(venue.log, 0, 1_000)]
        return reader.account(key.key_id), kinds


def drained(venue):
    return replace(venue, devices=replace(venue.devices, entropy=Drained()))


def test_account_that_cannot_be_noted_is_not_opened(venue, key):
    asked = enrolment(venue, key)
    with pytest.raises(FaultError, match="entropy_drained"):
        open_account(drained(venue), asked)
    account, kinds = rows(venue, key)
    assert (account, kinds.count("key.enrolled")) == (None, 0)
    open_account(venue, asked)
    account, kinds = rows(venue, key)
    assert (account.person, kinds.count("key.enrolled")) == ("officer-a", 1)


def test_log_in_that_cannot_be_noted_opens_nothing(venue, key, unserved):
    open_account(venue, enrolment(venue, key))
    asked = challenge(venue, key.key_id)
    signature = b64u(key.sign(login_bytes(venue.id, key.key_id, asked)))
    with pytest.raises(FaultError, match="entropy_drained"):
        log_in(drained(venue), kid=key.key_id, text=asked, signature=signature)
    engine = create_engine(database_url(unserved[1].database), poolclass=NullPool)
    with engine.connect() as connection:
        logins = connection.execute(text("SELECT count(*) FROM login")).scalar_one()
    assert logins == 1, "only the one of the enrolment"
