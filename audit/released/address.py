"""Addresses that may be asked or told: https, or http to this machine; never a metadata service or a file."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from audit.errors import UsageError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_METADATA_NAMES = re.compile(r"(?:metadata|instance-data)(?:\..*)?|metadata\.google\.internal", re.IGNORECASE)
_METADATA = frozenset(ipaddress.ip_address(address) for address in ("fd00:ec2::254", "100.100.100.200", "192.0.0.192"))


def demand_allowed(url: str, *, resolve: bool = True, what: str = "address of releases") -> SplitResult:
    """Split an address after making sure that it may be asked; nothing is connected to, a name is looked up.

    Of the address only scheme and host are ever said: its path may be a secret.

    Raises UsageError with the reason. A name that can't be looked up passes: behind a proxy that is usual, and the
    request itself will say so.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError(f"{what} refused: not a URL") from None
    where = f"{what} refused: {parts.scheme or 'no scheme'}://{host or '?'}"
    if parts.scheme not in {"https", "http"} or not host:
        raise UsageError(f"{where}: only https:// is asked")
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{where}: user names and passwords don't belong there, set GITHUB_TOKEN")
    found = _addresses(host, port or 443) if resolve else _literal(host)
    if _METADATA_NAMES.fullmatch(host) or any(_is_metadata(address) for address in found):
        raise UsageError(f"{where}: a link-local or metadata address")
    if parts.scheme == "http" and not _is_loopback(host, found):
        raise UsageError(f"{where}: plain http is asked only on this machine, use https://")
    return parts


def same_place(one: str, other: str) -> bool:
    """Tell whether two addresses are of one scheme, host and port; what is no address is of none."""
    try:
        return _place(urlsplit(one)) == _place(urlsplit(other))
    except ValueError:
        return False


def _place(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _addresses(host: str, port: int) -> tuple[Address, ...]:
    literal = _literal(host)
    if literal:
        return literal
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(_plain(ipaddress.ip_address(str(entry[4][0]).partition("%")[0])) for entry in found)


def _literal(host: str) -> tuple[Address, ...]:
    """Read an address as the system would: also 2852039166, 0xa9fea9fe and 169.254.43518."""
    try:
        return (_plain(ipaddress.ip_address(host.partition("%")[0])),)
    except ValueError:
        pass
    try:
        return (ipaddress.ip_address(socket.inet_aton(host)),)
    except (OSError, UnicodeError):
        return ()


def _plain(address: Address) -> Address:
    """Take an IPv4 address out of its IPv6 form."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_metadata(address: Address) -> bool:
    return address.is_link_local or address.is_multicast or address.is_unspecified or address in _METADATA


def _is_loopback(host: str, addresses: tuple[Address, ...]) -> bool:
    return all(address.is_loopback for address in addresses) and (bool(addresses) or host == "localhost")
