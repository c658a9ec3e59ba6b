"""The JSON Schema of pipelines-audit.toml: made from Settings, so that it says what is read, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from audit.configuration.options import OPTIONS
from audit.configuration.sections import SECTIONS
from audit.configuration.settings import DEEPEST, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DROPPED: Final = ("title", "format")


def schema(check_ids: Iterable[str], *, policy_only: bool = False) -> dict[str, Any]:
    """Give the schema of a user's own file, or (``policy_only``) of one in an audited repository.

    ``check_ids`` are those that ``check``, ``[severities]`` and ``[disabled]`` may name.
    """
    from pydantic import TypeAdapter  # noqa: PLC0415 -- start-up: not for --help

    raw = _plain(TypeAdapter(Settings).json_schema())
    properties = {name: node for name, node in raw["properties"].items() if not policy_only or _policy(name)}
    for name, option in OPTIONS.items():
        if name in properties:
            properties[name] |= {"description": option.help} | ({"minimum": 1} if option.kind == "number" else {})
    ids = sorted(check_ids)
    properties["check"]["items"] = {"enum": ids}
    for name in ("severities", "disabled"):
        properties[name] |= {"propertyNames": {"enum": ids}}
    properties["disabled"]["additionalProperties"] |= {"pattern": r"\S"}
    for name in properties.keys() & SECTIONS.keys():
        properties[name]["description"] = SECTIONS[name].help
    return {
        "$schema": DIALECT,
        "title": "pipelines-audit.toml" + (" of an audited repository: policy only" if policy_only else ""),
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "$defs": {name: _described(name, node) for name, node in raw["$defs"].items() if _used(name, properties)},
    }


def _policy(name: str) -> bool:
    return OPTIONS[name].policy if name in OPTIONS else SECTIONS[name].policy


def _plain(node: Any) -> Any:  # noqa: ANN401 -- any part of a schema
    """Say it in TOML's terms, which has no null: what may be null may be left out."""
    match node:
        case {"anyOf": [kept, {"type": "null"}], **rest}:
            return _plain(kept) | {key: value for key, value in rest.items() if key not in ("default", *_DROPPED)}
        case dict():
            return {
                key: value if key == "default" else _plain(value)
                for key, value in node.items()
                if key not in _DROPPED or not isinstance(value, str)
            }
        case list():
            return [_plain(one) for one in node]
    return node


def _described(name: str, node: dict[str, Any]) -> dict[str, Any]:
    section = next(one for one in SECTIONS.values() if node["properties"].keys() == one.keys.keys())
    properties = {key: value | {"description": section.keys[key]} for key, value in node["properties"].items()}
    least = {"Policy": 0, "Limits": 0, "Reading": 1}.get(name)
    for value in properties.values():
        if value.get("type") == "integer" and least is not None:
            value["minimum"] = least
    if name == "Reading":
        properties["depth"]["maximum"] = DEEPEST
    return node | {"description": section.help, "properties": properties}


def _used(name: str, properties: dict[str, Any]) -> bool:
    return f"'#/$defs/{name}'" in str(properties)
