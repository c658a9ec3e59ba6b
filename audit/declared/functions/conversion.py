"""Functions that turn a value into a type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.declared.convert import ANY, BOOL, NUMBER, STRING, Type, convert, list_of, map_of, set_of
from audit.declared.functions.table import Function, Result, Unknowns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from audit.declared.values import Value


def _to(kind: Type) -> Callable[[Value], Result]:
    def run(value: Value) -> Result:
        return convert(value, kind)

    return run


def _same(value: Value) -> Result:
    return value


def _function(run: Callable[[Value], Result]) -> Function:
    return Function(run=run, params=(ANY,), null=True, unknowns=Unknowns.ARGUMENT, values=True)


CONVERSION: Mapping[str, Function] = {
    "nonsensitive": _function(_same),
    "sensitive": _function(_same),
    "tobool": _function(_to(BOOL)),
    "tolist": _function(_to(list_of(ANY))),
    "tomap": _function(_to(map_of(ANY))),
    "tonumber": _function(_to(NUMBER)),
    "toset": _function(_to(set_of(ANY))),
    "tostring": _function(_to(STRING)),
}
