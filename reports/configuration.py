"""The configuration that is in force, and what set each value: as TOML and as data; secrets are masked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from audit.configuration.config import Origin
from audit.configuration.options import OPTIONS
from audit.configuration.sections import SECTIONS
from reports.toml import key, literal

if TYPE_CHECKING:
    from audit.configuration.config import Resolved

MASK: Final = "***"
_PASSWORD = re.compile(r"(?<=//)[^/@\s]+(?=@)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """A key with its value as it may be shown, and where it came from; ``secret`` where some of it is masked."""

    name: str
    value: Any
    origin: Origin | None
    secret: bool = False


def values(found: Resolved) -> tuple[Value, ...]:
    """List every key that has a value, options first, sections key by key; secrets are masked."""
    return tuple(_values(found))


def _values(found: Resolved) -> Iterator[Value]:
    for name in (*OPTIONS, *SECTIONS):
        value = getattr(found.settings, name)
        if name in OPTIONS:
            pairs: Iterable[tuple[str, Any]] = [(name, value)]
        elif isinstance(value, Mapping):
            pairs = [(f"{name}.{one}", kept) for one, kept in value.items()]
        elif is_dataclass(value):
            pairs = [(f"{name}.{one.name}", getattr(value, one.name)) for one in fields(value)]
        else:
            pairs = [(name, value)] if value else []
        for path, one in pairs:
            if one is not None:
                shown = _masked(one, secret=name in OPTIONS and OPTIONS[name].secret)
                yield Value(name=path, value=shown, origin=found.origins.get(path), secret=MASK in str(shown))


def _masked(value: Any, *, secret: bool) -> Any:  # noqa: ANN401 -- any value that TOML has
    match value:
        case tuple():
            return tuple(_masked(one, secret=secret) for one in value)
        case str() if secret:
            return MASK
        case str():
            return _PASSWORD.sub(MASK, value)
        case Path():
            return value.absolute()
    if is_dataclass(value) and not isinstance(value, type):
        secrets = {one.name for one in fields(value) if one.name in OPTIONS and OPTIONS[one.name].secret}
        masked = {one.name: _masked(getattr(value, one.name), secret=one.name in secrets) for one in fields(value)}
        return replace(value, **masked)
    return value


def document(found: Resolved) -> dict[str, Any]:
    """Give what is in force as data."""
    return {
        "schema_version": 1,
        "config_sha256": found.sha256,
        "files": [{"path": str(one.path), "found": one.found, "policy_only": one.policy_only} for one in found.files],
        "values": [
            {
                "key": one.name,
                "value": _data(one.value),
                "secret": one.secret,
                "origin": {
                    "kind": one.origin.kind if one.origin else "default",
                    "name": one.origin.name if one.origin else None,
                },
            }
            for one in values(found)
        ],
    }


def _data(value: Any) -> Any:  # noqa: ANN401 -- any value that TOML has
    match value:
        case bool() | int() | str():
            return value
        case tuple():
            return [_data(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _data(getattr(value, one.name)) for one in fields(value) if getattr(value, one.name)}
    return str(value)


def show(found: Resolved, *, origin: bool = False) -> str:
    """Write what is in force as TOML that can be read again; secrets stand in comments, masked."""
    shown = values(found)
    lines = [f"# {_read(one.path, found=one.found, policy=one.policy_only)}" for one in found.files]
    lines += [_line(one.name, one, origin=origin) for one in shown if one.name.partition(".")[0] in OPTIONS]
    unset = [name for name in OPTIONS if getattr(found.settings, name) is None]
    lines += wrap(", ".join(unset), 100, initial_indent="# not set: ", subsequent_indent="#   ")
    for name in SECTIONS:
        of_it = [one for one in shown if one.name.partition(".")[0] == name]
        if of_it and of_it[0].name != name:
            lines += ["", f"[{name}]", *(_line(one.name.partition(".")[2], one, origin=origin) for one in of_it)]
        else:
            lines += [line for one in of_it for line in _tables(one, origin=origin)]
    return "\n".join(lines) + "\n"


def _read(path: object, *, found: bool, policy: bool) -> str:
    said = ", ".join([*(["policy only"] if policy else []), *([] if found else ["not there"])])
    return literal(str(path))[1:-1] + (f" ({said})" if said else "")


def _line(name: str, one: Value, *, origin: bool) -> str:
    text = f"{key(name)} = {literal(one.value)}"
    text = f"# {text}  (secret)" if one.secret else text
    return f"{text:<48}  # {_origin(one)}" if origin else text


def _tables(one: Value, *, origin: bool) -> Iterator[str]:
    said = f"  # {_origin(one)}" if origin else ""
    for table in one.value:
        yield ""
        yield f"[[{one.name}]]{said}"
        yield from (f"{name} = {literal(value)}" for name, value in _data(table).items())


def _origin(one: Value) -> str:
    return literal(str(one.origin or "default"))[1:-1]
