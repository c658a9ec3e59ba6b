"""Builds from inside: what the invoker would refuse of the build that an upgrade needs, in words; pure.

``audit.verdict.invoking`` tells what is let through; here it is said why not, and what nobody can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from audit.errors import UnreadError
from audit.model import Gap
from audit.text import one_line
from audit.verdict import invoking
from audit.verdict.invoking import bare, fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.running.model.invoker import Invoker, Script

CONTAINER = "docker-image-builder"


def build_script(invoker: Invoker | None, name: str) -> Script:
    """Find what the invoker says of the script that builds images.

    Raises UnreadError where there is no invoker, or its configuration can't be decoded or says nothing of that script.
    """
    if invoker is None:
        _unread(name, "there is no such function")
    if invoker.scripts is None:
        _unread(name, "its configuration can't be decoded, so what it lets through is unknown")
    of_container = [script for script in invoker.scripts if script.container == CONTAINER]
    found = [script for script in of_container if script.name == invoking.BUILD] or of_container[:1]
    if not found:
        _unread(name, f"its configuration has no script {invoking.BUILD} of {CONTAINER}")
    return found[0]


def refusal(script: Script, option: str, value: str | None = None) -> str | None:
    """Say why an option, with its value where one is given, would be refused; None where it is let through.

    Raises UnreadError for an expression that can't be tried in safety; one that doesn't compile lets pass here, for
    that is a fault of its own (``broken_patterns``).
    """
    if not invoking.allows(script, option):
        if bare(option) in map(bare, script.restricted_options):
            return f"{option} is among its restricted options"
        return (
            f"{option} is not among its allowed options ({one_line(', '.join(script.allowed_options) or 'none', 120)})"
        )
    pattern = next((one for name, one in script.patterns if bare(name) == bare(option)), None)
    if value is None or pattern is None or fault(pattern) or invoking.accepts(script, option, value):
        return None
    return f"{option} {one_line(value, 120)} does not match {one_line(pattern, 120)}"


def broken_patterns(script: Script) -> Iterator[tuple[str, str]]:
    """Give each option whose expression Python refuses, with the reason: every call with that option then fails."""
    for option, pattern in script.patterns:
        reason = fault(pattern)
        if reason:
            yield option, f"{one_line(pattern, 120)}: does not compile ({reason})"


def _unread(name: str, reason: str) -> NoReturn:
    message = f"{name}: {reason}; run infrastructure-deployer --describe-containers"
    raise UnreadError(Gap(what="configuration of the invoker", call="lambda:GetFunctionConfiguration", message=message))
