"""A quick look over HCL text before the parser gets it: limits, the places of templates, a text it cannot stumble on.

python-hcl2 refuses some valid HCL (newlines inside ``${ }``, ``$${`` in a string, comments between tokens, identifiers
that aren't ASCII, ``!!x``) and keeps heredoc bodies as one raw token. So the text is cut into *regions* of code: in
each, comments become blanks, every quoted string and heredoc becomes a quoted string of the same length, and newlines
that HCL ignores become blanks. Offsets stay what they were; what was hidden is kept beside the region.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NoReturn, TypeAlias

from audit.errors import HclSyntaxError, LimitError
from audit.model import Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much HCL is read: ``size`` in bytes, ``depth`` of brackets and templates, ``nodes`` of one file."""

    size: int = 1_000_000
    depth: int = 60
    nodes: int = 100_000


class Source:
    """A text with its name, that turns offsets into places."""

    def __init__(self, text: str, file: str, limits: Limits, line: int = 1, column: int = 1) -> None:
        if len(text) > limits.size or len(text.encode("utf-8", "surrogatepass")) > limits.size:
            raise LimitError(f"larger than {limits.size} bytes", file=file)
        self.text, self.file, self.limits = text, file, limits
        self._line, self._column = line, column
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._bom = text.startswith("\ufeff")

    def place(self, offset: int) -> Location:
        """Line and column of an offset, in characters, 1-based; a byte order mark has no width."""
        line = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[line] + (self._column if line == 0 else 1)
        if line == 0 and self._bom:
            column = max(1, column - 1)
        return Location(file=self.file, line=self._line + line, column=column)

    def fail(self, offset: int, message: str) -> NoReturn:
        """Raise an HclSyntaxError at an offset."""
        place = self.place(offset)
        raise HclSyntaxError(message, file=place.file, line=place.line, column=place.column)


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A literal piece of a template: its value, escapes undone, and whether a newline ends it."""

    value: str
    start: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Sequence:
    """``${ }`` or ``%{ }`` inside a template: the code in it and on which sides white space is stripped."""

    kind: Literal["$", "%"]
    code: Region
    strip_before: bool
    strip_after: bool
    start: int


Part: TypeAlias = Text | Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateText:
    """A quoted string, a heredoc or a whole template file, cut into parts; ``start`` to ``end`` are its offsets."""

    kind: Literal["quoted", "heredoc", "indented", "file"]
    parts: tuple[Part, ...]
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """Code between two offsets: ``masked`` is what the parser gets, ``templates`` what was hidden, by offset.

    ``runs`` maps the place of a unary operator to all those that stood before an operand, leftmost first.
    """

    start: int
    end: int
    masked: str
    templates: Mapping[int, TemplateText] = field(default_factory=dict)
    runs: Mapping[int, str] = field(default_factory=dict)


_CODE = re.compile(
    r"""(?P<blank>[ \t]+)
    |(?P<newline>\r?\n)
    |(?P<comment>\#[^\n]*|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)
    |(?P<heredoc><<(?P<dash>-?)(?P<marker>[^\W\d][\w-]*)\r?\n)
    |(?P<quote>")
    |(?P<open>[\[({])
    |(?P<close>[\])}])
    |(?P<name>[^\W\d][\w-]*)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<sign>!(?!=)|-)
    |(?P<other>=>|==|!=|<=|>=|&&|\|\||\.\.\.|.)""",
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(
    r"""(?P<chars>[^"\\$%\r\n]+)|(?P<escape>\\(?:[nrt"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))
    |(?P<double>\$\$\{|%%\{)|(?P<open>[$%]\{)|(?P<end>")|(?P<lone>[$%])|(?P<bad>.)""",
    re.VERBOSE | re.DOTALL,
)
_RAW = re.compile(
    r"""(?P<chars>[^$%\n]+)|(?P<newline>\n)|(?P<double>\$\$\{|%%\{)|(?P<open>[$%]\{)|(?P<lone>[$%])""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_FOR = re.compile(r"(?:\s|\#[^\n]*\n|//[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*for(?![\w-])", re.VERBOSE)
_OPERAND_BEFORE = ("name", "number", "quote", "heredoc", "close")


class _Scanner:
    def __init__(self, source: Source) -> None:
        self.source, self.text = source, source.text

    def code(self, start: int, depth: int, *, inside: bool) -> Region:
        """Read code from ``start`` to the brace that closes it (``inside`` a template) or to the end of the text."""
        text, masked, pos = self.text, list[str](), start
        templates: dict[int, TemplateText] = {}
        runs: dict[int, str] = {}
        stack: list[tuple[str, bool, int]] = []
        before, run = "", ""
        ignored = inside
        while pos < len(text):
            found = _CODE.match(text, pos)
            if found is None:  # pragma: no cover -- the last alternative takes any character
                self.source.fail(pos, "unexpected character")
            kind, piece, end = found.lastgroup or "", found[0], found.end()
            if kind in ("blank", "comment"):
                piece = " " * len(piece)
            elif kind == "newline":
                piece = " " * len(piece) if ignored else piece
                before = before if ignored else ""
            elif kind in ("quote", "heredoc"):
                hidden = self.quoted(end, depth + 1) if kind == "quote" else self.heredoc(found, depth + 1)
                templates[pos], end = hidden, hidden.end
                piece = '"' + "x" * (end - pos - 2) + '"'
            elif kind == "open":
                self.deepen(depth + len(stack) + 1, pos)
                stack.append((piece, ignored, pos))
                ignored = piece != "{" or _FOR.match(text, end) is not None
            elif kind == "close":
                if not stack and inside and piece == "}":
                    break
                if not stack or _CLOSES[stack[-1][0]] != piece:
                    self.source.fail(pos, f"'{piece}' closes nothing")
                ignored = stack.pop()[1]
            elif kind == "name" and not piece.isascii():
                piece = "_" * len(piece)
            if kind == "sign" and before not in _OPERAND_BEFORE:
                run += piece
                following = _CODE.match(text, end)
                while following is not None and following.lastgroup == "blank":
                    following = _CODE.match(text, following.end())
                if following is not None and following.lastgroup == "sign":
                    piece = " "
                elif len(run) > 1:
                    self.deepen(depth + len(run), pos)
                    runs[pos], piece, run = run, "!", ""
                else:
                    run = ""
            if kind not in ("blank", "comment", "newline"):
                before = "quote" if kind == "heredoc" else kind
            masked.append(piece)
            pos = end
        if stack:
            self.source.fail(stack[-1][2], f"'{stack[-1][0]}' is never closed")
        if inside and pos >= len(text):
            self.source.fail(start, "template sequence is never closed")
        return Region(start=start, end=pos, masked="".join(masked), templates=templates, runs=runs)

    def deepen(self, depth: int, pos: int) -> None:
        """Refuse what is nested too deep."""
        if depth > self.source.limits.depth:
            place = self.source.place(pos)
            raise LimitError(
                f"nested deeper than {self.source.limits.depth}",
                file=place.file,
                line=place.line,
                column=place.column,
            )

    def sequence(self, pos: int, depth: int) -> tuple[Sequence, int]:
        """Read ``${ … }`` or ``%{ … }`` that starts at ``pos``; gives it and the offset after it."""
        self.deepen(depth, pos)
        start = pos + 2
        before = self.text.startswith("~", start)
        region = self.code(start + before, depth, inside=True)
        after = region.masked.endswith("~")
        if after:
            region = Region(
                start=region.start,
                end=region.end - 1,
                masked=region.masked[:-1],
                templates=region.templates,
                runs=region.runs,
            )
        kind: Literal["$", "%"] = "$" if self.text[pos] == "$" else "%"
        part = Sequence(kind=kind, code=region, strip_before=before, strip_after=after, start=pos)
        return part, region.end + after + 1

    def quoted(self, start: int, depth: int) -> TemplateText:
        """Read a quoted template whose first character is at ``start``."""
        parts: list[Part] = []
        literal, at, pos = "", start, start
        while True:
            found = _QUOTED.match(self.text, pos)
            if found is None:
                self.source.fail(start - 1, "string is never closed")
            kind, piece = found.lastgroup, found[0]
            if kind in ("end", "open"):
                if literal:
                    parts.append(Text(value=literal, start=at))
                if kind == "end":
                    return TemplateText(kind="quoted", parts=tuple(parts), start=start - 1, end=found.end())
                part, pos = self.sequence(pos, depth)
                parts.append(part)
                literal, at = "", pos
                continue
            if kind == "bad":
                self.source.fail(pos, _bad_quoted(piece))
            literal += _unescape(piece) if kind == "escape" else piece[1:] if kind == "double" else piece
            pos = found.end()

    def heredoc(self, opening: re.Match[str], depth: int) -> TemplateText:
        """Read a heredoc, from its body to its marker."""
        marker = re.compile(rf"[ \t]*{re.escape(opening['marker'])}(?=\r?\n|\Z)")
        parts: list[Part] = []
        start = pos = opening.end()
        kind: Literal["heredoc", "indented"] = "indented" if opening["dash"] else "heredoc"
        fresh = True
        while True:
            if fresh and (end := marker.match(self.text, pos)):
                return TemplateText(kind=kind, parts=tuple(parts), start=opening.start(), end=end.end())
            if pos >= len(self.text):
                self.source.fail(opening.start(), f"heredoc is never closed by a line '{opening['marker']}'")
            pos, fresh = self.raw(pos, depth, parts, stop_at_line=True)
            if start == pos:  # pragma: no cover -- raw always advances
                break
        raise AssertionError

    def raw(self, start: int, depth: int, parts: list[Part], *, stop_at_line: bool) -> tuple[int, bool]:
        """Read unquoted template text into ``parts``: one line of it or all; gives where and whether a line ended."""
        literal, at, pos, fresh = "", start, start, False
        while pos < len(self.text):
            found = _RAW.match(self.text, pos)
            if found is None:  # pragma: no cover -- the alternatives take any character
                break
            kind, piece = found.lastgroup, found[0]
            if kind == "open":
                if literal:
                    parts.append(Text(value=literal, start=at))
                part, pos = self.sequence(pos, depth)
                parts.append(part)
                literal, at = "", pos
                continue
            literal += piece[1:] if kind == "double" else piece
            pos = found.end()
            if kind == "newline" and stop_at_line:
                fresh = True
                break
        if literal:
            parts.append(Text(value=literal, start=at))
        return pos, fresh


def _unescape(piece: str) -> str:
    return _ESCAPES[piece[1]] if len(piece) == 2 else chr(int(piece, 0)) if int(piece, 0) < 0x110000 else "\ufffd"


def _bad_quoted(piece: str) -> str:
    if piece == "\\":
        return "unknown escape sequence in a string: a backslash is written \\\\"
    return "string is not closed on its line: use a heredoc for several lines"


def scan_code(source: Source) -> Region:
    """Cut a whole text of HCL.

    Raises HclSyntaxError for brackets, strings and heredocs that never end, LimitError for what is nested too deep.
    """
    blank = 1 if source.text.startswith("\ufeff") else 0
    region = _Scanner(source).code(blank, 0, inside=False)
    return Region(
        start=0, end=region.end, masked=" " * blank + region.masked, templates=region.templates, runs=region.runs
    )


def scan_template(source: Source) -> TemplateText:
    """Cut the text of a template file."""
    scanner, parts = _Scanner(source), list[Part]()
    end, _ = scanner.raw(0, 0, parts, stop_at_line=False)
    return TemplateText(kind="file", parts=tuple(parts), start=0, end=end)
