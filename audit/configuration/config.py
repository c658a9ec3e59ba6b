"""Where settings come from: options, the environment and pipelines-audit.toml, merged, each value with its origin.

Nearer wins, key by key: default < ``pipelines-audit.toml`` of the audited repository < the user's own file <
``--config`` < ``PIPELINES_AUDIT_…`` < option. Sections are merged by their keys, but the entry of an account is taken
whole. The file in the audited repository is data of that repository: it may set policy only (``Option.policy``); a key
that could run, read or send something is an error there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from audit.configuration.file import FILE_NAME, read_file, text_of, validated
from audit.configuration.options import CONFIG_VARIABLE, ENVIRONMENT_PREFIX, FORMAT_VARIABLE, OPTIONS, TIMINGS_VARIABLE
from audit.configuration.settings import Reading, Root, Settings, quoted
from audit.errors import UsageError

__all__ = [
    "FILE_NAME",
    "ConfigFile",
    "Origin",
    "Reading",
    "Resolved",
    "Root",
    "Settings",
    "from_environment",
    "quoted",
    "read_file",
    "resolve",
    "resolved",
    "unknown_variables",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What set a value: a file (its path), a variable or an option (as the user wrote it), or the default."""

    kind: Literal["default", "file", "variable", "option"] = "default"
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.kind


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigFile:
    """A place where a configuration file may lie, and whether there is one; ``policy_only`` in the repository."""

    path: Path
    found: bool
    policy_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """Settings, and where each came from: ``origins`` by key (``fail_on``, ``policy.allowed``), without defaults.

    ``files`` are those that were looked for, the nearest last; ``sha256`` is that of their text, None without any.
    """

    settings: Settings
    sha256: str | None
    origins: Mapping[str, Origin] = field(default_factory=dict)
    files: tuple[ConfigFile, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Layer:
    values: Mapping[str, object]
    origins: Mapping[str, Origin]
    text: str = ""
    file: ConfigFile | None = None


def resolve(
    given: Mapping[str, object], environment: Mapping[str, str], *, config: Path | None = None
) -> tuple[Settings, str | None]:
    """Merge what options, environment and files say into Settings, with the SHA-256 of the files' text.

    ``given`` holds options by field name, None or empty where not given. Raises UsageError that names the source and
    the key of every value that cannot be used.
    """
    found = resolved(given, environment, config=config)
    return found.settings, found.sha256


def resolved(given: Mapping[str, object], environment: Mapping[str, str], *, config: Path | None = None) -> Resolved:
    """Do as ``resolve`` does, and tell where each value came from."""
    near = [_variables(environment), _options(given)]
    mine = [(_user_file(environment), False), (config or _variable_file(environment), True)]
    trusted = [_file(path, required=required) for path, required in mine if path is not None]
    repository = _of_repository(_named(near) or _named(trusted), trusted)
    layers = [*repository, *trusted, *near]
    values: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    for layer in layers:
        values = _over(values, layer.values)
        origins |= layer.origins
    texts = [layer.text for layer in [*trusted, *repository]]
    return Resolved(
        settings=validated(values, "options"),
        sha256=hashlib.sha256("\0".join(texts).encode()).hexdigest() if any(texts) else None,
        origins=origins,
        files=tuple(layer.file for layer in layers if layer.file),
    )


def from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    """Read the PIPELINES_AUDIT_… variables; lists are split at commas and white space."""
    found: dict[str, object] = {}
    for option in OPTIONS.values():
        text = environment.get(option.variable, "")
        if not text:
            continue
        match option.kind:
            case "words":
                found[option.name] = tuple(part for part in re.split(r"[,\s]+", text) if part)
            case "flag":
                found[option.name] = _flag(option.variable, text)
            case _:
                found[option.name] = text
    validated(found, "environment", {option.name: option.variable for option in OPTIONS.values()})
    return found


def unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Name the variables that look like ours and set nothing."""
    own = {CONFIG_VARIABLE, FORMAT_VARIABLE, TIMINGS_VARIABLE}
    known = {option.variable for option in OPTIONS.values()} | own
    return tuple(sorted(name for name in environment if name.startswith(ENVIRONMENT_PREFIX) and name not in known))


def _options(given: Mapping[str, object]) -> _Layer:
    values = {name: value for name, value in given.items() if value not in (None, ())}
    return _Layer(values=values, origins={name: Origin(kind="option", name=OPTIONS[name].flag) for name in values})


def _variables(environment: Mapping[str, str]) -> _Layer:
    values = from_environment(environment)
    return _Layer(
        values=values, origins={name: Origin(kind="variable", name=OPTIONS[name].variable) for name in values}
    )


def _file(path: Path, *, required: bool, policy_only: bool = False) -> _Layer:
    text = text_of(path, required=required)
    values = read_file(text, path, policy_only=policy_only)
    origin = Origin(kind="file", name=str(path))
    return _Layer(
        values=values,
        origins=dict.fromkeys(_keys(values), origin),
        text=text,
        file=ConfigFile(path=path, found=path.is_file(), policy_only=policy_only),
    )


def _keys(values: Mapping[str, object]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from (f"{name}.{key}" for key in value)
        else:
            yield name


def _over(far: Mapping[str, object], near: Mapping[str, object]) -> dict[str, object]:
    """Lay nearer values over farther ones, section by section."""
    found = dict(far)
    for name, value in near.items():
        below = found.get(name)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            found[name] = {**below, **value}
        else:
            found[name] = value
    return found


def _named(layers: list[_Layer]) -> object:
    return next((layer.values["infra_live"] for layer in reversed(layers) if "infra_live" in layer.values), None)


def _of_repository(repository: object, trusted: list[_Layer]) -> list[_Layer]:
    """Read the audited repository's own file, unless the user named that very file."""
    if repository is None:
        return []
    path = Path(str(repository)) / FILE_NAME
    if any(layer.file and _same(path, layer.file.path) for layer in trusted):
        return []
    return [_file(path, required=False, policy_only=True)]


def _flag(variable: str, text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    try:
        return words[text.lower()]
    except KeyError:
        raise UsageError(f"{variable}: {text!r} is neither true nor false") from None


def _user_file(environment: Mapping[str, str]) -> Path | None:
    home = environment.get("XDG_CONFIG_HOME") or (environment["HOME"] + "/.config" if environment.get("HOME") else None)
    return Path(home) / "pipelines-audit" / "config.toml" if home else None


def _variable_file(environment: Mapping[str, str]) -> Path | None:
    named = environment.get(CONFIG_VARIABLE)
    return Path(named) if named else None


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
