"""Tree and scope to values: expressions as Terraform evaluates them, each value with the place it came from.

Where Terraform would refuse, EvaluationError with the place; where the repository alone cannot tell, an Unknown with
its reason, never a guess. Nothing here reads a file: that is the scope's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from audit.declared.access import condition_of, get_attribute, get_index, key_of, shown
from audit.declared.budget import Budget, budget, charge
from audit.declared.convert import convert, deep_unknown, describe, type_of, unify
from audit.declared.faults import at_place, fail, placed
from audit.declared.functions import apply
from audit.declared.model import Link
from audit.declared.nodes import (
    Attribute,
    Binary,
    Call,
    Conditional,
    Expression,
    ForObject,
    ForTuple,
    GetAttr,
    Index,
    Literal,
    Object,
    Splat,
    Template,
    TemplateFor,
    TemplateIf,
    Tuple,
    Unary,
    Variable,
)
from audit.declared.operators import binary, unary
from audit.declared.rendering import for_object, for_tuple, template_for, template_if, text_of
from audit.declared.scopes import LazyMap, Names, Scope
from audit.declared.values import ListRaw, Raw, SetRaw, Unknown, Value, member
from audit.errors import DeclarationError, EvaluationError, HclSyntaxError, LimitError

__all__ = [
    "Budget",
    "LazyMap",
    "Names",
    "Raw",
    "Scope",
    "Unknown",
    "Value",
    "budget",
    "evaluate",
    "locals_map",
    "member",
]


def evaluate(expr: Expression, scope: Scope) -> Value:
    """Give the value of an expression.

    Raises EvaluationError with a place where it has none, LimitError where it costs more than the budget in force
    (``budget()``; one of its own where there is none) or nests too deep.
    """
    with budget():
        try:
            return _evaluate(expr, scope)
        except RecursionError:
            raise placed(LimitError("nested deeper than can be evaluated"), expr.location) from None


def locals_map(attributes: Mapping[str, Attribute], parent: Scope, what: str = "locals") -> LazyMap:
    """Make the lazy members of ``local`` from a locals block; they see each other and ``parent``."""

    def maker(expr: Expression) -> Callable[[], Value]:
        return lambda: evaluate(expr, scope)

    made = LazyMap({name: maker(attribute.expr) for name, attribute in attributes.items()}, what)
    scope = Names({"local": Value(made)}, parent)
    return made


def _evaluate(expr: Expression, scope: Scope) -> Value:
    try:
        charge()
        return _EVALUATORS[type(expr)](expr, scope)
    except DeclarationError as error:
        if error.file or error.line:
            raise
        raise placed(error, expr.location) from None


def _literal(node: Literal, _scope: Scope) -> Value:
    return Value(node.value, node.location, (), node.span)


def _template(node: Template, scope: Scope) -> Value:
    if len(node.parts) == 1 and not isinstance(node.parts[0], TemplateIf | TemplateFor):
        return _evaluate(node.parts[0], scope)
    return Value(text_of(node, scope, _evaluate), node.location)


def _tuple(node: Tuple, scope: Scope) -> Value:
    return Value(tuple(_evaluate(item, scope) for item in node.items), node.location)


def _object(node: Object, scope: Scope) -> Value:
    made: dict[str, Value] = {}
    unknown: Unknown | None = None
    for key, item in node.items:
        name = key_of(_evaluate(key, scope), key.location)
        value = _evaluate(item, scope)
        if isinstance(name, Unknown):
            unknown = name
        else:
            made[name] = value
    if unknown is not None:
        return Value(unknown, node.location)
    return Value(dict(sorted(made.items())), node.location)


def _variable(node: Variable, scope: Scope) -> Value:
    return scope.variable(node.name, node.location)


def _chain(node: GetAttr | Index, scope: Scope) -> Value:
    """Follow attributes and indexes from their root, in a loop: the chain may be long."""
    steps: list[GetAttr | Index] = []
    root: Expression = node
    while isinstance(root, GetAttr | Index):
        steps.append(root)
        root = root.target
    value = _evaluate(root, scope)
    text = root.name if isinstance(root, Variable) and not _hidden(root.name, scope) else None
    for step in reversed(steps):
        charge()
        if isinstance(step, GetAttr):
            value = get_attribute(value, step.name, step.location)
            text = text and f"{text}.{step.name}"
        else:
            key = _evaluate(step.key, scope)
            value = get_index(value, key, step.location)
            text = text and f"{text}[{shown(key)}]"
    return value.linked(Link(text=text, place=root.location)) if text else value


def _hidden(name: str, scope: Scope) -> bool:
    return name == "*" or (isinstance(scope, Names) and scope.hides(name))


def _splat(node: Splat, scope: Scope) -> Value:
    value = _evaluate(node.target, scope)
    raw = value.raw
    if isinstance(raw, Unknown):
        return Value(raw, value.origin, value.links)
    if raw is None:
        return Value((), node.location)
    items = (member(value, at) for at in range(len(raw))) if isinstance(raw, tuple) else iter((value,))
    made = tuple(_evaluate(node.each, Names({"*": item}, scope, local=True)) for item in items)
    return Value(ListRaw(made) if isinstance(raw, ListRaw | SetRaw) else made, node.location)


def _unary(node: Unary, scope: Scope) -> Value:
    operators, operand = list[str](), node.operand
    operators.append(node.operator)
    while isinstance(operand, Unary):
        operators.append(operand.operator)
        operand = operand.operand
    raw = _evaluate(operand, scope).raw
    for operator in reversed(operators):
        raw = unary(operator, raw)
    return Value(raw, node.location)


def _binary(node: Binary, scope: Scope) -> Value:
    """Calculate a chain such as ``a + b + c`` in a loop: it leans to the left and may be long."""
    steps: list[Binary] = []
    left: Expression = node
    while isinstance(left, Binary):
        steps.append(left)
        left = left.left
    value = _evaluate(left, scope)
    for step in reversed(steps):
        right = _evaluate(step.right, scope)
        with at_place(step.location):
            value = Value(binary(step.operator, value, right), node.location)
    return value


def _conditional(node: Conditional, scope: Scope) -> Value:
    """Choose an arm, in the type that both arms have in common."""
    condition = condition_of(_evaluate(node.condition, scope), node.condition.location)
    if isinstance(condition, Unknown):
        return Value(condition, node.location)
    chosen = _evaluate(node.yes if condition else node.no, scope)
    try:
        other = _evaluate(node.no if condition else node.yes, scope)
    except (EvaluationError, HclSyntaxError):
        return chosen
    if isinstance(chosen.raw, LazyMap) or isinstance(other.raw, LazyMap) or chosen.raw is None or other.raw is None:
        return chosen
    common = unify((type_of(chosen), type_of(other)))
    if common is None:
        raise fail(
            f"both results of a conditional must have one type, not {describe(chosen.raw)} and {describe(other.raw)}",
            node.location,
        )
    return convert(chosen, common)


def _call(node: Call, scope: Scope) -> Value:
    name = node.name.removeprefix("core::")
    if name in ("try", "can"):
        return _try(node, scope) if name == "try" else _can(node, scope)
    args = [_evaluate(arg, scope) for arg in node.args]
    if node.expand and args:
        last = args.pop()
        if isinstance(last.raw, Unknown):
            return Value(last.raw, node.location)
        if not isinstance(last.raw, tuple):
            raise fail(f"... needs a list, not {describe(last.raw)}", node.location)
        args += [member(last, at) for at in range(len(last.raw))]
    with at_place(node.location):
        found = scope.call(name, args, node.location)
        if found is None:
            return apply(name, args, node.location)
    if isinstance(found.raw, Mapping):
        return found.linked(Link(text=f"{name}(...)", place=node.location))
    return found


def _try(node: Call, scope: Scope) -> Value:
    last: DeclarationError | None = None
    for arg in node.args:
        try:
            return _evaluate(arg, scope)
        except (EvaluationError, HclSyntaxError) as error:
            last = error
    raise fail(f"no argument of try has a value: {last}" if last else "try needs an argument", node.location)


def _can(node: Call, scope: Scope) -> Value:
    if len(node.args) != 1:
        raise fail("can needs exactly one argument", node.location)
    try:
        value = _evaluate(node.args[0], scope)
    except (EvaluationError, HclSyntaxError):
        return Value(raw=False, origin=node.location)
    return Value(deep_unknown(value) or True, node.location)


_EVALUATORS: Mapping[type, Callable[..., Value]] = {
    Literal: _literal,
    Template: _template,
    TemplateIf: partial(template_if, run=_evaluate),
    TemplateFor: partial(template_for, run=_evaluate),
    Tuple: _tuple,
    Object: _object,
    Variable: _variable,
    GetAttr: _chain,
    Index: _chain,
    Splat: _splat,
    Call: _call,
    Unary: _unary,
    Binary: _binary,
    Conditional: _conditional,
    ForTuple: partial(for_tuple, run=_evaluate),
    ForObject: partial(for_object, run=_evaluate),
}
