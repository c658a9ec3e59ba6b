"""A forge shows a finding at the literal, else at its evidence, else at its unit; always from the repository's root."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.model import Location
from audit.verdict.finding import Evidence
from reports.places import anchor
from tests.reports import sample


@pytest.mark.parametrize(
    ("file", "scope", "expected"),
    [
        pytest.param("common.hcl", "", "common.hcl", id="root"),
        pytest.param("common.hcl", "live/", "live/common.hcl", id="scope"),
        pytest.param("./common.hcl", "", "common.hcl", id="dot"),
        pytest.param("/common.hcl", "", "common.hcl", id="slash"),
    ],
)
def test_path_starts_at_the_root(file: str, scope: str, expected: str) -> None:
    """A leading dot or slash would hide the finding."""
    results = sample.results()
    results = replace(results, run=replace(results.run, scope=scope))
    found = replace(results.findings[0], location=Location(file=file, line=3, column=5))
    assert anchor(found, results) == Location(file=expected, line=3, column=5)


def test_fallbacks() -> None:
    """Evidence from HCL, not from AWS; then the unit; then the first unit; then a file's name alone."""
    results = sample.results()
    aws, hcl = Evidence(source="aws", operation="X"), Evidence(source="hcl", file="a.hcl")
    bare = replace(results.findings[0], location=None, evidence=(aws,))
    assert anchor(replace(bare, evidence=(aws, hcl)), results) == Location(file="a.hcl", line=1, column=1)
    assert anchor(bare, results).file == "logs/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl"
    assert anchor(replace(bare, unit=None), results).file == "logs/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl"
    assert anchor(replace(bare, unit=None), replace(results, units=())).file == "terragrunt.hcl"
