"""What a rehearsal borrows from this machine: keys, one-time codes, clock, entropy.

Decided here: that venues of a rehearsal are set up by the same functions as real ones.
Not decided here: what the rehearsal does with them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from bideval.cli.certs import certify_venues
from bideval.cli.enrol import print_code, venue_card
from bideval.gateways.clock import SystemClock
from bideval.gateways.entropy import OsEntropy
from bideval.gateways.keyring import create_keys
from bideval.gateways.log import configure_log
from bideval.rehearsal.persona import Devices
from bideval.rehearsal.stage import Workshop
from bideval.settings import load_settings
from bideval.terms.errors import InputError


def folder_for(asked: Path | None, *, prefix: str) -> Path:
    """Return the folder to keep everything in, made if need be; a new one where none was asked for.

    Raises InputError `unusable_folder` where it cannot be made.
    """
    if asked is None:
        return Path(tempfile.mkdtemp(prefix=prefix)).resolve()
    try:
        asked.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        detail = f"cannot be written to: {wrong.strerror}"
        raise InputError("unusable_folder", field="--out", detail=detail) from None
    return asked.resolve()


def open_workshop() -> Workshop:
    """Return the workshop of this machine, whose own log tells errors only, on standard error."""
    configure_log(clock=SystemClock(), level="error")
    return Workshop(
        certify=certify_venues,
        make_keys=_make_keys,
        make_code=_make_code,
        devices=Devices(SystemClock().now_ms, OsEntropy().token),
    )


def _make_keys(settings_file: Path) -> dict[str, Any]:
    settings = load_settings(settings_file)
    keys = create_keys(settings.key_file, settings.identity_file, OsEntropy())
    card: dict[str, Any] = json.loads(venue_card(settings.venue, keys))
    return card


def _make_code(settings_file: Path, person: str, role: str) -> str:
    asked = argparse.Namespace(person=person, role=role, session=None, replaces=None, hours=None)
    return print_code(load_settings(settings_file), asked)
