"""Key files: made once, read only when nobody else can read them."""

from __future__ import annotations

import os

import pytest

from bideval.gateways.clock import SystemClock
from bideval.gateways.entropy import OsEntropy
from bideval.gateways.keyring import FileKeyRing, create_keys
from bideval.terms.errors import FaultError, RefusedError


@pytest.fixture
def paths(tmp_path):
    return tmp_path / "keys" / "venue.key", tmp_path / "keys" / "venue.age"


def fault(key_file, identity_file):
    with pytest.raises(FaultError) as caught:
        FileKeyRing(key_file, identity_file)
    assert caught.value.code == "bad_key_file"
    return caught.value.field, caught.value.detail


def test_created_keys_are_read_back(paths):
    made = create_keys(*paths, OsEntropy())
    read = FileKeyRing(*paths)
    assert read.public == made.public == read.signing_key.public
    assert (read.identity, read.recipient) == (made.identity, made.recipient)
    assert read.identity.startswith("AGE-SECRET-KEY-1")
    assert read.recipient.startswith("age1")


def test_created_files_are_for_their_owner_only(paths):
    create_keys(*paths, OsEntropy())
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o600, 0o600]


@pytest.mark.parametrize("which", [0, 1])
def test_a_key_is_never_overwritten(paths, which):
    paths[which].parent.mkdir()
    paths[which].write_bytes(b"mine")
    with pytest.raises(RefusedError) as caught:
        create_keys(*paths, OsEntropy())
    assert caught.value.code == "key_exists"
    assert caught.value.field == ("key_file", "identity_file")[which]
    assert paths[which].read_bytes() == b"mine"
    assert not paths[1 - which].exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o700 | 0o001])
@pytest.mark.parametrize("which", [0, 1])
def test_a_file_that_others_can_reach_is_refused(paths, which, mode):
    create_keys(*paths, OsEntropy())
    paths[which].chmod(mode)
    assert fault(*paths) == (("key_file", "identity_file")[which], "must have mode 0600")


def test_a_file_of_another_user_is_refused(paths, monkeypatch):
    create_keys(*paths, OsEntropy())
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert fault(*paths) == ("key_file", "must belong to the server's user")


def test_a_folder_or_pipe_is_no_key_file(paths, tmp_path):
    create_keys(*paths, OsEntropy())
    assert fault(tmp_path, paths[1])[0] == "key_file"


def test_a_missing_file_is_named(paths):
    assert fault(*paths) == ("key_file", "No such file or directory")


@pytest.mark.parametrize("data", [b"", b"not a key", b"\xff\xfe"])
@pytest.mark.parametrize("which", [0, 1])
def test_a_file_without_a_key_is_refused_without_its_content(paths, which, data):
    create_keys(*paths, OsEntropy())
    paths[which].write_bytes(data)
    field, detail = fault(*paths)
    assert field == ("key_file", "identity_file")[which]
    assert detail == "must hold a key as `bideval enrol venue` makes it"


def test_entropy_gives_what_was_asked_and_never_twice():
    tokens = {OsEntropy().token(32) for _ in range(100)}
    assert {len(token) for token in tokens} == {32}
    assert len(tokens) == 100


def test_the_clocks_tell_milliseconds_and_go_on():
    clock = SystemClock()
    first = clock.monotonic_ms()
    assert clock.now_ms() > 1_700_000_000_000
    assert clock.monotonic_ms() >= first
