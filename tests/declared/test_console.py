"""Expressions evaluated by the real ``terraform console`` and by us: all equal, but for a few listed exceptions."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

import pytest

from audit.declared.evaluate import evaluate, locals_map
from audit.declared.functions.json_text import json_text
from audit.declared.syntax import parse, parse_expression
from audit.errors import EvaluationError, HclSyntaxError
from tests.declared.expressions import CASES, DATA, REFUSED, differences, ours, recorded
from tests.declared.scopes import Templates, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Ask = Callable[[Sequence[str]], list[str]]

TERRAFORM = shutil.which("terraform")
BATCH = 90

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

pytestmark = pytest.mark.skipif(TERRAFORM is None, reason="terraform is not on PATH: nothing to compare with")


def console(expression: str, files: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Ask Terraform for the value of one expression, in a folder of its own: it locks the folder's state."""
    with TemporaryDirectory() as folder:
        if files is not None:
            shutil.copytree(files, folder, dirs_exist_ok=True)
        return _console(expression, folder)


def _console(expression: str, folder: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"}
    return subprocess.run(
        [str(TERRAFORM), "console", "-no-color"],
        input=expression,
        cwd=folder,
        env={**environment, "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def decoded(printed: str) -> list[str]:
    """Read the list of strings that the console printed as one base64 text."""
    return cast("list[str]", json.loads(base64.b64decode(printed.strip().strip('"'))))


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Give a function that asks Terraform for the JSON of many expressions in few processes."""

    def batch(expressions: Sequence[str]) -> list[str]:
        tried = ",".join(f'try(jsonencode({expression}), "{REFUSED}")' for expression in expressions)
        reply = console(f"base64encode(jsonencode([{tried}]))")
        assert reply.returncode == 0, reply.stderr
        return decoded(reply.stdout)

    def many(expressions: Sequence[str]) -> list[str]:
        batches = [expressions[at : at + BATCH] for at in range(0, len(expressions), BATCH)]
        with ThreadPoolExecutor(2) as pool:
            return [answer for answers in pool.map(batch, batches) for answer in answers]

    return many


@pytest.fixture(scope="session")
def answers(ask: Ask) -> Mapping[str, str]:
    """Give what Terraform says to every expression."""
    expressions = [expression for cases in CASES.values() for expression in cases]
    return dict(zip(expressions, ask(expressions), strict=True))


def test_recorded(answers: Mapping[str, str]) -> None:
    """What Terraform says is what is recorded, so that the comparison is with the real thing, also without it."""
    assert answers == recorded()


@pytest.mark.parametrize("about", CASES)
def test_equal(about: str, answers: Mapping[str, str]) -> None:
    """Every expression has Terraform's value, or is refused as there."""
    assert differences(CASES[about], answers) == []


def test_types(ask: Ask) -> None:
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
