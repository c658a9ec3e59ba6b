"""Which environment variables look like secrets in plain text, by name and by the sort of value; no value is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audit.running.scripts import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.running.model.ecs import Variable

_NAME = re.compile(
    r"(?:.*[_-])?(?:secrets?|tokens?|passw(?:or)?d|passphrase|pwd|credentials?|pat|oauth|(?:private|api|access|secret)_?key)"
    r"(?:[_-]?(?:value|key))?",
    re.IGNORECASE,
)
_HARMLESS = frozenset({"empty", "number", "arn", "url"})


def exposed(variables: Iterable[Variable]) -> tuple[str, ...]:
    """Name the variables whose value looks like a token, or whose name says so and whose value is no reference.

    The invoker's own packed configuration is dense text and no secret.
    """
    return tuple(
        variable.name
        for variable in variables
        if variable.name != VARIABLE
        and (variable.value == "token" or (_NAME.fullmatch(variable.name) and variable.value not in _HARMLESS))
    )
