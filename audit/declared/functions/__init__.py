"""The pure functions of HCL, one table; what reads files or knows where it stands is the scope's business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.declared.functions.collections import COLLECTIONS
from audit.declared.functions.conversion import CONVERSION
from audit.declared.functions.encoding import ENCODING
from audit.declared.functions.formatting import FORMATTING
from audit.declared.functions.numbers import NUMERIC
from audit.declared.functions.patterns import PATTERNS
from audit.declared.functions.sets import SETS
from audit.declared.functions.strings import STRINGS
from audit.declared.functions.table import Function, invoke, placed
from audit.declared.values import Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.model import Location

__all__ = ["FUNCTIONS", "Function", "apply"]

FUNCTIONS: Mapping[str, Function] = {
    **COLLECTIONS,
    **CONVERSION,
    **ENCODING,
    **FORMATTING,
    **NUMERIC,
    **PATTERNS,
    **SETS,
    **STRINGS,
}


def apply(name: str, args: Sequence[Value], location: Location) -> Value:
    """Call a pure function by name; the value that it computes has the call's place as origin.

    A function that isn't in the table makes an Unknown with that reason. Raises EvaluationError, perhaps without a
    place, as Terraform refuses.
    """
    function = FUNCTIONS.get(name)
    if function is None:
        return Value(Unknown(f"the function {name} is not evaluated here"), location)
    result = invoke(function, args)
    return placed(result if isinstance(result, Value) else Value(result), location)
