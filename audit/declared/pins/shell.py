"""Shell text as commands of words with places, as far as pins need it: quotes, expansions, heredocs, arrays, comments.

Nothing is expanded or run. What can't be known without running it (a command substitution, say) is an ``Opaque`` part;
the commands inside it are read all the same. A parsing library would be a C extension more on hostile input for the
few forms that carry a version. Text that Bash itself would refuse ends in DeclarationError.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audit.declared.pins.words import Command, Expansion, Opaque, Text, Word
from audit.errors import DeclarationError, LimitError

if TYPE_CHECKING:
    from audit.declared.pins.words import Part

MAX_DEPTH = 60


def commands(text: str, offset: int = 0) -> tuple[Command, ...]:
    """Read a script: its simple commands in the order of the text, those in substitutions before their own.

    ``offset`` is added to all places. Raises DeclarationError for an unclosed quote or bracket, LimitError for
    nesting that is too deep; both with the offset of the place as ``column`` and no line.
    """
    reader = _Reader(text=text, offset=offset)
    reader.script(0, "")
    return tuple(reader.found)


_BLANK = re.compile(r"(?:[ \t\r]|\\\r?\n)*")
_COMMENT = re.compile(r"#[^\n]*")
_HEREDOC = re.compile(r"<<(?P<dash>-?)[ \t]*(?P<word>(?:\\.|'[^'\n]*'|\"[^\"\n]*\"|[^\s\\'\";&|<>()])+)")
_REDIRECT = re.compile(r"\d*(?:<<<|>>|<>|>\||>&|<&|&>>?|[<>](?!\())")
_SEPARATOR = re.compile(r"\n|;;&?|;&|;|&&|\|\||\|&|\||&(?!>)|[()]")
_PLAIN = re.compile(r"[^\s\\'\"$`;&|<>()]+")
_SUBSTITUTION = re.compile(r"`|[<>]\(|\$\((?!\()")
_CONTINUED = re.compile(r"\\\r?\n")
_NAME = re.compile(r"[A-Za-z_]\w*|\d|[@*#?$!-]")
_BRACED = re.compile(r"(?P<name>[A-Za-z_]\w*|\d+|[@*#?$!-])(?P<op>:?[-=+?])?")
_ASSIGN = re.compile(r"[A-Za-z_]\w*\+?=")
_QUOTED_PLAIN = re.compile(r'[^"\\$`]+')
_BRACED_PLAIN = re.compile(r"(?:[^\\'\"$`}<>]|[<>](?!\()|\\\r?\n)+")
_BRACED_QUOTED = re.compile(r"[^\\\"$`}]+")
_ANSI_C = re.compile(r"(?:[^'\\]|\\.)*'", re.DOTALL)
_ARITHMETIC_END = re.compile(r"\)\)")


@dataclass
class _Reader:
    text: str
    offset: int
    found: list[Command] = field(default_factory=list)
    depth: int = 0
    ticks: bool = False  # whether a backtick closes
    heredocs: list[tuple[str, bool]] = field(default_factory=list)

    def fail(self, at: int, what: str) -> DeclarationError:
        return DeclarationError(what, column=at + self.offset)

    def enter(self, at: int) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise LimitError(f"nested deeper than {MAX_DEPTH} levels", column=at + self.offset)

    def script(self, at: int, closing: str) -> int:
        """Read commands up to ``closing`` (``)`` or a backtick) or the end; give the place after it."""
        self.enter(at)
        outer, self.ticks = self.ticks, closing == "`"
        words: list[Word] = []
        while True:
            at = _end(_BLANK, self.text, at)
            if at >= len(self.text) or (closing and self.text[at] == closing):
                break
            at = self.step(at, words)
        if closing and at >= len(self.text):
            raise self.fail(at, f"unclosed substitution, {closing!r} is missing")
        self.close(words)
        self.ticks = outer
        self.depth -= 1
        return at + len(closing)

    def step(self, at: int, words: list[Word]) -> int:
        """Read one thing: comment, arithmetic, redirection, separator or word."""
        if self.text.startswith("#", at):
            return _end(_COMMENT, self.text, at)
        if self.text.startswith("((", at):
            return self.arithmetic(at)
        if (after := self.redirection(at)) > at:
            return after
        if found := _SEPARATOR.match(self.text, at):
            return self.separator(found, words)
        word, at = self.word(at)
        if self.text.startswith("(", at) and _ASSIGN.fullmatch(word.bare) and word.literal == word.bare:
            return self.array(at + 1)
        words.append(word)
        return at

    def redirection(self, at: int) -> int:
        """Read a redirection and its target, or the start of a heredoc; the same place where there is none."""
        if not self.text.startswith("<<<", at) and (found := _HEREDOC.match(self.text, at)):
            self.heredocs.append((re.sub(r"[\\'\"]", "", found["word"]), bool(found["dash"])))
            return found.end()
        if found := _REDIRECT.match(self.text, at):
            at = _end(_BLANK, self.text, found.end())
            return at if _SEPARATOR.match(self.text, at) or at >= len(self.text) else self.word(at)[1]
        return at

    def separator(self, found: re.Match[str], words: list[Word]) -> int:
        self.close(words)
        words.clear()
        at = found.end()
        if found[0] == "\n":
            for delimiter, strips in self.heredocs:
                at = self.body(at, delimiter, strips=strips)
            self.heredocs.clear()
        return at

    def body(self, at: int, delimiter: str, *, strips: bool) -> int:
        """Skip a heredoc's lines; its text is never a command."""
        while at < len(self.text):
            end = self.text.find("\n", at)
            end = len(self.text) if end < 0 else end
            line = self.text[at:end].rstrip("\r")
            at = end + 1
            if (line.lstrip("\t") if strips else line) == delimiter:
                break
        return min(at, len(self.text))

    def close(self, words: list[Word]) -> None:
        if words:
            self.found.append(Command(words=tuple(words)))

    def array(self, at: int) -> int:
        self.enter(at)
        elements: list[Word] = []
        while True:
            at = _end(_BLANK, self.text, at)
            if at >= len(self.text):
                raise self.fail(at, "unclosed array, ')' is missing")
            if self.text[at] == ")":
                break
            if self.text[at] in "\n;&|<>(":
                at += 1
            elif self.text[at] == "#":
                at = _end(_COMMENT, self.text, at)
            else:
                word, at = self.word(at)
                elements.append(word)
        self.depth -= 1
        self.found.append(Command(words=tuple(elements), is_array=True))
        return at + 1

    def word(self, at: int) -> tuple[Word, int]:
        start = at
        parts: list[Part] = []
        bare = _PLAIN.match(self.text, at)
        while at < len(self.text):
            part, after = self.part(at)
            if after == at:
                break
            parts.extend(part)
            at = after
        if at == start:  # a character that begins nothing here
            at += 1
        word = Word(parts=tuple(parts), start=start + self.offset, bare=bare[0] if bare else "")
        return word, at

    def part(self, at: int, *, quoted: bool = False) -> tuple[list[Part], int]:
        """Read one piece of a word; nothing and the same place at its end."""
        place = at + self.offset
        if found := _PLAIN.match(self.text, at):
            return [Text(value=found[0], start=place, inner=place)], found.end()
        if self.ticks and self.text[at] == "`":
            return [], at
        if found := _SUBSTITUTION.match(self.text, at):
            return [Opaque(start=place)], self.script(found.end(), "`" if found[0] == "`" else ")")
        match self.text[at]:
            case "'" | '"' as quote:
                result = self.single(at) if quote == "'" else self.quoted(at)
            case "$":
                result = self.dollar(at, quoted=quoted)
            case "\\" if not _CONTINUED.match(self.text, at):
                result = [Text(value=self.text[at + 1 : at + 2], start=place, inner=place)], at + 2
            case _:
                result = [], at
        return result

    def single(self, at: int) -> tuple[list[Part], int]:
        end = self.text.find("'", at + 1)
        if end < 0:
            raise self.fail(at, "unclosed quote")
        place = at + self.offset
        return [Text(value=self.text[at + 1 : end], start=place, inner=place + 1)], end + 1

    def quoted(self, at: int) -> tuple[list[Part], int]:
        """Read ``"…"``; what follows the quote at once starts at the quote."""
        opening = at
        parts: list[Part] = []
        at += 1
        while at < len(self.text) and self.text[at] != '"':
            if self.text[at] in "$`":
                more, after = self.part(at, quoted=True)
                if after == at:
                    raise self.fail(opening, "unclosed quote")
                parts.extend(more)
                at = after
                continue
            found = _QUOTED_PLAIN.match(self.text, at)
            value = found[0] if found else _escaped(self.text[at + 1 : at + 2])
            start = opening if at == opening + 1 else at
            parts.append(Text(value=value, start=start + self.offset, inner=at + self.offset))
            at = found.end() if found else at + 2
        if at >= len(self.text):
            raise self.fail(opening, "unclosed quote")
        if not parts:
            parts.append(Text(value="", start=opening + self.offset, inner=at + self.offset))
        return parts, at + 1

    def dollar(self, at: int, *, quoted: bool) -> tuple[list[Part], int]:
        place = at + self.offset
        if self.text.startswith("$((", at):
            return [Opaque(start=place)], self.arithmetic(at + 1)
        if self.text.startswith("${", at):
            return self.braced(at, quoted=quoted)
        if self.text.startswith("$'", at) and not quoted:
            end = _ANSI_C.match(self.text, at + 2)
            if end is None:
                raise self.fail(at, "unclosed quote")
            value = end[0][:-1]
            plain = Text(value=value, start=place, inner=place + 2)
            return [Opaque(start=place) if "\\" in value else plain], end.end()
        if found := _NAME.match(self.text, at + 1):
            return [Expansion(name=found[0], start=place)], found.end()
        return [Text(value="$", start=place, inner=place)], at + 1

    def braced(self, at: int, *, quoted: bool) -> tuple[list[Part], int]:
        """Read ``${…}``, with the parts of a default."""
        self.enter(at)
        place = at + self.offset
        found = _BRACED.match(self.text, at + 2)
        start = at
        at = found.end() if found else at + 2
        inner: list[Part] = []
        while at < len(self.text) and self.text[at] != "}":
            plain = (_BRACED_QUOTED if quoted else _BRACED_PLAIN).match(self.text, at)
            if plain:
                inner.append(Text(value=plain[0], start=at + self.offset, inner=at + self.offset))
                at = plain.end()
            else:
                more, after = self.part(at, quoted=quoted)
                if after == at:
                    break
                inner.extend(more)
                at = after
        if not self.text.startswith("}", at):
            raise self.fail(start, "unclosed expansion, '}' is missing")
        self.depth -= 1
        if found is None or (found["op"] is None and inner):
            return [Opaque(start=place)], at + 1
        match (found["op"] or "").removeprefix(":"):
            case "":
                return [Expansion(name=found["name"], start=place)], at + 1
            case "-" | "=":
                return [Expansion(name=found["name"], start=place, default=tuple(inner))], at + 1
            case _:
                return [Opaque(start=place)], at + 1

    def arithmetic(self, at: int) -> int:
        """Skip ``((…))``, where ``<<`` is no heredoc and ``#`` no comment."""
        end = _ARITHMETIC_END.search(self.text, at + 2)
        if end is None:
            raise self.fail(at, "unclosed arithmetic, '))' is missing")
        return end.end()


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _escaped(char: str) -> str:
    """Give what a backslash and a character mean between double quotes."""
    if char == "\n":
        return ""
    return char if char in '$`"\\' else "\\" + char
