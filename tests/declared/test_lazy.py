"""Tests of audit.declared.lazy: objects member by member, and merges that leave open what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from audit.declared.evaluate import LazyMap, Unknown, Value
from audit.declared.lazy import OpenMap, deep, lazily, shallow
from audit.declared.syntax import parse_expression
from audit.errors import EvaluationError
from tests.declared.test_terragrunt import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.model import Location

WHY = Unknown("because")


class _Scope:
    """A scope with one known object, one unknown, and one that has a broken member."""

    def variable(self, name: str, location: Location) -> Value:
        """Give one of the three."""
        if name == "broken":
            return lazily(parse_expression("{ good = 1, bad = nothing }", "f"), self)
        names: dict[str, Value] = {"known": Value({"a": Value("1"), "b": Value("2")}), "unknown": Value(WHY)}
        if name not in names:
            raise EvaluationError("nothing", file=location.file, line=location.line, column=location.column)
        return names[name]

    def call(self, _name: str, _args: Sequence[Value], _location: Location) -> Value | None:
        """Know no function."""
        return None


def _value(text: str) -> Any:  # noqa: ANN401 -- any value of HCL
    return plain(lazily(parse_expression(text, "f"), _Scope()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{ x = "1", "y" = known.a, (known.b) = [1] }', {"x": "1", "y": "1", "2": [1]}),
        ("{ (unknown) = 1 }", "<because>"),
        ("merge({ a = 1, b = 1 }, null, { b = 2 })", {"a": 1, "b": 2}),
        ("merge({ a = 1 }, unknown)", "<because>"),
        ("merge([{ a = 1 }, known]...)", {"a": "1", "b": "2"}),
        ("true ? { a = 1 } : nothing", {"a": 1}),
        ("false ? nothing : { a = 1 }", {"a": 1}),
        ("unknown ? 1 : 2", "<because>"),
        ("unknown.a.b", "<because>"),
        ("known.a", "1"),
    ],
)
def test_expressions_have_the_value_that_they_have_at_once(text: str, value: object) -> None:
    """Reading lazily changes no value."""
    assert _value(text) == value


def test_broken_member_hides_no_other() -> None:
    """One member that has no value leaves the others, also through a merge."""
    merged = lazily(parse_expression("merge(broken, { more = 2 })", "f"), _Scope()).raw
    assert isinstance(merged, LazyMap)
    assert (merged["good"].raw, merged["more"].raw) == (1, 2)
    with pytest.raises(EvaluationError, match="nothing"):
        merged["bad"]


MAP = Value({"a": Value("child")})


@pytest.mark.parametrize("merge", [shallow, deep])
def test_what_the_child_says_counts_over_an_unknown_parent(merge: Any) -> None:  # noqa: ANN401 -- either function
    """Under an unknown parent the child's members are known, and all others are unknown."""
    raw = merge(Value(WHY), MAP).raw
    assert isinstance(raw, OpenMap)
    assert (raw["a"].raw, raw["b"].raw, "b" in raw, list(raw)) == ("child", WHY, True, ["a"])


def test_unknown_child_is_unknown_and_an_open_one_stays_open() -> None:
    """Whatever an unknown child may say counts, so nothing is known; what is open stays so in a further merge."""
    assert shallow(MAP, Value(WHY)).raw == WHY
    opened = shallow(Value(WHY), MAP)
    raw = deep(Value({"b": Value("parent")}), opened).raw
    assert isinstance(raw, OpenMap)
    assert (raw["a"].raw, raw["b"].raw, raw["c"].raw) == ("child", "parent", WHY)


def test_deep_merge_below_an_unknown_member() -> None:
    """A map of the child over an unknown member of the parent keeps what it says itself."""
    raw = deep(Value({"m": Value(WHY)}), Value({"m": MAP})).raw
    assert isinstance(raw, LazyMap)
    inner = raw["m"].raw
    assert isinstance(inner, OpenMap)
    assert inner["a"].raw == "child"
