"""Module sources: which module an address names, at which ref, and the address without what is secret in it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

RUNNER = "ecs-deploy-runner"
RUNNER_CONFIGURATION = "ecs-deploy-runner-standard-configuration"
RUNNER_MODULES = frozenset({RUNNER, RUNNER_CONFIGURATION})
"""The modules that declare an ECS Deploy Runner, by the last component of their address."""

MASK = "***"
_OPEN_PARAMETERS = frozenset({"ref", "version", "depth", "archive", "checksum", "region", "versionId"})
_SCHEME = re.compile(r"(?P<before>[A-Za-z][A-Za-z0-9+.-]*://)(?P<rest>.*)", re.DOTALL)
_FORCED = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*::")
_SCP_USER = re.compile(r"(?P<user>[^/@\s]+)@(?=[^/@:\s]+:)")
_REGISTRY = re.compile(r"(?:[^/:]+\.[^/:]+(?::\d+)?/)?[\w-]+/(?P<name>[\w-]+)/[\w-]+")


def module_name(source: str) -> str:
    """Give the last path component of a module's address: ``//modules/mgmt/ecs-deploy-runner?ref=v1`` names the last.

    For an address of a registry (``tfr:///org/name/provider`` or ``org/name/provider``) it is the name.
    """
    address, _, _ = source.partition("?")
    package, subdirectory = _split(address)
    path = (subdirectory or package).rstrip("/")
    registered = _REGISTRY.fullmatch(package.removeprefix("tfr://").removeprefix("/"))
    if not subdirectory and registered and not package.startswith("."):
        return registered["name"]
    return re.split(r"[/:]", path)[-1].removesuffix(".git")


def module_ref(source: str) -> str | None:
    """Give the ``ref`` of a module's address (``version`` for ``tfr:`` ones), None where it pins none."""
    parameters = dict(parse_qsl(source.partition("?")[2]))
    return parameters.get("ref") or parameters.get("version")


def is_local(source: str) -> bool:
    """Tell whether an address is a directory: it starts with ``./``, ``../`` or ``/``."""
    return source.startswith(("./", "../", "/")) or source in {".", ".."}


def masked(source: str) -> str:
    """Take user names, passwords and tokens out of an address.

    ``https://user:token@host`` becomes ``https://***@host``; the user ``git`` alone says nothing and stays. So do the
    parameters that name a version; of all others (``sshkey``) the value is hidden.
    """
    address, question, query = source.partition("?")
    forced = "".join(_forced(address))
    rest = address.removeprefix(forced)
    if found := _SCHEME.fullmatch(rest):
        rest = found["before"] + _without_user(found["rest"])
    else:
        rest = _SCP_USER.sub(lambda user: user[0] if user["user"] == "git" else f"{MASK}@", rest, count=1)
    return forced + rest + question + _without_secrets(query)


def _forced(address: str) -> list[str]:
    """Give the getters that an address forces: ``git::`` (there may be several)."""
    found: list[str] = []
    while match := _FORCED.match(address):
        found.append(match[0])
        address = address[match.end() :]
    return found


def _split(address: str) -> tuple[str, str]:
    """Split an address without query at the ``//`` that stands before the subdirectory."""
    rest = address.removeprefix("".join(_forced(address)))
    scheme = _SCHEME.fullmatch(rest)
    before, after = (scheme["before"], scheme["rest"]) if scheme else ("", rest)
    package, _, subdirectory = after.partition("//")
    return before + package, subdirectory


def _without_user(rest: str) -> str:
    """Hide what stands before the ``@`` of a URL, also where a password with ``/`` or ``@`` was not escaped."""
    authority = rest.partition("/")[0]
    user, at, host = authority.rpartition("@")
    if at:
        return (f"{user}@" if user == "git" else f"{MASK}@") + host + rest[len(authority) :]
    _, colon, port = authority.partition(":")
    if colon and not port.isdigit() and "@" in rest:
        return f"{MASK}@" + rest.rpartition("@")[2]
    return rest


def _without_secrets(query: str) -> str:
    return "&".join(_parameter(part) for part in query.split("&"))


def _parameter(part: str) -> str:
    name, equals, _ = part.partition("=")
    return part if not equals or name in _OPEN_PARAMETERS else f"{name}={MASK}"
