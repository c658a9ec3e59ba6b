"""Which environment variables look like secrets in plain text, by name and by the sort of value; no value is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.running.redact import names_secret
from audit.running.scripts import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.running.model.ecs import Variable

_HARMLESS = frozenset({"empty", "number", "arn", "url"})


def exposed(variables: Iterable[Variable]) -> tuple[str, ...]:
    """Name the variables whose value looks like a token, or whose name says so and whose value is no reference.

    The invoker's own packed configuration is dense text and no secret.
    """
    return tuple(
        variable.name
        for variable in variables
        if variable.name != VARIABLE
        and (variable.value == "token" or (names_secret(variable.name) and variable.value not in _HARMLESS))
    )
