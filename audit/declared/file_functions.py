"""Terraform's functions that read files of the repository; relative paths start from the file that holds the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from audit.declared.budget import charge
from audit.declared.convert import STRING, convert
from audit.declared.evaluate import Names, Unknown, Value, evaluate
from audit.declared.repository import inside
from audit.errors import EvaluationError

if TYPE_CHECKING:
    from audit.declared.repository import Repository
    from audit.model import Location

_UNREAD = frozenset({"fileset", "filebase64", "filemd5", "filesha1", "filesha256", "filesha512", "filebase64sha256"})


def call(repository: Repository, directory: str, name: str, args: Sequence[Value], location: Location) -> Value | None:
    """Call ``file``, ``fileexists`` or ``templatefile`` in a directory; None where ``name`` is none of them.

    Raises EvaluationError where there is no such file, or it lies outside of the repository.
    """
    # any function may copy its arguments: a list of lists doubles with each call
    charge(sum(len(arg.raw) for arg in args if isinstance(arg.raw, tuple | Mapping)))
    if name in _UNREAD:
        return Value(Unknown(f"{name} is not evaluated"), location)
    if name not in {"file", "fileexists", "templatefile"}:
        return None
    wanted = 2 if name == "templatefile" else 1
    if len(args) != wanted:
        raise EvaluationError(f"{name} takes {wanted} arguments, not {len(args)}")
    written = texts(args[:1])
    if isinstance(written, Unknown):
        return Value(written, location)
    path = inside(written[0], directory)
    if name == "fileexists":
        return Value(repository.is_file(path), location)
    if not repository.is_file(path):
        raise EvaluationError(f"{name}: no file {repository.show(path)}")
    if name == "file":
        return Value(repository.read(path), location, file=repository.show(path))
    return _templatefile(repository, path, args[1], location)


def texts(args: Sequence[Value]) -> list[str] | Unknown:
    """Give arguments as texts, or the first that is unknown."""
    found: list[str] = []
    for arg in args:
        raw = convert(arg, STRING).raw
        if isinstance(raw, Unknown):
            return raw
        if not isinstance(raw, str):
            raise EvaluationError("an argument must be a string, not null")
        found.append(raw)
    return found


def _templatefile(repository: Repository, path: str, given: Value, location: Location) -> Value:
    names = given.raw
    if isinstance(names, Unknown):
        return Value(names, location)
    if not isinstance(names, Mapping):
        raise EvaluationError("the second argument of templatefile must be an object")
    template = repository.template(path)
    inner = _Template(repository, path.rpartition("/")[0])
    return Value(evaluate(template, Names({name: names[name] for name in names}, inner)).raw, location)


class _Template:
    """The scope of a template file: only the names that it was given, and functions."""

    def __init__(self, repository: Repository, directory: str) -> None:
        self.repository, self.directory = repository, directory

    def variable(self, name: str, location: Location) -> Value:
        """Refuse a name that the template was not given."""
        message = f"the template is given no variable '{name}'"
        raise EvaluationError(message, file=location.file, line=location.line, column=location.column)

    def call(self, name: str, args: Sequence[Value], location: Location) -> Value | None:
        """Call a function that reads a file, but not templatefile again."""
        if name == "templatefile":
            raise EvaluationError("a template cannot call templatefile")
        return call(self.repository, self.directory, name, args, location)
