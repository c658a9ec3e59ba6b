"""Strings from templates, and tuples and objects from a for: what repeats a body once for each element."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from audit.declared.access import condition_of, key_of, rounds
from audit.declared.budget import charge
from audit.declared.convert import STRING, convert
from audit.declared.faults import at_place, fail
from audit.declared.nodes import Expression, ForObject, ForTuple, Template, TemplateFor, TemplateIf
from audit.declared.scopes import Names, Scope
from audit.declared.values import Unknown, Value, nfc

Run: TypeAlias = Callable[[Expression, Scope], Value]


def text_of(node: Template, scope: Scope, run: Run) -> str | Unknown:
    """Join the parts of a template; unknown where one of them is."""
    texts: list[str] = []
    unknown: Unknown | None = None
    for part in node.parts:
        raw = run(part, scope).raw
        if isinstance(raw, Unknown):
            unknown = unknown or raw
        elif raw is None:
            raise fail("the expression result is null: cannot include a null value in a string template", part.location)
        elif isinstance(raw, str):
            texts.append(raw)
        else:
            with at_place(part.location):
                texts.append(str(convert(Value(raw), STRING).raw))
    if unknown is not None:
        return unknown
    return _joined(texts)


def _joined(texts: list[str]) -> str:
    charge(sum(map(len, texts)) // 32)
    return nfc("".join(texts))


def template_if(node: TemplateIf, scope: Scope, run: Run) -> Value:
    """Give the text of the arm that a directive chooses."""
    condition = condition_of(run(node.condition, scope), node.condition.location)
    if isinstance(condition, Unknown):
        return Value(condition, node.location)
    return Value(text_of(node.yes if condition else node.no, scope, run), node.location)


def template_for(node: TemplateFor, scope: Scope, run: Run) -> Value:
    """Give the text of a directive's body, once for each element."""
    collection = run(node.collection, scope)
    texts: list[str] = []
    for names in rounds(node.key, node.item, collection, node.collection.location):
        if isinstance(names, Unknown):
            return Value(names, node.location)
        text = text_of(node.body, Names(names, scope, local=True), run)
        if isinstance(text, Unknown):
            return Value(text, node.location)
        texts.append(text)
    return Value(_joined(texts), node.location)


def for_tuple(node: ForTuple, scope: Scope, run: Run) -> Value:
    """Give a tuple of what a for makes of each element."""
    made: list[Value] = []
    for inner in _chosen(node, scope, run):
        if isinstance(inner, Unknown):
            return Value(inner, node.location)
        made.append(run(node.value, inner))
    return Value(tuple(made), node.location)


def for_object(node: ForObject, scope: Scope, run: Run) -> Value:
    """Give an object of what a for makes of each element, the values of one key gathered where it says so."""
    made: dict[str, list[Value]] = {}
    for inner in _chosen(node, scope, run):
        if isinstance(inner, Unknown):
            return Value(inner, node.location)
        name = key_of(run(node.name, inner), node.name.location)
        if isinstance(name, Unknown):
            return Value(name, node.location)
        if name in made and not node.group:
            raise fail(f"two elements have the key '{name}': add ... to group them", node.name.location)
        made.setdefault(name, []).append(run(node.value, inner))
    members = ((name, Value(tuple(found)) if node.group else found[0]) for name, found in sorted(made.items()))
    return Value(dict(members), node.location)


def _chosen(node: ForTuple | ForObject, scope: Scope, run: Run) -> Iterator[Names | Unknown]:
    """Give the names of each element that the condition lets through; what cannot be known, instead of its names."""
    collection = run(node.collection, scope)
    for names in rounds(node.key, node.item, collection, node.collection.location):
        if isinstance(names, Unknown):
            yield names
            continue
        inner = Names(names, scope, local=True)
        wanted = condition_of(run(node.condition, inner), node.condition.location) if node.condition else True
        if isinstance(wanted, Unknown):
            yield wanted
        elif wanted:
            yield inner
