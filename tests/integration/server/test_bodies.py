"""What is not a body of ours is answered with a 4xx that names the field, never with a 5xx."""

from __future__ import annotations

import json

import pytest

POSTS = [
    "/api/enrol",
    "/api/enrol/code",
    "/api/login",
    "/api/login/challenge",
    "/api/codes",
    "/api/sessions",
    "/api/sessions/{session}/join",
    "/api/sessions/{session}/checkin",
    "/api/sessions/{session}/invitations",
    "/api/entries",
    "/demo/login",
    "/demo/cut-line",
]
BODIES = {
    "nothing": b"",
    "not json": b"{",
    "not utf-8": b'{"code": "\xff\xfe"}',
    "a list": b"[]",
    "a number": b"17",
    "null": b"null",
    "unknown member": b'{"nobody_asked": "x"}',
    "a key twice": b'{"code": "aaaa", "code": "bbbb"}',
    "deep": b"[" * 5_000 + b"]" * 5_000,
    "a lone surrogate": b'{"code": "\\ud800"}',
    "not a number": b'{"code": NaN}',
    "a huge number": b'{"code": 1e999}',
    "too large": b'{"code": "' + b"x" * 300_000 + b'"}',
    "a null byte": b'{"code": "\\u0000abc", "kid": "\\u0000", "role": "\\u0000"}',
}


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("name", sorted(BODIES))
def test_malformed_body_is_the_senders_fault(path, name, people, published):
    person = people["operator" if "checkin" in path else "officer"]
    response = person.http.post(path.format(session=published), content=BODIES[name])
    assert 400 <= response.status_code < 500, response.text
    error = response.json()["error"]
    assert error["field"], error
    assert error["message"]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "malformed", "session"),
        ({"session": "fh-2026-0200", "jws": 7}, "malformed", "jws"),
        ({"session": "fh-2026-0200", "jws": "a.b"}, "jws_malformed", "jws"),
        ({"session": "fh-2026-0200", "jws": "x" * 65_001}, "malformed", "jws"),
    ],
)
def test_entry_body_names_what_is_wrong(body, code, field, people):
    error = people["officer"].http.post("/api/entries", json=body).json()["error"]
    assert (error["code"], error["field"]) == (code, field)


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"title": "a\u0000b"}, "control_character", "title"),
        ({"title": "   "}, "too_short", "title"),
        ({"branches": ["wencheng", "wencheng"]}, "duplicate_venue", "branches"),
        ({"branches": ["fenghua"]}, "unknown_venue", "branches"),
    ],
)
def test_founding_form_names_what_is_wrong_with_it(wrong, code, field, people):
    """Not what the signed entry would be refused for."""
    body = {"id": "fh-2026-0999", "title": "Pumps", "rulebook": "rehearsal/1", "branches": []}
    answer = people["officer"].http.post("/api/sessions", json={**body, **wrong})
    assert answer.is_client_error
    error = answer.json()["error"]
    assert (error["code"], error["field"]) == (code, field)


def test_error_speaks_the_language_of_the_cookie(people):
    officer = people["officer"]
    chinese = officer.http.post("/api/codes", json={}).json()["error"]["message"]
    officer.http.cookies.set("lang", "en")
    english = officer.http.post("/api/codes", json={}).json()["error"]["message"]
    officer.http.cookies.delete("lang")
    assert (chinese, english) == (
        "提交内容格式不正确。",
        "The form is not filled in correctly.",
    )


@pytest.mark.parametrize(
    "path",
    [
        "/api/sessions/%00",
        "/api/sessions/" + "x" * 3_000,
        "/api/sessions/..%2f..%2fetc",
        "/api/files/nothex",
        "/api/files/" + "F" * 64,
        "/api/sessions/fh-2026-0200/entries/zz",
        "/nothing/here",
    ],
)
def test_strange_addresses_are_not_found(path, people):
    response = people["officer"].http.get(path)
    assert 400 <= response.status_code < 500


@pytest.mark.parametrize(
    ("table", "field", "code"),
    [
        (b"", "row 1, column name", "column_missing"),
        (b"\xff\xfe", "row 1, column *", "looks_utf16"),
        (b"name,id_tail,discipline,venue\n", "row 2, column *", "no_rows"),
        (b"name,id_tail,discipline,venue\nA,0001,a07\n", "row 2, column *", "wrong_count"),
        (b"name,id_tail,discipline,venue\n,0001,a07,fenghua\n", "row 2, column name", "missing"),
        (b'name,id_tail,discipline,venue\n"A,0001,a07,x\n', "row 2, column *", "not_csv"),
    ],
)
def test_pool_names_row_and_column(table, field, code, opened, people):
    response = people["officer"].http.post(f"/api/sessions/{opened}/pool", content=table)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["field"]) == (422, code, field)


def test_pool_faults_are_listed(opened, people):
    table = "name,id_tail,discipline,venue\nA,1,a07,fenghua\nB,0002,A 07,fenghua\n"
    response = people["officer"].http.post(f"/api/sessions/{opened}/pool", content=table)
    assert response.json()["rows"] == [
        {
            "row": 2,
            "column": "id_tail",
            "code": "bad_id_tail",
            "rule": "pool.table",
            "message": "证件尾号不正确。",
        },
        {
            "row": 3,
            "column": "discipline",
            "code": "bad_discipline",
            "rule": "pool.table",
            "message": "专业代码不正确。",
        },
    ]


def test_pool_faults_are_told_in_the_language_of_the_visitor(opened, people):
    officer = people["officer"].http
    table = "name,id_tail,discipline,venue\nA,0001,a07,fenghua\n\nA,0001,a07,fenghua\n"
    form = {"file": ("pool.csv", table.encode(), "text/csv")}
    path = f"/api/sessions/{opened}/pool"
    found = officer.post(path, files=form, headers={"cookie": _cookies(officer, "en")})
    assert found.json()["rows"] == [
        {
            "row": 4,
            "column": "name",
            "code": "duplicate_expert",
            "rule": "pool.table",
            "message": "The expert is listed twice.",
            "same_as": 2,
        }
    ]
    excel = officer.post(path, content=table.replace("A,", "张三,").encode("gb18030"))
    assert (excel.status_code, excel.json()["rows"][0]["message"]) == (
        422,
        "文件似为 GB18030（GBK）编码，请另存为“CSV UTF-8（逗号分隔）”。",
    )


def _cookies(client, language):
    return "; ".join(
        [*(f"{one.name}={one.value}" for one in client.cookies.jar), f"lang={language}"]
    )


def test_pool_as_a_form_is_read_too(opened, people):
    files = {"file": ("pool.csv", b"name,id_tail\n", "text/csv")}
    response = people["officer"].http.post(f"/api/sessions/{opened}/pool", files=files)
    assert response.json()["error"]["code"] == "column_missing"


def test_pool_before_the_opening_is_refused(people, published):
    response = people["officer"].http.post(f"/api/sessions/{published}/pool", content=b"x")
    assert json.loads(response.text)["error"]["code"] == "pool_too_early"


def test_names_to_leave_out_are_not_taken_from_the_address(people, opened):
    address = f"/api/sessions/{opened}/pool?excluded_names=somebody"
    response = people["officer"].http.post(address, content=b"x")
    assert response.status_code == 422
    assert response.json()["error"]["field"] == "excluded_names"
    assert "somebody" not in response.text
