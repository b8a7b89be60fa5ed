"""How a page becomes HTML: templates, filters, the words of scripts, the security policy.

Decided here: undefined names are faults; amounts, instants and marks are written in one way; no
inline script or style but the import map, whose hash the policy names.
Not decided here: what is shown (views) and to whom (access).
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_environment
from markupsafe import Markup
from starlette.responses import HTMLResponse

from bideval.evidence.canonical import canonical_bytes
from bideval.pages.capitals import capitals
from bideval.pages.formulas import in_words
from bideval.pages.language import HTML_NAMES, catalogue, language_of
from bideval.pages.names import TABLES
from bideval.pages.script_words import SCRIPT_WORDS
from bideval.pages.web_files import web_root
from bideval.terms.errors import FaultError, InputError
from bideval.terms.unseen import with_unseen_shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from bideval.pages.language import Language

BEIJING = timezone(timedelta(hours=8))
"""The clock of every session: China has one."""

KIB = 1024


def money(amount: Decimal | str | None) -> str:
    """Write an amount in CNY with thousands apart and fen; nothing for no amount."""
    return "" if amount is None else f"{Decimal(amount):,.2f}"


def money_in_capitals(amount: Decimal | str | None) -> str:
    """Write an amount in capitals; nothing where it is no amount of money."""
    try:
        return "" if amount is None else capitals(Decimal(amount))
    except (InputError, InvalidOperation):
        return ""


def instant(ms: int | None, *, seconds: bool = True) -> str:
    """Write an instant as Beijing time, 2026-11-22 10:00:00; nothing for no instant."""
    if ms is None:
        return ""
    moment = datetime.fromtimestamp(ms / 1000, BEIJING)
    return moment.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def local_second(ms: int | None) -> str:
    """Write an instant as an input of date and time wants it, in Beijing time; empty for none."""
    if ms is None:
        return ""
    return datetime.fromtimestamp(ms / 1000, BEIJING).strftime("%Y-%m-%dT%H:%M:%S")


def file_size(size: int) -> str:
    """Write a number of bytes for people."""
    if size < KIB:
        return f"{size} B"
    if size < KIB * KIB:
        return f"{size / KIB:.0f} KiB"
    return f"{size / KIB / KIB:.1f} MiB"


@pass_environment
def called(environment: Environment, name: object, table: str) -> str:
    """Write what a name of the core is called in the page's language."""
    message = TABLES[table].get(str(name))
    if message is None:
        raise FaultError("no_word", detail=f"{table} {name}")
    return catalogue("en" if environment.globals["language"] == "en" else "zh-CN").gettext(message)


@pass_environment
def formula(environment: Environment, text: str) -> str:
    """Write a formula of the engine in the page's language."""
    return in_words(text, "en" if environment.globals["language"] == "en" else "zh-CN")


def in_script(value: object) -> Markup:
    """Write data into a JSON block of the page; nothing in it can close the block."""
    text = canonical_bytes(value).decode()
    escaped = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(escaped)  # noqa: S704  # escaped for a script block, not for text


def honest(value: object) -> object:
    """Return what a template writes out; nothing in a text turns the text around it."""
    if not isinstance(value, str):
        return value
    shown = with_unseen_shown(value)
    return Markup(shown) if isinstance(value, Markup) else shown  # noqa: S704  # as safe as before


FILTERS = {
    "money": money,
    "capitals": money_in_capitals,
    "instant": instant,
    "local_second": local_second,
    "file_size": file_size,
    "called": called,
    "formula": formula,
    "in_script": in_script,
}


@cache
def environment(language: Language) -> Environment:
    """The templates of a language."""
    made = Environment(
        loader=FileSystemLoader(web_root() / "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        finalize=honest,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    words = catalogue(language)
    # The i18n extension adds the method when it is loaded.
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(FILTERS)
    made.globals.update(
        language=language,
        html_language=HTML_NAMES[language],
        import_map=Markup(import_map()),  # noqa: S704  # our own file
        script_words={name: words.gettext(text) for name, text in SCRIPT_WORDS.items()},
    )
    return made


@cache
def import_map() -> str:
    """The import map of the vendored modules, exactly as every page carries it."""
    file = web_root() / "static" / "vendor" / "importmap.json"
    if not file.is_file():
        raise FaultError("no_vendored_files", detail="web/static/vendor is not there: build it")
    return file.read_text(encoding="utf-8")


@cache
def security_policy() -> str:
    """The Content-Security-Policy of every page; wasm is for the decoders of scanned bids."""
    map_hash = base64.b64encode(hashlib.sha256(import_map().encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'wasm-unsafe-eval' 'sha256-{map_hash}'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "connect-src 'self'",
            "worker-src 'self'",
            "font-src 'self'",
            "frame-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        )
    )


def page(
    request: Request, name: str, values: Mapping[str, object], *, status: int = 200
) -> HTMLResponse:
    """Render `pages/<name>.html` in the visitor's language, never cached."""
    language = language_of(request)
    path, query = request.url.path, request.url.query
    here = f"{path}?{query}" if query else path
    template = environment(language).get_template(f"pages/{name}.html")
    text = template.render(path=path, here=here, **values)
    headers = {
        "content-security-policy": security_policy(),
        "cache-control": "no-store",
        "content-language": language,
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }
    return HTMLResponse(text, status_code=status, headers=headers)
