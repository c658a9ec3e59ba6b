"""Text is made harmless to look at, and stays readable."""

from __future__ import annotations

import unicodedata

import pytest

from audit.text import counted, neutral, one_line, without_commands


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain\tand\nlines", "plain\tand\nlines", id="kept"),
        pytest.param("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m", id="colour"),
        pytest.param("\x1b]8;;javascript:x\x07", "\\x1b]8;;javascript:x\\x07", id="link"),
        pytest.param("\x9b2J\x00\x7f\r", "\\x9b2J\\x00\\x7f\\x0d", id="c0-c1"),
        pytest.param("\u202eabc\u2066\u200b\ufeff", "\\u202eabc\\u2066\\u200b\\ufeff", id="direction"),
        pytest.param("\ud800\uffff", "\\ud800\\uffff", id="no-character"),
        pytest.param("##[error]x ##vso[task] ## a", "\\x23#[error]x \\x23#vso[task] ## a", id="log-command"),
        pytest.param("Grüße 日本 ✓", "Grüße 日本 ✓", id="languages"),
    ],
)
def test_neutral_shows_what_would_steer(text: str, expected: str) -> None:
    """Steering characters become visible escapes; everything else stays."""
    assert neutral(text) == expected


STEERING = [chr(n) for n in (*range(0xA0), 0xAD, 0x61C, *range(0x2000, 0x2070), 0xD800, 0xDFFF, 0xFEFF, 0xE0001)]


def test_neutral_leaves_no_control() -> None:
    """No control character, direction mark or surrogate survives."""
    shown = neutral("".join(STEERING))
    assert {c for c in shown if unicodedata.category(c)[0] in "CZ"} == {"\n", "\t", " "} | {
        chr(n) for n in range(0x2000, 0x200B)
    } | {"\u202f", "\u205f", "\xa0"} - {"\xa0"}


def test_no_line_is_a_command() -> None:
    """A line that begins with two colons is shown for what it is, blanks before it or not; others stay."""
    assert without_commands("a::b\n::error::x\n \t::y\n:z") == "a::b\n\\x3a:error::x\n \t\\x3a:y\n:z"


def test_one_line_cuts_and_says_so() -> None:
    """Long text is cut at the limit, with its real length beside it."""
    assert one_line("a\n  b\tc") == "a b c"
    assert one_line("x" * 10_000, 10) == "x" * 9 + "… (10,000 characters)"


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [(1, "unit", "1 unit"), (0, "unit", "0 units"), (1200, "unit", "1,200 units")],
    ids=["one", "none", "many"],
)
def test_counted_minds_the_number(number: int, noun: str, expected: str) -> None:
    """One is singular, all others are plural."""
    assert counted(number, noun) == expected


def test_counted_takes_an_irregular_plural() -> None:
    """A plural that is no ``s`` can be given."""
    assert counted(2, "entry", "entries") == "2 entries"
