"""Expressions to compare with Terraform: what they are, what it said to each, and what we say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from audit.declared.evaluate import evaluate
from audit.declared.functions.json_text import json_text
from audit.declared.syntax import parse_expression
from audit.errors import EvaluationError
from tests.declared.scopes import Templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DATA = Path(__file__).parent / "console"
ANSWERS = DATA / "answers.json"
RECORDED_WITH = (1, 11)
REFUSED = "refused"


def sections(name: str) -> dict[str, list[str]]:
    """Read a file of expressions: what each stands below."""
    found: dict[str, list[str]] = {}
    below = ""
    for line in (DATA / name).read_text(encoding="utf-8").splitlines()[1:]:
        if line.startswith("# "):
            below = line.removeprefix("# ")
        elif line:
            found.setdefault(below, []).append(line)
    return found


FUNCTION_CASES = sections("functions.txt")
CASES = {**sections("language.txt"), **FUNCTION_CASES}


def recorded() -> dict[str, str]:
    """Give what Terraform said to each expression, as JSON; ``tests.declared.terraform`` records it."""
    return cast("dict[str, str]", json.loads(ANSWERS.read_text(encoding="utf-8")))


def ours(expression: str) -> str:
    """Give what we say to an expression, in the same words."""
    try:
        return json_text(evaluate(parse_expression(expression, "console"), Templates()))
    except EvaluationError:
        return REFUSED


def differences(expressions: Iterable[str], answers: Mapping[str, str]) -> list[str]:
    """Show every expression whose two values differ."""
    pairs = ((expression, ours(expression), answers[expression]) for expression in expressions)
    return [f"{expression}: ours {mine}, terraform's {theirs}" for expression, mine, theirs in pairs if mine != theirs]
