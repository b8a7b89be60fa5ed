"""Percentiles and ratios of a benchmark."""

from __future__ import annotations

import pytest

from bideval.rehearsal.bench_lanes import HERE, SESSION_WIDE, figures, percentile, ratios


@pytest.mark.parametrize(
    ("samples", "percent", "found"),
    [([3.0], 50, 3.0), ([4.0, 1.0, 3.0, 2.0], 50, 2.0), ([4.0, 1.0, 3.0, 2.0], 99, 4.0)],
)
def test_percentile_is_a_sample_by_nearest_rank(samples, percent, found):
    assert percentile(samples, percent) == found


def test_ratios_compare_both_moments_with_every_base():
    table = figures({HERE: [0.010, 0.040], SESSION_WIDE: [0.020, 0.080], "echo": [0.002, 0.004]})

    assert table[HERE] == {"p50_ms": 10.0, "p99_ms": 40.0, "samples": 2}
    assert ratios(table, ["echo"]) == {
        "saved here / echo": {"p50": 5.0, "p99": 10.0},
        "saved by the session / echo": {"p50": 10.0, "p99": 20.0},
    }
