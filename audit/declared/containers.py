"""The containers that a module's inputs declare: name, whether deployed, image and tag, each with its origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from audit.declared.convert import STRING, convert
from audit.declared.evaluate import Unknown, Value, member
from audit.declared.model import Diagnostic, Link
from audit.declared.repository import ROOT
from audit.declared.sources import RUNNER_CONFIGURATION
from audit.errors import DeclarationError
from audit.model import Location

STANDARD: Mapping[str, str] = {
    "ami-builder": "ami_builder",
    "docker-image-builder": "docker_image_builder",
    "terraform-applier": "terraform_applier",
    "terraform-planner": "terraform_planner",
}
"""The four containers of the standard configuration, with the stems of their inputs."""

ADDITIONAL = "additional_container_images"
IMAGES = "container_images"
DEFAULT_STACK = "ecs-deploy-runner"
_MARK = ROOT.strip("/")

Report: TypeAlias = Callable[[Diagnostic], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A text of a row, or the reason why it is not known; ``links`` lead from its literal to the input."""

    value: str | None
    reason: str | None = None
    origin: Location | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """One container; ``deployed`` is None, with the reason in ``image`` and ``tag``, where that can't be known.

    ``input`` is the path of the object that holds ``docker_image`` and ``docker_tag``.
    """

    name: str
    input: str
    deployed: bool | None
    image: Text
    tag: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Containers:
    """What a module's inputs declare; ``fault`` says why there may be containers that are not among them."""

    found: tuple[Container, ...]
    fault: str | None = None


_NOTHING = Text(value=None)


def read_containers(
    inputs: Value | None, module: str, report: Report, *, configuration: Value | None = None
) -> Containers:
    """Read the containers of a module from its inputs; what Terraform would refuse goes to ``report``.

    ``configuration`` are the inputs of the standard configuration whose output the module is given.
    """
    lookup = _Lookup(inputs if inputs is not None else Value({}), report)
    found: dict[str, Container] = {}
    maps = [ADDITIONAL]
    if configuration is not None:
        standard = _Lookup(configuration, report)
        found = {name: standard.standard(name, stem) for name, stem in STANDARD.items()}
    elif has_input(inputs, IMAGES) and not has_standard_inputs(inputs):
        maps = [IMAGES, ADDITIONAL]
    else:
        suffix = "" if module == RUNNER_CONFIGURATION else "_config"
        found = {name: lookup.standard(name, stem + suffix) for name, stem in STANDARD.items()}
    fault: str | None = None
    for name in maps:
        more, missing = lookup.images(name)
        found |= {container.name: container for container in more}
        fault = fault or missing
    return Containers(found=tuple(found[name] for name in sorted(found)), fault=fault)


def has_standard_inputs(inputs: Value | None) -> bool:
    """Tell whether inputs are those of the service catalog's module."""
    return any(has_input(inputs, f"{stem}_config") for stem in STANDARD.values())


def read_stack(inputs: Value | None, report: Report) -> Text:
    """Read the stack's name from a module's inputs."""
    found = _Lookup(inputs if inputs is not None else Value({}), report).reach("name")
    if found is None or found.raw is None:
        return Text(value=DEFAULT_STACK)
    return as_text(found, "name")


def as_text(value: Value, what: str) -> Text:
    """Give a value as a text of a row, or why it is none."""
    raw = value.raw
    if isinstance(raw, Unknown):
        place = f" ({value.origin})" if value.origin else ""
        return Text(value=None, reason=plain(raw.reason) + place, links=value.links)
    if raw is None:
        return Text(value=None, reason=f"{what} is null", links=value.links)
    try:
        text = convert(value, STRING).raw
    except DeclarationError as error:
        return Text(value=None, reason=f"{what}: {plain(error.message)}", links=value.links)
    if _MARK in str(text).lower():
        return Text(value=None, reason=f"{what} depends on where the repository is checked out", links=value.links)
    return Text(value=str(text), origin=value.origin, links=value.links)


def plain(message: str) -> str:
    """Take the stand-in for the repository's root out of a message."""
    return message.replace(f"{ROOT}/", "")


def has_input(inputs: Value | None, name: str) -> bool:
    """Tell whether an input is set."""
    return inputs is not None and isinstance(inputs.raw, Mapping) and name in tuple(inputs.raw)


class _Lookup:
    """Follows paths into inputs; a member that has no value is unknown, and reported."""

    def __init__(self, inputs: Value, report: Report) -> None:
        self.inputs, self.report = inputs, report

    def reach(self, *path: str, start: Value | None = None) -> Value | None:
        """Give what is at a path; None where it is not set."""
        value = self.inputs if start is None else start
        for name in path:
            if not isinstance(value.raw, Mapping):
                return value if value.raw is None or isinstance(value.raw, Unknown) else None
            if name not in value.raw:
                return None
            try:
                value = member(value, name)
            except DeclarationError as error:
                self.report(diagnostic(error))
                return Value(Unknown(str(error)))
        return value

    def standard(self, name: str, entry: str) -> Container:
        """Read one of the four standard containers."""
        config = self.reach(entry)
        if config is None:
            message = f"input '{entry}' is not set: the module has no default for it, set it to null to leave it out"
            self.report(Diagnostic(message=message, location=self.inputs.origin))
            return Container(name=name, input=entry, deployed=False, image=_NOTHING, tag=_NOTHING)
        return self.container(name, entry, config, "container_image")

    def container(self, name: str, entry: str, config: Value, *below: str) -> Container:
        """Read a container from the object that declares it; image and tag lie at the path ``below``."""
        if config.raw is None:
            return Container(name=name, input=entry, deployed=False, image=_NOTHING, tag=_NOTHING)
        if not isinstance(config.raw, Mapping):
            text = as_text(config, entry)
            reason = text.reason or f"{entry} is not an object"
            unknown = Text(value=None, reason=reason, links=text.links)
            deployed = None if isinstance(config.raw, Unknown) else True
            return Container(name=name, input=entry, deployed=deployed, image=unknown, tag=unknown)
        where = ".".join((entry, *below))
        return Container(
            name=name,
            input=where,
            deployed=True,
            image=self.text(config, (*below, "docker_image"), where),
            tag=self.text(config, (*below, "docker_tag"), where),
        )

    def text(self, config: Value, path: tuple[str, ...], where: str) -> Text:
        """Read image or tag."""
        found = self.reach(*path, start=config)
        what = f"{where}.{path[-1]}"
        return Text(value=None, reason=f"{what} is not set") if found is None else as_text(found, what)

    def images(self, entry: str) -> tuple[list[Container], str | None]:
        """Read a map of containers; the second is why it may not be all of them."""
        value = self.reach(entry)
        if value is None or value.raw is None:
            return [], None
        if not isinstance(value.raw, Mapping):
            return [], as_text(value, entry).reason or f"{entry} is not a map"
        return list(self._each(entry, value)), None

    def _each(self, entry: str, images: Value) -> Iterator[Container]:
        for name in images.raw if isinstance(images.raw, Mapping) else ():
            config = self.reach(name, start=images)
            if config is not None:
                nested = isinstance(config.raw, Mapping) and "container_image" in set(config.raw)
                below = ("container_image",) if nested else ()
                yield self.container(name, f"{entry}.{name}", config, *below)


def diagnostic(error: DeclarationError, unit: str | None = None) -> Diagnostic:
    """Give an error as a diagnostic."""
    location = Location(file=error.file, line=error.line or 1, column=error.column or 1) if error.file else None
    return Diagnostic(message=plain(error.message), location=location, unit=unit)
