"""Expressions evaluated by the real ``terraform console`` and by us: all equal, but for a few listed exceptions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from audit.declared.evaluate import evaluate, locals_map
from audit.declared.functions.json_text import json_text
from audit.declared.syntax import parse, parse_expression
from audit.errors import EvaluationError, HclSyntaxError
from tests.declared.expressions import CASES, DATA, RECORDED_WITH, REFUSED, differences, ours, recorded
from tests.declared.scopes import Templates, literal
from tests.declared.terraform import OLDEST, answered, ask, console, decoded, version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What differs on purpose, with what Terraform says and what we say.
EXCEPTIONS: Mapping[str, tuple[str, str]] = {
    "1 / 0": ("+Inf", REFUSED),
    'tonumber("inf")': ("+Inf", REFUSED),
    'format("%v", null)': ("(known after apply)", '"null"'),
}
# What is refused before anything is evaluated, so that try() can't hold it.
MALFORMED = (
    "1 +",
    "[1 2]",
    "{a=1 b=2}",
    '"a" "b"',
    '"unclosed',
    '"\\q"',
    '"%{if true}x"',
    '"%{endif}"',
    '"%{for x}y%{endfor}"',
    '"${}"',
    '"${1 2}"',
    "f(1,,2)",
    "[for x: x]",
    "{for x in [1]: x}",
    "a..b",
    "(1",
    "1)",
    "[[1,2]].0.1",
    "1 ? 2",
    "!",
    "0x10",
)

pytestmark = pytest.mark.skipif(version() < OLDEST, reason="no terraform ≥ 1.5 on PATH: nothing to compare with")


@pytest.fixture(scope="session")
def answers() -> Mapping[str, str]:
    """Give what Terraform says to every expression."""
    return answered()


@pytest.mark.skipif(version()[:2] != RECORDED_WITH, reason="the answers were recorded with another terraform")
def test_recorded(answers: Mapping[str, str]) -> None:
    """What Terraform says is what is recorded, so that the comparison is with the real thing, also without it."""
    assert answers == recorded()


@pytest.mark.parametrize("about", CASES)
def test_equal(about: str, answers: Mapping[str, str]) -> None:
    """Every expression has Terraform's value, or is refused as there."""
    assert differences(CASES[about], answers) == []


def test_types() -> None:
    """Values are of Terraform's types too: a list isn't a tuple, a set no list, a map no object."""
    pairs: list[tuple[str, str]] = []
    for expression in (expression for cases in CASES.values() for expression in cases):
        try:
            value = evaluate(parse_expression(expression, "console"), Templates())
        except EvaluationError:
            continue
        if (written := literal(value)) is not None:
            pairs.append((expression, written))
    replies = ask([f"({expression}) == ({written})" for expression, written in pairs])
    assert [pair for pair, reply in zip(pairs, replies, strict=True) if reply != "true"] == []
    assert len(pairs) > 500


def test_exceptions() -> None:
    """What is listed as different still is, and is no more than five."""
    assert len(EXCEPTIONS) <= 5
    for expression, (theirs, mine) in EXCEPTIONS.items():
        assert console(expression).stdout.strip() == theirs
        assert ours(expression) == mine


def test_malformed() -> None:
    """What Terraform's parser refuses, ours refuses, with a place."""
    with ThreadPoolExecutor(2) as pool:
        replies = pool.map(lambda expression: console(expression).returncode, MALFORMED)
    for expression, code in zip(MALFORMED, replies, strict=True):
        assert code != 0, expression
        with pytest.raises(HclSyntaxError) as caught:
            parse_expression(expression, "console", 3, 5)
        assert (caught.value.file, caught.value.line) == ("console", 3), expression


def test_language() -> None:
    """A file with heredocs, templates, comments and references evaluates to the same values."""
    text = (DATA / "language.tf").read_text(encoding="utf-8")
    scope = Templates(DATA)
    (block,) = parse(text, "language.tf").blocks
    made = locals_map(block.body.attributes, scope)
    names = list(made)
    listed = ",".join(f"jsonencode(local.{name})" for name in names)
    reply = console(f"base64encode(jsonencode([{listed}]))", DATA)
    assert reply.returncode == 0, reply.stderr
    theirs = dict(zip(names, decoded(reply.stdout), strict=True))
    assert {name: json_text(made[name]) for name in names} == theirs


def test_windows_lines(tmp_path: Path) -> None:
    """A file whose lines end in CR LF evaluates to the same values, heredocs included."""
    text = 'locals {\n  a = <<EOT\nx\n  y ${1}\nEOT\n  b = [\n    1, # c\n    2\n  ]\n  c = "z"\n}\n'.replace(
        "\n", "\r\n"
    )
    (tmp_path / "main.tf").write_bytes(text.encode())
    reply = console("base64encode(jsonencode([jsonencode(local.a), jsonencode([local.b, local.c])]))", tmp_path)
    (block,) = parse(text, "main.tf").blocks
    made = locals_map(block.body.attributes, Templates())
    assert decoded(reply.stdout) == [json_text(made["a"]), f"[{json_text(made['b'])},{json_text(made['c'])}]"]
