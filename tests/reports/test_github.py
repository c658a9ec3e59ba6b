"""Annotations keep to what GitHub shows, and hostile text cannot become a command."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reports.github import render
from tests.reports import sample

if TYPE_CHECKING:
    from audit.verdict.results import Results

COMMAND = re.compile(
    r"::(?P<level>error|warning|notice) file=(?P<file>[^,:\r\n]*),line=\d+,endLine=\d+,title=[^,:\r\n]*::[^\r\n]*"
)


def many(number: int) -> Results:
    """Give results with many causes of one level."""
    results = sample.results()
    return replace(
        results, findings=tuple(replace(results.findings[0], cause_id=f"c{n}", id=f"{n}") for n in range(number))
    )


def test_annotations_are_well_formed() -> None:
    """One for each cause that is not waived, worst first; what was left out, and the verdict, are no commands."""
    *commands, excluded, disabled, verdict = render(sample.results()).splitlines()
    levels = [found["level"] for line in commands if (found := COMMAND.fullmatch(line))]
    assert levels == ["error"] * 4 + ["warning"] * 2 + ["notice"]
    assert len(levels) == len(commands)
    assert excluded == "pipelines-audit: excluded until 2026-12-31: sandbox us-west-2: the account is being closed"
    assert disabled == f"pipelines-audit: disabled: registry-without-own-key: {sample.DISABLED.disabled}"
    assert verdict == f"pipelines-audit: {sample.results().verdict}"


def test_literal_is_where_the_annotation_stands() -> None:
    """File and line are those of the literal that must change."""
    assert "::error file=common.hcl,line=25,endLine=25,title=image-tag-drift (high)::" in render(sample.results())


def test_tenth_annotation_counts_the_rest() -> None:
    """GitHub drops the eleventh without a word: nine are shown, the tenth says how many more."""
    lines = [line for line in render(many(12)).splitlines() if line.startswith("::error")]
    assert len(lines) == 10
    assert lines[-1] == "::error title=pipelines-audit::and 3 more causes; see the report"
    assert len([line for line in render(many(9)).splitlines() if line.startswith("::error")]) == 9


def test_hostile_text_is_no_command() -> None:
    """Newlines, percent signs and commands in the text stay in the text."""
    *commands, excluded, disabled, verdict = render(sample.hostile()).splitlines()
    assert excluded.startswith("pipelines-audit: excluded until ")
    assert disabled.startswith("pipelines-audit: disabled: registry-without-own-key: ")
    assert all(COMMAND.fullmatch(line) for line in commands)
    assert verdict.startswith("pipelines-audit: INCOMPLETE, ")
    assert "##[" not in render(sample.hostile()).replace("\\x23#[", "")


def test_percent_colon_and_comma_are_escaped() -> None:
    """A file name with separators stays one property."""
    results = sample.results()
    location = replace(sample.TAG, file="a,b:c%.hcl")
    odd = replace(results, findings=(replace(results.findings[0], location=location, message="100%\nof"),))
    assert render(odd).startswith("::error file=a%2Cb%3Ac%25.hcl,line=25,endLine=25,")
    assert "::100%25 of; raise" in render(odd)


def test_clean_run_says_the_verdict_alone() -> None:
    """No annotation where nothing was found."""
    assert render(sample.clean()) == "pipelines-audit: exit 0: 6 of 6 units read, in sync\n"
