"""`bideval enrol`: make a venue's keys, and one-time codes for people who make their own.

Decided here: arguments and what is printed: the venue's card, which goes into the settings of
other venues, and a code, which is printed once and stored as a hash only.
Not decided here: what a code allows (actions), where keys may lie (gateways).
"""

from __future__ import annotations

from base64 import b32encode
from pathlib import Path
from typing import TYPE_CHECKING

from bideval.actions.accounts import CODE_BYTES, check_recovery, code_hash
from bideval.actions.venue_log import note_code
from bideval.cli.migrate import migrate_venue
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u
from bideval.gateways.clock import SystemClock
from bideval.gateways.entropy import OsEntropy
from bideval.gateways.keyring import FileKeyRing, create_keys
from bideval.gateways.log import configure_log
from bideval.ports import Activation
from bideval.settings import load_settings
from bideval.store.record_store import SqlRecordStore
from bideval.terms.errors import InputError
from bideval.terms.identifiers import ENTRY_ID_BYTES, Role, person_id, session_id

if TYPE_CHECKING:
    import argparse

    from bideval.ports import KeyRing, Transaction
    from bideval.settings import Settings, VenueSettings

HOUR_MS = 3_600_000
MOST_HOURS = 24 * 30
"""A code that works longer than a month would be a password."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("enrol", help="make a venue's keys, or a code for a person")
    parser.add_argument("--config", type=Path, required=True, help="the venue's settings (TOML)")
    kinds = parser.add_subparsers(dest="enrols", required=True, metavar="venue | person")
    kinds.add_parser("venue", help="make the venue's keys and print its card")
    person = kinds.add_parser("person", help="print a one-time code for a person")
    person.add_argument("--role", choices=[role.value for role in Role], required=True)
    person.add_argument("--person", required=True, help="an id such as officer-a, never a name")
    person.add_argument("--session", help="only for this session")
    person.add_argument(
        "--replaces",
        help="id of the present key of somebody who has an account",
    )
    person.add_argument("--hours", type=int, help="how long the code works")


def run(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    configure_log(clock=SystemClock(), level=settings.log_level)
    if args.enrols == "venue":
        keys = create_keys(settings.key_file, settings.identity_file, OsEntropy())
        print(venue_card(settings.venue, keys))
    else:
        print(print_code(settings, args))
    return 0


def venue_card(venue: VenueSettings, keys: KeyRing) -> str:
    """Return what other venues put into their settings, as one line of JSON."""
    card = {
        "id": venue.id,
        "name": venue.name,
        "url": venue.url,
        "suite": keys.public.suite,
        "public": b64u(keys.public.raw),
        "recipient": keys.recipient,
    }
    return canonical_bytes(card).decode()


def print_code(settings: Settings, args: argparse.Namespace) -> str:
    """Keep a fresh code's hash in the venue's database and return the code."""
    code = _new_code(OsEntropy().token(CODE_BYTES))
    activation = _activation(settings, args, code)
    migrate_venue(settings)
    store = SqlRecordStore(settings.database, checkpoints=False)
    try:
        store.write(lambda tx: _replace_codes(tx, settings, activation)).result()
    finally:
        store.close()
    return code


def _activation(settings: Settings, args: argparse.Namespace, code: str) -> Activation:
    hours = settings.limits.code_hours if args.hours is None else args.hours
    if not 1 <= hours <= MOST_HOURS:
        raise InputError("bad_hours", field="hours", detail=f"must be from 1 to {MOST_HOURS}")
    session = None if args.session is None else session_id(args.session, field="session")
    return Activation(
        code_hash(code),
        person_id(args.person, field="person"),
        args.role,
        SystemClock().now_ms() + hours * HOUR_MS,
        session=session,
        replaces=args.replaces,
    )


def _replace_codes(tx: Transaction, settings: Settings, activation: Activation) -> None:
    check_recovery(tx, activation)
    tx.drop_activations(person=activation.person, session=activation.session)
    tx.add_activation(activation)
    if settings.key_file.exists():
        note_code(
            tx,
            FileKeyRing(settings.key_file, settings.identity_file),
            settings.venue.id,
            activation=activation,
            at=SystemClock().now_ms(),
            entry_id=b64u(OsEntropy().token(ENTRY_ID_BYTES)),
        )


def _new_code(random: bytes) -> str:
    """Return 80 random bits as text without 0, 1, 8 and 9, for reading aloud."""
    text = b32encode(random).decode("ascii").lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
