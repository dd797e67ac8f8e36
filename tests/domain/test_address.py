from ipaddress import ip_network

import pytest

from leadpulse_app.domain.address import TrustedProxies

NOBODY = TrustedProxies()
OURS = TrustedProxies([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])


@pytest.mark.parametrize("header", ["", "192.0.2.1", "10.0.0.1, 192.0.2.1"])
def test_nobody_is_believed_unless_trusted(header: str) -> None:
    assert NOBODY.sender_of("10.0.0.9", header) == "10.0.0.9"
    assert OURS.sender_of("198.51.100.7", header) == "198.51.100.7"


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("  192.0.2.1  ", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("203.0.113.9, 192.0.2.1", "192.0.2.1"),
        ("203.0.113.9, 192.0.2.1, 10.1.1.1, 10.2.2.2", "192.0.2.1"),
        ("nonsense, 192.0.2.1", "192.0.2.1"),
        ("192.0.2.1, [fd00::7]:443", "192.0.2.1"),
        ("10.3.3.3, 10.1.1.1", "10.3.3.3"),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_is_the_sender(
    header: str, sender: str
) -> None:
    assert OURS.sender_of("10.0.0.9", header) == sender


@pytest.mark.parametrize(
    "header", ["", " ", ",", "unknown", "192.0.2.1, unknown", "192.0.2.256", "1:2:3"]
)
def test_what_is_no_address_is_not_believed(header: str) -> None:
    assert OURS.sender_of("10.0.0.9", header) == "10.0.0.9"


def test_addresses_that_one_site_picks_from_are_one_sender() -> None:
    one = NOBODY.sender_of("2001:db8:1:2::7")
    assert one == NOBODY.sender_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert one != NOBODY.sender_of("2001:db8:1:3::7")


@pytest.mark.parametrize("peer", [None, "", "/run/leadpulse.sock"])
def test_a_peer_without_an_address_is_nobody(peer: str | None) -> None:
    assert OURS.sender_of(peer, "192.0.2.1") is None
