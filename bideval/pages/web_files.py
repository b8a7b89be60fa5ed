"""Where templates, static files and catalogues lie.

Decided here: beside the package in a checkout, inside it in a wheel.
"""

from __future__ import annotations

from pathlib import Path

from bideval.terms.errors import FaultError

PACKAGE = Path(__file__).resolve().parents[1]


def web_root() -> Path:
    """The folder `web`; FaultError `no_web_files` when an installation lacks it."""
    for folder in (PACKAGE / "web", PACKAGE.parent / "web"):
        if (folder / "templates").is_dir():
            return folder
    raise FaultError("no_web_files", detail="templates are not installed")
