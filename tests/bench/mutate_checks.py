"""Mutates every check, one place at a time, and counts how many of the mutants the tests of checks notice.

Run by hand: ``python -m tests.bench.mutate_checks [MODULE …]``. Each assertion becomes true, each comparison its
opposite or neighbour, operands swap, ``and`` becomes ``or``, ``not`` goes, and what a noun gives is emptied. A mutant
lives in a copy of its module's namespace; the tests of that module run in process, up to the first failure.
"""

from __future__ import annotations

import ast
import copy
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
GOAL = 0.95
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}


def mutants(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    """Give each mutant of a module with its description."""
    for index, node in enumerate(ast.walk(tree)):
        for number, words in enumerate(_words(node)):
            changed = copy.deepcopy(tree)
            target = next(one for at, one in enumerate(ast.walk(changed)) if at == index)
            yield f"line {getattr(node, 'lineno', 0)}: {words}", _mutated(changed, target, number)


def _words(node: ast.AST) -> list[str]:  # noqa: PLR0911 -- a table of nodes
    """Say what can be changed about a node, in a fixed order."""
    match node:
        case ast.Assert():
            return ["assertion to true", "assertion to false"]
        case ast.Compare(ops=[op]):
            given = [f"{type(op).__name__} to {new.__name__}" for new in COMPARISONS.get(type(op), ())]
            return [
                *given,
                *(["operands swapped"] if isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE | ast.In) else []),
            ]
        case ast.BoolOp(op=op):
            return [f"{type(op).__name__} to the other", "first operand only", "last operand only"]
        case ast.UnaryOp(op=ast.Not()):
            return ["not taken away"]
        case ast.If(test=test) if not isinstance(test, ast.Name):  # TYPE_CHECKING is a name
            return ["condition to true", "condition to false"]
        case ast.IfExp():
            return ["always the first", "always the second"]
        case ast.For():
            return ["nothing to walk through"]
        case ast.Call(func=ast.Name(id="not_applicable")):
            return ["judged all the same"]
        case ast.Call(func=ast.Attribute(attr="fail")):
            return ["no failure"]
        case _:
            return []


def _mutated(tree: ast.Module, target: ast.AST, number: int) -> ast.Module:
    _Change(target, number).visit(tree)
    return ast.fix_missing_locations(tree)


class _Change(ast.NodeTransformer):
    """Replaces one node."""

    def __init__(self, target: ast.AST, number: int) -> None:
        self.target, self.number = target, number

    def visit(self, node: ast.AST) -> ast.AST:
        """Change the target, and go on through everything else."""
        return self._changed(node) if node is self.target else self.generic_visit(node)

    def _changed(self, node: ast.AST) -> ast.AST:  # noqa: C901 -- the same table
        first, yes, no = self.number == 0, ast.Constant(value=True), ast.Constant(value=False)
        match node:
            case ast.Assert():
                node.test = yes if first else no
            case ast.Compare(ops=[op]):
                others = COMPARISONS.get(type(op), ())
                if self.number < len(others):
                    node.ops = [others[self.number]()]
                else:
                    node.left, node.comparators = node.comparators[0], [node.left]
            case ast.BoolOp(op=op):
                if first:
                    node.op = ast.Or() if isinstance(op, ast.And) else ast.And()
                else:
                    return node.values[0 if self.number == 1 else -1]
            case ast.UnaryOp():
                return node.operand
            case ast.If():
                node.test = yes if first else no
            case ast.IfExp():
                return node.body if first else node.orelse
            case ast.For():
                node.iter = ast.Tuple(elts=[], ctx=ast.Load())
            case ast.Call():
                return ast.Constant(value=None)
        return node


class _Silent:
    """A plugin that keeps pytest from saying anything."""

    @staticmethod
    @pytest.hookimpl(trylast=True)
    def pytest_configure(config: pytest.Config) -> None:
        """Take the terminal's reporter away."""
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)


def survivors(name: str) -> tuple[int, list[str]]:
    """Give how many mutants a module of checks has, and those that its tests do not notice."""
    module = importlib.import_module(f"checks.{name}")
    path = ROOT / "checks" / f"{name}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    original = dict(vars(module))
    alive, count = [], 0
    for words, mutant in mutants(tree):
        count += 1
        try:
            exec(compile(mutant, str(path), "exec"), vars(module))  # noqa: S102 -- our own checks, changed
            if _passes(name):
                alive.append(words)
        finally:
            vars(module).clear()
            vars(module).update(original)
    return count, alive


def _passes(name: str) -> bool:
    tests = ROOT / "tests" / "checks" / f"{name}.py"
    # Parameters may hold functions of the module as it was when the tests were imported.
    for loaded in [one for one in sys.modules if one.startswith("tests.checks")]:
        del sys.modules[loaded]
    arguments = [str(tests), "-x", "-q", "-p", "no:cacheprovider", "--assert=plain", "-W", "ignore", "-c", _INI]
    return pytest.main(arguments, plugins=[_Silent()]) == pytest.ExitCode.OK


_INI = str(ROOT / "pyproject.toml")


def main(names: list[str]) -> int:
    """Mutate the named modules, or all; 1 where fewer are killed than the goal asks for."""
    found = names or sorted(path.stem for path in (ROOT / "tests" / "checks").glob("test_*.py"))
    total = lived = 0
    for name in (one for one in found if (ROOT / "checks" / f"{one}.py").is_file()):
        count, alive = survivors(name)
        total, lived = total + count, lived + len(alive)
        click.echo(f"{name}: {count - len(alive)} of {count} killed")
        for words in alive:
            click.echo(f"  survived: {words}")
    share = (total - lived) / total if total else 0
    click.echo(f"{total - lived} of {total} killed: {share:.1%} (goal {GOAL:.0%})")
    return 0 if share >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
