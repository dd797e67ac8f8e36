"""Whose address a request came from, where proxies stand in between.

What a header claims counts only as far as proxies that are trusted wrote it.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

SENDER_PREFIX = 64
"""Bits of an IPv6 address that tell senders apart: a site is given a /64 and picks
the rest as it likes (RFC 4291, section 2.5.4)."""


class TrustedProxies:
    """The proxies whose word is taken for who is behind them."""

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._networks = tuple(networks)

    def sender_of(self, peer: str | None, forwarded_for: str = "") -> str | None:
        """Return the address that a request came from, an IPv6 one as its /64.

        `X-Forwarded-For` is read from its right end, which the nearest proxy wrote,
        up to the first address that is no trusted proxy's. It is read no further
        than to something that is no address.

        Args:
            peer: The other end of the connection.
            forwarded_for: The values of the header, joined by commas.

        Returns:
            None where the peer is not known by an address.
        """
        sender = _read(peer or "")
        if sender is None:
            return None
        hops = reversed(forwarded_for.split(","))
        while self._trusts(sender):
            behind = _read(next(hops, ""))
            if behind is None:
                break
            sender = behind
        if isinstance(sender, IPv4Address):
            return str(sender)
        return str(IPv6Network((sender, SENDER_PREFIX), strict=False))

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _read(text: str) -> Address | None:
    """Read an address as proxies write it: perhaps with a port or in brackets."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address
