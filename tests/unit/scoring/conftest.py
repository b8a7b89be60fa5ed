"""One small valid case document, fresh for every test, and the way to a `Case` from it."""

from __future__ import annotations

import copy

import pytest

from bideval.scoring.case import parse_case

DOCUMENT = {
    "format": "bideval-case/1",
    "title": "Two bids, three members",
    "tender": {"category": "goods", "ceiling": "200.00"},
    "method": {
        "type": "comprehensive",
        "rounding": {"mode": "half_up", "places": 2, "when": "each_step"},
        "panel_mean": {"over": "member_total", "trim": None},
        "absent_marks": "refuse",
        "criteria": [
            {"id": "design", "name": "方案", "kind": "subjective", "max": "40", "step": "0.5"},
            {"id": "service", "name": "服务", "kind": "subjective", "max": "20", "factor": "0.5"},
            {"id": "record", "name": "业绩", "kind": "objective", "max": "20", "step": "1"},
        ],
        "price": {"formula": "lowest_price", "max": "30"},
        "preference": {
            "small": {"deduct_percent": "10"},
            "joint_venture": {"deduct_percent": "4"},
        },
        "ties": ["evaluated_price", "bid_price", "subjective"],
        "candidates": 2,
    },
    "bids": [
        {"id": "A", "price": "120.00", "size": "large", "valid": True},
        {"id": "B", "price": "100.00", "size": "small"},
    ],
    "members": [
        {"id": "M1", "status": "seated"},
        {"id": "M2", "status": "replaced", "replaced_by": "M4"},
        {"id": "M3"},
        {"id": "M4"},
    ],
    "scoresheets": [
        {
            "member": "M1",
            "marks": {
                "A": {"design": "30.0", "service": "15", "record": "18"},
                "B": {"design": "20.5", "service": "0", "record": "12"},
            },
        },
        {"member": "M2", "marks": {"A": {"design": "1"}}},
        {
            "member": "M3",
            "marks": {
                "A": {"design": "31.5", "service": "16", "record": "18"},
                "B": {"design": "22", "service": "7.25", "record": "12"},
            },
        },
        {
            "member": "M4",
            "marks": {
                "A": {"design": "33", "service": "14", "record": "18"},
                "B": {"design": "21", "service": "9", "record": "12"},
            },
        },
    ],
}


@pytest.fixture
def document():
    """The document above, to be changed at will."""
    return copy.deepcopy(DOCUMENT)


@pytest.fixture
def changed():
    """Build a `Case` from the document with values put at (or, with `...`, taken from) paths."""

    def build(changes=()):
        data = copy.deepcopy(DOCUMENT)
        for path, value in dict(changes).items():
            put(data, path.split("/"), value)
        return parse_case(data)

    return build


def put(data, keys, value):
    """Set or delete (`...`) one value of a decoded document."""
    *way, last = [int(key) if key.isdigit() else key for key in keys]
    for key in way:
        data = data[key]
    if value is ...:
        del data[last]
    else:
        data[last] = value
