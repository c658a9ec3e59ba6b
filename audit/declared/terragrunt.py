"""Terragrunt's configurations: includes and their merges, what names mean in each file, configurations read by others.

Nothing is executed and nothing outside of the repository is read. Evaluation is lazy, so what Terragrunt would refuse
as a whole still has the values that don't depend on the fault.
"""

from __future__ import annotations

import posixpath
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from audit.declared.evaluate import LazyMap, Unknown, Value, evaluate
from audit.declared.lazy import deep, lazily, lazy_locals, shallow
from audit.declared.model import Link
from audit.declared.nodes import GetAttr, Template, Variable
from audit.declared.repository import inside
from audit.declared.terragrunt_functions import call
from audit.errors import DeclarationError, EvaluationError
from audit.model import Location

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from audit.declared.nodes import Attribute, Block, Body, Expression
    from audit.declared.repository import Repository

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
_KEPT = 512
_BEFORE_LOCALS = frozenset({"feature", "values"})
_LOCALS = _BEFORE_LOCALS | {"include", "local"}
_ALL = _LOCALS | {"dependency"}


class Reader:
    """Reads the configurations of a repository; those that are the same for every unit are kept.

    ``unit`` is the path of the configuration that is being evaluated: what ``get_original_terragrunt_dir`` says.
    Configurations that asked for it, and those that read them, count for that unit only.
    """

    def __init__(self, repository: Repository, environment: Mapping[str, str] | None = None) -> None:
        self.repository, self.environment = repository, environment or {}
        self.unit = ""
        self.included_paths: set[str] = set()
        self._new: list[Config] = []
        self._shared: OrderedDict[str, Config] = OrderedDict()
        self._own: dict[str, Config] = {}
        self._readers: dict[str, set[str]] = {}

    def start(self, path: str) -> Config:
        """Begin with a unit: read its configuration afresh.

        Raises DeclarationError where it can't be read or is no valid HCL.
        """
        self.unit = path
        self._own.clear()
        text = self.repository.read(path)
        return Config(self, path, self.repository.body(path, text, BLOCKS), digest=text)

    def config(self, path: str, reader: Config | None = None) -> Config:
        """Read a configuration for ``reader`` (``read_terragrunt_config``), from what is kept if possible."""
        if reader is not None and reader.path in self._shared:
            self._readers.setdefault(path, set()).add(reader.path)
        found = self._own.get(path) or self._shared.get(path)
        if found is None:
            text = self.repository.read(path)
            found = self._shared[path] = Config(self, path, self.repository.body(path, text, BLOCKS))
            self._new.append(found)
            if len(self._shared) > _KEPT:
                self._shared.popitem(last=False)
        elif path in self._shared:
            self._shared.move_to_end(path)
        return found

    def take_new(self) -> list[Config]:
        """Give the configurations that were read since this was last asked."""
        found, self._new = self._new, []
        return found

    def bind(self, path: str) -> None:
        """Note that a configuration depends on the unit, and so does each that read it."""
        found = self._shared.pop(path, None)
        if found is None:
            return
        self._own[path] = found
        for reader in self._readers.pop(path, ()):
            self.bind(reader)

    def included(self, path: str, unit: Config) -> Config:
        """Read a configuration for a unit that includes it."""
        self.included_paths.add(path)
        return Config(self, path, self.repository.body(path, self.repository.read(path), BLOCKS), unit)


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
        return lazy_locals(attributes, Names(self, _LOCALS), f"locals of {self.reader.repository.show(self.path)}")

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
        return Names(self, _ALL)

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
        members |= {name: _unevaluated(name) for name in _NOT_EVALUATED}
        return Value(ConfigMap(members, self.reader.repository.show(self.path)))

    @cached_property
    def features(self) -> LazyMap:
        """The members of ``feature``: the default of each, as nothing on a command line says otherwise."""
        scope = Names(self, _BEFORE_LOCALS)
        return LazyMap({_label(block): partial(_feature, block, scope) for block in self.blocks("feature")}, "features")

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
        return LazyMap({name: partial(_dependency, name, blocks) for name, blocks in found.items()}, "dependencies")

    def _include(self, block: Block) -> Include:
        """Read an include block; a fault in it or in the file that it names is kept."""
        attributes, scope = block.body.attributes, Names(self, _BEFORE_LOCALS)
        made = Include(label=_label(block), location=block.location)
        try:
            strategy = _text(attributes.get("merge_strategy"), scope) or made.strategy
            if strategy not in STRATEGIES:
                raise _fail(f"merge_strategy '{strategy}' is none of {', '.join(STRATEGIES)}", block.location)
            expose = "expose" in attributes and evaluate(attributes["expose"].expr, scope).raw is True
            made = replace(made, strategy=strategy, expose=expose)
            if "path" not in attributes:
                raise _fail("the include has no path", block.location)
            written = evaluate(attributes["path"].expr, scope).raw
            if isinstance(written, Unknown):
                return replace(made, fault=written)
            made = replace(made, path=inside(str(written), posixpath.dirname(self.path)))
            return replace(made, config=self.reader.included(made.path or "", self))
        except DeclarationError as error:
            placed = error if error.line else _fail(f"include '{made.label}': {error}", block.location)
            return replace(made, fault=placed)


@dataclass(frozen=True, slots=True)
class Names:
    """The scope of one part of a configuration: ``visible`` are the names that can be used there."""

    config: Config
    visible: frozenset[str]

    def variable(self, name: str, location: Location) -> Value:
        """Give ``local``, ``include``, ``dependency``, ``feature`` or ``values``."""
        if name not in self.visible:
            known = f"'{name}' cannot be used here" if name in _ALL else f"there is no variable named '{name}'"
            raise _fail(known, location)
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
        raise _fail("'include' cannot be used in a file without include blocks", location)

    def call(self, name: str, args: Sequence[Value], location: Location) -> Value | None:
        """Call one of Terragrunt's own functions, or one that reads a file."""
        return call(self.config, name, args, location)


def _label(block: Block) -> str:
    return block.labels[0] if block.labels else ""


def _text(attribute: Attribute | None, scope: Names) -> str | None:
    raw = evaluate(attribute.expr, scope).raw if attribute else None
    return raw if isinstance(raw, str) else None


def _fail(message: str, place: Location) -> EvaluationError:
    return EvaluationError(message, file=place.file, line=place.line, column=place.column)


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
        raise _fail(f"include '{include.label}' is not exposed: add expose = true", include.location)
    name = f"include.{include.label}" if include.label else "include"
    return include.config.value.linked(Link(text=name, place=include.location))


def _unevaluated(name: str) -> Callable[[], Value]:
    return lambda: Value(Unknown(f"'{name}' of a configuration is not evaluated"))


def _feature(block: Block, scope: Names) -> Value:
    default = block.body.attributes.get("default")
    return Value({"value": evaluate(default.expr, scope) if default else Value(None)})


def _dependency(name: str, blocks: Sequence[tuple[Block, Config]]) -> Value:
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
            return lazily(attribute.expr, Names(config, _LOCALS))
    return None
