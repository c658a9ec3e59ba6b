"""Where values came from, in words: each source once, and whose account a call was made in where that can be asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.verdict.finding import Evidence, Finding
from reports.causes import Cause
from reports.evidence import sources
from tests.verdict import findings as made

UUID = "5f0c3c0e-6a5b-4a53-8a43-0f6c0d3f9d11"
TIME = "2026-11-24T02:00:07Z"
LITERAL = Evidence(source="hcl", file="common.hcl", line=25, column=39)
TASKS = Evidence(source="aws", service="ecs", operation="DescribeTasks")
NOTED = replace(TASKS, request_id=UUID, time=TIME)
IMAGE = replace(NOTED, service="ecr", operation="BatchGetImage")


def found(account: str, *evidence: Evidence) -> Finding:
    """Make a finding of an account."""
    return replace(made.found(), account=account, region="us-west-2", evidence=evidence)


@pytest.mark.parametrize(
    ("findings", "placed", "told"),
    [
        pytest.param([found("a", LITERAL)], False, ["common.hcl:25:39"], id="a literal"),
        pytest.param([found("a", TASKS)], True, ["aws ecs DescribeTasks"], id="an older snapshot"),
        pytest.param(
            [found("a", NOTED)], False, [f"aws ecs DescribeTasks, request {UUID}, at {TIME}"], id="of one account"
        ),
        pytest.param(
            [found("a", NOTED)],
            True,
            [f"a us-west-2: aws ecs DescribeTasks, request {UUID}, at {TIME}"],
            id="of one, named",
        ),
        pytest.param(
            [found("a", replace(NOTED, request_id=None))], False, [f"aws ecs DescribeTasks, at {TIME}"], id="time alone"
        ),
        pytest.param(
            [found("a", LITERAL, NOTED, IMAGE), found("b", LITERAL, NOTED, IMAGE)],
            False,
            [
                "common.hcl:25:39",
                f"a us-west-2: aws ecs DescribeTasks, request {UUID}, at {TIME}",
                f"aws ecr BatchGetImage, request {UUID}, at {TIME}",
                f"b us-west-2: aws ecs DescribeTasks, request {UUID}, at {TIME}",
            ],
            id="of several, the registry's is nobody's of them",
        ),
    ],
)
def test_each_source_once(findings: list[Finding], placed: bool, told: list[str]) -> None:  # noqa: FBT001 -- parametrized
    """In the order of the findings."""
    assert [str(one) for one in sources(Cause(id="c", findings=tuple(findings)), placed=placed)] == told
