"""Builds from inside: what the invoker's configuration would refuse of the build that an upgrade needs; pure.

The configuration names, per script, the options that it takes and expressions that their values must match. How the
invoker anchors an expression is nowhere public: a value counts as let through where it matches from its beginning.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, NoReturn

import re2

from audit.errors import UnreadError
from audit.model import Gap
from audit.running.redact import DROPPED
from audit.running.scripts import ANY
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.running.model import Invoker, Script

CONTAINER, SCRIPT = "docker-image-builder", "build-docker-image"

_LONGEST = 10_000


def build_script(invoker: Invoker | None, name: str) -> Script:
    """Find what the invoker says of the script that builds images.

    Raises UnreadError where there is no invoker, or its configuration can't be decoded or says nothing of that script.
    """
    if invoker is None:
        _unread(name, "there is no such function")
    if invoker.scripts is None:
        _unread(name, "its configuration can't be decoded, so what it lets through is unknown")
    of_container = [script for script in invoker.scripts if script.container == CONTAINER]
    found = [script for script in of_container if script.name == SCRIPT] or of_container[:1]
    if not found:
        _unread(name, f"its configuration has no script {SCRIPT} of {CONTAINER}")
    return found[0]


def refusal(script: Script, option: str, value: str | None = None) -> str | None:
    """Say why an option, with its value where one is given, would be refused; None where it is let through.

    Raises UnreadError for an expression that can't be tried in safety; one that doesn't compile lets pass here, for
    that is a fault of its own (``broken_patterns``).
    """
    name = _bare(option)
    allowed = {_bare(one) for one in script.allowed_options}
    if name in map(_bare, script.restricted_options):
        return f"{option} is among its restricted options"
    if not allowed & {name, ANY}:
        return (
            f"{option} is not among its allowed options ({one_line(', '.join(script.allowed_options) or 'none', 120)})"
        )
    if value is not None:
        for key, pattern in script.patterns:
            if _bare(key) == name and not _matches(pattern, value):
                return f"{option} {one_line(value, 120)} does not match {one_line(pattern, 120)}"
    return None


def broken_patterns(script: Script) -> Iterator[tuple[str, str]]:
    """Give each option whose expression Python refuses, with the reason: every call with that option then fails."""
    for option, pattern in script.patterns:
        reason = _fault(pattern)
        if reason:
            yield option, f"{one_line(pattern, 120)}: {reason}"


def _matches(pattern: str, value: str) -> bool:
    if _fault(pattern):
        return True
    if pattern == DROPPED:
        message = "an expression of the invoker looks like a secret and was not kept; look at it by hand"
        raise UnreadError(Gap(what="expression of the invoker", message=message))
    options = re2.Options()
    options.log_errors = False
    try:
        compiled: Any = re2.compile(pattern, options)
    except re2.error:
        # Python's own engine could be kept busy for ever by an expression from outside.
        message = f"the expression {one_line(pattern, 120)} can't be tried in safety; try the build with --help first"
        raise UnreadError(Gap(what="expression of the invoker", message=message)) from None
    return compiled.match(value) is not None


def _fault(pattern: str) -> str | None:
    if len(pattern) > _LONGEST:
        return f"longer than {_LONGEST:,} characters"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecated spellings compile all the same
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"does not compile ({one_line(str(error), 120)})"
    return None


def _bare(option: str) -> str:
    return option.lstrip("-").partition("=")[0]


def _unread(name: str, reason: str) -> NoReturn:
    message = f"{name}: {reason}; run infrastructure-deployer --describe-containers"
    raise UnreadError(Gap(what="configuration of the invoker", call="lambda:GetFunctionConfiguration", message=message))
