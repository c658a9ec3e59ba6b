"""A plain Terraform directory: its variables, locals, providers and module calls, each evaluated when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from audit.declared.evaluate import LazyMap, Unknown, Value, evaluate
from audit.declared.evaluate import Names as NamesOver
from audit.declared.file_functions import call
from audit.declared.lazy import lazily, lazy_locals
from audit.declared.model import Link
from audit.declared.nodes import GetAttr, Literal, Object, Variable
from audit.declared.repository import inside, virtual
from audit.declared.sources import is_local
from audit.errors import DeclarationError, EvaluationError
from audit.model import Location

if TYPE_CHECKING:
    from audit.declared.evaluate import Scope
    from audit.declared.nodes import Attribute, Block, Body, Expression
    from audit.declared.repository import Repository

BLOCKS: Mapping[str, int] = {
    "terraform": 0,
    "provider": 1,
    "module": 1,
    "variable": 1,
    "locals": 0,
    "output": 1,
    "resource": 2,
    "data": 2,
    "moved": 0,
    "import": 0,
    "check": 1,
}
_META = frozenset({"source", "version", "providers", "count", "for_each", "depends_on"})
_LATER = "is known only once it is applied"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One instance of a module block: ``key`` is that of its ``for_each``, None where it has none."""

    label: str
    key: str | None
    source: Value
    version: Value | None
    inputs: Value
    provider: str | None
    location: Location

    @property
    def name(self) -> str:
        """The call's address in its directory."""
        return f"module.{self.label}" + (f"[{self.key}]" if self.key is not None else "")


class Module:
    """A directory of Terraform files, called with some values for its variables."""

    def __init__(
        self, repository: Repository, directory: str, bodies: Sequence[Body], given: Mapping[str, Callable[[], Value]]
    ) -> None:
        self.repository, self.directory, self.bodies, self.given = repository, directory, bodies, given

    def blocks(self, kind: str) -> Iterator[Block]:
        """Give the blocks of a type, from all files."""
        return (block for body in self.bodies for block in body.blocks if block.type == kind)

    @cached_property
    def variables(self) -> LazyMap:
        """The members of ``var``: what was given, else the default, else unknown."""
        members = {_label(block): partial(self._variable, block) for block in self.blocks("variable")}
        return LazyMap(members, "variables")

    @cached_property
    def locals(self) -> LazyMap:
        """The members of ``local``."""
        attributes: dict[str, Attribute] = {}
        for block in self.blocks("locals"):
            attributes |= block.body.attributes
        return lazy_locals(attributes, self, f"locals of {self.repository.show(self.directory) or '.'}")

    def variable(self, name: str, location: Location) -> Value:
        """Give ``var``, ``local``, ``path``, ``module``; what Terraform knows only later is unknown."""
        if name == "var":
            return Value(self.variables)
        if name == "local":
            return Value(self.locals)
        if found := self._names.get(name):
            return found
        if any(block.labels[:1] == (name,) for block in self.blocks("resource")):
            return Value(Unknown(f"{name} {_LATER}"), location)
        message = f"there is no variable named '{name}'"
        raise EvaluationError(message, file=location.file, line=location.line, column=location.column)

    @cached_property
    def _names(self) -> Mapping[str, Value]:
        here = Value(virtual(self.directory))
        labels = sorted({_label(block) for block in self.blocks("module")})
        return {
            "path": Value({"cwd": here, "module": here, "root": here}),
            "terraform": Value({"workspace": Value(Unknown("the workspace is known only where the command runs"))}),
            "module": Value({label: Value(Unknown(f"an output of module.{label} {_LATER}")) for label in labels}),
            "data": Value(Unknown(f"data {_LATER}")),
        }

    def call(self, name: str, args: Sequence[Value], location: Location) -> Value | None:
        """Call a function that reads a file of the directory."""
        return call(self.repository, self.directory, name, args, location)

    def calls(self) -> Iterator[Call]:
        """Give the calls of other modules, those with ``count = 0`` left out.

        Raises DeclarationError where a source or a ``for_each`` has no value.
        """
        for block in self.blocks("module"):
            yield from self._calls(block)

    def says(self, name: str, files: Sequence[Body]) -> Iterator[Value]:
        """Give what each place says of a variable: its default, then files of variables; those without value not."""
        defaults = (block.body.attributes.get("default") for block in self.blocks("variable") if _label(block) == name)
        for attribute in (*defaults, *(body.attributes.get(name) for body in files)):
            try:
                if attribute is not None:
                    yield evaluate(attribute.expr, _Nothing())
            except DeclarationError:
                continue

    def provider(self, alias: str | None) -> Block | None:
        """Give the configuration of the AWS provider: the default one, or the one with an alias."""
        for block in self.blocks("provider"):
            attribute = block.body.attributes.get("alias")
            own = evaluate(attribute.expr, self).raw if attribute else None
            if block.labels[:1] == ("aws",) and own == alias:
                return block
        return None

    @property
    def is_root(self) -> bool:
        """Whether it shows a sign of being applied by itself: a provider or a backend."""
        backends = any(
            inner.type in {"backend", "cloud"} for block in self.blocks("terraform") for inner in block.body.blocks
        )
        return backends or next(self.blocks("provider"), None) is not None

    def _variable(self, block: Block) -> Value:
        name, default = _label(block), block.body.attributes.get("default")
        given = self.given.get(name)
        if given is not None:
            return given()
        if default is None:
            return Value(Unknown(f"variable '{name}' has no default, and no file gives it a value"), block.location)
        return evaluate(default.expr, self).linked(Link(text=f"variable.{name}", place=block.location))

    def _calls(self, block: Block) -> Iterator[Call]:
        attributes = block.body.attributes
        if "source" not in attributes:
            return
        for key, scope in self._instances(attributes):
            yield Call(
                label=_label(block),
                key=key,
                source=evaluate(attributes["source"].expr, scope),
                version=evaluate(attributes["version"].expr, scope) if "version" in attributes else None,
                inputs=_inputs(attributes, scope, block.location),
                provider=_provider(attributes["providers"].expr) if "providers" in attributes else None,
                location=block.location,
            )

    def _instances(self, attributes: Mapping[str, Attribute]) -> Iterator[tuple[str | None, Scope]]:
        """Give a scope for each instance of a module block."""
        if "count" in attributes:
            count = evaluate(attributes["count"].expr, self)
            if not isinstance(count.raw, Unknown) and str(count.raw) == "0":
                return
            index = Value(Unknown("count is not evaluated"))
            yield None, NamesOver({"count": Value({"index": index})}, self)
        elif "for_each" in attributes:
            each = evaluate(attributes["for_each"].expr, self)
            yield from self._each(each)
        else:
            yield None, self

    def _each(self, each: Value) -> Iterator[tuple[str | None, Scope]]:
        if isinstance(each.raw, Mapping):
            for key in each.raw:
                yield key, NamesOver({"each": Value({"key": Value(key), "value": each.raw[key]})}, self)
        elif isinstance(each.raw, tuple):
            for value in each.raw:
                yield str(value.raw), NamesOver({"each": Value({"key": value, "value": value})}, self)
        else:
            reason = each.raw.reason if isinstance(each.raw, Unknown) else "for_each is no map or set"
            yield None, NamesOver({"each": Value(Unknown(reason))}, self)


def read_variables(files: Sequence[Body]) -> dict[str, Callable[[], Value]]:
    """Give the values that files of variables set; the last file that sets one counts."""
    found: dict[str, Callable[[], Value]] = {}
    for body in files:
        found |= {name: partial(_assigned, attribute) for name, attribute in body.attributes.items()}
    return found


def local_source(directory: str, source: str) -> str | None:
    """Give the directory that a module's local address means, None for any other address or outside."""
    package = source.partition("?")[0].replace("//", "/")
    if not is_local(source):
        return None
    try:
        return inside(package, directory)
    except DeclarationError:
        return None


class _Nothing:
    """The scope of a file of variables: no names, no functions."""

    def variable(self, name: str, location: Location) -> Value:
        """Refuse any name."""
        message = f"a file of variables cannot use '{name}'"
        raise EvaluationError(message, file=location.file, line=location.line, column=location.column)

    def call(self, name: str, _args: Sequence[Value], location: Location) -> Value | None:
        """Refuse any function."""
        return self.variable(name, location)


def _assigned(attribute: Attribute) -> Value:
    link = Link(text=f"variable.{attribute.name}", place=attribute.location)
    return lazily(attribute.expr, _Nothing()).linked(link)


def _label(block: Block) -> str:
    return block.labels[0] if block.labels else ""


def _inputs(attributes: Mapping[str, Attribute], scope: Scope, location: Location) -> Value:
    members = {
        name: partial(lazily, attribute.expr, scope) for name, attribute in attributes.items() if name not in _META
    }
    return Value(LazyMap(members, "inputs"), location)


def _provider(expr: Expression) -> str | None:
    """Give the alias that a module call passes as its ``aws`` provider."""
    for key, value in expr.items if isinstance(expr, Object) else ():
        name = key.name if isinstance(key, Variable) else key.value if isinstance(key, Literal) else None
        if name == "aws" and isinstance(value, GetAttr):
            return value.name
    return None
