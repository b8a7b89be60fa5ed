"""Where a rehearsal's venues are put."""

from __future__ import annotations

from bideval.rehearsal.stage import plan_venues

NAMES = {"main": "main venue", "branch": "branch venue"}


PORTS = (8401, 8402)


def test_venues_get_names_folders_and_ports_in_their_order(tmp_path):
    main, branch = plan_venues(NAMES, tmp_path / "venues", PORTS)

    assert (main.folder, branch.folder) == (
        tmp_path / "venues" / "main",
        tmp_path / "venues" / "branch",
    )
    assert (main.name, branch.name) == ("main venue", "branch venue")
    assert (main.port, branch.port) == PORTS


def test_venues_of_an_earlier_run_stay_as_they_are(tmp_path):
    places = []
    for _ in range(3):
        plans = plan_venues(NAMES, tmp_path / "venues", PORTS)
        places.append(plans[1].folder)
        plans[1].folder.mkdir(parents=True)

    assert places == [tmp_path / name / "branch" for name in ("venues", "venues-2", "venues-3")]
