"""A waiver written into a waivers file: one entry more behind the others, and every other byte as it was.

The text is edited by line, never dumped anew, so that comments, order and line ends stay. What comes out is read again
as strictly as any file, and refused where it would not hold or would say something else than was meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import yaml

from audit.errors import UsageError
from audit.verdict.waiver_file import Rules, read
from audit.verdict.yaml_nodes import Faults, compose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.verdict.waivers import Waiver

_BREAKS: Final = re.compile("[\n\r\x85\u2028\u2029]")
_HEADER: Final = ("version: 1", "waivers:")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A waiver as it was asked for; what is empty or None is not written."""

    id: str
    check: tuple[str, ...]
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    declared: str | None = None
    running: str | None = None
    reason: str
    owner: str
    ticket: str | None = None
    created: str
    expires: str


def add(text: str, entry: Entry, *, name: str, rules: Rules) -> str:
    """Give the file's text with the entry in it; an empty text becomes a file of its own.

    Raises UsageError for an entry that the linter would refuse, and for a file that has faults already.
    """
    before = None if _is_blank(text) else read(text, name=name, rules=rules)
    edited = _inserted(text, entry, name)
    after = read(edited, name=name, rules=rules)
    had = before.waivers if before else ()
    if after.waivers[:-1] != had or not _says(after.waivers[-1], entry):
        raise UsageError(f"{name}: an entry cannot be added to what is written there; add it by hand")
    return edited


def _says(written: Waiver, entry: Entry) -> bool:
    fields = ("id", "accounts", "regions", "containers", "declared", "running", "reason", "owner", "ticket")
    return all(getattr(written, field) == getattr(entry, field) for field in fields)


def next_id(text: str, *, name: str, rules: Rules) -> str:
    """Give the first free id of the day's year: ``W-2026-008`` behind ``W-2026-007``."""
    prefix = f"W-{rules.today.year}-"
    known = () if _is_blank(text) else read(text, name=name, rules=rules).waivers
    numbers = [
        int(w.id.removeprefix(prefix)) for w in known if w.id.startswith(prefix) and w.id[len(prefix) :].isdigit()
    ]
    return f"{prefix}{max(numbers, default=0) + 1:03d}"


def _is_blank(text: str) -> bool:
    """Tell whether there is nothing but comments."""
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())


def _inserted(text: str, entry: Entry, name: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += newline
    found = None if _is_blank(text) else _waivers(text, name)
    if _is_blank(text):
        new, at = [*_HEADER, *_lines(entry, "  ")], len(lines)
    elif found is None:
        new, at = ["waivers:", *_lines(entry, "  ")], len(lines)
    elif found.flow_style and not found.value:
        return _opened(lines, found, entry, newline)
    elif found.flow_style:
        raise UsageError(f"{name}: the list of waivers is written in brackets; write it as lines that begin with '-'")
    else:
        new, at = _lines(entry, " " * found.start_mark.column), _behind(text, found, lines)
    return "".join([*lines[:at], *(line + newline for line in new), *lines[at:]])


def _waivers(text: str, name: str) -> yaml.SequenceNode | None:
    document = compose(text, Faults(name))
    assert isinstance(document, yaml.MappingNode), "the file was read before"
    return next((value for key, value in document.value if key.value == "waivers"), None)


def _opened(lines: list[str], found: yaml.SequenceNode, entry: Entry, newline: str) -> str:
    """Put the first entry in the place of ``[]``."""
    start, end = found.start_mark, found.end_mark
    head = "".join([*lines[: start.line], lines[start.line][: start.column].rstrip(" ")])
    tail = "".join([lines[end.line][end.column :].lstrip(" "), *lines[end.line + 1 :]])
    comment, _, rest = tail.partition("\n")
    kept = f" {comment.rstrip()}" if comment.strip() else ""
    return head + kept + newline + "".join(line + newline for line in _lines(entry, "  ")) + rest


def _behind(text: str, found: yaml.SequenceNode, lines: list[str]) -> int:
    """Tell the line behind the last waiver: the end of the file, or that of its last value where more follows."""
    document = compose(text, Faults(""))
    assert isinstance(document, yaml.MappingNode), "the file was read before"
    if all(value.start_mark.line <= found.start_mark.line for _, value in document.value):
        return len(lines)
    last: yaml.Node = found
    while isinstance(last, yaml.CollectionNode) and last.value and not last.flow_style:
        last = last.value[-1][1] if isinstance(last, yaml.MappingNode) else last.value[-1]
    return last.end_mark.line + (1 if last.end_mark.column else 0)


def _lines(entry: Entry, indent: str) -> list[str]:
    first, *rest = _pairs(entry)
    return [f"{indent}- {first}", *(f"{indent}  {pair}" for pair in rest)]


def _pairs(entry: Entry) -> Iterator[str]:
    yield f"id: {_scalar(entry.id)}"
    yield f"check: {_scalar(entry.check[0]) if len(entry.check) == 1 else _list(entry.check)}"
    for key in ("accounts", "regions", "containers"):
        names: tuple[str, ...] = getattr(entry, key)
        if names:
            yield f"{key}: {_list(names)}"
    facts = {key: value for key in ("declared", "running") if (value := getattr(entry, key)) is not None}
    if facts:
        yield f"match: {_flow(facts)}"
    yield f"reason: {_scalar(entry.reason)}"
    yield f"owner: {_scalar(entry.owner)}"
    if entry.ticket is not None:
        yield f"ticket: {_scalar(entry.ticket)}"
    yield f"created: {entry.created}"
    yield f"expires: {entry.expires}"


def _scalar(text: str) -> str:
    return _flow([text])[1:-1]


def _list(texts: tuple[str, ...]) -> str:
    return _flow(list(texts))


def _flow(value: object) -> str:
    """Write a value on one line, quoted where YAML would take it for something else."""
    written: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=2**30, sort_keys=False)
    if _BREAKS.search(written.strip()):
        written = yaml.safe_dump(value, default_flow_style=True, default_style='"', width=2**30, sort_keys=False)
    return written.strip()
