"""Settings of venues on loopback."""

from __future__ import annotations

import tomllib
from pathlib import Path

from bideval.rehearsal.servers import VenuePlan, write_settings


def plans(folder, *venues: str) -> list[VenuePlan]:
    return [
        VenuePlan(venue, f"venue {venue}", folder / venue, port)
        for port, venue in enumerate(venues, start=8400)
    ]


def card(settings_file) -> dict[str, str]:
    settings = tomllib.loads(settings_file.read_text("utf-8"))
    return {"id": settings["venue"]["id"], "url": settings["venue"]["url"]}


def test_every_venue_knows_all_others_and_not_itself(tmp_path):
    venues = plans(tmp_path, "main", "branch-1", "branch-2")

    write_settings(venues, card, demo=True)

    for plan in venues:
        settings = tomllib.loads(plan.settings_file.read_text("utf-8"))
        assert settings["demo"] is True
        assert settings["venue"]["id"] == plan.id
        assert settings["listen"] == {"host": "127.0.0.1", "port": plan.port}
        peers = [{"id": one.id, "url": f"ws://127.0.0.1:{one.port}/link"} for one in venues]
        assert settings["peers"] == [peer for peer in peers if peer["id"] != plan.id]


def test_name_with_quotes_is_read_back_as_written(tmp_path):
    name = 'venue "one" \\ 主会场'
    plan = VenuePlan("main", name, tmp_path / "main", 1234)

    write_settings([plan], card, demo=False)

    settings = tomllib.loads(plan.settings_file.read_text("utf-8"))
    assert (settings["venue"]["name"], settings["demo"]) == (name, False)


def test_plan_says_where_people_reach_the_venue_and_where_things_lie():
    plan = VenuePlan("main", "main venue", Path("venues/main"), 8400)

    assert plan.url == "http://127.0.0.1:8400"
    assert plan.settings_file == Path("venues/main/venue.toml")
    assert plan.log_file == Path("venues/main/server.log")


def test_venues_that_sign_reports_say_with_which_files(tmp_path):
    (plan,) = plans(tmp_path, "main")

    write_settings([plan], card, demo=True, reports_signed=True)

    settings = tomllib.loads(plan.settings_file.read_text("utf-8"))
    assert settings["report"] == {"certificate": "report.pem", "key": "report.key"}
