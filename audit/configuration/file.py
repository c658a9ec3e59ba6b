"""The text of one configuration file: TOML, read strictly, every unknown or wrong key named with what was meant."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from audit.configuration.options import OPTIONS, Option
from audit.configuration.policy import Limits, Policy
from audit.configuration.sections import SECTIONS, Section
from audit.configuration.settings import Reading, Root, Settings
from audit.errors import UsageError
from audit.model import AccountEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

FILE_NAME = "pipelines-audit.toml"
_KNOWN: Mapping[str, Option | Section] = {**OPTIONS, **SECTIONS}
NOUNS: Mapping[str, type] = {
    "accounts": AccountEntry,
    "root": Root,
    "policy": Policy,
    "limits": Limits,
    "reading": Reading,
}


def read_file(text: str, path: Path, *, policy_only: bool) -> dict[str, object]:
    """Read a configuration file's text; relative paths in it count from its own folder.

    Raises UsageError that names every key that is unknown, not allowed there, or of the wrong kind.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    faults = [_unknown(key) for key in content if key not in _KNOWN]
    known = {key: value for key, value in content.items() if key in _KNOWN}
    paths = {key for key in known if key in OPTIONS and OPTIONS[key].kind == "path"}
    for key in known if policy_only else ():
        if not _KNOWN[key].policy:
            faults.append(
                f"{key} is not read from the audited repository; give it by --config or in the user's own file"
            )
        elif key in paths and _leads_out(str(known[key])):
            faults.append(f"{key}: leads out of the audited folder; give it by an option")
    faults += _checked(known, {}, form="toml")[1]
    if faults:
        raise UsageError(f"{path}: " + "; ".join(faults))
    return {key: path.parent / str(value) if key in paths else value for key, value in content.items()}


def text_of(path: Path, *, required: bool) -> str:
    """Read a file; empty where there is none and it need not be there. UsageError where it can't be read."""
    try:
        return path.read_text(encoding="utf-8") if required or path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError(f"{path}: cannot be read: {reason}") from None


def validated(
    raw: Mapping[str, object],
    source: str,
    names: Mapping[str, str] | None = None,
    *,
    form: Literal["words", "toml"] = "words",
) -> Settings:
    """Make Settings of raw values; UsageError with every fault, by ``source`` and key, or the key's name in ``names``.

    A value of ``words`` may be the text of a number; one of ``toml`` has the type that is asked for.
    """
    found, faults = _checked(raw, names or {}, form=form)
    if found is None or faults:
        raise UsageError(f"{source}: " + "; ".join(faults))
    return found


def _checked(
    raw: Mapping[str, object], names: Mapping[str, str], *, form: Literal["words", "toml"]
) -> tuple[Settings | None, list[str]]:
    from pydantic import ValidationError  # noqa: PLC0415 -- start-up: not for --help

    try:
        if form == "words":
            found = _adapter().validate_python(raw)
        else:
            # The strict reading of JSON takes arrays for tuples, and "3" for no number; TOML's dates are no JSON.
            found = _adapter().validate_json(json.dumps(raw, default=_no_date), strict=True)
    except ValidationError as error:
        return None, [_fault(fault, names) for fault in error.errors(include_url=False)]
    small = [option.name for option in OPTIONS.values() if option.kind == "number" and _below_one(found, option)]
    return found, [f"{names.get(key, key)}: 1 is the least" for key in small]


def near(word: str, known: Iterable[str]) -> str:
    """Ask whether another word was meant; empty where none is like it."""
    found = difflib.get_close_matches(word, sorted(known), n=1)
    return f" (did you mean {found[0]!r}?)" if found else ""


@cache
def _adapter() -> TypeAdapter[Settings]:
    from pydantic import TypeAdapter  # noqa: PLC0415 -- start-up: not for --help

    return TypeAdapter(Settings)


def _no_date(_value: object) -> float:
    return 0.5  # what no setting takes


def _below_one(settings: Settings, option: Option) -> bool:
    value: int | None = getattr(settings, option.name)
    return value is not None and value < 1


def _leads_out(path: str) -> bool:
    return Path(path).is_absolute() or ".." in Path(path).parts


def _unknown(key: str) -> str:
    homes = [name for name, noun in NOUNS.items() if key in {one.name for one in fields(noun)}]
    hint = near(key, _KNOWN) or (f" (it belongs into {SECTIONS[homes[0]].shape})" if homes else "")
    return f"unknown key {key!r}{hint}"


def _fault(fault: ErrorDetails, names: Mapping[str, str]) -> str:
    location, message = fault["loc"], fault["msg"]
    if fault["type"] == "unexpected_keyword_argument":
        noun = NOUNS.get(str(location[0]))
        message = "unknown key" + near(str(location[-1]), [one.name for one in fields(noun)] if noun else ())
    if fault["type"] == "value_error" and (key := _named(message)):
        location, message = (*location, key), message.partition(": ")[2]
    shown = names.get(str(location[0]), str(location[0])) if location else ""
    return f"{shown}{_path(location[1:])}: {_words(message)}"


def _named(message: str) -> str:
    """Find the key that a section's own complaint begins with."""
    found = re.match(r"Value error, (\w+): ", message)
    return found[1] if found else ""


def _path(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)


def _words(message: str) -> str:
    return message[:1].lower() + message[1:].replace("Input", "input")
