"""Which language a page speaks, and where its words come from.

Decided here: Chinese unless the cookie `lang` says English; catalogues are read from their sources
once, so nothing has to be compiled before a start. Not decided here: the words (web/locale).
"""

from __future__ import annotations

import gettext
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bideval.pages.web_files import web_root

if TYPE_CHECKING:
    from starlette.requests import Request

Language = Literal["zh-CN", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-CN", "en")
COOKIE = "lang"
COOKIE_SECONDS = 365 * 86_400
HTML_NAMES: dict[Language, str] = {"zh-CN": "zh-Hans", "en": "en"}


def language_of(request: Request) -> Language:
    """The language of this visitor; anything but `en` is Chinese."""
    return "en" if request.cookies.get(COOKIE) == "en" else "zh-CN"


@cache
def catalogue(language: Language) -> gettext.NullTranslations:
    """The words of a language; message ids are English, so English needs no file."""
    if language == "en":
        return gettext.NullTranslations()
    with (web_root() / "locale" / "zh_CN.po").open("rb") as source:
        messages = read_po(source, locale="zh_CN")
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
