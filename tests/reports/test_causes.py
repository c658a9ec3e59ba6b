"""Findings are grouped by what one edit would mend, worst first."""

from __future__ import annotations

from dataclasses import replace

from reports.causes import causes, container_order, ordered, place
from tests.reports import sample


def test_worst_comes_first() -> None:
    """Failures by severity, then crashed checks, unknown, waived."""
    found = [(cause.lead.outcome, cause.lead.check) for cause in causes(sample.results())]
    assert found == [
        ("fail", "invoker-runtime-deprecated"),
        ("fail", "image-tag-drift"),
        ("fail", "runner-kaniko-split"),
        ("fail", "declared-tag-behind"),
        ("fail", "module-ref-skew"),
        ("error", "image-digest-drift"),
        ("unknown", "not-covered"),
        ("waived", "image-tag-drift"),
    ]


def test_one_cause_holds_all_its_accounts() -> None:
    """The accounts stand in the order of the units, the containers in that of the matrix."""
    behind = causes(sample.results())[3]
    assert behind.accounts == ("logs", "shared", "security", "stage", "prod")
    assert behind.containers == ("terraform-planner", "terraform-applier")
    assert behind.values("running") == ("v0.52.1", "v0.51.8")
    assert behind.places[0] == "logs us-west-2"


def test_order_does_not_depend_on_the_order_given() -> None:
    """Results in another order give the same order."""
    results = sample.results()
    shuffled = list(results.findings)
    shuffled.sort(key=lambda finding: finding.id)
    assert ordered(replace(results, findings=tuple(shuffled))) == ordered(results)


def test_findings_without_a_cause_stand_alone() -> None:
    """An empty cause does not throw unrelated findings together."""
    results = sample.results()
    lone = tuple(replace(finding, cause_id="") for finding in results.findings)
    assert len(causes(replace(results, findings=lone))) == len({finding.id for finding in lone})


def test_place_falls_back_to_the_subject() -> None:
    """A finding about the repository names its subject."""
    skew = next(finding for finding in sample.results().findings if finding.check == "module-ref-skew")
    assert place(skew) == "infrastructure-live"


def test_standard_containers_come_first() -> None:
    """Additional containers follow by name."""
    assert container_order(["zebra", "terraform-applier", "alpha", "docker-image-builder", "alpha"]) == (
        "docker-image-builder",
        "terraform-applier",
        "alpha",
        "zebra",
    )
