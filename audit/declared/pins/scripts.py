"""Pins in shell scripts: what a build script builds, from which ref, with which build arguments and secrets."""

from __future__ import annotations

import re
from posixpath import basename
from typing import TYPE_CHECKING

from audit.declared.model import Pin
from audit.declared.paths import MAX_BYTES
from audit.declared.pins.shell import commands
from audit.declared.pins.words import Expansion, Text
from audit.declared.scanner import Limits, Source
from audit.declared.sources import masked
from audit.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audit.declared.pins.words import Command, Parts, Word

VARIABLES = {
    "DOCKERFILE_REPO": "build-repo",
    "DOCKERFILE_REPO_REF": "build-ref",
    "SERVICE_CATALOG_REF": "service-catalog-ref",
    "MODULE_CI_VERSION": "ci-version",
}
"""The variables that carry a version or where it comes from, with the kind of their pin."""

WORDS = (*VARIABLES, "--build-arg", "--env-secret")
"""A script without any of these has no pins."""

_RESERVED = {"!", "{", "}", "do", "elif", "else", "if", "then", "time", "until", "while"}
_DECLARING = {"declare", "env", "export", "local", "readonly", "typeset"}
_PRINTING = {"cat", "echo", "printf", "read"}
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)=")
_SECRET = re.compile(r"token|secret|passw|credential|private|(?:^|_)pat$|_key$", re.IGNORECASE)
_SECRET_OF_ENVIRONMENT = re.compile(r"[\w-]+=[A-Za-z_]\w*")
_REFERENCE = re.compile(r"[$`]|<<")
_IMAGE = re.compile(r"docker/(kaniko|deploy-runner)\b")
_TEMPLATE = re.compile(r"modules/(?:[\w-]+/)+([\w-]+)\.(?:json|pkr\.hcl)")
_WORKER = "ecs-deploy-runner-worker"


def source_of(text: str, file: str) -> Source:
    """Give a text that turns offsets into places."""
    return Source(text, file, Limits(size=MAX_BYTES))


def script_pins(text: str, file: str) -> Iterator[Pin]:
    """Give the pins of a shell script."""
    if not any(word in text for word in WORDS):
        return
    source = source_of(text, file)
    yield from shell_pins(source, text, 0)


def shell_pins(source: Source, script: str, offset: int) -> Iterator[Pin]:
    """Give the pins of shell text that stands at ``offset`` of a source.

    Raises HclSyntaxError with its place for text that no shell would read.
    """
    try:
        found = commands(script, offset)
    except DeclarationError as error:
        place = source.place(error.column)
        raise type(error)(error.message, file=place.file, line=place.line, column=place.column) from None
    yield from dict.fromkeys(_Script(source, found).pins())


class _Script:
    """One script: its commands, what it is about, and what its variables are known to be."""

    def __init__(self, source: Source, found: tuple[Command, ...]) -> None:
        self.source, self.commands = source, found
        self.known: dict[str, Parts | None] = {}
        texts = [part.value for part in _parts(word.parts for command in found for word in command.words)]
        self.image = _only(image for text in texts for image in _IMAGE.findall(text)) or _image_of(source.file)
        self.template = _only(name for text in texts for name in _TEMPLATE.findall(text))

    def pins(self) -> Iterator[Pin]:
        """Give the pins in the order of the text."""
        for command in self.commands:
            words, assigning = _effective(command)
            if assigning < len(words) and words[assigning].literal in _PRINTING and not command.is_array:
                continue
            for index, word in enumerate(words):
                for name, parts in self.defaults(word.parts):
                    yield from self.variable(name, parts)
                if index < assigning and (found := _ASSIGNMENT.match(word.bare)):
                    value = self.resolve(_without(word.parts, found.end()))
                    self.known[found["name"]] = value
                    yield from self.variable(found["name"], value)
            yield from self.options(words)

    def variable(self, name: str, parts: Parts | None) -> Iterator[Pin]:
        """Give the pin of a variable that is of interest and known."""
        if name in VARIABLES and parts:
            subject = self.image if name.startswith("DOCKERFILE") else self.template if "CATALOG" in name else None
            yield from self.pin(VARIABLES[name], name, parts, subject)

    def options(self, words: tuple[Word, ...]) -> Iterator[Pin]:
        """Give the pins of ``--build-arg`` and ``--env-secret``, with their value in the same or the next word."""
        for index, word in enumerate(words):
            for option in ("--build-arg", "--env-secret"):
                if word.literal == option and index + 1 < len(words):
                    yield from self.option(option, words[index + 1].parts)
                elif word.bare.startswith(f"{option}="):
                    yield from self.option(option, _without(word.parts, len(option) + 1))

    def option(self, option: str, given: Parts) -> Iterator[Pin]:
        first = given[0] if given else None
        name, equals, _ = first.value.partition("=") if isinstance(first, Text) else ("", "", "")
        parts = self.resolve(given)
        if option == "--build-arg" and _SECRET.search(name):  # its value, if one stands here, is not ours to repeat
            yield from self.pin("build-secret", "build-arg", _cut(given, len(name)), self.image)
        elif option == "--build-arg" and equals and parts:
            yield from self.pin(VARIABLES.get(name, "build-arg"), name, _without(parts, len(name) + 1), self.image)
        elif option == "--env-secret" and parts:
            named = _SECRET_OF_ENVIRONMENT.fullmatch(_joined(parts))
            yield from self.pin("build-secret", "env-secret", parts if named else _cut(parts, len(name)), self.image)

    def pin(self, kind: str, name: str, parts: Parts, subject: str | None) -> Iterator[Pin]:
        value = _joined(parts)
        if not value or _REFERENCE.search(value):
            return
        value = masked(value) if kind == "build-repo" else value
        yield Pin(kind=kind, name=name, value=value, origin=self.source.place(parts[0].start), subject=subject)

    def resolve(self, parts: Parts) -> Parts | None:
        """Put in what variables are known to be; None where something stays unknown."""
        done: list[Text] = []
        for part in parts:
            match part:
                case Text():
                    done.append(part)
                case Expansion(name=name, default=default):
                    value = self.known.get(name)
                    if value is None and default is not None and name not in self.known:
                        value = self.resolve(default)
                    if value is None:
                        return None
                    done.extend(part for part in value if isinstance(part, Text))
                case _:
                    return None
        return tuple(part for part in done if part.value) or tuple(done[:1])

    def defaults(self, parts: Parts) -> Iterator[tuple[str, Parts | None]]:
        """Give the variables that get a default inside a word, with that default."""
        for part in parts:
            if isinstance(part, Expansion) and part.default is not None:
                if part.name in VARIABLES and part.name not in self.known:
                    yield part.name, self.resolve(part.default)
                yield from self.defaults(part.default)


def _effective(command: Command) -> tuple[tuple[Word, ...], int]:
    """Give a command's words after reserved ones, and among how many of the first of them assignments may stand."""
    words = command.words
    if command.is_array:
        return words, 0
    while words and words[0].literal in _RESERVED:
        words = words[1:]
    leading = next((index for index, word in enumerate(words) if not _ASSIGNMENT.match(word.bare)), len(words))
    declares = leading < len(words) and words[leading].literal in _DECLARING
    return words, len(words) if declares else leading


def _parts(many: Iterable[Parts]) -> Iterator[Text]:
    return (part for parts in many for part in parts if isinstance(part, Text))


def _joined(parts: Parts) -> str:
    return "".join(part.value for part in parts if isinstance(part, Text))


def _without(parts: Parts, count: int) -> Parts:
    """Take ``count`` characters off the front; what is left of a piece begins inside its quotes."""
    rest = list(parts)
    while count and rest and isinstance(first := rest[0], Text):
        taken = min(count, len(first.value))
        count -= taken
        if taken == len(first.value):
            rest.pop(0)
        else:
            inner = first.inner + taken
            rest[0] = Text(value=first.value[taken:], start=inner, inner=inner)
    return tuple(rest)


def _cut(parts: Parts, count: int) -> Parts:
    """Keep the first ``count`` characters, at the place where they begin."""
    first = parts[0]
    return (Text(value=_joined(parts)[:count], start=first.start, inner=first.start),)


def _only(names: Iterable[str]) -> str | None:
    found = {_WORKER if name.startswith(_WORKER) else name for name in names}
    return found.pop() if len(found) == 1 else None


def _image_of(file: str) -> str | None:
    name = basename(file).replace("_", "-")
    return _only(image for image in ("kaniko", "deploy-runner") if image in name)
