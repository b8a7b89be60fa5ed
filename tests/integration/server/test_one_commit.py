"""What happens to people's accounts and the venue's log of it are one commit, or nothing is."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from bideval.actions.accounts import Enrolment, challenge, invite, log_in, login_bytes, open_account
from bideval.actions.starting import start_venue
from bideval.app import build_house
from bideval.cli.migrate import migrate_venue
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u
from bideval.evidence.jws import sign_compact
from bideval.evidence.sealing import new_age_identity
from bideval.evidence.signing import new_signing_key
from bideval.gateways.entropy import OsEntropy
from bideval.gateways.keyring import create_keys
from bideval.settings import Settings
from bideval.terms.errors import FaultError
from bideval.terms.identifiers import ENTRY_ID_BYTES, Role


class Drained:
    """Entropy that has nothing left for the identifiers of log entries."""

    def token(self, size):
        if size == ENTRY_ID_BYTES:
            raise FaultError("entropy_drained")
        return os.urandom(size)


@pytest.fixture
def venue(tmp_path):
    create_keys(tmp_path / "venue.key", tmp_path / "venue.age", OsEntropy())
    settings = Settings(
        venue={"id": "fenghua", "name": "Fenghua"},
        data_dir=tmp_path / "data",
        key_file=tmp_path / "venue.key",
        identity_file=tmp_path / "venue.age",
    )
    migrate_venue(settings)
    house = build_house(settings)
    start_venue(house.venue)
    yield house.venue
    house.close()


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


def test_log_in_that_cannot_be_noted_opens_nothing(venue, key, tmp_path):
    open_account(venue, enrolment(venue, key))
    text = challenge(venue, key.key_id)
    signature = b64u(key.sign(login_bytes(venue.id, key.key_id, text)))
    with pytest.raises(FaultError, match="entropy_drained"):
        log_in(drained(venue), kid=key.key_id, text=text, signature=signature)
    with closing(sqlite3.connect(tmp_path / "data/bideval.sqlite")) as connection:
        logins = connection.execute("SELECT count(*) FROM login").fetchone()
    assert logins == (1,), "only the one of the enrolment"
