"""The configuration shown: what is in force and what set it, every key with its default, the page in docs/."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from tabulate import tabulate

from audit.options import GROUPS, OPTIONS, Option
from audit.sections import SECTIONS, Section
from audit.settings import Settings
from reports.toml import key, literal

if TYPE_CHECKING:
    from audit.config import Origin, Resolved

MASK: Final = "***"
_TYPES: Final = {
    "text": "string",
    "path": "path",
    "flag": "true, false",
    "number": "number ≥ 1",
    "level": "severity",
    "words": "list of strings",
}
_PASSWORD = re.compile(r"(?<=//)[^/@\s]+(?=@)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """A key with its value as it may be shown, and where it came from; ``secret`` where the value is masked."""

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
                secret = name in OPTIONS and OPTIONS[name].secret and bool(one)
                shown = _masked(one, secret=secret)
                yield Value(name=path, value=shown, origin=found.origins.get(path), secret=secret)


def _masked(value: Any, *, secret: bool) -> Any:  # noqa: ANN401 -- any value that TOML has
    match value:
        case tuple():
            return tuple(_masked(one, secret=secret) for one in value)
        case str() if secret:
            return MASK
        case str():
            return _PASSWORD.sub(MASK, value)
    return value


def document(found: Resolved) -> dict[str, Any]:
    """Give what is in force as data."""
    return {
        "schema_version": 1,
        "config_sha256": found.sha256,
        "files": [
            {"path": str(one.path), "found": one.found, "policy_only": one.policy_only} for one in found.files
        ],
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
    lines += [f"# not set: {', '.join(unset)}"] if unset else []
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


def keys() -> list[dict[str, Any]]:
    """List every key: its type, default, option and variable, whether the repository may set it, and what it is for."""
    found = []
    for group, members in GROUPS.items():
        for option in members:
            found.append(
                {
                    "key": option.name,
                    "group": group,
                    "type": _TYPES[option.kind],
                    "default": _default(getattr(Settings(), option.name)),
                    "option": option.flag,
                    "variable": option.variable,
                    "policy": option.policy,
                    "secret": option.secret,
                    "help": option.help,
                }
            )
    return found + [one for section in SECTIONS.values() for one in _section_keys(section)]


def _section_keys(section: Section) -> Iterator[dict[str, Any]]:
    value = getattr(Settings(), section.name)
    common = {"group": section.name, "option": None, "variable": None, "policy": section.policy, "secret": False}
    for name, help_ in section.keys.items():
        default = _default(getattr(value, name)) if is_dataclass(value) else None
        yield {"key": f"{section.shape.strip('[]')}.{name}", "default": default, "help": help_, **common}
    if not section.keys:
        yield {"key": f"{section.name}.CHECK", "default": None, "help": section.help, **common}


def _default(value: object) -> str | None:
    return None if value in (None, ()) else literal(value)


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """List keys, defaults and what they are for."""
    rows = [(one["key"], one["default"] or "", one["option"] or "", "yes" if one["policy"] else "") for one in found]
    return tabulate(rows, headers=("key", "default", "option", "in the repository"), tablefmt="simple") + "\n"
