"""The table fits its terminal and says what matters first and last."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from wcwidth import wcswidth

from reports.terminal import render
from tests.reports import sample

WIDTHS = pytest.mark.parametrize("width", [60, 80, 100, 120, 140, 200])


@WIDTHS
@pytest.mark.parametrize("kind", ["results", "hostile"])
def test_lines_fit(width: int, kind: str) -> None:
    """No line but the verdict is wider than the terminal."""
    lines = render(getattr(sample, kind)(), width=width).split("\n")
    assert [line for line in lines[:-2] if wcswidth(line) > width] == []


@WIDTHS
def test_everything_is_said(width: int) -> None:
    """Severity, place, container, declared with its literal, running, released and the mend are there."""
    text = " ".join(render(sample.results(), width=width).split())
    for part in ("critical", "security us-west-2", "terraform-planner", "common.hcl:25", "v0.51.8", "v1.3.0"):
        assert part in text
    assert "terragrunt" in text


def test_last_line_is_the_verdict() -> None:
    """The verdict stands alone on the last line, as it is."""
    results = sample.results()
    assert render(results, width=60).split("\n")[-2:] == [results.verdict, ""]


def test_many_accounts_of_one_cause_take_one_line() -> None:
    """A thousand accounts are counted, three of them named."""
    text = render(sample.large(), width=100)
    assert "1,000 accounts in us-west-2: account-0000, account-0001, account-0002 and 997 more" in " ".join(
        text.split()
    )
    assert len(text.split("\n")) < 30


def test_places_in_several_regions_name_the_region() -> None:
    """Where the regions differ, each place is said with its own."""
    results = sample.results()
    moved = tuple(
        replace(finding, region=f"eu-west-{number % 3 + 1}") if finding.check == "declared-tag-behind" else finding
        for number, finding in enumerate(results.findings)
    )
    assert "10 places: logs eu-west" in " ".join(render(replace(results, findings=moved), width=200).split())


def test_nothing_pointless_when_all_is_well() -> None:
    """A clean run says its counts and the verdict, nothing else."""
    assert render(sample.clean(), width=100) == (
        "units: 6 of 6 read (6 complete)\n"
        "checks: 20 pass, 5 not applicable\n"
        "releases: github, as of 2026-11-24, newest v0.52.1\n\n"
        "exit 0: 6 of 6 units read, in sync\n"
    )


def test_colour_only_where_it_is_wanted() -> None:
    """Colour changes the words of severity and nothing else."""
    results = sample.results()
    painted = render(results, width=140, colour=True)
    assert "\x1b[1;31mcritical\x1b[0m" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == render(results, width=140)


def test_incomplete_and_excluded_are_said() -> None:
    """A run that was cut short says so on its first line; excluded units stay in the counts."""
    results = sample.results()
    cut = replace(
        results,
        run=replace(results.run, incomplete="interrupted after 40 of 66 checks"),
        coverage=replace(results.coverage, excluded=2),
    )
    text = render(cut, width=100)
    assert text.startswith("INCOMPLETE: interrupted after 40 of 66 checks\n")
    assert "; 2 excluded" in text


def test_fleet_without_units_has_no_matrix() -> None:
    """Nothing read: gaps and counts, no empty table."""
    text = render(replace(sample.results(), units=(), findings=()), width=100)
    assert "containers:" not in text
    assert "could not be read:" in text


@pytest.mark.parametrize(
    ("number", "words"), [(1000, None), (1001, "and 1 more line: a report"), (1500, "and 500 more")]
)
def test_many_findings_are_cut_and_counted(number: int, words: str | None) -> None:
    """A thousand lines are shown, the worst; what is left out is counted, and nothing else is lost."""
    lead = sample.results().findings[0]
    several = tuple(
        replace(lead, id=str(index), cause_id=str(index), message=f"fault {index}", account=f"a{index}", location=None)
        for index in range(number)
    )
    shown = render(replace(sample.results(), findings=several))
    assert (" more line" in shown) is (words is not None)
    assert words is None or words in " ".join(shown.split())
    assert shown.splitlines()[-1] == sample.results().verdict
