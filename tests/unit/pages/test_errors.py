"""The table of errors: every code of the server's rooms has a status and words."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from bideval.pages import errors
from bideval.pages.error_table import FAMILY_ROWS, TABLE
from bideval.session.kinds import GENERAL_REFUSALS, KINDS
from bideval.terms.errors import (
    BidevalError,
    EvidenceError,
    FaultError,
    InputError,
    RefusedError,
)

PACKAGE = Path(errors.__file__).parents[1]
ROOMS = ("terms", "session", "scoring", "draw", "actions", "pages")
RAISED = {"InputError", "RefusedError", "refused", "_wrong", "TableError", "RowFault"}


def codes_of(room):
    """Return the codes that a room raises for what others send, read out of its source."""
    for file in (PACKAGE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                place = 2 if name == "RowFault" else 0
                if name in RAISED and len(node.args) > place:
                    code = node.args[place]
                    if isinstance(code, ast.Constant) and isinstance(code.value, str):
                        yield code.value


@pytest.mark.parametrize("room", ROOMS)
def test_every_code_of_a_room_has_its_words(room):
    assert sorted(set(codes_of(room)) - TABLE.keys()) == []


def test_every_refusal_of_a_kind_has_its_words():
    told = {code for kind in KINDS.values() for code in kind.refuses} | set(GENERAL_REFUSALS)
    assert sorted(told - TABLE.keys()) == []


def test_words_are_sentences_in_both_languages():
    rows = [*TABLE.values(), *FAMILY_ROWS.values()]
    assert [row for row in rows if not row.en.endswith(".") or not row.zh.endswith("。")] == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("some_new_code", field="x"), 422),
        (RefusedError("some_new_code"), 409),
        (EvidenceError("some_new_code"), 422),
        (FaultError("some_new_code"), 503),
        (BidevalError("some_new_code"), 503),
        (RefusedError("digest_differs"), 409),
        (InputError("digest_differs", field="sha256"), 422),
        (RefusedError("not_signed_in"), 401),
    ],
)
def test_status_is_the_codes_or_the_familys(error, status):
    assert errors.answer(error, "en").status == status


def test_fault_of_ours_tells_nothing():
    fault = FaultError("storage_fault", field="database_url", rule="x", detail="secret")
    assert errors.answer(fault, "en").error == {
        "code": "storage_fault",
        "field": None,
        "rule": None,
        "message": "The venue’s storage is at fault.",
    }


def client_for(error, **options):
    def fail(_request):
        raise error

    app = Starlette(routes=[Route("/", fail)])
    errors.install(app, **options)
    return TestClient(app, raise_server_exceptions=False)


def test_unforeseen_error_has_a_number_and_no_detail():
    with client_for(ZeroDivisionError("the secret")) as client:
        response = client.get("/", headers={"cookie": "lang=en"})
    message = response.json()["error"]["message"]
    assert (response.status_code, "secret" in response.text) == (500, False)
    assert message.startswith("Something went wrong on our side. (")


def test_unknown_address_is_in_the_same_form():
    with client_for(RefusedError("late")) as client:
        response = client.get("/elsewhere")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_denials_are_told_and_other_refusals_are_not():
    told = []

    def note(_request, error):
        told.append(error.code)

    for error in (
        RefusedError("late"),
        RefusedError("role_not_allowed"),
        RefusedError("not_signed_in"),
        RefusedError("bad_code"),
        RefusedError("unknown_session"),
        RefusedError("unknown_session", rule="access.session"),
        RefusedError("too_many_attempts"),
        EvidenceError("jws_wrong_key"),
        InputError("missing", field="x"),
    ):
        with client_for(error, on_denied=note) as client:
            client.get("/")
    assert told == [
        "role_not_allowed",
        "not_signed_in",
        "bad_code",
        "unknown_session",
        "too_many_attempts",
        "jws_wrong_key",
    ]


def test_page_may_draw_the_error_for_people():
    def draw(request, found):
        wanted = "text/html" in request.headers["accept"]
        return errors.JSONResponse({"drawn": found.status}) if wanted else None

    with client_for(RefusedError("late"), page=draw) as client:
        person = client.get("/", headers={"accept": "text/html"})
        script = client.get("/", headers={"accept": "application/json"})
    assert person.json() == {"drawn": 409}
    assert json.loads(script.text)["error"]["code"] == "late"
