"""One row of a table for a cause and a place, which names the stack where an account has several there."""

from __future__ import annotations

from dataclasses import replace

from reports.causes import causes
from reports.lines import lines_of, some
from tests.reports import sample


def test_a_stack_of_several_is_named() -> None:
    """Two stacks of one account and region are two lines; many places are one, whatever their stacks."""
    base = sample.results()
    first = next(found for found in base.findings if found.account == "stage" and found.container)
    second = replace(first, id="2" * 64, unit="stage/us-west-2/mgmt/sandbox", stack="sandbox")
    row = next(row for row in base.units if row.account == "stage")
    units = (*base.units, replace(row, unit=second.unit or "", stack="sandbox"))
    results = replace(base, findings=(first, second), units=units)
    assert [line.where for line in lines_of(causes(results), results)] == [
        "stage us-west-2 ecs-deploy-runner",
        "stage us-west-2 sandbox",
    ]
    many = replace(base, findings=tuple(found for found in base.findings if found.check == "declared-tag-behind"))
    (line,) = lines_of(causes(many), many)
    assert line.where == "5 accounts in us-west-2: logs, shared, security and 2 more"


def test_few_of_several_are_named() -> None:
    """The rest is counted."""
    assert some(("a", "b")) == "a, b"
    assert some(tuple("abcde"), 2) == "a, b and 3 more"
