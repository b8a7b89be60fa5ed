"""Base64url: one text per byte string."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.terms import base64url

# RFC 4648 section 10, without padding.
PUBLISHED = {
    b"": "",
    b"f": "Zg",
    b"fo": "Zm8",
    b"foo": "Zm9v",
    b"foob": "Zm9vYg",
    b"fooba": "Zm9vYmE",
    b"foobar": "Zm9vYmFy",
    b"\xfb\xff": "-_8",
}


@pytest.mark.parametrize(("data", "text"), PUBLISHED.items())
def test_published_vectors_both_ways(data, text):
    assert (base64url.encode(data), base64url.decode(text)) == (text, data)


@pytest.mark.parametrize(
    "text",
    [
        "Zg==",
        "Zg=",
        "=",
        "Z",
        "Zh",
        "Zm9",
        "Zm8v ",
        " Zm8v",
        "Zm\n8v",
        "+/8",
        "Zm9v!",
        "é",
        "\ud800",
    ],
)
def test_decode_refuses_every_other_spelling(text):
    with pytest.raises(ValueError, match=r"."):
        base64url.decode(text)


@given(st.binary(max_size=200))
def test_decode_gives_back_what_was_encoded(data):
    assert base64url.decode(base64url.encode(data)) == data


@given(st.text(alphabet="AQgwZm9v-_+/= \n", max_size=12))
def test_a_text_that_decodes_is_the_encoding(text):
    try:
        data = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(data) == text
