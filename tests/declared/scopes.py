"""Scopes for tests: no names at all, some names, or templates of a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from audit.declared.convert import number_text
from audit.declared.evaluate import Names, Unknown, Value, evaluate
from audit.declared.functions.json_text import json_text
from audit.declared.syntax import parse_template
from audit.declared.values import ListRaw, MapRaw, SetRaw
from audit.errors import EvaluationError

if TYPE_CHECKING:
    from audit.model import Location


@dataclass(frozen=True)
class Known:
    """A scope of given names, without functions of its own."""

    names: Mapping[str, Value] = field(default_factory=dict)

    def variable(self, name: str, location: Location) -> Value:
        """Give a name, or refuse it as Terraform does."""
        if name not in self.names:
            raise EvaluationError(f"there is no {name}", file=location.file, line=location.line, column=location.column)
        return self.names[name]

    def call(self, name: str, args: Sequence[Value], location: Location) -> Value | None:
        """Have no function."""
        del name, args, location
        return None


@dataclass(frozen=True)
class Templates(Known):
    """A scope whose ``path.module`` is a folder, with its template files."""

    folder: Path = Path()

    def __init__(self, folder: Path = Path()) -> None:
        names = {"path": Value({"module": Value(str(folder))})}
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "folder", folder)

    def call(self, name: str, args: Sequence[Value], location: Location) -> Value | None:
        """Render a template file."""
        del location
        if name != "templatefile":
            return None
        path, names = args
        text = Path(str(path.raw)).read_text(encoding="utf-8")
        assert isinstance(names.raw, Mapping)
        return evaluate(parse_template(text, str(path.raw)), Names(names.raw, Known()))


def literal(value: Value) -> str | None:
    """Write a value as an expression with exactly its type; None where an empty or null part has no type to write."""
    raw = value.raw
    if isinstance(raw, bool | str):
        return json_text(value).replace("${", "$${").replace("%{", "%%{")
    if isinstance(raw, Decimal):
        return number_text(raw)
    if raw is None or isinstance(raw, Unknown):
        return None
    members = list(raw.values()) if isinstance(raw, Mapping) else list(raw)
    written = [literal(member) for member in members]
    texts = [text for text in written if text is not None]
    if len(texts) < len(written) or (not texts and isinstance(raw, ListRaw | SetRaw | MapRaw)):
        return None
    if isinstance(raw, Mapping):
        keys = (literal(Value(name)) for name in raw)
        inner = f"{{{','.join(f'{key}={text}' for key, text in zip(keys, texts, strict=True))}}}"
        return f"tomap({inner})" if isinstance(raw, MapRaw) else inner
    inner = f"[{','.join(texts)}]"
    return f"tolist({inner})" if isinstance(raw, ListRaw) else f"toset({inner})" if isinstance(raw, SetRaw) else inner
