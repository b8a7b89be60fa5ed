"""The one table that turns error codes into status codes and words for people.

Decided here: which status and which sentence belongs to a code, and what an unforeseen fault shows.
Not decided here: when an error is raised. A code that the table does not name gets the status and
the sentence of its family, so that nothing a visitor sends ends as a 5xx by forgetting a row.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypedDict

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from bideval.pages.error_table import FAMILY_ROWS, TABLE, Row
from bideval.pages.language import language_of
from bideval.terms.errors import BidevalError, EvidenceError, FaultError, InputError, RefusedError

log = structlog.get_logger("bideval.pages")

REFUSED = FAMILY_ROWS["refused"].status
DENIED = frozenset({401, 403, 429})
"""Statuses that are written into the venue's log."""
ACCESS = "access."
"""What a rule begins with that kept somebody from what may exist; the answer may be a 404."""


class ErrorBody(TypedDict):
    code: str
    field: str | None
    rule: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out: a status, and the body of contract section 8."""

    status: int
    error: ErrorBody


PageOfError = Callable[[Request, Answer], Response | None]
Denied = Callable[[HTTPConnection, BidevalError], None]


def row_of(error: BidevalError) -> Row:
    """The row of the code, else that of the family."""
    found = TABLE.get(error.code)
    if found is not None:
        return found
    for family, row in (
        (InputError, FAMILY_ROWS["input"]),
        (RefusedError, FAMILY_ROWS["refused"]),
        (EvidenceError, FAMILY_ROWS["evidence"]),
    ):
        if isinstance(error, family):
            return row
    return FAMILY_ROWS["fault"]


def answer(error: BidevalError, language: str) -> Answer:
    """Status and words; a fault of ours goes out without field, rule or detail."""
    row = row_of(error)
    message = row.en if language.startswith("en") else row.zh
    if isinstance(error, FaultError):
        return Answer(
            row.status, ErrorBody(code=error.code, field=None, rule=None, message=message)
        )
    body = ErrorBody(code=error.code, field=error.field, rule=error.rule, message=message)
    return Answer(_status(error, row), body)


def _status(error: BidevalError, row: Row) -> int:
    """A code that two families share has the words of one; the status is each family's own."""
    if row.status == REFUSED and isinstance(error, InputError | EvidenceError):
        return FAMILY_ROWS["input"].status
    return row.status


def refuse(scope: Scope, error: BidevalError) -> Response:
    """Return the answer to a request that does not reach its route."""
    found = answer(error, language_of(Request(scope)))
    return JSONResponse({"error": found.error}, status_code=found.status)


def is_denial(error: BidevalError) -> bool:
    """Whether an error is an attempt that the venue's log keeps.

    Somebody is not who may do this, or may not know of it, or a signature or proof does not hold.
    """
    if isinstance(error, EvidenceError) or (error.rule or "").startswith(ACCESS):
        return True
    return _status(error, row_of(error)) in DENIED


def tell_denied(connection: HTTPConnection, error: BidevalError) -> None:
    """Tell the server of a refusal that goes out in another way than as an error's answer."""
    told: Denied | None = getattr(connection.app.state, "on_denied", None)
    if told is not None and is_denial(error):
        told(connection, error)


def install(
    app: Starlette, *, page: PageOfError | None = None, on_denied: Denied | None = None
) -> None:
    """Give every way to fail its one answer; `page` may draw it for people instead of scripts.

    `on_denied` is told of every refusal for who somebody is, or is not.
    """

    app.state.on_denied = on_denied

    def respond(request: Request, found: Answer) -> Response:
        drawn = page(request, found) if page is not None else None
        response = drawn or JSONResponse({"error": found.error}, status_code=found.status)
        if found.status == HTTPStatus.REQUEST_TIMEOUT:
            response.headers["connection"] = "close"
        return response

    async def own(request: Request, error: Exception) -> Response:
        found = _own(error, language_of(request))
        if isinstance(error, BidevalError):
            tell_denied(request, error)
        return respond(request, found)

    app.add_exception_handler(BidevalError, own)
    app.add_exception_handler(RequestValidationError, _on(respond, _malformed))
    app.add_exception_handler(HTTPException, _on(respond, _http))
    app.add_exception_handler(Exception, _on(respond, _unforeseen))


def _on(
    respond: Callable[[Request, Answer], Response],
    translate: Callable[[Exception, str], Answer],
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        return respond(request, translate(error, language_of(request)))

    return handle


def _own(error: Exception, language: str) -> Answer:
    if not isinstance(error, BidevalError):
        return _unforeseen(error, language)
    if isinstance(error, FaultError):
        log.error("fault", code=error.code, exc_info=error)
    return answer(error, language)


def _malformed(error: Exception, language: str) -> Answer:
    """A body that is not the form's: the first field that is wrong, never its value."""
    if not isinstance(error, RequestValidationError):
        return _unforeseen(error, language)
    first = next(iter(error.errors()), {"loc": (), "type": "malformed"})
    field = field_path(tuple(first["loc"]))
    return answer(InputError("malformed", field=field, rule=str(first["type"])), language)


def field_path(location: tuple[str | int, ...]) -> str:
    """`body.lots.0.id` without the word for where it travelled."""
    parts = [str(part) for part in location]
    if parts and parts[0] in {"body", "query", "path", "header", "cookie"}:
        parts = parts[1:] or parts
    return ".".join(parts) or "body"


def _http(error: Exception, language: str) -> Answer:
    if not isinstance(error, HTTPException):
        return _unforeseen(error, language)
    code = HTTPStatus(error.status_code).name.lower()
    known = RefusedError(code)
    return Answer(error.status_code, answer(known, language).error)


def _unforeseen(error: Exception, language: str) -> Answer:
    """Ours: an incident number for the visitor, everything else for the log."""
    incident = secrets.token_hex(6)
    log.error("incident", reason=incident, exc_info=error)
    row = TABLE["internal"]
    sentence = row.en if language.startswith("en") else row.zh
    message = f"{sentence} ({incident})"
    body = ErrorBody(code="internal", field=None, rule=None, message=message)
    return Answer(row.status, body)
