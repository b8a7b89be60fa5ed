"""Whom the brakes on strangers count together."""

from __future__ import annotations

import pytest

from bideval.terms.neighbours import neighbourhood


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_network_of_one_line_is_counted_together(host, counted):
    """A line with IPv6 has 2^64 addresses: each would have had its own attempts."""
    assert neighbourhood(host) == counted
