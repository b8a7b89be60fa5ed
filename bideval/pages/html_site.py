"""All HTML of a venue server in one place: routes, static files, and errors as pages for people.

Decided here: what is cached (vendored files by their version, ours after asking), and who gets a
page instead of JSON when something fails.
Not decided here: which error has which words (error_table).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.staticfiles import StaticFiles
from typing_extensions import override

from bideval.pages import html_panel, html_procedure, html_start
from bideval.pages.context import site_of
from bideval.pages.html_room import to_sign_in
from bideval.pages.language import catalogue, language_of
from bideval.pages.names import N_
from bideval.pages.rendering import page, security_policy
from bideval.pages.views.frame import Frame
from bideval.pages.web_files import web_root

if TYPE_CHECKING:
    from os import PathLike, stat_result

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from bideval.pages.errors import Answer

VENDORED_SECONDS = 86_400

TITLES = {
    403: N_("You may not do this"),
    404: N_("There is no such page"),
    503: N_("The venue's server is not ready"),
}
OTHER_TITLE = N_("It did not work")


@dataclass(frozen=True, slots=True)
class ErrorView:
    """An error as a person reads it."""

    title: str
    message: str
    code: str


class WebFiles(StaticFiles):
    """Static files that a browser may keep, because no secret is in them."""

    @override
    def file_response(
        self,
        full_path: PathLike[str] | str,
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        vendored = "/vendor/" in str(full_path)
        kept = f"public, max-age={VENDORED_SECONDS}" if vendored else "no-cache"
        response.headers["cache-control"] = kept
        response.headers["content-security-policy"] = security_policy()
        return response


def include_pages(app: FastAPI) -> None:
    """Give a server its pages; `error_page` goes to `errors.install`."""
    for module in (html_start, html_procedure, html_panel):
        app.include_router(module.router)
    app.mount("/static", WebFiles(directory=web_root() / "static"), name="static")


def error_page(request: Request, found: Answer) -> Response | None:
    """Draw an error for somebody who asked for a page; scripts get JSON."""
    if not wants_page(request):
        return None
    if found.status == 401:  # not signed in
        return to_sign_in(request)
    site = site_of(request)
    words = catalogue(language_of(request))
    view = ErrorView(
        title=words.gettext(TITLES.get(found.status, OTHER_TITLE)),
        message=found.error["message"],
        code=found.error["code"],
    )
    frame = Frame(venue=site.venue.id, venue_name=site.venue.name, demo=site.demo)
    return page(request, "error", {"frame": frame, "view": view}, status=found.status)


def wants_page(request: Request) -> bool:
    """Whether a person reads the answer."""
    own = request.url.path.startswith(("/api/", "/static/", "/demo/"))
    return not own and "text/html" in request.headers.get("accept", "")
