"""The checklist for the terminal: read like a flight check, line by line, the verdict in words as the last line."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from tabulate import tabulate

from audit.text import neutral, one_line, without_commands
from audit.verdict.mends import parts
from reports.readiness import fix_list, told_once
from reports.ways import ways

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.verdict.results import Results
    from reports.readiness import Item, State, Told

_WORDS: Final[dict[State, tuple[str, str]]] = {
    "go": ("GO", "32"),
    "no-go": ("NO-GO", "1;31"),
    "warning": ("WARNING", "33"),
    "unknown": ("UNKNOWN", "1;35"),
    "waived": ("waived", "36"),
    "error": ("ERROR", "1;31"),
    "not applicable": ("n/a", "2"),
}
_LABEL = 34
_MANY = 5  # places of one line that are still told one by one


def render(results: Results, *, width: int = 140, colour: bool = False) -> str:
    """Draw the checklist for a terminal of ``width`` columns."""
    blocks = ["\n".join(_head(results, width))]
    for section, group in groupby(told_once(results), key=lambda one: one.line.section):
        drawn = [text for one in group for text in _line(one, width, colour=colour)]
        blocks.append("\n".join([section.upper(), *drawn]))
    routes = list(_routes(results, width))
    blocks += ["\n".join(["ROUTE", *routes])] if routes else []
    blocks.append(neutral(results.verdict).replace("\n", " "))
    return _safe("\n\n".join(blocks) + "\n")


def render_fixes(results: Results, *, width: int = 140) -> str:
    """Draw only what is to be done, in order; the command of each on a line of its own, ready to be copied."""
    found: list[str] = []
    for number, (checks, items) in enumerate(fix_list(results), start=1):
        first, (word, _) = items[0], _WORDS[items[0].state]
        # What could not be read is told in full where it is one thing: "look again" alone says nothing.
        unread = first.state == "unknown" and len({item.message for item in items}) == 1
        words = one_line(parts(first.message)[0]) if unread else _mend(first)
        found += _wrapped(f"{number}. {words} [{word.lower()}: {', '.join(checks)}]", width, indent=0)
        found += [f"   {neutral(first.command)}"] if first.command else []
        places = list(dict.fromkeys(one_line(item.location or item.where, 120) for item in items))
        found += [f"   at {place}" for place in places if place]
    return _safe("\n".join(found) + "\n" if found else "nothing to do\n")


def _head(results: Results, width: int) -> Iterator[str]:
    to = results.readiness.to if results.readiness else "?"
    yield f"READINESS for {one_line(to)}"
    if results.run.incomplete:
        yield f"INCOMPLETE: {one_line(results.run.incomplete)}"
    covered, source = results.coverage, results.release_source
    yield from _wrapped(
        f"{covered.read:,} of {covered.expected:,} units read, releases as of {one_line(source.as_of)} "
        f"({one_line(source.kind)}), caller {one_line(results.run.caller or 'unknown')}",
        width,
        indent=0,
    )


def _line(told: Told, width: int, *, colour: bool) -> Iterator[str]:
    """Draw a line and what is wrong with it."""
    line = told.line
    word, code = _WORDS[line.state]
    shown = f"\x1b[{code}m{word}\x1b[0m" if colour else word
    leader = f"  {line.what} ".ljust(_LABEL, ".")
    seen = one_line(line.seen)
    fits = len(leader) + len(word) + len(seen) + 3 <= width
    yield f"{leader} {shown}  {seen}".rstrip() if fits else f"{leader} {shown}"
    yield from () if fits else _wrapped(seen, width, indent=6)
    for items in told.mends:
        yield from _items(items, width)
    for above, items in told.again:
        places = [one_line(item.where or item.subject, 80) for item in items]
        more = f" and {len(places) - _MANY:,} more" if len(places) > _MANY else ""
        yield from _wrapped(f'{", ".join(places[:_MANY])}{more}: see "{above}"', width, indent=6)


def _items(items: Sequence[Item], width: int) -> Iterator[str]:
    for item in items[:_MANY]:
        yield from _wrapped(item.sentence, width, indent=6)
    if len(items) > _MANY:
        yield f"      and {len(items) - _MANY:,} more"
    if items[0].state != "unknown":  # its message says it already
        yield from _wrapped(f"→ {_mend(items[0])}", width, indent=6)
    if items[0].command:
        yield f"        $ {neutral(items[0].command)}"


def _mend(item: Item) -> str:
    return one_line(item.mend)


def _routes(results: Results, width: int) -> Iterator[str]:
    """Draw each way once, with the units that go it."""
    for units, way in ways(results):
        yield from _wrapped(units, width, indent=2)
        for text in way:
            yield from _wrapped(text.strip(), width, indent=4 + len(text) - len(text.lstrip()))


def _wrapped(text: str, width: int, *, indent: int) -> Iterator[str]:
    drawn = tabulate(
        [[text]],
        tablefmt="plain",
        disable_numparse=True,
        maxcolwidths=[max(width - indent - 2, 20)],
        break_on_hyphens=False,
    )
    for number, line in enumerate(drawn.split("\n")):
        yield " " * (indent + (2 if number else 0)) + line


def _safe(text: str) -> str:
    # A line that begins with :: is a command to the runner of GitHub Actions, blanks before it or not.
    return without_commands(text)
