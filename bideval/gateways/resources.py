"""Where the files that come with the program lie: pages, words, migrations.

Decided here: that an installed wheel carries them inside the package, and a checkout beside it.
Not decided here: which files there are; `hatch_build.py` packs them.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def web_folder() -> Path:
    """The folder that holds `static`, `templates` and `locale`."""
    return _folder("web")


def migrations_folder() -> Path:
    """The folder that holds the database migrations."""
    return _folder("migrations")


def _folder(name: str) -> Path:
    packed = _PACKAGE / name
    return packed if packed.is_dir() else _PACKAGE.parent / name
