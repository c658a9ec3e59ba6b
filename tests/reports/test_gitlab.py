"""The Code Quality report keeps GitLab's rules."""

from __future__ import annotations

import json
from dataclasses import replace

from reports.gitlab import render
from tests.reports import sample


def test_entries_keep_the_rules() -> None:
    """Every field is there, severities are GitLab's, paths are relative, fingerprints unique."""
    entries = json.loads(render(sample.results()))
    assert len(entries) == 9
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert not entry["location"]["path"].startswith(("./", "/"))
        assert entry["location"]["lines"]["begin"] >= 1
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)


def test_entry_stands_at_the_literal() -> None:
    """Worst first, with the place of the literal and what to do."""
    first = json.loads(render(sample.results()))[0]
    assert first["severity"] == "blocker"
    assert first["location"] == {"path": "_envcommon/mgmt/ecs-deploy-runner.hcl", "lines": {"begin": 14}}
    assert "raise the module ref" in first["description"]


def test_waived_is_information() -> None:
    """A waived cause stays visible, and blocks nothing."""
    *_, waived, excluded = json.loads(render(sample.results()))
    assert (waived["severity"], excluded["severity"]) == ("info", "info")
    assert waived["description"].startswith("waived: ")
    assert excluded["description"].startswith("excluded until 2026-12-31 by platform@example.com: sandbox us-west-2: ")
    assert excluded["location"]["path"] == "sandbox/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl"


def test_half_waived_cause_is_two_entries() -> None:
    """What is waived for one account is not waived for another."""
    results = sample.results()
    waived = results.findings[-1]
    half = (waived, replace(waived, outcome="fail", account="stage", id="other", waiver=None))
    entries = json.loads(render(replace(results, findings=half, excluded=())))
    assert [entry["severity"] for entry in entries] == ["critical", "info"]
    assert entries[0]["fingerprint"] != entries[1]["fingerprint"]


def test_paths_start_at_the_repository() -> None:
    """Where only a folder of the repository was audited, its path comes first."""
    results = sample.results()
    scoped = replace(results, run=replace(results.run, scope="live/"))
    assert json.loads(render(scoped))[0]["location"]["path"] == "live/_envcommon/mgmt/ecs-deploy-runner.hcl"


def test_clean_run_is_an_empty_array() -> None:
    """Nothing found: an array without entries, not an empty file."""
    assert json.loads(render(sample.clean())) == []
