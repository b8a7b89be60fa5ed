"""Venue servers as processes: ports, starting, stopping."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx2
import pytest

from bideval.cli.workshop import open_workshop
from bideval.rehearsal.client import trust
from bideval.rehearsal.servers import VenuePlan, free_ports, running, write_settings
from bideval.terms.errors import FaultError


def test_ports_are_different_and_free():
    ports = free_ports(5)

    assert len(set(ports)) == 5
    for port in ports:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))


def test_ports_are_none_that_the_system_gives_by_itself():
    first, _ = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()

    assert max(free_ports(50)) < int(first)


def one_venue(folder) -> VenuePlan:
    return VenuePlan("main", "main venue", folder / "main", free_ports(1)[0])


def test_server_answers_until_it_is_stopped(tmp_path):
    plan = one_venue(tmp_path)
    write_settings([plan], open_workshop().make_keys, demo=True)

    with running([plan]):
        healthy = httpx2.get(f"{plan.url}/healthz", trust_env=False, verify=trust()).json()

    assert healthy == {"state": "running", "venue": "main"}
    assert "bideval: venue main is ready at " in plan.log_file.read_text("utf-8")
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{plan.url}/healthz", trust_env=False, verify=trust())


def test_server_that_cannot_start_says_why(tmp_path):
    plan = one_venue(tmp_path)
    write_settings([plan], lambda _settings: {}, demo=True)  # settings without keys

    with pytest.raises(FaultError) as caught, running([plan]):
        pass

    assert (caught.value.code, caught.value.field) == ("server_not_ready", "main")
    assert "bideval serve: " in str(caught.value)


def test_another_program_on_the_port_is_not_taken_for_the_server(tmp_path):
    plan, other = one_venue(tmp_path), one_venue(tmp_path / "other")
    other = VenuePlan(other.id, other.name, other.folder, plan.port)
    for one in (plan, other):
        write_settings([one], open_workshop().make_keys, demo=True)

    with running([other]), pytest.raises(FaultError) as caught, running([plan]):
        pass

    assert (caught.value.code, caught.value.field) == ("server_not_ready", "main")
    assert "cannot_listen" in str(caught.value)
