"""Requests that a browser sends from another site, or by another name."""

from __future__ import annotations

import pytest

from bideval.pages.api_guard import is_ours, names_loopback


def scope(**headers):
    raw = {"host": "fenghua.example", **headers}
    return {
        "type": "http",
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in raw.items()
        ],
    }


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),
        ({"origin": "https://fenghua.example"}, True),
        ({"origin": "https://fenghua.example:8443", "host": "fenghua.example:8443"}, True),
        ({"origin": "https://fenghua.example.evil"}, False),
        ({"origin": "https://fenghua.example:444"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "", "host": ""}, False),
        ({"origin": "http://[fenghua.example"}, False),
        ({"origin": "http://fenghua.example]"}, False),
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "none"}, True),
        ({"sec_fetch_site": "same-site"}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "same-origin", "origin": "https://evil.example"}, False),
    ],
)
def test_request_is_ours_unless_a_browser_says_otherwise(headers, ours):
    assert is_ours(scope(**headers)) is ours


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1:8443", True),
        ("localhost", True),
        ("LocalHost:80", True),
        ("[::1]:8443", True),
        ("[::1]", True),
        ("evil.example:8443", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:8443", False),
        ("evil.example:127.0.0.1", False),
        ("localhost:evil", False),
        ("", False),
    ],
)
def test_server_on_loopback_has_the_names_of_this_machine_only(host, ours):
    assert names_loopback(scope(host=host)) is ours
