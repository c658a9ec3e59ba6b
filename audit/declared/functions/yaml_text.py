"""YAML as Terraform reads and writes it: YAML 1.1's words, decimal numbers only, every value with its place.

PyYAML's events are used and none of its types: it would read ``012`` as ten and ``12:30`` as a number.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Protocol

import yaml

from audit.declared.budget import charge
from audit.declared.convert import number_text, parse_number
from audit.declared.functions.json_text import MAX_DEPTH
from audit.declared.values import Raw, Unknown, Value, nfc
from audit.errors import EvaluationError, LimitError
from audit.model import Location

_TAG = "tag:yaml.org,2002:"
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_BASED = re.compile(r"[-+]?0(?:x[0-9a-fA-F]+|o[0-7]+|b[01]+)")
_TIME = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?P<mark>[Tt ])(\d\d?):(\d\d?):(\d\d?)(?:\.\d{1,9})?(?P<zone>Z|[-+]\d\d:\d\d)?)?"
)
_SCALARS = ("str", "bool", "int", "float", "null", "timestamp", "binary")


def yaml_value(text: str, file: str | None) -> Value:
    """Read one YAML document; with ``file`` each value has its place in that file as origin.

    Raises EvaluationError for what Terraform refuses, at its place where a file is known, LimitError for what nests
    too deep.
    """
    reader = _Reader(text, file)
    try:
        for event in yaml.parse(text or "\n", Loader=_loader()):
            reader.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise reader.error(f"invalid YAML: {reason}", mark) from None
    if reader.result is None:
        raise EvaluationError("invalid YAML: expecting a value but found the end")
    return reader.result


def _loader() -> type[yaml.BaseLoader | yaml.CBaseLoader]:
    """Give the loader over libyaml where PyYAML was built with it: ten times faster."""
    return yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader


class _Mark(Protocol):
    """A place in a YAML text, 0-based."""

    @property
    def line(self) -> int:
        """Which line."""

    @property
    def column(self) -> int:
        """Which character of it."""


class _Frame:
    """A collection that is being read; ``anchor`` is what it can be referred to by."""

    def __init__(self, event: yaml.CollectionStartEvent, origin: Location | None) -> None:
        self.anchor, self.origin = event.anchor, origin
        self.mapping = isinstance(event, yaml.MappingStartEvent)
        self.items: list[Value] = []
        self.members: dict[str, Value] = {}
        self.key: str | None = None
        self.merging = False

    def close(self) -> Value:
        """Give the finished value."""
        raw: Raw = dict(sorted(self.members.items())) if self.mapping else tuple(self.items)
        return Value(raw, self.origin)


class _Reader:
    def __init__(self, text: str, file: str | None) -> None:
        self.text, self.file = text, file
        self.result: Value | None = None
        self.stack: list[_Frame] = []
        self.anchors: dict[str, Value | None] = {}

    def error(self, message: str, mark: _Mark | None) -> EvaluationError:
        """Make an error at a mark of the file, without a place where the file isn't known."""
        if self.file is None or mark is None:
            return EvaluationError(message)
        return EvaluationError(message, file=self.file, line=mark.line + 1, column=mark.column + 1)

    def place(self, event: yaml.Event) -> Location | None:
        """Give the place of an event in the file, if that is known."""
        mark = event.start_mark
        if self.file is None or mark is None:
            return None
        return Location(file=self.file, line=mark.line + 1, column=mark.column + 1)

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        charge()
        match event:
            case yaml.DocumentStartEvent() if self.result is not None:
                raise self.error("invalid YAML: only a single document is allowed", event.start_mark)
            case yaml.AliasEvent():
                self._add(self._alias(event), event)
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.CollectionStartEvent():
                self._open(event)
            case yaml.CollectionEndEvent():
                frame = self.stack.pop()
                value = frame.close()
                if frame.anchor:
                    self.anchors[frame.anchor] = value
                self._add(value, event)

    def _alias(self, event: yaml.AliasEvent) -> Value:
        value = self.anchors.get(event.anchor or "")
        if value is None:
            raise self.error(f"invalid YAML: no anchor '{event.anchor}' before this", event.start_mark)
        return value

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
        if event.tag not in (None, _TAG + kind, "!"):
            raise self.error(f"invalid YAML: unsupported tag {event.tag}", event.start_mark)
        if self.stack and self.stack[-1].mapping and self.stack[-1].key is None and not self.stack[-1].merging:
            raise self.error("invalid YAML: only strings are allowed as mapping keys", event.start_mark)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(_Frame(event, self.place(event)))
        if len(self.stack) > MAX_DEPTH:
            raise LimitError(f"YAML nested deeper than {MAX_DEPTH}", file=self.file or "")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        quoted = event.style in ("'", '"', "|", ">")
        frame = self.stack[-1] if self.stack else None
        if frame and frame.mapping and frame.key is None and not frame.merging and event.value == "<<":
            frame.merging = True
            return
        value = Value(self._resolved(event, quoted=quoted), self.place(event), span=self._span(event))
        is_key = frame is not None and frame.mapping and frame.key is None and not frame.merging
        if event.anchor and not is_key:
            self.anchors[event.anchor] = value
        self._add(value, event)

    def _span(self, event: yaml.ScalarEvent) -> tuple[int, int] | None:
        """Give where a quoted string without escapes stands in its file, so that it can be edited there."""
        if self.file is None or event.start_mark is None or event.end_mark is None:
            return None
        mark = len(self.text) - len(self.text.removeprefix("\ufeff"))  # libyaml doesn't count it
        start, end = event.start_mark.index + mark, event.end_mark.index + mark
        written = self.text[start:end]
        return (start, end) if written in (f'"{event.value}"', f"'{event.value}'") else None

    def _resolved(self, event: yaml.ScalarEvent, *, quoted: bool) -> Raw:
        tag = (event.tag or "").removeprefix(_TAG)
        if tag and tag not in _SCALARS:
            raise self.error(f"invalid YAML: unsupported tag {event.tag}", event.start_mark)
        try:
            raw = event.value if quoted or tag == "str" else scalar(event.value, tag)
        except EvaluationError as error:
            raise self.error(error.message, event.start_mark) from None
        return nfc(raw) if isinstance(raw, str) else raw

    def _add(self, value: Value, event: yaml.Event) -> None:
        if not self.stack:
            self.result = value
            return
        frame = self.stack[-1]
        if not frame.mapping:
            frame.items.append(value)
        elif frame.merging:
            frame.merging = False
            frame.members |= self._merged(value, event)
        elif frame.key is None:
            frame.key = self._key(value, event)
        else:
            frame.members[frame.key], frame.key = value, None

    def _key(self, value: Value, event: yaml.Event) -> str:
        raw = value.raw
        match raw:
            case bool():
                return "true" if raw else "false"
            case Decimal():
                return number_text(raw)
            case str():
                return raw
        raise self.error("invalid YAML: only strings are allowed as mapping keys", event.start_mark)

    def _merged(self, value: Value, event: yaml.Event) -> Mapping[str, Value]:
        if not isinstance(value.raw, Mapping):
            raise self.error("invalid YAML: only a mapping can be merged with <<", event.start_mark)
        return value.raw


def scalar(text: str, tag: str = "") -> Raw:
    """Give the value of a plain scalar.

    Raises EvaluationError for what its tag or Terraform cannot hold.
    """
    if tag == "null" or text in _WORDS:
        return None if tag == "null" else _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise EvaluationError("invalid YAML: a number that is not finite is not supported")
    if tag == "binary":
        return _binary(text)
    time = _time(text) if tag in ("", "timestamp") else None
    if time is not None:
        return time
    number = _number(text, tag)
    if number is not None:
        return number
    if tag:
        raise EvaluationError(f"invalid YAML: cannot read '{text[:40]}' as {tag}")
    return text


def _binary(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        raise EvaluationError("invalid YAML: !!binary is not base64") from None
    return text


def _number(text: str, tag: str) -> Decimal | None:
    if (tag in ("int", "float") or text[:2] in ("0x", "0o")) and len(text) < 67 and _BASED.fullmatch(text):
        return Decimal(int(text, base=0))
    return parse_number(text) if text[:1] in "+-0123456789." else None


def _time(text: str) -> str | None:
    """Read a timestamp and write it as RFC 3339; None for what is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    zone = found["zone"]
    if found["mark"] is not None and (found["mark"] == " ") is (zone is not None):
        return None
    try:
        numbers = [int(part) for part in (found[1], found[2], found[3], found[5], found[6], found[7]) if part]
        moment = datetime(*numbers, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]  # noqa: UP017 -- a tuple of six
    except ValueError:
        return None
    return moment.strftime(f"{moment.year:04d}-%m-%dT%H:%M:%S") + (zone or "Z")


def yaml_text(value: Value) -> str:
    """Write a value as YAML as Terraform does: strings quoted or as a literal block, keys sorted."""
    events = (
        yaml.StreamStartEvent(),
        yaml.DocumentStartEvent(explicit=False),
        *_events(value),
        yaml.DocumentEndEvent(explicit=False),
        yaml.StreamEndEvent(),
    )
    dumper = yaml.CDumper if yaml.__with_libyaml__ else yaml.Dumper
    text = str(yaml.emit(events, Dumper=dumper, allow_unicode=True)).removesuffix("...\n")
    return text if isinstance(value.raw, str | tuple | Mapping) else f"{text}...\n"


def _events(value: Value) -> Iterator[yaml.Event]:
    charge()
    raw = value.raw
    match raw:
        case None:
            yield yaml.ScalarEvent(None, None, (True, False), "null")
        case bool():
            yield yaml.ScalarEvent(None, None, (True, False), "true" if raw else "false")
        case Decimal():
            yield yaml.ScalarEvent(None, None, (True, False), number_text(raw))
        case str():
            yield yaml.ScalarEvent(None, None, (False, True), raw, style="|" if "\n" in raw else '"')
        case tuple():
            yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=not raw)
            for item in raw:
                yield from _events(item)
            yield yaml.SequenceEndEvent()
        case Mapping():
            yield yaml.MappingStartEvent(None, None, implicit=True, flow_style=not raw)
            for name in sorted(raw):
                yield from _events(Value(name))
                yield from _events(raw[name])
            yield yaml.MappingEndEvent()
        case Unknown():
            raise EvaluationError(f"an unknown value cannot be encoded: {raw.reason}")
