"""Network addresses: who is one stranger to the brakes.

Decided here: which addresses are counted together. Not decided here: what is braked, and how hard.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Network, ip_address


def neighbourhood(host: str) -> str:
    """Return an address, of IPv6 the half that names a network: the other half is anybody's choice.

    An address of IPv4 within IPv6 is that of IPv4; what is no address stays as it is.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), 64), strict=False))
