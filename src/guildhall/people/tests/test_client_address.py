"""Which address counts as the client's, with proxies that tell the truth and visitors who do not."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.people.client_address import UNKNOWN, resolve

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "1.1.1.1", "203.0.113.9"),  # a stranger's word is not believed
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (
            "10.0.0.1",
            "6.6.6.6, 203.0.113.9",
            "203.0.113.9",
        ),  # what came before the first honest hop is made up
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "rubbish", "10.0.0.1"),
        ("::1", "[2001:db8::1]", "2001:db8::1"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
        ("", "203.0.113.9", UNKNOWN),
    ],
)
def test_the_first_hop_that_is_no_proxy_of_ours_is_the_client(peer: str, forwarded: str, client: str) -> None:
    assert resolve(peer, forwarded, PROXIES) == client


@given(st.text(max_size=200))
def test_no_header_gives_a_visitor_another_address(header: str) -> None:
    assert resolve("203.0.113.9", header, PROXIES) == "203.0.113.9"
