"""SARIF as GitHub reads it: one alert for each literal that must change."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest

from reports.sarif import render
from tests.reports import sample


def run_of(text: str) -> dict[str, Any]:
    """Give the only run of a log."""
    log = json.loads(text)
    assert (log["version"], log["$schema"]) == ("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json")
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


@pytest.fixture
def run() -> dict[str, Any]:
    """Give the sample's run."""
    return run_of(render(sample.results()))


def test_rules_have_all_that_github_asks_for(run: dict[str, Any]) -> None:
    """Texts, level, tags and the literal key ``problem.severity``."""
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}
        assert rule["properties"]["problem.severity"] in {"error", "warning", "recommendation"}
        assert len(rule["properties"]["tags"]) <= 10
        assert "security-severity" not in rule["properties"]


def test_rules_come_from_the_catalogue(run: dict[str, Any]) -> None:
    """The title and the reason are the check's own; without a catalogue the id speaks."""
    titles = {rule["id"]: rule["shortDescription"]["text"] for rule in run["tool"]["driver"]["rules"]}
    assert titles["image-tag-drift"] == "The running tag is the declared one"
    bare = run_of(render(replace(sample.results(), checks=())))
    titles = {rule["id"]: rule["shortDescription"]["text"] for rule in bare["tool"]["driver"]["rules"]}
    assert titles["image-tag-drift"] == "Image tag drift"


def test_security_checks_have_a_score(run: dict[str, Any]) -> None:
    """Checks of security, and no others, have the score from which GitHub takes its level, and a link to read on."""
    assert not [rule["id"] for rule in run["tool"]["driver"]["rules"] if "security-severity" in rule["properties"]]
    results = sample.results()
    checks = tuple(
        replace(note, subject="security", references=("https://example.com/why",))
        if note.id == "image-tag-drift"
        else note
        for note in results.checks
    )
    (scored,) = (
        rule
        for rule in json.loads(render(replace(results, checks=checks)))["runs"][0]["tool"]["driver"]["rules"]
        if "security-severity" in rule["properties"]
    )
    assert scored["properties"]["security-severity"] == "8.0"
    assert scored["properties"]["tags"][0] == "security"
    assert scored["helpUri"] == "https://example.com/why"


def test_results_point_at_the_literal(run: dict[str, Any]) -> None:
    """A full region from the opening quote to the closing one, in a path relative to the repository."""
    rules = run["tool"]["driver"]["rules"]
    drift = run["results"][1]
    assert rules[drift["ruleIndex"]]["id"] == drift["ruleId"] == "image-tag-drift"
    (location,) = drift["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "common.hcl"
    assert location["physicalLocation"]["region"] == {
        "startLine": 25,
        "startColumn": 39,
        "endLine": 25,
        "endColumn": 39 + len('"v0.52.1"'),
    }


def test_every_result_is_complete(run: dict[str, Any]) -> None:
    """Level, text, one location with a full region, a fingerprint of its own."""
    for result in run["results"]:
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert len(location["physicalLocation"]["region"]) == 4
        assert not location["physicalLocation"]["artifactLocation"]["uri"].startswith(("/", "./"))
    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(hashes)) == len(hashes)


def test_waived_is_suppressed_with_its_reason(run: dict[str, Any]) -> None:
    """Only what is waived, and it says by whom."""
    (suppressed,) = (result for result in run["results"] if "suppressions" in result)
    (suppression,) = suppressed["suppressions"]
    assert suppression["kind"] == "external"
    assert suppression["status"] == "accepted"
    assert suppression["justification"].startswith("W-2026-007 (platform@example.com), until 2026-12-15")


def test_unit_is_the_place_where_there_is_no_literal(run: dict[str, Any]) -> None:
    """Without a location GitHub would show nothing: the unit's file stands in, the first unit's for the fleet."""
    unknown = next(result for result in run["results"] if result["ruleId"] == "not-covered")
    uri = unknown["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "dev/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl"
    results = sample.results()
    lone = replace(results.findings[-3], unit=None, location=None, evidence=())
    uri = run_of(render(replace(results, findings=(lone,))))["results"][0]["locations"][0]["physicalLocation"]
    assert uri["artifactLocation"]["uri"] == "logs/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl"


def test_evidence_is_the_place_before_the_unit() -> None:
    """A finding without a literal of its own stands where its evidence was read."""
    results = sample.results()
    shown = run_of(render(replace(results, findings=(replace(results.findings[1], location=None),))))
    place = shown["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("common.hcl", 25)


def test_run_says_what_it_did_not_see(run: dict[str, Any]) -> None:
    """Gaps, an early end and cut results are notifications; the run has its id."""
    assert run["automationDetails"]["id"] == "pipelines-audit/2026-11-24T02-00-00Z-7c1f"
    (invocation,) = run["invocations"]
    assert invocation["exitCode"] == 1
    assert invocation["executionSuccessful"]
    assert "ecs:ListTaskDefinitions" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    results = sample.results()
    cut = run_of(render(replace(results, run=replace(results.run, incomplete="interrupted"))))["invocations"][0]
    assert not cut["executionSuccessful"]
    assert cut["toolExecutionNotifications"][0]["message"]["text"] == "INCOMPLETE: interrupted"


def test_one_stale_literal_is_one_alert() -> None:
    """A thousand accounts drifting for one literal are one result that names them all, and small."""
    text = render(sample.large())
    (result,) = run_of(text)["results"]
    assert all(f"account-{number:04d}" in result["message"]["text"] for number in range(1000))
    assert len(result["relatedLocations"]) == 1000
    assert len(gzip.compress(text.encode())) < 10_000_000


def test_more_than_5000_causes_are_cut_and_counted() -> None:
    """The worst 5,000 are kept, and the run says how many are not."""
    results = sample.results()
    many = tuple(replace(results.findings[0], cause_id=f"c{n}", id=str(n)) for n in range(5003))
    run = run_of(render(replace(results, findings=many)))
    assert len(run["results"]) == 5000
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].startswith(
        "3 more causes left out"
    )


def test_scope_and_odd_names_make_a_valid_uri() -> None:
    """A path is percent-encoded, and starts at the repository's root."""
    results = sample.results()
    odd = replace(results.findings[1], location=replace(sample.TAG, file="a b/ü#?.hcl"))
    scoped = replace(results, findings=(odd,), run=replace(results.run, scope="live"))
    (result,) = run_of(render(scoped))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "live/a%20b/%C3%BC%23%3F.hcl"
    related = result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert related == "live/security/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl"


@pytest.mark.parametrize("kind", ["results", "clean", "hostile"])
def test_model_of_others_round_trips(kind: str) -> None:
    """An independent model of SARIF reads it, and writes the same again."""
    sarif = pytest.importorskip("sarif_pydantic", reason="sarif-pydantic is not installed")
    log = json.loads(render(getattr(sample, kind)()))
    again = sarif.Sarif.model_validate(log).model_dump(mode="json", by_alias=True, exclude_unset=True)
    again["runs"][0]["invocations"][0].pop("endTimeUtc")
    log["runs"][0]["invocations"][0].pop("endTimeUtc")
    assert again == log
