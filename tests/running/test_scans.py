"""Which vulnerabilities are critical in what runs: their ids, of both sorts of scanning, in few calls."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from audit.model import Account, Unread, need
from audit.running.access import Access
from audit.running.model.ecr import Vulnerable
from audit.running.model.targets import RegistryTarget
from audit.running.observe import registries
from audit.running.scans import MOST_IDS
from tests.aws import REGION, ROLE_ARN, SHARED, push_image
from tests.overlay.faults import DENIED, Fault, Reply, Rule, error
from tests.overlay.proxy import overlaid

if TYPE_CHECKING:
    from audit.running.model.ecr import Repository

CALL = "ecr:DescribeImageScanFindings"
ROLE = Access(role_arn=ROLE_ARN)
KANIKO = RegistryTarget(
    account=Account(name="shared", id=SHARED),
    region=REGION,
    repository="kaniko",
    tags=("v1", "v2"),
)


def basic(*ids: str, severity: str = "CRITICAL", token: str | None = None) -> Reply:
    """Answer as basic scanning does."""
    found = [{"name": id_, "severity": severity} for id_ in ids] + [{"name": "CVE-2026-9999", "severity": "HIGH"}]
    return _page({"findings": found}, token)


def enhanced(*findings: dict[str, Any]) -> Reply:
    """Answer as enhanced scanning does."""
    return _page({"enhancedFindings": list(findings)}, None)


def finding(id_: str | None, **changes: object) -> dict[str, Any]:
    """Make a finding of Amazon Inspector."""
    details = {"packageVulnerabilityDetails": {"vulnerabilityId": id_}} if id_ else {"title": "no id"}
    return {"severity": "CRITICAL", "status": "ACTIVE", **details, **changes}


def _page(findings: dict[str, Any], token: str | None) -> Reply:
    more = {"nextToken": token} if token else {}
    body = {"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": findings, **more}
    return Reply(body=json.dumps(body).encode())


def looked(
    aws: str,
    monkeypatch: pytest.MonkeyPatch,
    *answers: Fault,
    counts: dict[str, int] | None = None,
    running: tuple[str, ...] = ("v1",),
) -> tuple[Repository, int]:
    """Look at a repository of two images whose scans counted these; give what was seen, and the number of calls."""
    counted = {"v1": 2, "v2": 9} if counts is None else counts
    details = [
        {
            "imageDigest": push_image(aws, SHARED, REGION, "kaniko", tag),
            "imageScanStatus": {"status": "COMPLETE"},
            "imageScanFindingsSummary": {"findingSeverityCounts": {"CRITICAL": number}},
        }
        for tag, number in counted.items()
    ]
    described = Rule(fault=Reply(body=json.dumps({"imageDetails": details}).encode()), call="ecr:DescribeImages")
    struck = [Rule(fault=one, call=CALL, after=number, times=1) for number, one in enumerate(answers)]
    with overlaid(aws, described, *struck) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        (seen,) = registries([replace(KANIKO, running=running)], ROLE)
    return seen, overlay.count(CALL)


@pytest.mark.parametrize(
    ("answers", "ids", "calls"),
    [
        pytest.param((basic("CVE-2026-0002", "CVE-2026-0001"),), ("CVE-2026-0001", "CVE-2026-0002"), 1, id="basic"),
        pytest.param(
            (enhanced(finding("CVE-2026-0003"), finding("CVE-2026-0004", severity="HIGH"), finding(None)),),
            ("CVE-2026-0003", "no id"),
            1,
            id="enhanced",
        ),
        pytest.param(
            (enhanced(finding("CVE-2026-0003"), finding("CVE-2026-0004", status="SUPPRESSED")),),
            ("CVE-2026-0003",),
            1,
            id="suppressed ones don't count",
        ),
        pytest.param(
            (basic("CVE-2026-0001", token="2"), basic("CVE-2026-0002", token="3")),
            ("CVE-2026-0001", "CVE-2026-0002"),
            2,
            id="two pages",
        ),
        pytest.param((basic("CVE-2026-0001", token="2"), basic(token="3")), ("CVE-2026-0001",), 2, id="not a third"),
        pytest.param(
            (basic("CVE-2026-0001", "CVE-2026-0002", token="2"),),
            ("CVE-2026-0001", "CVE-2026-0002"),
            1,
            id="all found on the first page",
        ),
        pytest.param((error("ScanNotFoundException"),), (), 1, id="scan gone meanwhile"),
        pytest.param((error("ImageNotFoundException"),), (), 1, id="image gone meanwhile"),
    ],
)
def test_critical_ids_of_what_runs(
    aws: str, monkeypatch: pytest.MonkeyPatch, answers: tuple[Fault, ...], ids: tuple[str, ...], calls: int
) -> None:
    """Only the running image is asked about, and no longer than until all that was counted is named."""
    seen, made = looked(aws, monkeypatch, *answers)
    (running, _) = need(seen.tags) or ()
    assert running.digest is not None
    assert need(seen.vulnerable) == (Vulnerable(digest=running.digest, ids=ids),)
    assert made == calls


def test_no_call_without_critical_ones(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the scan of what runs counted none, nothing is asked, whatever other images have."""
    seen, made = looked(aws, monkeypatch, counts={"v1": 0, "v2": 9})
    assert need(seen.vulnerable) == ()
    assert made == 0


def test_calls_and_ids_are_bounded(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, fifty are kept; a second running image gets what calls the first has left."""
    many = basic(*(f"CVE-2026-{number:04}" for number in range(MOST_IDS + 1)), token="2")
    counts = {"v1": 99, "v2": 99}
    seen, made = looked(aws, monkeypatch, many, basic(token="3"), counts=counts, running=("v1", "v2"))
    assert sorted(len(one.ids) for one in need(seen.vulnerable)) == [0, MOST_IDS]
    assert made == 2


def test_denied_ids_are_a_gap_and_spoil_nothing(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may not be listed is unread, with the permission that it needs; the count is known all the same."""
    seen, _ = looked(aws, monkeypatch, DENIED)
    assert isinstance(seen.vulnerable, Unread)
    assert seen.vulnerable.gap.permission == CALL
    assert [image.critical for image in need(seen.tags) or ()] == [2, 9]
