"""`bideval enrol` and `bideval migrate`: keys, cards, codes, and what is printed."""

from __future__ import annotations

import json
import re

import pytest

from bideval.actions.accounts import code_hash
from bideval.cli.main import main
from bideval.evidence.encoding import b64u
from bideval.gateways.keyring import FileKeyRing
from bideval.ledger.entry import parse_entry, verify_entry
from bideval.ledger.line import parse_line
from bideval.ports import Account
from bideval.settings import load_settings
from bideval.store.record_store import SqlRecordStore
from bideval.store.schema import current_revision

CODE = re.compile(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}\n")
HOUR_MS = 3_600_000


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "venue.toml"
    path.write_text('[venue]\nid = "fenghua"\nname = "Fenghua"\nurl = "wss://f.example/link"\n')
    return path


@pytest.fixture
def activation_of(config):
    def read(code):
        store = SqlRecordStore(load_settings(config).database)
        with store.read() as reader:
            found = reader.activation(code_hash(code))
        store.close()
        return found

    return read


def invite(config, *words):
    role = ["--role", "officer", "--person", "officer-a"]
    return main(["enrol", "--config", str(config), "person", *role, *words])


def test_a_venue_gets_keys_and_a_card(config, capsys):
    assert main(["enrol", "--config", str(config), "venue"]) == 0
    keys = FileKeyRing(config.parent / "venue.key", config.parent / "venue.age")
    assert json.loads(capsys.readouterr().out) == {
        "id": "fenghua",
        "name": "Fenghua",
        "url": "wss://f.example/link",
        "suite": "Ed25519",
        "public": b64u(keys.public.raw),
        "recipient": keys.recipient,
    }


def test_a_venues_keys_are_made_once(config, capsys):
    main(["enrol", "--config", str(config), "venue"])
    before = (config.parent / "venue.key").read_bytes()
    assert main(["enrol", "--config", str(config), "venue"]) == 2
    assert "key_exists" in capsys.readouterr().err
    assert (config.parent / "venue.key").read_bytes() == before


def test_a_card_is_what_settings_of_a_peer_take(config, capsys, tmp_path):
    main(["enrol", "--config", str(config), "venue"])
    card = json.loads(capsys.readouterr().out)
    lines = "\n".join(f'{name} = "{value}"' for name, value in card.items())
    other = tmp_path / "other.toml"
    other.write_text(f'[venue]\nid = "wencheng"\nname = "Wencheng"\n[[peers]]\n{lines}\n')
    assert load_settings(other).peers[0].model_dump() == card


def test_a_person_gets_a_code_that_is_stored_as_a_hash(config, capsys, activation_of):
    assert invite(config) == 0
    code = capsys.readouterr().out
    assert CODE.fullmatch(code)
    found = activation_of(code)
    assert (found.person, found.role, found.session) == ("officer-a", "officer", None)
    database = (config.parent / "data" / "bideval.sqlite").read_bytes()
    assert code.strip().encode() not in database


def test_a_code_may_be_for_one_session_and_some_hours(config, capsys, activation_of):
    assert invite(config, "--session", "fh-2026-1", "--hours", "2") == 0
    found = activation_of(capsys.readouterr().out)
    longer = activation_of_default(config, capsys, activation_of)
    assert (found.session, found.replaces) == ("fh-2026-1", None)
    assert 5 * HOUR_MS < longer.expires_ms - found.expires_ms < 7 * HOUR_MS


def activation_of_default(config, capsys, activation_of):
    invite(config)
    return activation_of(capsys.readouterr().out)


@pytest.fixture
def with_account(config):
    """A venue where `officer-a` has an open account."""
    main(["migrate", "--config", str(config)])
    account = Account(
        "kid-1", "officer-a", "officer", None, "Ed25519", bytes(32), None, "fenghua", 1
    )
    store = SqlRecordStore(load_settings(config).database)
    store.write(lambda tx: tx.add_account(account)).result()
    store.close()


@pytest.mark.usefixtures("with_account")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "person_known: person"),
        (["--replaces", "kid-2"], "key_unknown: replaces"),
        (["--replaces", "kid-1", "--role", "supervisor"], "person_differs: role"),
    ],
)
def test_nobody_s_place_is_taken_unsaid(config, capsys, words, told):
    assert invite(config, *words) == 2
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("with_account")
def test_a_code_replaces_the_key_of_an_account(config, capsys, activation_of):
    assert invite(config, "--replaces", "kid-1") == 0
    assert activation_of(capsys.readouterr().out.splitlines()[-1]).replaces == "kid-1"


def test_a_given_code_is_in_the_venue_s_log_without_the_code(config, capsys):
    main(["enrol", "--config", str(config), "venue"])
    capsys.readouterr()
    assert invite(config) == 0
    code = capsys.readouterr().out.strip()
    store = SqlRecordStore(load_settings(config).database)
    with store.read() as reader:
        lines = reader.lines("log.fenghua", 0, 10)
    store.close()
    entry = parse_entry(parse_line(lines[0].line).jws)
    keys = FileKeyRing(config.parent / "venue.key", config.parent / "venue.age")
    assert verify_entry(entry, keys.public) is None
    assert (len(lines), entry.kind, entry.body) == (
        1,
        "code.given",
        {"person": "officer-a", "role": "officer", "session": None, "replaces": None, "by": None},
    )
    assert [one for one in (code, code_hash(code)) if one.encode() in lines[0].line] == []


def test_a_new_code_withdraws_the_older_one(config, capsys, activation_of):
    invite(config)
    older = capsys.readouterr().out
    invite(config)
    newer = capsys.readouterr().out
    assert activation_of(older) is None
    assert activation_of(newer).person == "officer-a"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--hours", "0"], "bad_hours: hours"),
        (["--hours", "721"], "bad_hours: hours"),
        (["--session", "A"], "session"),
        (["--person", "Zhang San"], "person"),
    ],
)
def test_a_wrong_argument_is_named(config, capsys, words, told):
    assert invite(config, *words) == 2
    assert told in capsys.readouterr().err
    assert not (config.parent / "data").exists()


def test_migrating_makes_the_database(config, capsys):
    assert main(["migrate", "--config", str(config)]) == 0
    revision = current_revision(load_settings(config).database)
    assert capsys.readouterr().out == f"the database is at revision {revision}\n"
    assert (config.parent / "data").stat().st_mode & 0o777 == 0o700


def test_a_wrong_setting_is_named(config, capsys):
    config.write_text("[venue]\n")
    assert main(["migrate", "--config", str(config)]) == 2
    assert "bad_settings: venue.id: Field required" in capsys.readouterr().err
