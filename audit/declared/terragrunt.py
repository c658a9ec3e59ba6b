"""Terragrunt's configurations: a file with its locals, its includes and their merges, its module's address.

Nothing is executed and nothing outside of the repository is read. Evaluation is lazy, so what Terragrunt would refuse
as a whole still has the values that don't depend on the fault.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from audit.declared.evaluate import LazyMap, Unknown, Value, evaluate
from audit.declared.faults import fail
from audit.declared.lazy import deep, lazily, lazy_locals, shallow
from audit.declared.model import Link
from audit.declared.nodes import GetAttr, Template, Variable
from audit.declared.repository import inside
from audit.declared.terragrunt_names import (
    ALL,
    BEFORE_LOCALS,
    LOCALS,
    Names,
    dependency_value,
    feature_value,
    unevaluated,
)
from audit.errors import DeclarationError
from audit.model import Location

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from audit.declared.configurations import Reader
    from audit.declared.nodes import Attribute, Block, Body, Expression

DEFAULT_NAMES = ("terragrunt.hcl.json", "terragrunt.hcl")
"""The names of configurations, in the order in which Terragrunt looks for them."""

STRATEGIES = ("no_merge", "shallow", "deep")
BLOCKS: Mapping[str, int] = {
    "locals": 0,
    "include": 1,
    "terraform": 0,
    "dependency": 1,
    "dependencies": 0,
    "feature": 1,
    "generate": 1,
    "remote_state": 0,
}
_NOT_EVALUATED = ("remote_state", "generate", "dependencies", "iam_role", "retryable_errors", "download_dir")


@dataclass(frozen=True, kw_only=True, slots=True)
class Include:
    """An include block of a unit; ``config`` is None where ``fault`` says why there is none."""

    label: str
    location: Location
    path: str | None = None
    expose: bool = False
    strategy: str = "shallow"
    config: Config | None = None
    fault: DeclarationError | Unknown | None = None

    @property
    def merges(self) -> bool:
        """Whether the unit gets anything from it."""
        return self.strategy != "no_merge"


class ConfigMap(LazyMap):
    """A configuration as a value."""


class Config:
    """One configuration file: of a unit, read by another one, or included by ``unit``."""

    def __init__(self, reader: Reader, path: str, body: Body, unit: Config | None = None, *, digest: str = "") -> None:
        self.reader, self.path, self.body, self.unit, self.digest = reader, path, body, unit, digest
        self.including = False

    def close(self) -> None:
        """Let go of all that was made of a unit: its parts refer to each other, and would wait for the collector."""
        for include in self.__dict__.get("includes", ()):
            if include.config is not None:
                include.config.__dict__.clear()
        self.__dict__.clear()

    @property
    def directory(self) -> str:
        """The directory of the file: what ``file`` and ``templatefile`` start from."""
        return posixpath.dirname(self.path)

    @property
    def current(self) -> str:
        """The configuration whose place counts for ``get_terragrunt_dir``: in an included file the unit's."""
        return self.path if self.unit is None else self.unit.path

    @cached_property
    def includes(self) -> tuple[Include, ...]:
        """The include blocks, in their order; none in an included file, where Terragrunt refuses them."""
        if self.unit is not None:
            return ()
        self.including = True
        try:
            return tuple([self._include(block) for block in self.blocks("include")])
        finally:
            self.including = False

    @cached_property
    def locals(self) -> LazyMap:
        """The members of ``local``."""
        attributes: dict[str, Attribute] = {}
        for block in self.blocks("locals"):
            attributes |= block.body.attributes
        return lazy_locals(attributes, Names(self, LOCALS), f"locals of {self.reader.repository.show(self.path)}")

    @cached_property
    def own_inputs(self) -> Value | None:
        """What the file itself says in ``inputs``; None where it says nothing."""
        attribute = self.body.attributes.get("inputs")
        return lazily(attribute.expr, self.scope) if attribute else None

    @cached_property
    def inputs(self) -> Value | None:
        """The inputs after all merges: the unit wins over the last include, the first include comes last.

        Raises DeclarationError where ``inputs`` as a whole has no value.
        """
        merged = self.own_inputs
        for include in reversed(self.includes):
            if not include.merges:
                continue
            parent = _inputs_of(include)
            if parent is not None and merged is not None:
                merged = (deep if include.strategy == "deep" else shallow)(parent, merged)
            elif parent is not None:
                merged = parent
        return merged

    @cached_property
    def source(self) -> Value | None:
        """The module's address, ``terraform.source``: the unit's own, else the last include's that has one.

        Raises DeclarationError where it has no value.
        """
        found = self._source
        if isinstance(found, Include):
            return Value(_why(found))
        return None if found is None else evaluate(found[0], found[1].scope)

    @property
    def source_tail(self) -> str:
        """What is known of the module's address from its end, where the whole is unknown."""
        found = self._source
        return "" if found is None or isinstance(found, Include) else _tail(*found)

    @cached_property
    def _source(self) -> tuple[Expression, Config] | Include | None:
        for config in (self, *(include.config or include for include in reversed(self.includes) if include.merges)):
            if isinstance(config, Include):
                return config
            for block in config.blocks("terraform"):
                if attribute := block.body.attributes.get("source"):
                    return attribute.expr, config
        return None

    @property
    def scope(self) -> Names:
        """The scope of everything but locals and includes."""
        return Names(self, ALL)

    def blocks(self, kind: str) -> list[Block]:
        """Give the blocks of a type."""
        return [block for block in self.body.blocks if block.type == kind]

    @cached_property
    def value(self) -> Value:
        """The configuration as ``read_terragrunt_config`` and ``expose`` give it."""
        members: dict[str, Callable[[], Value]] = {
            "locals": lambda: Value(self.locals),
            "inputs": lambda: self.inputs or Value({}),
            "terraform": lambda: Value({"source": self.source or Value(None)}),
            "dependency": lambda: Value(self.dependencies),
            "feature": lambda: Value(self.features),
        }
        members |= {name: unevaluated(name) for name in _NOT_EVALUATED}
        return Value(ConfigMap(members, self.reader.repository.show(self.path)))

    @cached_property
    def features(self) -> LazyMap:
        """The members of ``feature``: the default of each, as nothing on a command line says otherwise."""
        scope = Names(self, BEFORE_LOCALS)
        members = {_label(block): partial(feature_value, block, scope) for block in self.blocks("feature")}
        return LazyMap(members, "features")

    @cached_property
    def include_value(self) -> Value:
        """The variable ``include``: a single include without label is the configuration itself."""
        if len(self.includes) == 1 and not self.includes[0].label:
            return _exposed(self.includes[0])
        return Value(LazyMap({include.label: partial(_exposed, include) for include in self.includes}, "includes"))

    @cached_property
    def dependencies(self) -> LazyMap:
        """The members of ``dependency``, the includes' among them; mocks don't stand in for unknown outputs."""
        found: dict[str, list[tuple[Block, Config]]] = {}
        merged = (include.config for include in reversed(self.includes) if include.merges and include.config)
        for config in (self, *merged):
            for block in config.blocks("dependency"):
                found.setdefault(_label(block), []).append((block, config))
        members = {name: partial(dependency_value, name, blocks) for name, blocks in found.items()}
        return LazyMap(members, "dependencies")

    def _include(self, block: Block) -> Include:
        """Read an include block; a fault in it or in the file that it names is kept."""
        attributes, scope = block.body.attributes, Names(self, BEFORE_LOCALS)
        made = Include(label=_label(block), location=block.location)
        try:
            strategy = _text(attributes.get("merge_strategy"), scope) or made.strategy
            if strategy not in STRATEGIES:
                raise fail(f"merge_strategy '{strategy}' is none of {', '.join(STRATEGIES)}", block.location)
            expose = "expose" in attributes and evaluate(attributes["expose"].expr, scope).raw is True
            made = replace(made, strategy=strategy, expose=expose)
            if "path" not in attributes:
                raise fail("the include has no path", block.location)
            written = evaluate(attributes["path"].expr, scope).raw
            if isinstance(written, Unknown):
                return replace(made, fault=written)
            made = replace(made, path=inside(str(written), posixpath.dirname(self.path)))
            return replace(made, config=self.reader.included(made.path or "", self))
        except DeclarationError as error:
            placed = error if error.line else fail(f"include '{made.label}': {error}", block.location)
            return replace(made, fault=placed)


def _label(block: Block) -> str:
    return block.labels[0] if block.labels else ""


def _text(attribute: Attribute | None, scope: Names) -> str | None:
    raw = evaluate(attribute.expr, scope).raw if attribute else None
    return raw if isinstance(raw, str) else None


def _why(include: Include) -> Unknown:
    """Give the reason why nothing is known of an include."""
    if isinstance(include.fault, Unknown):
        return include.fault
    return Unknown(str(include.fault))


def _tail(expr: Expression, config: Config) -> str:
    """Give the known end of a text whose beginning is unknown."""
    if isinstance(expr, GetAttr) and isinstance(expr.target, Variable) and expr.target.name == "local":
        bodies = (block.body.attributes for block in config.blocks("locals"))
        found = next((attributes[expr.name] for attributes in bodies if expr.name in attributes), None)
        return _tail(found.expr, config) if found else ""
    tail = ""
    for part in reversed(expr.parts) if isinstance(expr, Template) else ():
        try:
            raw = evaluate(part, config.scope).raw
        except DeclarationError:
            return tail
        if not isinstance(raw, str):
            return (_tail(part, config) if isinstance(raw, Unknown) else "") + tail
        tail = raw + tail
    return tail


def _inputs_of(include: Include) -> Value | None:
    if include.config is None:
        return Value(_why(include))
    return include.config.inputs


def _exposed(include: Include) -> Value:
    if isinstance(include.fault, Unknown):
        return Value(include.fault)
    if include.fault is not None:
        raise include.fault
    if not include.expose or include.config is None:
        raise fail(f"include '{include.label}' is not exposed: add expose = true", include.location)
    name = f"include.{include.label}" if include.label else "include"
    return include.config.value.linked(Link(text=name, place=include.location))
