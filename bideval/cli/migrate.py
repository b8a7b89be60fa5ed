"""`bideval migrate`: bring a venue's database to this version.

Decided here: arguments and what is printed. Not decided here: the steps, and that they are one
transaction (store).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bideval.gateways.disk import make_folder
from bideval.gateways.resources import migrations_folder
from bideval.settings import load_settings
from bideval.store.schema import migrate
from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    import argparse

    from bideval.settings import Settings


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("migrate", help="bring a venue's database to this version")
    parser.add_argument("--config", type=Path, required=True, help="the venue's settings (TOML)")


def run(args: argparse.Namespace) -> int:
    print(f"the database is at revision {migrate_venue(load_settings(args.config))}")
    return 0


def migrate_venue(settings: Settings) -> str:
    """Make the data folder and its database ready; return the revision. `serve` calls it too."""
    try:
        make_folder(settings.data_dir)
    except OSError as wrong:
        detail = f"cannot be made: {wrong.strerror}"
        raise FaultError("storage_fault", field="data_dir", detail=detail) from None
    return migrate(settings.database, migrations_folder())
