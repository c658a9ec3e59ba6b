"""pytest-html's own report: our columns, nothing raw, no CI variables, never better than the findings."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.reports.browser import chromium_page, needs_chromium
from tests.reports.conftest import run_judged
from tests.reports.sample import DISABLED

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.reports.conftest import Run

MODULE = """
EVIL = "<img src=x onerror=document.title='owned'>\\x1b]8;;javascript:alert(1)\\x07x\\x1b]8;;\\x07"
@pytest.fixture
def gap():
    raise RuntimeError(EVIL)
@pytest.fixture
def noisy():
    yield
    print(EVIL)
@pytest.mark.finding(0)
def test_fail(noisy):
    print(EVIL)
    pytest.fail(EVIL)
@pytest.mark.finding(17)
def test_unknown(gap): pass
@pytest.mark.finding(19)
def test_waived(): pass
@pytest.mark.finding()
@pytest.mark.parametrize("x", [1], ids=[EVIL])
def test_pass(x, extras):
    import pytest_html
    extras.append(pytest_html.extras.url("javascript:alert(1)", name=EVIL))
    extras.append(pytest_html.extras.url("https://example.com/'\\"><script>", name=EVIL))
    extras.append(pytest_html.extras.html(EVIL))
    extras.append(pytest_html.extras.text("text", name=EVIL))
@pytest.mark.finding(1, 2, 3, 4)
def test_many(): pytest.fail("drift")
def test_no_finding(): pass
def test_skipped(): pytest.skip("no finding either")
@pytest.mark.finding()
def test_passes_but_fails(): pytest.fail("its findings all pass")
"""


def data_of(page: Path) -> dict[str, Any]:
    """Read the data that the page is built from."""
    found = re.search(r'data-jsonblob="([^"]*)"', page.read_text("utf-8"))
    assert found is not None
    loaded: dict[str, Any] = json.loads(html.unescape(found[1]))
    return loaded


def rows_of(page: Path) -> dict[str, dict[str, str]]:
    """Give the rows of the page by the name of their test function."""
    tests = data_of(page)["tests"]
    return {re.split(r"::|\[", nodeid)[1]: row for nodeid, (row, *_) in tests.items()}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the page of a run with every outcome and hostile text."""
    folder = tmp_path_factory.mktemp("run")
    run_judged(folder, MODULE, "results", "--html", "run.html")
    return folder / "run.html"


def test_rows_say_what_the_findings_say(page: Path) -> None:
    """Unknown and what left no finding are errors; only a passed finding is passed."""
    assert {name: (row["result"], row["verdict"]) for name, row in rows_of(page).items()} == {
        "test_fail": ("Failed", "fail"),
        "test_unknown": ("Error", "unknown"),
        "test_waived": ("XFailed", "waived (W-2026-007, 21 days left)"),
        "test_pass": ("Passed", "pass"),
        "test_many": ("Failed", "fail"),
        "test_no_finding": ("Error", "unknown"),
        "test_skipped": ("Error", "unknown"),
        "test_passes_but_fails": ("Error", "pass"),
    }


def test_log_of_a_skip_is_its_reason(page: Path) -> None:
    """The place in this tool that skipped says nothing to the reader, and is a path of this machine."""
    assert rows_of(page)["test_skipped"]["log"] == "Skipped: no finding either"


def test_columns_hold_the_facts(page: Path) -> None:
    """One line for each finding, a single one where all say the same."""
    row = rows_of(page)["test_many"]
    assert row["declared"] == "v0.52.1 (common.hcl:25)"
    assert row["running"] == "v0.51.8<br>v0.51.8<br>v0.52.0<br>v0.52.0"
    assert row["severity"] == "high"
    assert row["mend"].count("<br>") == 3


def test_counters_agree_with_the_rows(page: Path) -> None:
    """The summary counts what the rows say."""
    text = page.read_text("utf-8")
    for label in ("2 Failed", "1 Passed", "1 Expected failures", "4 Errors", "0 Skipped"):
        assert f">{label}" in text


def test_metadata_are_ours(page: Path) -> None:
    """No variable of a CI system is in the page; who, what and when are."""
    assert "planted-in-ci" not in page.read_text("utf-8")
    environment = data_of(page)["environment"]
    assert environment["Run by"] == "arn:aws:sts::111122223333:assumed-role/ci-nightly/build-4711"
    who = ("Run by", "Accounts looked at as")
    named = ("Run", "Tool", *who, "Selection", "Snapshot", "Releases", "Coverage", "Excluded", "Disabled checks")
    assert tuple(environment) == named
    assert environment["Accounts looked at as"] == "assumed-role/pipelines-audit"
    assert environment["Excluded"].startswith("sandbox us-west-2 until 2026-12-31 by platform@example.com: ")
    assert environment["Disabled checks"] == f"registry-without-own-key: {DISABLED.disabled}"


def test_header_carries_no_metadata(judged: Run) -> None:
    """``-v`` prints no CI variable either."""
    assert "planted-in-ci" not in judged("-v", "--html", "run.html").stdout


def test_nothing_hostile_is_raw(judged: Run, tmp_path: Path) -> None:
    """No markup from outside stands in a cell, a log, the metadata or the summary."""
    judged("--html", "run.html", module=MODULE, seeded="hostile")
    data = data_of(tmp_path / "run.html")
    raw = [*data["environment"].values()]
    for row in (row for rows in data["tests"].values() for row in rows):
        raw += [*row["resultsTableRow"], row["log"], *(str(extra["name"]) for extra in row["extras"])]
    for text in raw:
        assert re.findall(r"<(?!/?td\b|br>)", text) == []
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


def test_run_without_results_is_incomplete(judged: Run, tmp_path: Path) -> None:
    """A page of a run that broke off says so at its top."""
    judged("--html", "run.html", seeded="crash")
    assert "INCOMPLETE: the run ended (exit 0) before there were results" in (tmp_path / "run.html").read_text("utf-8")


@pytest.mark.thorough
def test_above_2000_rows_the_worst_are_kept(judged: Run, tmp_path: Path) -> None:
    """Passes are counted and not listed, of the others the worst 2,000 are; the page says both."""
    module = """
@pytest.mark.finding()
def test_pass(): pass
@pytest.mark.finding(15)
@pytest.mark.parametrize("n", range(2000))
def test_low(n): pytest.fail("low")
@pytest.mark.finding(0)
def test_critical(): pytest.fail("critical")
"""
    judged("--html", "run.html", "--capture=no", "--no-summary", "-q", module=module)
    tests, text = data_of(tmp_path / "run.html")["tests"], (tmp_path / "run.html").read_text("utf-8")
    assert len(tests) == 2000
    assert next(iter(tests)) == "test_seeded.py::test_critical"
    assert "test_seeded.py::test_pass" not in tests
    assert "1 passed and are counted, but not listed: more than 2,000 rows do not open." in text
    assert "Listed are the 2,000 worst of 2,001 others" in text
    assert ">1 Passed" in text
    assert ">2001 Failed" in text


@needs_chromium
def test_nothing_executes_in_a_browser(judged: Run, tmp_path: Path, chromium: Browser) -> None:
    """Chromium runs pytest-html's script and nothing else, and shows the rows."""
    judged("--html", "run.html", module=MODULE, seeded="hostile")
    with chromium_page(chromium, tmp_path / "run.html") as page:
        page.wait_for_selector("td.col-result")
        assert page.title() == "Pipelines audit: run of the checks"
        assert page.locator("img[src='x'], svg, a[href^='javascript']").count() == 0
        assert page.locator("tbody.failed").count() == 2
