"""Objects evaluated member by member and merged as Terragrunt merges inputs: a broken member hides no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeGuard

from audit.declared.evaluate import LazyMap, Scope, Unknown, Value, evaluate, member
from audit.declared.faults import placed
from audit.declared.model import Link
from audit.declared.nodes import Attribute, Call, Conditional, Expression, GetAttr, Literal, Object, Variable
from audit.declared.values import MAX_LINKS
from audit.errors import DeclarationError, LimitError

Make: TypeAlias = Callable[[], Value]


_FOLLOWED = frozenset({"include", "local"})


class OpenMap(LazyMap):
    """A lazy mapping that may have more members than are known: those that are asked for are unknown too.

    ``fault`` is what Terraform would refuse, if that is why.
    """

    def __init__(
        self, members: Mapping[str, Make], rest: Unknown, what: str, fault: DeclarationError | None = None
    ) -> None:
        super().__init__(members, what)
        self.rest, self.fault = rest, fault

    def __getitem__(self, name: str) -> Value:
        return super().__getitem__(name) if super().__contains__(name) else Value(self.rest)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)


def lazily(expr: Expression, scope: Scope) -> Value:
    """Give the value of an expression; members of an object are evaluated when they are asked for.

    Raises what ``evaluate`` raises, for the part that must be known at once.
    """
    match expr:
        case Literal():
            return Value(expr.value, expr.location, (), expr.span)
        case GetAttr():
            return _follow(expr, scope) or evaluate(expr, scope)
        case Object():
            return _object(expr, scope)
        case Call(name="merge", expand=False, args=args) if args:
            return _merge(expr, scope)
        case Conditional():
            condition = evaluate(expr.condition, scope)
            if condition.raw is True or condition.raw is False:
                return lazily(expr.yes if condition.raw else expr.no, scope)
    return evaluate(expr, scope)


def _follow(expr: GetAttr, scope: Scope) -> Value | None:
    """Follow ``local.a.b`` at once, as ``evaluate`` would step by step; None where anything is in the way.

    Most expressions of a fleet are of this kind, which is why they have a way of their own.
    """
    names: list[str] = []
    root: Expression = expr
    while isinstance(root, GetAttr):
        names.append(root.name)
        root = root.target
    if not isinstance(root, Variable) or root.name not in _FOLLOWED:
        return None
    names.reverse()
    try:
        value = scope.variable(root.name, root.location)
        links = value.links
        for name in names:
            if not isinstance(value.raw, LazyMap | dict) or name not in value.raw:
                return None
            value = value.raw[name]
            links = (*value.links, *links)
    except DeclarationError as error:
        raise placed(error, expr.location) from None
    except RecursionError:
        raise placed(LimitError("nested deeper than can be evaluated"), expr.location) from None
    link = Link(text=".".join((root.name, *names)), place=root.location)
    return Value(value.raw, value.origin, (*links, link)[:MAX_LINKS], value.span, value.file)


def lazy_locals(attributes: Mapping[str, Attribute], scope: Scope, what: str) -> LazyMap:
    """Make the lazy members of ``local``; a value that passes through one has it among its links."""

    def maker(attribute: Attribute) -> Make:
        link = Link(text=f"locals.{attribute.name}", place=attribute.location)
        return lambda: lazily(attribute.expr, scope).linked(link)

    return LazyMap({name: maker(attribute) for name, attribute in attributes.items()}, what)


def shallow(parent: Value, child: Value) -> Value:
    """Merge inputs as ``shallow`` does: whole keys of the child replace those of the parent, also with null."""
    return _merged(parent, child, lambda _, mine: mine())


def deep(parent: Value, child: Value) -> Value:
    """Merge as ``deep`` does: maps recurse, lists are the parent's and then the child's, all else is the child's."""
    if isinstance(child.raw, tuple) and isinstance(parent.raw, tuple):
        items = [member(parent, at) for at in range(len(parent.raw))] + [
            member(child, at) for at in range(len(child.raw))
        ]
        return Value(tuple(items), child.origin)
    if isinstance(child.raw, Mapping) and isinstance(parent.raw, Mapping | Unknown):
        return _merged(parent, child, _deeper)
    return child


def _deeper(theirs: Make, mine: Make) -> Value:
    child = mine()
    return deep(theirs(), child) if isinstance(child.raw, Mapping | tuple) else child


def _merged(parent: Value, child: Value, both: Callable[[Make, Make], Value]) -> Value:
    """Merge two mappings lazily; what is unknown stays open, what the child says counts all the same."""
    if not isinstance(child.raw, Mapping):
        return child
    below = parent.raw if isinstance(parent.raw, Mapping) else {}
    members: dict[str, Make] = {name: _member(parent, name) for name in below}
    for name in child.raw:
        members[name] = _both(both, members[name], _member(child, name)) if name in members else _member(child, name)
    rests = (raw if isinstance(raw, Unknown) else raw.rest for raw in (parent.raw, child.raw) if _is_open(raw))
    if rest := next(rests, None):
        return Value(OpenMap(members, rest, "inputs"), child.origin)
    return Value(LazyMap(members, "inputs"), child.origin)


def _is_open(raw: object) -> TypeGuard[Unknown | OpenMap]:
    return isinstance(raw, Unknown | OpenMap)


def _member(container: Value, name: str) -> Make:
    return lambda: member(container, name)


def _both(both: Callable[[Make, Make], Value], theirs: Make, mine: Make) -> Make:
    return lambda: both(theirs, mine)


def _object(node: Object, scope: Scope) -> Value:
    members: dict[str, Make] = {}
    for key, item in node.items:
        name = lazily(key, scope).raw
        if not isinstance(name, str):
            return evaluate(node, scope)
        members[name] = _maker(item, scope)
    return Value(LazyMap(members, "an object"), node.location)


def _maker(item: Expression, scope: Scope) -> Make:
    return lambda: lazily(item, scope)


def _merge(node: Call, scope: Scope) -> Value:
    """Merge objects lazily; over an argument that has no value, only what comes after it is known."""
    merged: dict[str, Make] = {}
    fault: DeclarationError | None = None
    for arg in node.args:
        try:
            value = lazily(arg, scope)
        except DeclarationError as error:
            merged, fault = {}, fault or error
            continue
        if value.raw is None:
            continue
        if not isinstance(value.raw, Mapping) or isinstance(value.raw, OpenMap):
            return evaluate(node, scope)
        merged.update((name, _member(value, name)) for name in value.raw)
    if fault is not None:
        return Value(OpenMap(merged, Unknown(str(fault)), "a merged object", fault), node.location)
    return Value(LazyMap(merged, "a merged object"), node.location)
