"""Where the demonstration's servers listen."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from bideval.cli import demo

if TYPE_CHECKING:
    import pytest


def test_taken_ports_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        first = taken.getsockname()[1]
        ports = demo._ports(first, demo.Screen("en"))

    assert len(set(ports)) == 3
    assert first not in ports
    assert f"Ports from {first} on are taken" in capsys.readouterr().out
