"""The leaf covers everything that is known of an expert, and publishes little of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from bideval.draw.identity import (
    Identity,
    Private,
    identity_document,
    leaf_of,
    read_identity,
    read_private,
)
from bideval.draw.pool import pool_leaf
from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.encoding import length_prefixed
from bideval.terms.errors import BidevalError

PRIVATE = Private(
    id_tail="012X",
    phone="13800000000",
    former="甲公司@2024-05-31",
    relatives="乙公司",
    projects="FH-2025-1",
    blind=bytes(range(16)),
)
IDENTITY = Identity(
    name="林一",
    employer="设计院",
    title="高级工程师",
    discipline="A08",
    venue="wencheng",
    weight=3,
    salt=bytes(16),
    private=PRIVATE.digest,
)
DOCUMENT = identity_document(IDENTITY, PRIVATE)


def test_leaf_is_the_hash_that_the_specification_states() -> None:
    private = (
        PRIVATE.blind,
        b"012X",
        b"13800000000",
        "甲公司@2024-05-31".encode(),
        "乙公司".encode(),
        b"FH-2025-1",
    )
    digest = hashlib.sha256(length_prefixed(b"bideval/pool-private/v1", *private)).digest()
    words = [word.encode() for word in ("林一", "设计院", "高级工程师", "A08", "wencheng", "3")]
    message = length_prefixed(b"bideval/pool-leaf/v2", bytes(16), *words, digest)
    assert leaf_of(DOCUMENT) == hashlib.sha256(message).digest() == IDENTITY.leaf


def test_document_survives_json_and_gives_both_parts_back() -> None:
    read = read_json(canonical_bytes(DOCUMENT), limit=4_000)
    assert (read_identity(read), read_private(read)) == (IDENTITY, PRIVATE)


def test_published_document_names_the_expert_and_no_telephone() -> None:
    shown = identity_document(IDENTITY)
    assert leaf_of(shown) == IDENTITY.leaf
    assert read_identity(shown) == IDENTITY
    assert sorted(shown) == sorted(
        ["format", "name", "employer", "title", "discipline", "venue", "weight", "salt", "private"]
    )


@pytest.mark.parametrize(
    "change",
    [
        {"name": "林二"},
        {"employer": ""},
        {"title": ""},
        {"discipline": "A09"},
        {"venue": "fenghua"},
        {"weight": 4},
        {"salt": "AAAAAAAAAAAAAAAAAAAAAQ"},
        {"kept": {"blind": "AAAAAAAAAAAAAAAAAAAAAA"}},
    ],
)
def test_every_member_changes_the_leaf(change: dict[str, Any]) -> None:
    assert leaf_of(DOCUMENT | change) != IDENTITY.leaf


@pytest.mark.parametrize("name", ["id_tail", "phone", "former", "relatives", "projects", "blind"])
def test_every_kept_cell_is_covered(name: str) -> None:
    value: Any = b"\x01" * 16 if name == "blind" else "9"
    other = replace(PRIVATE, **{name: value})
    assert other.digest != PRIVATE.digest
    assert leaf_of(identity_document(IDENTITY, other)) != IDENTITY.leaf


def test_empty_cells_take_no_room() -> None:
    nothing = Private(id_tail="", blind=bytes(16))
    document = identity_document(replace(IDENTITY, private=nothing.digest), nothing)
    assert document["kept"] == {"blind": "AAAAAAAAAAAAAAAAAAAAAA"}
    assert read_private(document) == nothing


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "bideval-expert/9"}, "unknown_choice"),
        ({"name": ""}, "too_short"),
        ({"discipline": "A 08"}, "bad_discipline"),
        ({"venue": "Feng Hua"}, "bad_venue_id"),
        ({"weight": 0}, "out_of_range"),
        ({"weight": 101}, "out_of_range"),
        ({"salt": "AAAA"}, "wrong_size"),
        ({"kept": None}, "missing"),
        ({"kept": None, "private": "AAAA"}, "wrong_size"),
        ({"kept": {}}, "missing"),
    ],
)
def test_malformed_document_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(BidevalError) as raised:
        leaf_of(DOCUMENT | change)
    assert raised.value.code == code


def test_documents_of_the_first_version_keep_their_leaf() -> None:
    old = {"name": "Lin Yi", "id_tail": "0001", "discipline": "a08", "venue": "wencheng"}
    leaf = leaf_of(old | {"salt": "AAAAAAAAAAAAAAAAAAAAAA"})
    assert leaf == pool_leaf(bytes(16), "Lin Yi/0001", "a08", "wencheng")
