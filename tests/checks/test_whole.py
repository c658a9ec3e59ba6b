"""The whole suite of checks as pytest runs it: one item for each check and noun, in pytest's words and in ours."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING

import pytest

from audit import snapshot as snapshots
from audit.model import Account, Seen
from audit.verdict import results as documents
from checks.catalogue import catalogue
from tests.nouns import DEV, RUNNER, SHARED, STACK, definition, fresh, observation, row, snapshot, unread
from tests.processes import ROOT

if TYPE_CHECKING:
    from audit.verdict.results import Results

PROD = Account(name="prod", id="456789012345")
ROWS = tuple(row(account=account) for account in (DEV, SHARED, PROD))
ACCEPTED = """\
version: 1
waivers:
  - id: W-2026-001
    check: image-tag-drift
    accounts: [shared]
    reason: change freeze
    owner: platform@example.com
    expires: {expires}
"""


@pytest.fixture
def judged(pytester: pytest.Pytester) -> tuple[pytest.RunResult, Results]:
    """Judge a fleet of which one account drifts, one drifts and is waived, and one could not be read."""
    old = Seen(value=(definition(f"{STACK}-terraform-planner", f"{RUNNER}:v1.2.0"),))
    seen = (observation(DEV, families=old), observation(SHARED, families=old), observation(PROD, families=unread()))
    facts = fresh(snapshot(rows=ROWS, observations=seen))
    snapshots.save(facts, pytester.path / "snapshot.json")
    expires = datetime.now(UTC).date() + timedelta(days=9)
    pytester.path.joinpath("waivers.yaml").write_text(ACCEPTED.format(expires=expires), encoding="utf-8")
    report = pytester.path / "results.json"
    ended = pytester.runpytest_subprocess(
        f"--config-file={ROOT / 'pyproject.toml'}",
        ROOT / "checks",
        "-rA",
        "--snapshot=snapshot.json",
        "--waivers=waivers.yaml",
        f"--report=json={report}",
    )
    return ended, documents.load(report)


def test_every_check_is_judged_once_a_noun(judged: tuple[pytest.RunResult, Results]) -> None:
    """No check of the catalogue is left out, and each has an item for every unit, repository and secret."""
    _, results = judged
    every = {one.check.id: one.check.subject for one in catalogue() if one.check.stage == "check"}
    assert {note.id for note in results.checks} == set(every)
    items = Counter(one.check for one in (*results.passes, *results.not_applicable))
    items.update(check for check, _ in {(one.check, one.account) for one in results.findings})
    assert items == {id_: _nouns(id_, subject) for id_, subject in every.items()}


def test_pytest_counts_as_we_do(judged: tuple[pytest.RunResult, Results]) -> None:
    """Unknown is an error, waived is expected to fail, what has nothing to judge is skipped; the last line is ours."""
    ended, results = judged
    counts = results.summary
    assert (counts["fail"], counts["waived"], counts["error"]) == (1, 1, 0)
    assert counts["unknown"] == sum(one.outcome == "unknown" for one in results.findings) > 1
    ended.assert_outcomes(
        passed=counts["pass"],
        failed=counts["fail"],
        errors=counts["unknown"],
        xfailed=counts["waived"],
        skipped=counts["not_applicable"],
    )
    assert ended.outlines[-1] == "exit 1: 1 finding ≥ low, 1 waived"
    assert results.exit_code == ended.ret == pytest.ExitCode.TESTS_FAILED


def _nouns(id_: str, subject: str) -> int:
    """Say how many nouns a check has here: three units, two repositories, no secret, one fleet."""
    function = getattr(import_module(f"checks.test_{subject}"), f"test_{id_.replace('-', '_')}")
    taken = signature(function).parameters
    return 3 if "unit" in taken else 2 if "repository" in taken else 1
