"""Functions over regular expressions, which are RE2's as in Go: linear time, no look-around."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import re2

from audit.declared.budget import charge
from audit.declared.convert import STRING
from audit.declared.functions.table import Function, sized
from audit.declared.values import ListRaw, Raw, Value
from audit.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<bare>\w+)|\{(?P<braced>\w+)\})", re.ASCII)


def _compile(pattern: str) -> Any:  # noqa: ANN401 -- re2 has no types
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 16_000_000
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise EvaluationError(f"invalid regular expression: {_text(error)}") from error


def _text(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _captured(found: Any) -> Raw:  # noqa: ANN401 -- re2 has no types
    groups: tuple[str | None, ...] = found.groups()
    names: dict[str, int] = found.re.groupindex
    if not groups:
        return str(found[0])
    if names and len(names) < len(groups):
        raise EvaluationError("named and unnamed groups can't be mixed in a regular expression")
    if names:
        return {name: Value(groups[at - 1]) for name, at in sorted(names.items())}
    return tuple(Value(group) for group in groups)


def _regex(pattern: str, text: str) -> Raw:
    found = _compile(pattern).search(text)
    if found is None:
        raise EvaluationError("the pattern did not match any part of the string")
    return _captured(found)


def _matches(pattern: Any, text: str) -> Iterator[Any]:  # noqa: ANN401 -- re2 has no types
    """Find matches as Go does: an empty one right behind another does not count."""
    last = -1
    for found in pattern.finditer(text):
        charge()
        if found.end() > last:
            yield found
            last = found.end()


def _regexall(pattern: str, text: str) -> Raw:
    return ListRaw(Value(_captured(found)) for found in _matches(_compile(pattern), text))


def _replace(text: str, part: str, new: str) -> Raw:
    if len(part) > 1 and part.startswith("/") and part.endswith("/"):
        pattern = _compile(part[1:-1])
        return sized("".join(_pieces(pattern, text, new)))
    if part and text.count(part) * len(new) > 32_000_000:
        raise EvaluationError("the result is too large")
    return sized(text.replace(part, new))


def _pieces(pattern: Any, text: str, new: str) -> list[str]:  # noqa: ANN401 -- re2 has no types
    pieces: list[str] = []
    at = total = 0
    for found in _matches(pattern, text):
        pieces += (text[at : found.start()], _expanded(found, new))
        at, total = found.end(), total + len(pieces[-1])
        charge(len(pieces[-1]) // 32)
        if total > 32_000_000:
            raise EvaluationError("the result is too large")
    return [*pieces, text[at:]]


def _expanded(found: Any, new: str) -> str:  # noqa: ANN401 -- re2 has no types
    """Put the groups into a replacement: ``$1``, ``${1}``, ``$name``, ``$$``; a group that isn't there is empty."""

    def group(reference: re.Match[str]) -> str:
        if reference["dollar"]:
            return "$"
        name = reference["bare"] or reference["braced"]
        if name.isdigit():
            return (found[int(name)] or "") if int(name) <= len(found.groups()) else ""
        return (found[name] or "") if name in found.re.groupindex else ""

    return _REFERENCE.sub(group, new)


PATTERNS: Mapping[str, Function] = {
    "regex": Function(run=_regex, params=(STRING, STRING)),
    "regexall": Function(run=_regexall, params=(STRING, STRING)),
    "replace": Function(run=_replace, params=(STRING, STRING, STRING)),
}
