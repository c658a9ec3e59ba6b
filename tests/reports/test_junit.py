"""The JUnit report is read by others as it is meant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from junitparser import JUnitXml

from reports.junit import render
from tests.reports import sample

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def suite(tmp_path: Path) -> Any:  # noqa: ANN401 -- junitparser has no types
    """Give the sample's suite, read by junitparser."""
    file = tmp_path / "junit.xml"
    file.write_text(render(sample.results()), encoding="utf-8")
    (only,) = JUnitXml.fromfile(str(file))
    return only


def test_counts_agree_with_the_results(suite: Any) -> None:  # noqa: ANN401 -- as above
    """Failures are failures, unknown and crashed are errors, what is waived, excluded or disabled is skipped."""
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (47, 17, 2, 8)


def test_case_names_where_what_and_the_literal(suite: Any) -> None:  # noqa: ANN401 -- as above
    """Account and region in the class name, the check in the name, file and line of the literal."""
    case = next(iter(suite))
    assert (case.classname, case.name) == ("logs.us-west-2", "invoker-runtime-deprecated[logs/us-west-2/stack]")
    element = next(ET.fromstring(render(sample.results())).iter("testcase"))  # noqa: S314 -- our own document
    assert (element.get("file"), element.get("line")) == ("_envcommon/mgmt/ecs-deploy-runner.hcl", "14")


def test_unknown_is_an_error() -> None:
    """What could not be judged is an error with its message, never a pass."""
    root = ET.fromstring(render(sample.results()))  # noqa: S314 -- our own document
    case = root.find(".//testcase[@name='not-covered[dev/us-west-2/stack]']")
    assert case is not None
    error = case.find("error")
    assert error is not None
    assert error.get("type") == "unknown"


def test_waived_says_by_whom_and_until_when() -> None:
    """A waived finding is skipped, with the waiver in its message."""
    root = ET.fromstring(render(sample.results()))  # noqa: S314 -- our own document
    skipped = next(root.iter("skipped"))
    assert "W-2026-007 (platform@example.com) until 2026-12-15: change freeze" in str(skipped.get("message"))


def test_cases_of_two_stacks_have_names_of_their_own() -> None:
    """Where an account has two stacks in a region, the name says of which a finding is."""
    base = sample.results()
    first = next(found for found in base.findings if found.account == "stage" and found.container)
    second = replace(first, id="2" * 64, unit="stage/us-west-2/mgmt/sandbox", stack="sandbox")
    row = next(row for row in base.units if row.account == "stage")
    units = (*base.units, replace(row, unit=second.unit or "", stack="sandbox"))
    text = render(replace(base, findings=(first, second), units=units))
    names = [str(case.get("name")) for case in ET.fromstring(text).iter("testcase")][:2]  # noqa: S314 -- our own document
    assert names == [f"{first.check}[{stack}/{first.container}]" for stack in ("ecs-deploy-runner", "sandbox")]


def test_hostile_text_stays_text() -> None:
    """Markup, ``]]>`` and forbidden characters end up as text in a well-formed document."""
    root = ET.fromstring(render(sample.hostile()))  # noqa: S314 -- our own document
    assert {element.tag for element in root.iter()} == {
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "failure",
        "error",
        "skipped",
    }
