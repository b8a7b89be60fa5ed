"""`bideval serve` and `bideval rebuild` as processes: ready, drained, never on a wrong record."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

import httpx2
import pytest

from bideval.cli.main import main
from bideval.gateways.entropy import OsEntropy
from bideval.gateways.keyring import create_keys

SETTINGS = """
log_level = "error"
[venue]
id = "fenghua"
name = "Fenghua"
[listen]
port = 0
"""


@pytest.fixture
def settings_file(tmp_path):
    file = tmp_path / "venue.toml"
    file.write_text(SETTINGS)
    create_keys(tmp_path / "venue.key", tmp_path / "venue.age", OsEntropy())
    return file


@contextmanager
def serving(settings_file, *more):
    command = [sys.executable, "-W", "error", "-m", "bideval.cli", "serve"]
    words = [*command, "--config", str(settings_file), *more]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server, server.stdout.readline().strip()
        finally:
            server.kill()


def test_server_says_where_it_is_and_drains_on_sigterm(settings_file):
    with serving(settings_file) as (server, line):
        assert line.startswith("bideval: venue fenghua is ready at http://127.0.0.1:")
        health = httpx2.get(f"{line.rpartition(' ')[2]}/healthz", trust_env=False)
        assert health.json() == {"state": "running", "venue": "fenghua"}
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


@pytest.mark.parametrize("name", ["bad.pem", "none.pem"])
def test_certificate_that_is_none_stops_the_start_with_its_name(name, settings_file, capsys):
    (settings_file.parent / "bad.pem").write_text("no certificate")
    with settings_file.open("a") as file:
        file.write(f'tls_cert = "{name}"\ntls_key = "venue.key"\n')
    assert main(["serve", "--config", str(settings_file)]) == 2
    assert capsys.readouterr().err.startswith("bideval serve: bad_certificate: listen.tls_cert: ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["serve", "--config", "{settings}"], "storage_fault: data_dir: "),
        (["demo", "--once", "--out", "{blocked}"], "unusable_folder: --out: "),
    ],
)
def test_folder_that_cannot_be_made_is_named(words, told, settings_file, capsys):
    (settings_file.parent / "file").touch()
    blocked = settings_file.parent / "file" / "folder"
    settings_file.write_text(f'data_dir = "{blocked}"\n{SETTINGS}')
    asked = [word.format(settings=settings_file, blocked=blocked) for word in words]
    assert main(asked) != 0
    assert told in capsys.readouterr().err


FAULTY = """
import sys
from bideval.actions.caretaker import Caretaker
from bideval.cli.main import main
Caretaker._look = lambda self: 1 / 0
sys.exit(main(sys.argv[1:]))
"""


def test_server_ends_when_its_own_work_has_ended(settings_file):
    """It would answer requests, look well, and do no duty any more."""
    command = [sys.executable, "-c", FAULTY, "serve", "--config", str(settings_file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "is ready at" in done.stdout
    assert done.returncode == 1


def test_log_goes_on_after_a_restart(settings_file):
    for _ in range(2):
        with serving(settings_file) as (server, _):
            server.send_signal(signal.SIGTERM)
            server.wait(20)
    with closing(sqlite3.connect(settings_file.parent / "data" / "bideval.sqlite")) as database:
        kinds = database.execute("SELECT kind FROM line ORDER BY n").fetchall()
    assert kinds == [("log.started",)] * 2


def test_server_refuses_a_record_that_was_changed(settings_file):
    with serving(settings_file) as (server, _):
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    with closing(sqlite3.connect(settings_file.parent / "data" / "bideval.sqlite")) as database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE line SET line = CAST(replace(line, 'fenghua', 'fenghub') AS BLOB)")
        database.commit()
    with serving(settings_file) as (server, line):
        assert line == ""
        assert server.wait(20) == 2


def test_port_that_is_taken_is_one_line(settings_file, capsys):
    with serving(settings_file) as (_, line):
        port = line.rpartition(":")[2]
        code = main(["serve", "--config", str(settings_file), "--port", port])
    assert code == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"bideval serve: cannot_listen: listen: 127.0.0.1 port {port}: Address already in use"
    )


def test_demo_does_not_leave_loopback(settings_file, capsys):
    settings_file.write_text("demo = true\n" + SETTINGS)
    code = main(["serve", "--config", str(settings_file), "--host", "0.0.0.0"])  # noqa: S104  # it is refused
    assert (code, "bad_settings" in capsys.readouterr().err) == (2, True)


def test_rehearsal_routes_do_not_exist_outside_demonstrations(settings_file):
    with serving(settings_file) as (_, line):
        url = line.rpartition(" ")[2]
        for path in ("/demo/login", "/demo/cut-line"):
            response = httpx2.post(f"{url}{path}", json={}, trust_env=False)
            assert response.status_code in {404, 405}
