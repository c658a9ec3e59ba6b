"""The pure functions of HCL, one table; what reads files or knows where it stands is the scope's business."""

from __future__ import annotations


from audit.declared.functions.collections import COLLECTIONS
from audit.declared.functions.conversion import CONVERSION
from audit.declared.functions.encoding import ENCODING
from audit.declared.functions.numbers import NUMERIC
from audit.declared.functions.patterns import PATTERNS
from audit.declared.functions.strings import STRINGS
from audit.declared.functions.table import Function, invoke
from audit.declared.values import Unknown, Value
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.model import Location
    from collections.abc import Mapping, Sequence

__all__ = ["FUNCTIONS", "Function", "apply"]

FUNCTIONS: Mapping[str, Function] = {**COLLECTIONS, **CONVERSION, **ENCODING, **NUMERIC, **PATTERNS, **STRINGS}


def apply(name: str, args: Sequence[Value], location: Location) -> Value:
    """Call a pure function by name; the value that it computes has the call's place as origin.

    A function that isn't in the table makes an Unknown with that reason. Raises EvaluationError, perhaps without a
    place, as Terraform refuses.
    """
    function = FUNCTIONS.get(name)
    if function is None:
        return Value(Unknown(f"the function {name} is not evaluated here"), location)
    result = invoke(function, args)
    return result if isinstance(result, Value) else Value(result, location)
