"""News of a line meets a fault of the storage: neither the steward nor the table stays wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bideval.actions.peer_lines import correct_lines
from bideval.link.venue_host import VenueHost
from bideval.ports import PeerLine
from bideval.terms.errors import FaultError
from tests.integration.server.people import running_venues


@pytest.fixture
def house(tmp_path):
    with running_venues(tmp_path, ["fenghua"]) as venues:
        yield venues["fenghua"].house


async def test_a_line_that_came_up_during_a_fault_is_not_away_for_the_steward(house):
    steward = house.steward
    steward.line("wencheng", up=False, since_ms=1)
    assert steward._absent(10_000) == {"wencheng"}
    host = VenueHost(replace(house.venue, shared=True), steward)
    house.venue.devices.store.close()
    with pytest.raises(FaultError):
        await host.line_state("wencheng", up=True, since_ms=5_000)
    assert steward._absent(10_000) == set()


def test_the_table_of_lines_is_written_again_after_a_fault(house):
    venue = replace(house.venue, shared=True)
    store = venue.devices.store
    lost = PeerLine("wencheng", up=False, since_ms=1)
    store.write(lambda tx: tx.put_peer_line(lost)).result()
    venue.lines.take([lost])
    held = PeerLine("wencheng", up=True, since_ms=5)
    for _ in range(2):
        correct_lines(venue, {"wencheng": held})
        with store.read() as reader:
            assert reader.peer_lines() == [held]
        assert venue.lines.down_since() == {}
