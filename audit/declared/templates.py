"""Cut template text to nodes: white space stripped, indentation trimmed, directives paired."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from audit.declared.nodes import Expression, Literal, Template, TemplateFor, TemplateIf
from audit.declared.source import Region, Sequence, Source, TemplateText, Text
from audit.declared.values import nfc

ReadExpression: TypeAlias = Callable[[Region, int], Expression]

_KEYWORD = re.compile(r"\s*(?P<word>if|else|endif|for|endfor)(?![\w-])")
_FOR = re.compile(r"\s*for\s+(?P<first>[^\W\d][\w-]*)\s*(?:,\s*(?P<second>[^\W\d][\w-]*))?\s*\bin(?![\w-])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """The parts of a template as nodes; ``plain`` where it holds no sequence at all."""

    parts: tuple[Expression, ...]
    plain: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _Directive:
    word: str
    code: Region
    skip: int
    start: int
    key: str | None = None
    item: str = ""


_Piece: TypeAlias = Text | Sequence | _Directive


def join(source: Source, text: TemplateText, read: ReadExpression) -> Joined:
    """Make nodes of a cut template; ``read`` reads the code of its sequences."""
    texts = list(text.parts)
    _strip(texts)
    if text.kind == "indented":
        _outdent(texts)
    pieces = [_directive(source, part) if isinstance(part, Sequence) and part.kind == "%" else part for part in texts]
    plain = all(isinstance(part, Text) for part in pieces)
    parts, _ = _nodes(source, _meld(pieces), 0, read, ())
    return Joined(parts=parts, plain=plain)


def _strip(parts: list[Text | Sequence]) -> None:
    """Apply ``~``: only to the text right beside it, which in a heredoc is one line."""
    for at, part in enumerate(parts):
        if not isinstance(part, Sequence):
            continue
        if part.strip_before and at and isinstance(before := parts[at - 1], Text):
            parts[at - 1] = Text(value=before.value.rstrip(), start=before.start)
        if part.strip_after and at + 1 < len(parts) and isinstance(after := parts[at + 1], Text):
            parts[at + 1] = Text(value=after.value.lstrip(), start=after.start)


def _outdent(parts: list[Text | Sequence]) -> None:
    """Trim the common indentation of ``<<-``; lines that are white space only neither count nor are trimmed."""
    heads: list[tuple[int, int]] = []
    fresh = True
    for at, part in enumerate(parts):
        if fresh:
            value = part.value if isinstance(part, Text) else ""
            if not (isinstance(part, Text) and not value.strip() and value.endswith("\n")):
                heads.append((at, len(value) - len(value.lstrip(" \t"))))
        fresh = isinstance(part, Text) and part.value.endswith("\n")
    common = min((indent for _, indent in heads), default=0)
    for at, _ in heads:
        if isinstance(part := parts[at], Text):
            parts[at] = Text(value=part.value[common:], start=part.start)


def _directive(source: Source, part: Sequence) -> _Directive:
    """Read the keyword of ``%{ … }``."""
    found = _KEYWORD.match(part.code.masked)
    if found is None:
        source.fail(part.start, "a directive starts with if, else, endif, for or endfor")
    word = found["word"]
    key, item, skip = None, "", found.end()
    if word == "for":
        names = _FOR.match(part.code.masked)
        if names is None:
            source.fail(part.start, "a for directive reads: for name in collection")
        base, skip = part.code.start, names.end()
        first = source.text[base + names.start("first") : base + names.end("first")]
        second = source.text[base + names.start("second") : base + names.end("second")] if names["second"] else None
        key, item = (first, second) if second else (None, first)
    elif word in ("else", "endif", "endfor") and part.code.masked[skip:].strip():
        source.fail(part.start, f"'{word}' takes nothing after it")
    return _Directive(word=word, code=part.code, skip=skip, start=part.start, key=key, item=item)


def _meld(pieces: list[_Piece]) -> list[_Piece]:
    """Join texts that stand beside each other."""
    melded: list[_Piece] = []
    for is_text, run in groupby(pieces, key=lambda piece: isinstance(piece, Text)):
        together = list(run)
        texts = [piece for piece in together if isinstance(piece, Text)]
        if is_text:
            melded.append(Text(value="".join(text.value for text in texts), start=texts[0].start))
        else:
            melded += together
    return melded


def _nodes(
    source: Source, pieces: list[_Piece], at: int, read: ReadExpression, ends: tuple[str, ...]
) -> tuple[tuple[Expression, ...], int]:
    """Read pieces up to one of the directives in ``ends``, or to the end; gives the nodes and where it stopped."""
    nodes: list[Expression] = []
    opening = at - 1
    while at < len(pieces):
        piece = pieces[at]
        if isinstance(piece, Text):
            value = nfc(piece.value)
            nodes.append(Literal(value=value, location=source.place(piece.start)))
        elif isinstance(piece, Sequence):
            nodes.append(read(piece.code, 0))
        elif piece.word in ends:
            return tuple(nodes), at
        elif piece.word == "if":
            node, at = _if(source, pieces, at, piece, read)
            nodes.append(node)
        elif piece.word == "for":
            node, at = _for(source, pieces, at, piece, read)
            nodes.append(node)
        else:
            source.fail(piece.start, f"'{piece.word}' belongs to nothing")
        at += 1
    if ends:
        last = pieces[opening]
        source.fail(last.start, f"'{last.word if isinstance(last, _Directive) else ''}' is never ended")
    return tuple(nodes), at


def _if(
    source: Source, pieces: list[_Piece], at: int, opening: _Directive, read: ReadExpression
) -> tuple[Expression, int]:
    place = source.place(opening.start)
    yes, at = _nodes(source, pieces, at + 1, read, ("else", "endif"))
    no: tuple[Expression, ...] = ()
    ending = pieces[at]
    if isinstance(ending, _Directive) and ending.word == "else":
        no, at = _nodes(source, pieces, at + 1, read, ("endif",))
    node = TemplateIf(
        condition=read(opening.code, opening.skip),
        yes=Template(parts=yes, location=place),
        no=Template(parts=no, location=place),
        location=place,
    )
    return node, at


def _for(
    source: Source, pieces: list[_Piece], at: int, opening: _Directive, read: ReadExpression
) -> tuple[Expression, int]:
    place = source.place(opening.start)
    body, at = _nodes(source, pieces, at + 1, read, ("endfor",))
    node = TemplateFor(
        key=opening.key,
        item=opening.item,
        collection=read(opening.code, opening.skip),
        body=Template(parts=body, location=place),
        location=place,
    )
    return node, at
