"""A main venue with one branch, planned in a folder; main is filled before its server runs."""

from __future__ import annotations

from contextlib import contextmanager

from bideval.actions.starting import start_venue
from bideval.app import build_house
from bideval.cli.migrate import migrate_venue
from bideval.cli.workshop import open_workshop
from bideval.rehearsal.servers import write_settings
from bideval.rehearsal.stage import plan_venues
from bideval.settings import load_settings


def two_plans(folder):
    """Return the plans of main and branch; their settings are written."""
    plans = plan_venues({"fenghua": "Fenghua", "wencheng": "Wencheng"}, folder)
    write_settings(plans, open_workshop().make_keys, demo=False)
    return plans


@contextmanager
def filling(plan):
    """Give the venue of a plan as its server would have it, to write into."""
    settings = load_settings(plan.settings_file)
    migrate_venue(settings)
    house = build_house(settings)
    start_venue(house.venue)
    try:
        yield house.venue
    finally:
        house.close()
