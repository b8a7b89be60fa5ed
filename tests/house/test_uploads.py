"""No route reads an upload by a reader that lays it on a disk in clear."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

FORM_READERS = {"File", "Form", "UploadFile"}
"""What FastAPI reads forms by, and with them their files."""


def _readers(source: str) -> list[str]:
    """Return how a module reads forms by Starlette: names imported, and `.form()` called."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            ("fastapi", "starlette")
        ):
            found += sorted(FORM_READERS & {name.name for name in node.names})
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found += ["form"] * (node.func.attr == "form" and not node.args)
    return found


def test_no_route_lets_starlette_keep_a_form(root: Path) -> None:
    modules = sorted((root / "bideval" / "pages").rglob("*.py"))
    reading = [module.name for module in modules if _readers(module.read_text(encoding="utf-8"))]

    assert len(modules) > 20
    assert reading == [], (
        "Starlette writes a form's files to the disk in clear, and a pool is full of names:"
        " read the body's stream, and let what must wait do so in bideval.evidence.veil"
    )


@pytest.mark.parametrize(
    "planted",
    [
        "async with request.form() as form: pass",
        "form = await request.form(max_files=1)",
        "from fastapi import UploadFile",
        "from starlette.datastructures import UploadFile",
        "from fastapi import Depends, File",
    ],
)
def test_such_a_reader_would_be_seen(planted: str) -> None:
    assert _readers(f"async def route(request):\n    {planted}\n") != []
