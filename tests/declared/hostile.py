"""Texts that try to cost more than they may; as a program: read and evaluate them all, and say how each ended."""

from __future__ import annotations

import json
import resource
import sys
from typing import TYPE_CHECKING

from audit.declared.evaluate import budget, locals_map
from audit.declared.syntax import parse
from audit.errors import DeclarationError
from tests.declared.scopes import Known

if TYPE_CHECKING:
    from collections.abc import Mapping

N = 10_000


def laughs(first: str, times: str, last: str = "") -> str:
    """Write locals that each hold the one before many times."""
    lines = (f"a{at} = {times.replace('@', f'local.a{at - 1}')}" for at in range(1, 20))
    return "\n".join([f"a0 = {first}", *lines, last])


def aliases(wrap: str) -> str:
    """Write YAML whose anchors each hold the one before many times."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 15)]
    return f"a = {wrap}(yamldecode({json.dumps(chr(10).join(lines))}))"


# name → text of attributes, and the ending: "value", or the error's name
CASES: Mapping[str, tuple[str, str]] = {
    "50 MB": ('a = "' + "x" * 50_000_000 + '"', "LimitError"),
    "10,000 brackets": ("a = " + "[" * N + "]" * N, "LimitError"),
    "10,000 open brackets": ("[" * N, "LimitError"),
    "10,000 parentheses": ("a = " + "(" * N + "1" + ")" * N, "LimitError"),
    "10,000 objects": ("a = " + "{a=" * N + "1" + "}" * N, "LimitError"),
    "10,000 blocks": ("a {\n" * N + "}\n" * N, "LimitError"),
    "10,000 templates": ("a = " + '"${' * N + "1" + '}"' * N, "LimitError"),
    "10,000 directives": ('a = "' + "%{if true}" * N + "x" + "%{endif}" * N + '"', "LimitError"),
    "10,000 signs": ("a = " + "!" * N + "true", "LimitError"),
    "1,000 conditionals": ("a = " + "true ? 1 : " * 1000 + "2", "LimitError"),
    "terms": ("a = 1" + " + 1" * 2000, "value"),
    "indexes": ("a = [1]" + "[0]" * 2000, "EvaluationError"),
    "splats": ("a = [1]" + "[*]" * 2000, "LimitError"),
    "tokens": ("a = [" + "1," * 100_000 + "]", "LimitError"),
    "attributes": ("".join(f"a{at} = {at}\n" for at in range(60_000)), "LimitError"),
    "long string": ('a = "' + "x" * 900_000 + '"', "value"),
    "dollars": ('a = "' + "$" * 300_000 + '"', "value"),
    "long comment": ("/*" + "x" * 900_000 + "*/ a = 1", "value"),
    "open comments": ("/* " * 300_000, "HclSyntaxError"),
    "long heredoc": ("a = <<E\n" + "x\n" * 100_000 + "E\n", "value"),
    "open heredoc": ("a = <<E\n" + "x\n" * 100_000, "HclSyntaxError"),
    "quotes": ('"' * 300_000, "LimitError"),
    "NUL": ("a = \x00", "HclSyntaxError"),
    "lone surrogate": ('a = "\ud800"', "HclSyntaxError"),
    "two byte order marks": ("\ufeff\ufeffa = 1", "HclSyntaxError"),
    "digits": ("a = " + "9" * 900_000, "HclSyntaxError"),
    "exponent": ("a = 1e999999999", "HclSyntaxError"),
    "product": ("a = 1e4999 * 1e4999", "EvaluationError"),
    "quotient": ("a = 1e4900 / 1e-4900", "EvaluationError"),
    "number in a string": ('a = tonumber("1e999999999")', "EvaluationError"),
    "power": ("a = pow(10, 1e10)", "EvaluationError"),
    "nested for": ("a = [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : 1]]]", "LimitError"),
    "nested directives": ('a = "' + "%{for x in [1, 2]}" * 40 + "x" + "%{endfor}" * 40 + '"', "LimitError"),
    "range": ("a = range(1e9)", "EvaluationError"),
    "width": ('a = format("%999999999d", 1)', "EvaluationError"),
    "indentation": ('a = indent(1e9, "a\\n")', "EvaluationError"),
    "product of sets": ("a = setproduct(" + ", ".join(["range(1000)"] * 6) + ")", "LimitError"),
    "replacements": (laughs('"aaaaaaaaaa"', 'replace(@, "a", "aaaaaaaaaa")'), "EvaluationError"),
    "patterns": (laughs('"aaaaaaaaaa"', 'replace(@, "/./", "aaaaaaaaaa")'), "LimitError"),
    "large pattern": ('a = regex("((a{100}){100}){100}", "a")', "EvaluationError"),
    "backtracking": ('a = regexall("(a*)*b", join("", [for x in range(1000) : "a"]))', "value"),
    "billion laughs": (laughs('"xxxxxxxxxx"', '"' + "${@}" * 10 + '"'), "LimitError"),
    "billion elements": (laughs("[1]", "[@, @, @, @, @, @, @, @]", "z = jsonencode(local.a19)"), "LimitError"),
    "billion compared": (laughs("[1]", "[@, @, @, @, @, @, @, @]", "z = local.a19 == local.a19"), "LimitError"),
    "billion converted": (laughs("[1]", "[@, @, @, @, @, @, @, @]", "z = true ? local.a19 : local.a18"), "LimitError"),
    "billion flattened": (laughs("[1]", "[@, @, @, @, @, @, @, @]", "z = flatten(local.a19)"), "LimitError"),
    "billion aliases": (aliases("jsonencode"), "LimitError"),
    "chain of locals": (
        "a = local.b899\nb0 = 1\n" + "\n".join(f"b{at} = local.b{at - 1}" for at in range(1, 900)),
        "LimitError",
    ),
    "cycle": ("a = local.b\nb = local.c\nc = local.a", "EvaluationError"),
    "cycle through itself": ("a = jsonencode(local)", "EvaluationError"),
}


# What doubles ends the same way on a tenth of the budget, only sooner; "nested for" uses the whole of it up.
DOUBLING = ("patterns", "nested directives", "billion flattened", "billion converted", "billion aliases")


def ending(text: str, limit: int = 500_000) -> str:
    """Read a text, evaluate its attributes and those of its last blocks' bodies: how did it end?."""
    try:
        with budget(limit):
            made = locals_map(parse(text, "x.hcl").attributes, Known())
            for name in made:
                made[name]
    except DeclarationError as error:
        return type(error).__name__ if len(str(error)) < 400 else "a message as long as the text"
    return "value"


def main() -> None:
    """Print how each case ended, and the most memory that all of them took, in megabytes."""
    endings = {name: ending(text, 50_000 if name in DOUBLING else 500_000) for name, (text, _) in CASES.items()}
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(json.dumps({"endings": endings, "megabytes": most}))


if __name__ == "__main__":
    main()
