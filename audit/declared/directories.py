"""The directories of Terraform files that call an ECS Deploy Runner's module, and their calls of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from audit.declared.containers import IMAGES, STANDARD, has_input, has_standard_inputs
from audit.declared.evaluate import Value, member
from audit.declared.sources import RUNNER, RUNNER_CONFIGURATION, RUNNER_MODULES, module_name
from audit.declared.terraform import BLOCKS, Call, Module, local_source
from audit.errors import DeclarationError, EvaluationError, LimitError

if TYPE_CHECKING:
    from audit.declared.lazy import Make
    from audit.declared.nodes import Body
    from audit.declared.repository import Repository

_SUFFIXES = (".tf", ".tf.json", ".tofu")
_SOURCE = re.compile(r'\bsource"?\s*[=:]\s*"(?P<source>[^"\n]*)"')
MAX_CALLS = 200
"""How many calls of local modules are followed from one root."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A call of the runner's module, with that of its standard configuration, and the root's provider for it."""

    name: str
    call: Call
    configuration: Call | None
    provider: str | None


class Directories:
    """The directories with Terraform files that call the runner's module, themselves or through a local module."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self._files: dict[str, list[str]] = {}
        for path in repository.paths:
            if path.endswith(_SUFFIXES):
                self._files.setdefault(posixpath.dirname(path), []).append(path)
        self._texts: dict[str, str | DeclarationError] = {}
        self.candidates = frozenset(self._reaching())
        self.faults: dict[str, list[DeclarationError]] = {}
        self.visited: set[str] = set()

    def bodies(self, directory: str) -> list[Body]:
        """Parse a directory's files; what can't be read is kept in ``faults``."""
        bodies: list[Body] = []
        faults = self.faults[directory] = []
        for path in self._files.get(directory, ()):
            text = self._texts[path]
            try:
                if isinstance(text, DeclarationError):
                    raise text
                bodies.append(self.repository.body(path, text, BLOCKS))
            except DeclarationError as error:
                faults.append(error)
        return bodies

    def module(self, directory: str, given: Mapping[str, Make]) -> Module:
        """Give a directory as it is called with values."""
        return Module(self.repository, directory, self.bodies(directory), given)

    def called(self) -> frozenset[str]:
        """Give the candidates that another one calls."""
        found: set[str] = set()
        for directory in self.candidates:
            for block in self.module(directory, {}).blocks("module"):
                attribute = block.body.attributes.get("source")
                raw = getattr(attribute.expr, "value", None) if attribute else None
                if isinstance(raw, str) and (target := local_source(directory, raw)):
                    found.add(target)
        return frozenset(found)

    def _reaching(self) -> set[str]:
        """Find the directories by a quick look at the texts: parsing them all would cost too much."""
        targets: dict[str, set[str]] = {}
        reaching: set[str] = set()
        for directory, paths in self._files.items():
            for path in paths:
                text = self._text(path)
                for found in _SOURCE.finditer(text):
                    if module_name(found["source"]) in RUNNER_MODULES:
                        reaching.add(directory)
                    if target := local_source(directory, found["source"]):
                        targets.setdefault(target, set()).add(directory)
        todo = list(reaching)
        while todo:
            new = targets.get(todo.pop(), set()) - reaching
            reaching |= new
            todo.extend(new)
        return reaching

    def _text(self, path: str) -> str:
        try:
            text = self._texts[path] = self.repository.read(path)
        except DeclarationError as error:
            self._texts[path] = error
            return ""
        return text


def runner_calls(directories: Directories, module: Module) -> list[Found]:
    """Find the calls of the runner's module from a directory, through its local modules too.

    Raises DeclarationError where a call's source or ``for_each`` has no value, modules call each other in a circle, or
    there are too many calls.
    """
    return list(_calls(directories, module, (module.directory,), None, count(1)))


def _calls(
    directories: Directories, module: Module, trail: tuple[str, ...], provider: str | None, counter: Iterator[int]
) -> Iterator[Found]:
    directories.visited.add(module.directory)
    runners: list[Call] = []
    configurations: list[Call] = []
    for call in module.calls():
        source = call.source.raw
        if not isinstance(source, str):
            continue
        name, target = module_name(source), local_source(module.directory, source)
        through = target if target in directories.candidates else None
        if name in RUNNER_MODULES and not (through and name == RUNNER and not _speaks_for_itself(call)):
            (configurations if name == RUNNER_CONFIGURATION else runners).append(call)
        elif through is not None:
            _bound(call, through in trail, next(counter))
            inner = directories.module(through, members(call.inputs))
            for found in _calls(directories, inner, (*trail, through), call.provider, counter):
                yield replace(found, name=f"{call.name}.{found.name}", provider=call.provider)
    for call in runners or configurations:
        configuration = configurations[0] if runners and configurations and has_input(call.inputs, IMAGES) else None
        yield Found(name=call.name, call=call, configuration=configuration, provider=call.provider or provider)


def _bound(call: Call, circle: bool, calls: int) -> None:  # noqa: FBT001 -- one of three plain facts
    """Refuse modules that call each other in a circle, and more calls than anybody writes."""
    place = call.location
    if circle:
        message = f"{call.name} calls a module that it is called by"
        raise EvaluationError(message, file=place.file, line=place.line, column=place.column)
    if calls > MAX_CALLS:
        message = f"more than {MAX_CALLS} calls of modules"
        raise LimitError(message, file=place.file, line=place.line, column=place.column)


def _speaks_for_itself(call: Call) -> bool:
    """Tell whether a local module of the runner's name has the inputs of the real one."""
    known = (IMAGES, *STANDARD.values())
    return has_standard_inputs(call.inputs) or any(has_input(call.inputs, name) for name in known)


def members(inputs: Value) -> dict[str, Make]:
    """Give inputs as the values of a module's variables."""
    raw = inputs.raw
    return {name: partial(member, inputs, name) for name in raw} if isinstance(raw, Mapping) else {}
