"""Every dependency is pinned by digest, and the files that say so agree with one another."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from pathlib import Path

LOCKS = ("verify", "server", "build", "node", "test", "lock")
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?P<rest>.*)$")


def _wanted(file: Path) -> dict[str, str]:
    """The exact versions that an .in file asks for."""
    pins = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "-c ", "-r ")):
            wanted = Requirement(line)
            pins[canonicalize_name(wanted.name)] = str(wanted.specifier).removeprefix("==")
    return pins


def _locked(file: Path) -> dict[str, tuple[str, int]]:
    """The version of every package of a .txt file, and how many digests it has."""
    found: dict[str, tuple[str, int]] = {}
    name = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        pin = PIN.match(line)
        if pin:
            name = canonicalize_name(pin["name"])
            found[name] = (pin["version"], 0)
        elif line.strip().startswith("--hash=sha256:"):
            version, digests = found[name]
            found[name] = (version, digests + 1)
        else:
            assert not line.strip() or line.lstrip().startswith("#"), f"{file.name}: {line}"
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_lock_pins_every_package_by_digest(root: Path, name: str) -> None:
    locked = _locked(root / "requirements" / f"{name}.txt")

    assert [package for package, (_, digests) in locked.items() if digests == 0] == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_what_is_asked_for(root: Path, name: str) -> None:
    wanted = _wanted(root / "requirements" / f"{name}.in")
    locked = _locked(root / "requirements" / f"{name}.txt")

    assert wanted, f"requirements/{name}.in asks for nothing"
    assert {package: locked[package][0] for package in wanted} == wanted


def test_locks_agree_on_every_version(root: Path) -> None:
    versions: dict[str, set[str]] = {}
    for name in LOCKS:
        for package, (version, _) in _locked(root / "requirements" / f"{name}.txt").items():
            versions.setdefault(package, set()).add(version)

    assert {package: found for package, found in versions.items() if len(found) > 1} == {}


def test_compiled_packages_have_digests_for_more_than_one_platform(root: Path) -> None:
    locked = _locked(root / "requirements" / "server.txt")

    assert min(locked[name][1] for name in ("cryptography", "pyrage", "uvloop", "pikepdf")) > 4


def _project(root: Path) -> Any:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _ranges(lines: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


def test_project_asks_for_what_is_locked(root: Path) -> None:
    project = _project(root)
    core = _ranges(project["dependencies"])
    server = _ranges(project["optional-dependencies"]["server"])
    locked = _locked(root / "requirements" / "server.txt")

    assert core.keys() == _wanted(root / "requirements" / "verify.in").keys()
    assert server.keys() == _wanted(root / "requirements" / "server.in").keys()
    assert [
        name for name, wanted in (core | server).items() if locked[name][0] not in wanted.specifier
    ] == [], "pyproject.toml would refuse the version that the lock installs"


def test_front_end_lock_pins_every_package_by_digest(root: Path) -> None:
    lock = json.loads((root / "web" / "package-lock.json").read_bytes())["packages"]
    packages = {name: entry for name, entry in lock.items() if name}

    assert len(packages) > 5
    assert [
        n for n, e in packages.items() if not e.get("integrity", "").startswith("sha512-")
    ] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_front_end_lock_holds_what_is_asked_for(root: Path) -> None:
    wanted = json.loads((root / "web" / "package.json").read_bytes())["dependencies"]
    lock = json.loads((root / "web" / "package-lock.json").read_bytes())["packages"]

    assert {name: lock[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_front_end_packages_are_all_listed_with_their_licence(root: Path) -> None:
    lock = json.loads((root / "web" / "package-lock.json").read_bytes())["packages"]
    locked = {
        name.removeprefix("node_modules/")
        for name, entry in lock.items()
        if name and not entry.get("optional")
    }
    chosen = json.loads((root / "web" / "vendor.json").read_bytes())

    assert chosen.keys() == locked
    assert [n for n, c in chosen.items() if not {"LICENSE", "package.json"} & {*c["files"]}] == []
