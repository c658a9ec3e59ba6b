"""OCSF 1.5.0 Compliance Findings, as a security lake reads them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reports.ocsf import render
from tests.reports import sample


@pytest.fixture
def events() -> list[dict[str, Any]]:
    """Give the sample's events."""
    loaded: list[dict[str, Any]] = json.loads(render(sample.results()))
    return loaded


def test_every_result_is_an_event(events: list[dict[str, Any]]) -> None:
    """Findings, passes, what did not apply and what is excluded; ids are unique."""
    assert len(events) == 20 + 20 + 5 + 1
    assert len({event["metadata"]["uid"] for event in events}) == len(events)


def test_classification(events: list[dict[str, Any]]) -> None:
    """Class, category, type, activity and version are those of a Compliance Finding in 1.5.0."""
    for event in events:
        assert (event["class_uid"], event["category_uid"], event["type_uid"], event["activity_id"]) == (
            2003,
            2,
            200301,
            1,
        )
        assert event["metadata"]["version"] == "1.5.0"
        assert event["metadata"]["product"]["vendor_name"]
        assert event["compliance"]["standards"]
        assert event["cloud"]["provider"] == "AWS"


def test_time_is_in_milliseconds(events: list[dict[str, Any]]) -> None:
    """The number is milliseconds, the text RFC 3339, and both say the same."""
    assert events[0]["time"] == 1795485672000
    assert events[0]["time_dt"] == "2026-11-24T02:01:12+00:00"


def test_outcomes_are_compliance_states(events: list[dict[str, Any]]) -> None:
    """Unknown is no pass and no failure; waived is a suppressed failure."""
    states = {
        (event["unmapped"]["outcome"], event["compliance"]["status_id"], event["status_id"])
        for event in events
        if "unmapped" in event
    }
    assert states == {("fail", 3, 1), ("unknown", 2, 1), ("error", 0, 1), ("waived", 3, 3)}
    assert {event["compliance"]["status_id"] for event in events if "unmapped" not in event} == {1, 99}


def test_facts_are_in_their_places(events: list[dict[str, Any]]) -> None:
    """Severity, account, resource, remediation and controls."""
    first = events[0]
    assert (first["severity_id"], first["severity"]) == (5, "Critical")
    assert first["cloud"]["account"] == {"type_id": 10, "type": "AWS Account", "uid": "111122223333", "name": "logs"}
    assert first["resources"][0]["uid"] == "logs/us-west-2/stack"
    assert first["remediation"]["desc"].startswith("raise the module ref")
    assert first["compliance"]["standards"] == ["NIST 800-53", "SOC 2"]
    assert first["unmapped"]["declared_at"] == "_envcommon/mgmt/ecs-deploy-runner.hcl:14"


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-west-2", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), (None, "aws")],
)
def test_partition_follows_the_region(region: str | None, partition: str) -> None:
    """China and GovCloud are partitions of their own."""
    from dataclasses import replace

    results = sample.results()
    found = replace(results.findings[0], region=region)
    event = json.loads(render(replace(results, findings=(found,))))[0]
    assert event["resources"][0]["cloud_partition"] == partition


@pytest.mark.parametrize("kind", ["results", "hostile"])
def test_model_of_others_reads_it(kind: str) -> None:
    """An independent model of OCSF accepts every event and keeps its values."""
    model = pytest.importorskip("py_ocsf_models.events.findings.compliance_finding", reason="py-ocsf-models is missing")
    for event in json.loads(render(getattr(sample, kind)())):
        read = model.ComplianceFinding.model_validate(event).model_dump(mode="json", exclude_unset=True)
        for name in ("class_uid", "type_uid", "severity_id", "status_id", "time", "finding_info"):
            assert read[name] == event[name]
        assert read["compliance"]["requirements"] == event["compliance"]["requirements"]
