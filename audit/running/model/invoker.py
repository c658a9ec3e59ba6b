"""The nouns of the invoker: the Lambda of a stack, and the scripts that it lets run; times in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.model import Fact
from audit.running.model.ecs import Variable


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """What the invoker lets a container run: a script, the options it may get, and those that it always gets.

    ``hardcoded`` and ``patterns`` map an option to its values and to the expression that its value must match;
    values that look like secrets are replaced. ``*`` among the allowed options is any of them.
    """

    container: str
    name: str
    allowed_options: tuple[str, ...]
    restricted_options: tuple[str, ...]
    patterns: tuple[tuple[str, str], ...]
    hardcoded: tuple[tuple[str, tuple[str, ...]], ...]
    positional: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoker:
    """The invoker Lambda of a stack, from ``lambda:GetFunctionConfiguration``.

    ``scripts`` is what its configuration allows, None where that could not be decoded. ``withheld`` is the code with
    which Lambda keeps the variables to itself, as where the caller may not use their key: then none of them is known.
    """

    name: str
    runtime: str | None
    state: str | None
    last_update_status: str | None
    last_modified: datetime | None
    environment: tuple[Variable, ...] = ()
    scripts: tuple[Script, ...] | None = None
    role: str | None = None
    withheld: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StackInvoker:
    """What was seen of the invoker of ``stack``; a value of None means that there is none."""

    stack: str
    invoker: Fact[Invoker | None]
