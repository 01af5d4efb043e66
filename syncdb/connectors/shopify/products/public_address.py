"""Whether an address that people typed may be fetched: encrypted, and not of a machine that only this network reaches."""

import ipaddress
import socket
from urllib.parse import urlsplit


def public(address: str) -> bool:
    """Whether all that the host resolves to can be reached by everybody. One that does not resolve is left to fetching."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        return False
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError, ValueError):
        return True
    return all(ipaddress.ip_address(str(place[4][0]).partition("%")[0]).is_global for place in found)
