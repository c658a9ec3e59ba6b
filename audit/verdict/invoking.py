"""What the invoker lets its callers do, as a noun for checks: options, patterns and what they would refuse; pure.

An option may be given where the configuration allows it by name or by ``*`` and does not restrict it; a value must
match the option's pattern from its start, if it has one.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

import re2

from audit.errors import UnreadError
from audit.model import Gap
from audit.running.redact import DROPPED
from audit.running.scripts import ANY, VARIABLE
from audit.text import one_line
from audit.verdict.check import not_applicable

if TYPE_CHECKING:
    from audit.running.model.ecs import Variable
    from audit.running.model.invoker import Invoker, Script

BUILD = "build-docker-image"
MAX_PATTERN = 4096


def variables(invoker: Invoker) -> tuple[Variable, ...]:
    """Give the invoker's variables; raises UnreadError where Lambda keeps them to itself."""
    if invoker.withheld is not None:
        message = f"{invoker.name}: Lambda shows no variable of it ({invoker.withheld}); allow kms:Decrypt on their key"
        call = "lambda:GetFunctionConfiguration"
        raise UnreadError(Gap(what="invoker", call=call, code=invoker.withheld, message=message))
    return invoker.environment


def scripts(invoker: Invoker | None) -> tuple[Script, ...]:
    """Give the scripts of an invoker's configuration.

    Not applicable where there is no invoker, or none is configured so; raises UnreadError for a configuration that
    could not be decoded, or that Lambda keeps to itself.
    """
    if invoker is None:
        not_applicable("there is no invoker: see invoker-missing")
    if invoker.scripts is not None:
        return invoker.scripts
    if all(variable.name != VARIABLE for variable in variables(invoker)):
        not_applicable(f"{invoker.name} has no {VARIABLE}")
    raise UnreadError(Gap(what="invoker", message=f"{invoker.name}: its configuration could not be decoded"))


def build_script(invoker: Invoker | None) -> Script:
    """Give the script that builds images; not applicable where the invoker has none. Raises as ``scripts`` does."""
    found = next((script for script in scripts(invoker) if script.name == BUILD), None)
    return found or not_applicable("this runner builds no images")


def allows(script: Script, option: str) -> bool:
    """Tell whether callers may give an option."""
    named = set(map(bare, script.allowed_options))
    return bool(named & {ANY, bare(option)}) and bare(option) not in map(bare, script.restricted_options)


def accepts(script: Script, option: str, value: str) -> bool:
    """Tell whether a value of an option matches its pattern, if it has one.

    Raises UnreadError for a pattern that cannot be judged here.
    """
    pattern = {bare(name): one for name, one in script.patterns}.get(bare(option))
    if pattern is None:
        return True
    if _is_known(pattern):
        options = re2.Options()
        options.log_errors = False
        try:
            return bool(re2.compile(pattern, options).match(value))
        except re2.error:
            pass
    raise _unjudged(script, option)


def invalid_patterns(script: Script) -> tuple[str, ...]:
    """Name the options whose pattern Python, which the invoker is written in, does not compile."""
    return tuple(option for option, pattern in script.patterns if fault(pattern))


def demand_tried(script: Script) -> None:
    """Raise UnreadError for a pattern of which nobody can tell if it compiles: dropped, or too long to be tried."""
    for option, pattern in script.patterns:
        if not _is_known(pattern):
            raise _unjudged(script, option)


def fault(pattern: str) -> str | None:
    """Say why Python does not compile a pattern; None where it does, or where the pattern is too long to be tried."""
    if len(pattern) > MAX_PATTERN:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecated spellings compile all the same
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return one_line(str(error), 120)
    return None


def bare(option: str) -> str:
    """Name an option without its dashes, and without the value that some configurations add."""
    return option.lstrip("-").partition("=")[0]


def _is_known(pattern: str) -> bool:
    return pattern != DROPPED and len(pattern) <= MAX_PATTERN


def _unjudged(script: Script, option: str) -> UnreadError:
    message = f"{script.container}: the pattern of {option} cannot be judged here; look at it by hand"
    return UnreadError(Gap(what="invoker", message=message))
