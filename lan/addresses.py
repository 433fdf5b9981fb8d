"""By which addresses this computer is reached at home. Source: getifaddrs(3), by ifaddr."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

import ifaddr

Address = IPv4Address | IPv6Address


def at_home() -> list[str]:
    """This computer's, those first that a person would type."""
    # Those of IPv6 have their flow and their scope behind them.
    texts = (each.ip if isinstance(each.ip, str) else each.ip[0] for card in ifaddr.get_adapters() for each in card.ips)
    return best_first(map(ip_address, texts))


def best_first(found: Iterable[Address]) -> list[str]:
    """Without those that nobody else reaches, or only with the name of an interface. Pure."""
    usable = {each for each in found if not (each.is_loopback or each.is_link_local or each.is_unspecified)}
    return [str(each) for each in sorted(usable, key=lambda each: (each.version, not each.is_private, int(each)))]
