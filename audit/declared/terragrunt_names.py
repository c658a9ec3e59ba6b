"""What names mean in a Terragrunt configuration: which of them can be used where, and what stands behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.declared.evaluate import Unknown, Value, evaluate
from audit.declared.faults import fail
from audit.declared.lazy import lazily
from audit.declared.terragrunt_functions import call

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audit.declared.nodes import Block
    from audit.declared.terragrunt import Config
    from audit.model import Location

BEFORE_LOCALS = frozenset({"feature", "values"})
"""What include blocks may use: they are evaluated before locals."""

LOCALS = BEFORE_LOCALS | {"include", "local"}
"""What locals may use: dependencies are evaluated after them."""

ALL = LOCALS | {"dependency"}


class Names:
    """The scope of one part of a configuration: ``visible`` are the names that can be used there."""

    __slots__ = ("config", "visible")

    def __init__(self, config: Config, visible: frozenset[str]) -> None:
        self.config, self.visible = config, visible

    def variable(self, name: str, location: Location) -> Value:
        """Give ``local``, ``include``, ``dependency``, ``feature`` or ``values``."""
        if name not in self.visible:
            known = f"'{name}' cannot be used here" if name in ALL else f"there is no variable named '{name}'"
            raise fail(known, location)
        match name:
            case "local":
                return Value(self.config.locals)
            case "include" if self.config.includes:
                return self.config.include_value
            case "dependency":
                return Value(self.config.dependencies)
            case "feature":
                return Value(self.config.features)
            case "values":
                return Value(Unknown("values come from a stack file, which is not audited"))
        raise fail("'include' cannot be used in a file without include blocks", location)

    def call(self, name: str, args: Sequence[Value], location: Location) -> Value | None:
        """Call one of Terragrunt's own functions, or one that reads a file."""
        return call(self.config, name, args, location)


def unevaluated(name: str) -> Callable[[], Value]:
    """Give the maker of a part of a configuration that nothing here needs."""
    return lambda: Value(Unknown(f"'{name}' of a configuration is not evaluated"))


def feature_value(block: Block, scope: Names) -> Value:
    """Give a member of ``feature``."""
    default = block.body.attributes.get("default")
    return Value({"value": evaluate(default.expr, scope) if default else Value(None)})


def dependency_value(name: str, blocks: Sequence[tuple[Block, Config]]) -> Value:
    """Give a member of ``dependency``: outputs are unknown, but for one that is off, which has its mocks."""
    enabled = _of(blocks, "enabled")
    outputs = Value(Unknown(f"an output of dependency '{name}' is known only once that is applied"))
    if enabled is not None and enabled.raw is False:
        outputs = _of(blocks, "mock_outputs") or Value(None)
    inputs = Value(Unknown(f"inputs of dependency '{name}' are not evaluated"))
    return Value({"inputs": inputs, "outputs": outputs})


def _of(blocks: Sequence[tuple[Block, Config]], name: str) -> Value | None:
    """Give an attribute of the first of several blocks that has it."""
    for block, config in blocks:
        if attribute := block.body.attributes.get(name):
            return lazily(attribute.expr, Names(config, LOCALS))
    return None
