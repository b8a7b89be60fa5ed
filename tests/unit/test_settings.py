"""Settings: defaults, sources, mistakes by name, and the table of the guide."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from bideval.evidence.agefile import new_age_identity
from bideval.evidence.encoding import b64u
from bideval.evidence.signing import new_signing_key
from bideval.settings import SETTINGS_BYTES, Settings, load_settings
from bideval.terms.errors import InputError

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "venue-administrator.md"
VENUE = '[venue]\nid = "fenghua"\nname = "Fenghua"\n'
PUBLIC = b64u(new_signing_key("Ed25519", bytes(32)).public.raw)
RECIPIENT = new_age_identity()[1]


def peer(**changes):
    values = {
        "id": "wencheng",
        "name": "Wencheng",
        "url": "wss://w.example/link",
        "public": PUBLIC,
        "recipient": RECIPIENT,
    }
    lines = [f'{name} = "{value}"' for name, value in (values | changes).items()]
    return "\n[[peers]]\n" + "\n".join(lines) + "\n"


@pytest.fixture
def load(tmp_path):
    def run(text):
        path = tmp_path / "venue.toml"
        path.write_text(text, "utf-8")
        return load_settings(path)

    return run


def mistake(load, text):
    with pytest.raises(InputError) as caught:
        load(text)
    assert caught.value.code == "bad_settings"
    return caught.value.field, caught.value.detail


def test_a_venue_needs_only_its_name(load, tmp_path):
    settings = load(VENUE)
    assert (settings.venue.id, settings.venue.name) == ("fenghua", "Fenghua")
    assert settings.database == f"sqlite:///{tmp_path}/data/bideval.sqlite"
    assert settings.key_file == tmp_path / "venue.key"
    assert settings.identity_file == tmp_path / "venue.age"
    assert (settings.listen.host, settings.listen.port) == ("127.0.0.1", 8080)
    assert (settings.peers, settings.demo, settings.language) == ((), False, "zh-CN")


def test_paths_are_relative_to_the_file(load, tmp_path):
    listen = '[listen]\ntls_cert = "c"\ntls_key = "k"\n'
    settings = load(f'data_dir = "d"\nkey_file = "/etc/k"\n{VENUE}{listen}')
    assert (settings.data_dir, settings.key_file) == (tmp_path / "d", Path("/etc/k"))
    assert (settings.listen.tls_cert, settings.listen.tls_key) == (tmp_path / "c", tmp_path / "k")


def test_the_environment_wins_over_the_file(load, monkeypatch):
    monkeypatch.setenv("BIDEVAL_LISTEN__PORT", "9000")
    monkeypatch.setenv("BIDEVAL_LANGUAGE", "en")
    settings = load(f'language = "zh-CN"\n{VENUE}[listen]\nport = 8000\nhost = "::1"\n')
    assert (settings.listen.port, settings.listen.host) == (9000, "::1")
    assert settings.language == "en"


def test_a_database_address_is_taken_and_never_shown(load):
    settings = load(f'database_url = "postgresql://u:secret@db/x"\n{VENUE}')
    assert settings.database == "postgresql://u:secret@db/x"
    assert "secret" not in repr(settings)


def test_settings_are_frozen(load):
    settings = load(VENUE)
    with pytest.raises(ValidationError):
        settings.demo = True


def test_peers_are_read_in_order(load):
    settings = load(VENUE + peer() + peer(id="ninghai"))
    assert [one.id for one in settings.peers] == ["wencheng", "ninghai"]
    assert settings.peers[0].suite == "Ed25519"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "venue"),
        ('[venue]\nid = "fenghua"\n', "venue.name"),
        ('[venue]\nid = "Feng Hua"\nname = "x"\n', "venue.id"),
        (VENUE + 'url = "http://x"\n', "venue.url"),
        ("colour = 1\n" + VENUE, "colour"),
        (VENUE + "colour = 1\n", "venue.colour"),
        ('language = "fr"\n' + VENUE, "language"),
        ('demo = "perhaps"\n' + VENUE, "demo"),
        (VENUE + "[listen]\nport = 70000\n", "listen.port"),
        (VENUE + '[listen]\ntls_cert = "c"\n', "listen"),
        (VENUE + '[listen]\nhost = "0.0.0.0"\n', "listen"),
        (VENUE + '[listen]\nhost = "venue.example"\n', "listen"),
        (VENUE + "[limits]\nbid_bytes = 0\n", "limits.bid_bytes"),
        (VENUE + peer(recipient="age1nonsense"), "peers.0.recipient"),
        (VENUE + peer(public="AAAA"), "peers.0"),
        (VENUE + peer(suite="RSA"), "peers.0.suite"),
        (VENUE + "[workers]\ncount = 0\n", "workers.count"),
        (VENUE + '[fanout]\nnats = "http://127.0.0.1:4222"\n', "fanout.nats"),
        (VENUE + peer() + peer(), "settings"),
        (VENUE + peer(id="fenghua"), "settings"),
    ],
)
def test_a_mistake_is_named(load, text, field):
    assert mistake(load, text)[0] == field


POSTGRESQL = 'database_url = "postgresql://db/x"\n'
NATS = '[fanout]\nnats = "nats://user:secret@127.0.0.1:4222"\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (VENUE + NATS, "an SQLite file has one writing process"),
        (POSTGRESQL + VENUE, "without it a process learns only by the second"),
    ],
)
def test_several_processes_need_a_shared_database_and_wake_ups(load, text, reason):
    field, detail = mistake(load, text + "[workers]\ncount = 2\n")
    assert field == "settings"
    assert detail.startswith("Value error, workers.count: more than one process needs ")
    assert reason in detail


def test_several_processes_are_taken_with_both(load):
    settings = load(POSTGRESQL + VENUE + NATS + "[workers]\ncount = 3\n")
    assert settings.workers.count == 3
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("host", ["192.0.2.1", "127.0.0.1"])
def test_the_demo_stays_on_loopback(load, host):
    """A proxy on this machine would open the one-click log-ins to everybody who reaches it."""
    text = f'demo = true\n{VENUE}[listen]\nhost = "{host}"\nbehind_proxy = true\n'
    assert mistake(load, text) == (
        "settings",
        "Value error, demo: only when listening on loopback, and not behind a proxy",
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
def test_loopback_needs_no_tls(load, host):
    assert load(f'{VENUE}[listen]\nhost = "{host}"\n').listen.loopback is True


def test_a_proxy_may_do_the_tls(load):
    settings = load(f'{VENUE}[listen]\nhost = "0.0.0.0"\nbehind_proxy = true\n')
    assert settings.listen.loopback is False


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError) as caught:
        load_settings(tmp_path / "none.toml")
    assert (caught.value.field, caught.value.detail) == ("config", "No such file or directory")


@pytest.mark.parametrize("data", [b"\xff", b"venue = ", b"#" * (SETTINGS_BYTES + 1)])
def test_a_file_that_is_no_toml_is_refused(tmp_path, data):
    path = tmp_path / "venue.toml"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        load_settings(path)
    assert caught.value.field == "config"


def test_the_guide_has_the_table_of_settings():
    table = ["| setting | default | what it is |", "| --- | --- | --- |", *rows(Settings)]
    text = GUIDE.read_text("utf-8")
    start = text.index(table[0])
    assert text[start:].splitlines()[: len(table) + 1] == [*table, ""]


def rows(model, prefix=""):
    """Return the table's rows as the guide must have them."""
    made = []
    for name, field in model.model_fields.items():
        part = nested(field.annotation)
        if part is None:
            made.append(f"| `{prefix}{name}` | {default(field)} | {field.description} |")
        else:
            many = "[]" if "tuple" in str(field.annotation) else ""
            made += rows(part, f"{prefix}{name}{many}.")
    return made


def nested(annotation):
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def default(field):
    if field.is_required():
        return "(required)"
    value = field.default
    if value is None or value == "":
        return "(none)"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`"
