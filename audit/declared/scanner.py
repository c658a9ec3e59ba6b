"""A quick look over HCL text before the parser gets it: limits, the places of templates, a text it cannot stumble on.

python-hcl2 refuses some valid HCL (newlines inside ``${ }``, ``$${`` in a string, comments between tokens, identifiers
that aren't ASCII, ``!!x``, ``1-12``) and keeps heredoc bodies as one raw token. So the text is cut into *regions* of
code: in each, comments and newlines that HCL ignores become blanks, every string becomes an empty one and blanks,
numbers become a one and blanks. Offsets stay what they were; what was hidden is kept beside the region.
"""

from __future__ import annotations

import re
from typing import Literal, NoReturn

from audit.declared.source import Limits, Part, Region, Sequence, Source, TemplateText, Text
from audit.errors import LimitError

__all__ = ["Limits", "Source", "scan_code", "scan_template"]

_CODE = re.compile(
    r"""(?P<blank>[ \t]+)
    |(?P<newline>\r?\n)
    |(?P<comment>\#[^\n]*|//[^\n]*)
    |(?P<remark>/\*)
    |(?P<heredoc><<(?P<dash>-?)(?P<marker>[^\W\d][\w-]*)\r?\n)
    |(?P<quote>")
    |(?P<open>[\[({])
    |(?P<close>[\])}])
    |(?P<name>[^\W\d][\w-]*(?:(?:::[^\W\d][\w-]*)+(?=[ \t]*\())?)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<splat>\.[ \t]*\*)
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
_SIGN_AHEAD = re.compile(r"(?:[ \t]|/\*(?:[^*]|\*(?!/))*\*/)*(?:!(?!=)|-)")
_OPERAND_BEFORE = ("name", "number", "quote", "heredoc", "close", "splat")


class _Code:
    """One region while it is read: what is masked so far, the open brackets, the signs before an operand."""

    def __init__(self, scanner: _Scanner, start: int, depth: int, *, inside: bool) -> None:
        self.scanner, self.text, self.start, self.depth, self.inside = scanner, scanner.text, start, depth, inside
        self.masked: list[str] = []
        self.templates: dict[int, TemplateText] = {}
        self.runs: dict[int, str] = {}
        self.stack: list[tuple[str, bool, int]] = []
        self.before = self.run = ""
        self.newlines_ignored = inside

    def read(self) -> Region:
        """Read from the start to the brace that closes a sequence, or to the end of the text."""
        pos = self.start
        while pos < len(self.text):
            found = _CODE.match(self.text, pos)
            if found is None:  # pragma: no cover -- the last alternative takes any character
                self.scanner.source.fail(pos, "unexpected character")
            self.scanner.count(pos)
            if found.lastgroup == "close" and not self.stack and self.inside and found[0] == "}":
                return self._region(pos)
            pos = getattr(self, f"_{found.lastgroup}")(found)
        if self.inside:
            self.scanner.source.fail(self.start, "this sequence of a template is never closed by '}'")
        return self._region(pos)

    def _region(self, end: int) -> Region:
        if self.stack:
            opened, _, at = self.stack[-1]
            self.scanner.source.fail(at, f"'{opened}' is never closed")
        return Region(start=self.start, end=end, masked="".join(self.masked), templates=self.templates, runs=self.runs)

    def _keep(self, found: re.Match[str], piece: str | None = None) -> int:
        self.masked.append(found[0] if piece is None else piece)
        self.before = found.lastgroup or ""
        return found.end()

    def _blank(self, found: re.Match[str]) -> int:
        self.masked.append(" " * len(found[0]))
        return found.end()

    _comment = _blank

    def _remark(self, found: re.Match[str]) -> int:
        end = self.text.find("*/", found.end())
        if end < 0:
            self.scanner.source.fail(found.start(), "a comment is never closed by '*/'")
        self.masked.append(" " * (end + 2 - found.start()))
        return end + 2

    def _newline(self, found: re.Match[str]) -> int:
        self.masked.append(" " * len(found[0]) if self.newlines_ignored else found[0])
        self.before = self.before if self.newlines_ignored else ""
        return found.end()

    def _quote(self, found: re.Match[str]) -> int:
        return self._hide(found, self.scanner.quoted(found.end(), self.depth + len(self.stack) + 1))

    def _heredoc(self, found: re.Match[str]) -> int:
        return self._hide(found, self.scanner.heredoc(found, self.depth + len(self.stack) + 1))

    def _hide(self, found: re.Match[str], template: TemplateText) -> int:
        self.templates[template.start] = template
        self._keep(found, '""' + " " * (template.end - template.start - 2))
        return template.end

    def _open(self, found: re.Match[str]) -> int:
        self.scanner.deepen(self.depth + len(self.stack) + 1, found.start())
        self.stack.append((found[0], self.newlines_ignored, found.start()))
        self.newlines_ignored = found[0] != "{" or _FOR.match(self.text, found.end()) is not None
        return self._keep(found)

    def _close(self, found: re.Match[str]) -> int:
        if not self.stack or _CLOSES[self.stack[-1][0]] != found[0]:
            self.scanner.source.fail(found.start(), f"'{found[0]}' closes nothing")
        self.newlines_ignored = self.stack.pop()[1]
        return self._keep(found)

    def _name(self, found: re.Match[str]) -> int:
        plain = found[0].isascii() and ":" not in found[0]
        return self._keep(found, None if plain else "_" * len(found[0]))

    def _number(self, found: re.Match[str]) -> int:
        return self._keep(found, "1" + " " * (len(found[0]) - 1))

    def _other(self, found: re.Match[str]) -> int:
        if found[0] == "\r":
            self.scanner.source.fail(found.start(), "a carriage return without a new line")
        return self._keep(found)

    _splat = _other

    def _sign(self, found: re.Match[str]) -> int:
        """Keep one sign before an operand: the parser takes no more, the others are told beside it."""
        if self.before in _OPERAND_BEFORE:
            return self._keep(found)
        self.run += found[0]
        if _SIGN_AHEAD.match(self.text, found.end()):
            return self._keep(found, " ")
        run, self.run = self.run, ""
        if len(run) == 1:
            return self._keep(found)
        self.scanner.deepen(self.depth + len(run), found.start())
        self.runs[found.start()] = run
        return self._keep(found, "!")


class _Scanner:
    def __init__(self, source: Source) -> None:
        self.source, self.text = source, source.text
        self.tokens = 0

    def code(self, start: int, depth: int, *, inside: bool) -> Region:
        """Read code from ``start`` to the brace that closes it (``inside`` a template) or to the end of the text."""
        return _Code(self, start, depth, inside=inside).read()

    def count(self, pos: int) -> None:
        """Refuse more code than the parser reads in a few seconds."""
        self.tokens += 1
        if self.tokens > 2 * self.source.limits.tokens:  # blanks count too
            self._over(pos, f"more than {self.source.limits.tokens} pieces of code in one file")

    def deepen(self, depth: int, pos: int) -> None:
        """Refuse what is nested too deep."""
        if depth > self.source.limits.depth:
            self._over(pos, f"nested deeper than {self.source.limits.depth}")

    def _over(self, pos: int, message: str) -> NoReturn:
        place = self.source.place(pos)
        raise LimitError(message, file=place.file, line=place.line, column=place.column)

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
        marker = re.compile(rf"[ \t]*{re.escape(opening['marker'])}(?=\r?\n)")
        parts: list[Part] = []
        pos, fresh = opening.end(), True
        kind: Literal["heredoc", "indented"] = "indented" if opening["dash"] else "heredoc"
        while True:
            if fresh and (end := marker.match(self.text, pos)):
                return TemplateText(kind=kind, parts=tuple(parts), start=opening.start(), end=end.end())
            if pos >= len(self.text):
                self.source.fail(opening.start(), f"heredoc is never closed by a line '{opening['marker']}'")
            pos, fresh = self.raw(pos, depth, parts, stop_at_line=True)

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
    """Give the character that an escape sequence means; one that no Unicode text holds becomes U+FFFD."""
    if len(piece) == 2:
        return _ESCAPES[piece[1]]
    number = int(piece.removeprefix("\\u").removeprefix("\\U"), base=16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


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
