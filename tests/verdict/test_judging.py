"""Findings become plain data whole: what travels on a report can be read back as it was."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from audit.model import Location
from audit.verdict.finding import Evidence, WaiverNote
from audit.verdict.judging import plain
from tests.verdict.findings import found

if TYPE_CHECKING:
    from audit.verdict.finding import Finding

PLACE = Location(file="common.hcl", line=24, column=39)
EVIDENCE = (
    Evidence(source="hcl", file="common.hcl", line=24, column=39),
    Evidence(source="aws", service="ecs", operation="DescribeTasks", request_id="r-1", time="2026-11-01T00:00:00Z"),
)
WAIVER = WaiverNote(id="w-1", owner="ops", reason="known", expires=date(2026, 12, 1), days_left=3)


@pytest.mark.parametrize(
    "finding",
    [
        pytest.param(found(), id="as it comes"),
        pytest.param(replace(found(), location=PLACE, evidence=EVIDENCE, waiver=WAIVER), id="with everything"),
        pytest.param(replace(found(), location=None, evidence=(), waiver=None), id="with nothing"),
    ],
)
def test_plain_is_every_field(finding: Finding) -> None:
    """A finding is plain to its last field: place, evidence and waiver too."""
    assert plain(finding) == asdict(finding)
