"""The Markdown report is read as it is meant, fits where it is shown, and links nothing."""

from __future__ import annotations

import re
from dataclasses import replace

from markdown_it import MarkdownIt

from reports.markdown import COMMENT_LIMIT, SUMMARY_LIMIT, render
from tests.reports import sample

PARSER = MarkdownIt("commonmark").enable("table")


def test_tables_hold_every_row() -> None:
    """Findings, gaps and waivers are tables with all their cells."""
    shown = PARSER.render(render(sample.results()))
    assert re.findall("<h[23]>(.*?)</h", shown) == [
        "Pipelines audit",
        "Fixed",
        "Not judged anew",
        "Findings",
        "Could not be read",
        "Waived",
        "Excluded",
        "Disabled checks",
        "Waivers to look at",
        "Evidence in CloudTrail",
    ]
    assert shown.count("<tr>") == 7 + 1 + 1 + 9 + 1 + 1 + 1 + 1 + 2 + 8
    assert "Since the run of 2026-11-23 02:01" in shown
    assert "<td>security us-west-2</td>" in shown
    assert "v0.52.1 (common.hcl:25)" in shown


def test_without_requests_there_is_no_table_of_them() -> None:
    """Results of earlier releases name operations alone."""
    results = sample.results()
    bare = tuple(
        replace(found, evidence=tuple(replace(one, request_id=None, time=None) for one in found.evidence))
        for found in results.findings
    )
    assert "CloudTrail" not in render(replace(results, findings=bare))


def test_hostile_text_stays_text() -> None:
    """No link, image, emphasis, heading or raw HTML but our own ``<code>`` comes of it, and the tables hold."""
    text = render(sample.hostile())
    shown = PARSER.render(text)
    allowed = "h2|h3|p|strong|table|thead|tbody|tr|th|td|code"
    assert re.findall(rf"<(?!/?(?:{allowed})>)", shown) == []
    assert shown.count("<h2>") == 1
    assert len(set(re.findall(r"\|", text))) == 1


def test_nobody_is_notified() -> None:
    """What GitHub would turn into a mention or a reference stands in code."""
    results = sample.results()
    odd = replace(results, verdict="ask @octo-org/team about #12 at https://example.com")
    line = next(line for line in render(odd).splitlines() if "octo" in line)
    assert line.startswith("**<code>ask &#64;octo")
    assert line.endswith("</code>**")


def test_summary_is_cut_between_rows() -> None:
    """A fleet too large for a step summary is cut, says so, and keeps its counts."""
    results = sample.large(10, 2, 10)
    findings = tuple(replace(results.findings[0], cause_id=f"c{n}", id=str(n), message="x" * 290) for n in range(3000))
    text = render(replace(results, findings=findings))
    assert len(text.encode()) <= SUMMARY_LIMIT
    assert re.search(r"\n\d[\d,]* more lines left out here: the full report has everything\.\n", text)
    assert "10 of 10 units read" in text
    assert all(line.endswith(" |") for line in text.splitlines() if line.startswith("| high"))


def test_comment_fits() -> None:
    """The same for a comment, which may be smaller."""
    results = sample.results()
    findings = tuple(replace(results.findings[0], cause_id=f"c{n}", id=str(n)) for n in range(500))
    assert len(render(replace(results, findings=findings), limit=COMMENT_LIMIT).encode()) <= COMMENT_LIMIT


def test_incomplete_is_said_first() -> None:
    """A run that was cut short says so above its verdict."""
    results = sample.results()
    cut = replace(results, run=replace(results.run, incomplete="interrupted"))
    assert render(cut).startswith("## Pipelines audit\n\n**INCOMPLETE**: interrupted\n\n**exit 1")


def test_clean_run_is_short() -> None:
    """Nothing found: the verdict and the counts."""
    assert "|" not in render(sample.clean())
