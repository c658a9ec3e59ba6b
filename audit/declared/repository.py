"""The repository as the evaluator sees it: each file read once, each distinct text parsed once, paths by one rule.

Expressions see absolute paths below ``ROOT``, which stands for the repository's top level wherever it lies, so that
no path of a machine gets into a value and a revision gives the same values as a checkout.
"""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, TypeVar, cast

from audit.declared.hcl_json import parse_json
from audit.declared.places import show
from audit.declared.scanner import Limits
from audit.declared.syntax import parse, parse_template
from audit.errors import DeclarationError, EvaluationError
from audit.model import Location

if TYPE_CHECKING:
    from audit.declared.nodes import Body, Expression
    from audit.declared.tree import SourceTree

ROOT = "/<repository>"
"""The path of the top level; a name that nobody gives a directory, so that a value with it in it can be told."""

_LEAVES = frozenset({str, bool, int, Decimal, type(None)})

T = TypeVar("T")


class Repository:
    """The files of a repository: texts, parsed bodies, and which files there are, each asked for once."""

    def __init__(self, tree: SourceTree, scope: str, *, limits: Limits | None = None) -> None:
        self.tree, self.scope, self.limits = tree, scope, limits or Limits()
        self.faults: list[DeclarationError] = []
        self.paths = tuple(tree.files(scope, faults=self.faults))
        self._known = frozenset(self.paths)
        self._directories = _directories(self.paths, scope)
        self._files: dict[str, bool] = {}
        self._nearest: dict[tuple[str, str], str | None] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        for path in self.paths:
            directory, _, name = path.rpartition("/")
            self._names[directory] = (*self._names.get(directory, ()), name)
        self._texts: dict[str, str] = {}
        self._templates: dict[str, Expression] = {}
        self._bodies: dict[tuple[str, tuple[str, ...] | None], tuple[str, Body]] = {}

    def show(self, path: str) -> str:
        """Give a path relative to the scope, as rows and messages have it."""
        return show(path, self.scope)

    def is_file(self, path: str) -> bool:
        """Tell whether a file is there; DeclarationError where that can't be decided.

        What the listing named is there: if it is no regular file, reading it says so.
        """
        if path.rpartition("/")[0] in self._directories:
            return path in self._known
        found = self._files.get(path)
        if found is None:
            found = self._files[path] = self._of(path, self.tree.is_file)
        return found

    def find(self, directory: str, name: str) -> str | None:
        """Find the nearest file of a name in a directory or above it; what was looked for before is remembered."""
        key = (directory, name)
        if key not in self._nearest:
            path = f"{directory}/{name}" if directory else name
            if self.is_file(path):
                self._nearest[key] = path
            else:
                self._nearest[key] = self.find(directory.rpartition("/")[0], name) if directory else None
        return self._nearest[key]

    def names(self, directory: str) -> tuple[str, ...]:
        """Give the names of the files in a directory of the scope."""
        return self._names.get(directory, ())

    def is_dir(self, path: str) -> bool:
        """Tell whether a directory is there; DeclarationError where that can't be decided."""
        return path in self._directories or self._of(path, self.tree.is_dir)

    def read(self, path: str) -> str:
        """Give a file's text, kept for the next time."""
        text = self._texts.get(path)
        if text is None:
            # the same text in a thousand files is kept once
            text = self._texts[path] = sys.intern(self.read_once(path))
        return text

    def known_text(self, path: str) -> str | None:
        """Give a file's text if it has been read."""
        return self._texts.get(path)

    def read_once(self, path: str) -> str:
        """Give a file's text, not kept: for files that are read only once."""
        return self._of(path, self.tree.read)

    def body(self, path: str, text: str, json_blocks: Mapping[str, int]) -> Body:
        """Parse a text as the file at ``path``; a text that was parsed before is only given other places."""
        shown, as_json = self.show(path), path.endswith(".json")
        key = (text, tuple(json_blocks) if as_json else None)
        parsed = self._bodies.get(key)
        if parsed is None:
            body = parse_json(text, shown, json_blocks, self.limits) if as_json else parse(text, shown, self.limits)
            self._bodies[key] = shown, body
            return body
        first, body = parsed
        return body if first == shown else moved(body, shown)

    def template(self, path: str) -> Expression:
        """Parse a template file, once."""
        found = self._templates.get(path)
        if found is None:
            found = self._templates[path] = parse_template(self.read(path), self.show(path), self.limits)
        return found

    def _of(self, path: str, ask: Callable[[str], T]) -> T:
        """Ask the tree; its errors name the file as the user knows it."""
        try:
            return ask(path)
        except DeclarationError as error:
            raise type(error)(error.message, file=self.show(path), line=error.line, column=error.column) from None


class Remembered:
    """The tree behind a repository, for whoever reads the same files again: texts that were read are not read twice."""

    def __init__(self, repository: Repository) -> None:
        self._repository, self._tree = repository, repository.tree

    def read(self, path: str) -> str:
        """Give a file's text."""
        text = self._repository.known_text(path)
        return self._tree.read(path) if text is None else text

    def is_file(self, path: str) -> bool:
        """Tell whether a regular file is there."""
        return self._tree.is_file(path)

    def is_dir(self, path: str) -> bool:
        """Tell whether a directory is there."""
        return self._tree.is_dir(path)

    def files(self, under: str = "", *, faults: list[DeclarationError] | None = None) -> Iterator[str]:
        """Give every entry below a directory that is no directory."""
        return self._tree.files(under, faults=faults)

    def real(self, path: str) -> str:
        """Give a path without its links."""
        return self._tree.real(path)

    def commit(self) -> str | None:
        """Give the commit that the tree is, or stands on."""
        return self._tree.commit()


def virtual(path: str) -> str:
    """Give the absolute path by which expressions know a path of the repository."""
    return f"{ROOT}/{path}" if path else ROOT


def inside(path: str, base: str) -> str:
    """Give the path in the repository that an expression means, seen from the directory ``base``.

    Raises EvaluationError where it leads out of the repository.
    """
    if path == ROOT or path.startswith(f"{ROOT}/"):
        joined = path[len(ROOT) :].lstrip("/")
    elif path.startswith(("/", "~")):
        raise EvaluationError(f"{path!r} lies outside of the repository, not read")
    else:
        joined = posixpath.join(base, path)
    clean = posixpath.normpath(joined) if joined else "."
    if clean == ".." or clean.startswith("../"):
        raise EvaluationError(f"{path!r} leads out of the repository, not read")
    return "" if clean == "." else clean


def parents(directory: str) -> Iterable[str]:
    """Give the directories above one, nearest first, up to the repository's root."""
    while directory:
        directory = directory.rpartition("/")[0]
        yield directory


def moved(node: T, file: str) -> T:
    """Give the same tree as it would have been read from another file."""
    return cast("T", _moved(node, file))


def _moved(node: object, file: str) -> object:
    kind: type = type(node)
    if kind in _LEAVES:
        return node
    if kind is Location:
        place = cast("Location", node)
        return Location(file=file, line=place.line, column=place.column)
    if isinstance(node, tuple):
        return tuple([_moved(item, file) for item in node])
    if isinstance(node, Mapping):
        return {key: _moved(item, file) for key, item in node.items()}
    return kind(**{name: _moved(getattr(node, name), file) for name in _names(kind)})


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _directories(paths: Iterable[str], scope: str) -> frozenset[str]:
    """Give the directories that a listing went through: what they hold is known."""
    found: set[str] = set()
    for path in paths:
        directory = posixpath.dirname(path)
        while directory not in found and len(directory) >= len(scope):
            found.add(directory)
            if directory == scope:
                break
            directory = posixpath.dirname(directory)
    return frozenset(found)
