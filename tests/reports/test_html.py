"""The compliance report says everything, in valid HTML that carries nothing foreign."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from xml.etree import ElementTree as ET

import html5lib
import pytest

import reports.html
from audit.verdict.finding import Evidence
from audit.verdict.results import Coverage
from reports.html import render
from tests.reports import sample
from tests.reports.browser import chromium_page, needs_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from audit.model import SeverityName
    from audit.verdict.results import Results

NAMESPACE = "{http://www.w3.org/1999/xhtml}"
SCRIPT = Path(reports.html.__file__).with_name("script.js")
KINDS = pytest.mark.parametrize("kind", ["results", "clean", "hostile", "ready", "going"])


def tree(results: Results) -> ET.Element:
    """Parse the page strictly: any error of HTML fails."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), strict=True)
    root = parser.parse(render(results))
    assert isinstance(root, ET.Element)
    return root


def text_of(results: Results) -> str:
    """Give the words of the page, without its style."""
    body = tree(results).find(f"{NAMESPACE}body")
    assert body is not None
    return " ".join(" ".join(body.itertext()).split())


def narrowed(results: Results, level: SeverityName) -> Results:
    """Let findings fail the run from a level on; the exit code is that of a run that passed."""
    selection = replace(results.run.selection, fail_on=level)
    return replace(results, run=replace(results.run, selection=selection), exit_code=0)


@KINDS
def test_page_is_valid_and_linked(kind: str) -> None:
    """It parses strictly, ids are unique, and every link leads to one of them."""
    root = tree(getattr(sample, kind)())
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    links = [str(element.get("href")) for element in root.iter(f"{NAMESPACE}a")]
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in links} <= set(ids)


@KINDS
def test_page_is_self_contained_and_inert(kind: str) -> None:
    """No image, frame, form, handler or link to the outside, and no script but ours, whatever the results hold."""
    root = tree(getattr(sample, kind)())
    tags = {str(element.tag).removeprefix(NAMESPACE) for element in root.iter()}
    assert tags.isdisjoint({"img", "iframe", "object", "form", "link", "base", "textarea", "foreignObject", "image"})
    (script,) = root.iter(f"{NAMESPACE}script")
    assert script.text == SCRIPT.read_text("utf-8")
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in attributes if name.startswith("on")]


def test_everything_is_on_the_page() -> None:
    """Verdict, coverage, sources, who, what, where, the mend, the gap's permission and the waiver's days."""
    text = text_of(sample.results())
    for part in (
        "exit 1: 17 findings ≥ low",
        "5 of 6 units read",
        "4 complete 1 partial 1 unread",
        "from the bundled list, as of 2026-02-12",
        "2026-11-24 02:00:31 UTC",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "assumed-role/ci-nightly/build-4711 , accounts looked at as assumed-role/pipelines-audit",
        "Why it matters What is merged but not applied runs with old permissions and old tools",
        "common.hcl:25",
        "NIST 800-53 CM-2",
        "aws ecs DescribeTaskDefinition, request 5f0c3c0e",
        "merged, never applied",
        "cd stage/us-west-2/mgmt/ecs-deploy-runner && terragrunt apply",
        "ecs:ListTaskDefinitions",
        "W-2026-007",
        "change freeze until release 14",
        "20 passed and 5 did not apply",
    ):
        assert part in text


def test_matrix_has_words_and_links() -> None:
    """Each field says its state in words; one with findings links to the first of them."""
    page = render(sample.results())
    assert re.search(r"<th scope=row>stage.*?<td class=d><a href=#f\d+>✗ drift.*?v0\.52\.0 → v0\.52\.1", page)
    order = re.findall(r"<tr><th scope=row>(\w+) <small>", page)
    assert order[:6] == list(sample.ACCOUNTS)


def test_wide_cause_tells_its_scope_and_some_of_its_evidence() -> None:
    """Findings of no account are counted without one; beyond eight sources the rest is counted."""
    results = sample.results()
    skew = next(finding for finding in results.findings if finding.check == "module-ref-skew")
    many = tuple(
        replace(skew, id=str(n), subject=f"s{n}", evidence=(Evidence(source="github", time=str(n)),)) for n in range(10)
    )
    text = text_of(replace(results, findings=many))
    assert re.search(r"module-ref-skew 10 findings(, [^.]*)? prod takes", text)
    assert "github, at 7 and 2 more in the results file" in text


def test_incomplete_run_says_so_first() -> None:
    """The banner is the first thing of the page, and in its title."""
    results = sample.results()
    cut = replace(results, run=replace(results.run, incomplete="interrupted after 40 of 66 checks"))
    assert text_of(cut).startswith("Skip to the report INCOMPLETE interrupted after 40 of 66 checks Pipelines audit")
    assert "<title>INCOMPLETE, Pipelines audit: Findings to act on</title>" in render(cut)
    assert "INCOMPLETE" not in render(results)


@pytest.mark.parametrize(
    ("code", "headline"),
    [
        (0, "No finding fails this audit"),
        (1, "Findings to act on"),
        (10, "Incomplete: not everything could be read"),
        (99, "The audit ended early"),
    ],
)
def test_headline_is_in_words(code: int, headline: str) -> None:
    """The exit code is said in words, a strange one too."""
    assert headline in text_of(replace(sample.results(), exit_code=code))


@pytest.mark.parametrize(
    ("results", "headline", "words"),
    [
        pytest.param(
            sample.results(),
            "Findings to act on",
            "17 findings to act on: 1 critical, 5 high, 10 medium, 1 low. 1 finding is accepted for a time. 5 of 6 "
            "units could be read; of the others nothing is known. 1 judgement could not be made. "
            "1 check failed itself.",
            id="everything",
        ),
        pytest.param(
            sample.clean(), "In sync and fully covered", "No finding to act on. All 6 units were read.", id="clean"
        ),
        pytest.param(
            narrowed(sample.results(), "critical"),
            "No finding fails this audit",
            "1 finding to act on: 1 critical. 16 more findings below critical do not fail the audit.",
            id="level",
        ),
        pytest.param(
            replace(narrowed(sample.results(), "medium"), findings=sample.results().findings[6:7], summary={"fail": 1}),
            "No finding fails this audit",
            "No finding to act on. 1 more finding below medium does not fail the audit.",
            id="below",
        ),
        pytest.param(
            replace(sample.clean(), coverage=replace(sample.clean().coverage, expected=1, read=1)),
            "In sync and fully covered",
            "No finding to act on. The unit was read.",
            id="one unit",
        ),
    ],
)
def test_verdict_is_in_words(results: Results, headline: str, words: str) -> None:
    """Who never saw an exit code can tell what was found, and how much of the fleet that is true of."""
    assert f"{headline} {words}" in text_of(results)


def test_empty_fleet_is_drawn() -> None:
    """No units, nothing read: the page says so instead of an empty table."""
    nothing = Coverage(expected=0, complete=0, partial=0, unread=0, excluded=3, read=0, gaps=())
    text = text_of(replace(sample.clean(), units=(), passes=(), coverage=nothing))
    assert "No unit with a container was read." in text
    assert "No check passed anywhere." in text
    assert "3 excluded" in text


@pytest.mark.parametrize(
    ("accounts", "containers", "drifting"),
    [pytest.param(1000, 4, 1000, id="all-drift"), pytest.param(1000, 30, 1000, id="wide")],
)
def test_large_fleet_stays_below_2_mb(accounts: int, containers: int, drifting: int) -> None:
    """A thousand accounts fit, with every finding on the page."""
    page = render(sample.large(accounts, containers, drifting))
    assert len(page.encode()) < 2_000_000
    assert page.count('<tr id="f') == drifting


def test_too_many_findings_are_cut_and_counted() -> None:
    """Beyond 3,000 rows the rest is counted, and links of the matrix lead to the card."""
    page = render(sample.large(3500, 1, 3500))
    assert "791 more of this cause are not listed here" in page
    assert "<a href=#c1>" in page


def test_five_thousand_accounts_stay_below_2_mb() -> None:
    """Five times as many fit too: the matrix whole, the findings cut."""
    page = render(sample.large(5000, 4, 5000))
    assert len(page.encode()) < 2_000_000
    assert page.count("<tr><th scope=row>account-") == 5000


@needs_chromium
def test_hostile_text_is_inert_in_a_browser(tmp_path: Path, chromium: Browser) -> None:
    """Chromium executes nothing and asks for nothing."""
    file = tmp_path / "report.html"
    file.write_text(render(sample.hostile()), encoding="utf-8")
    with chromium_page(chromium, file) as page:
        page.wait_for_timeout(200)
        assert page.title() == "INCOMPLETE, Pipelines audit: Findings to act on"
        assert page.locator("img, [onerror], [onload], a[href^='javascript']").count() == 0
        assert page.locator("script").count() == 1


@needs_chromium
@pytest.mark.parametrize("width", [320, 400, 1400])
def test_checklist_works_without_scripts_at_any_width(tmp_path: Path, chromium: Browser, width: int) -> None:
    """Each line is in sight with its state, nothing sticks out sideways, and its evidence is one step away."""
    file = tmp_path / "report.html"
    file.write_text(render(sample.ready()), encoding="utf-8")
    with chromium_page(chromium, file, width=width, scripts=False) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.get_by_role("row", name="tools on PATH").get_by_text("NO-GO").is_visible()
        assert page.get_by_role("rowheader").filter(visible=True).count() >= len(sample.ready().checks)
        page.get_by_role("link", name="Evidence of tools on PATH").click()
        assert page.locator(page.url[page.url.index("#") :]).is_visible()


@needs_chromium
@pytest.mark.parametrize("width", [390, 1280])
def test_page_works_without_scripts_at_any_width(tmp_path: Path, chromium: Browser, width: int) -> None:
    """Links of the matrix lead to their finding, and nothing sticks out sideways."""
    file = tmp_path / "report.html"
    file.write_text(render(sample.results()), encoding="utf-8")
    with chromium_page(chromium, file, width=width, scripts=False) as page:
        link = page.locator(".matrix td.d a").first
        target = str(link.get_attribute("href"))
        link.click()
        assert page.url.endswith(target)
        assert page.locator(target).is_visible()
    with chromium_page(chromium, file, width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_only_our_script_may_run() -> None:
    """The policy of the page names the script by its hash, and allows nothing else."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.read_bytes()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    assert f'content="{policy}"' in render(sample.results())


@needs_chromium
def test_findings_can_be_filtered_grouped_and_sorted(tmp_path: Path, chromium: Browser) -> None:
    """The script hides what does not fit, counts the rest, and never hides the target of a link."""
    file = tmp_path / "report.html"
    file.write_text(render(sample.results()), encoding="utf-8")
    with chromium_page(chromium, file) as page:
        told, cards = page.locator(".tools output"), page.locator("#findings > .card:visible")
        assert told.inner_text() == "20 of 20 findings, 8 groups"
        page.select_option("select[name=severity]", "critical")
        assert (told.inner_text(), cards.count()) == ("1 of 20 findings, 1 group", 1)
        page.locator(".matrix td.d a").first.click()
        page.wait_for_function("document.querySelector('.tools output').textContent.startsWith('20 of 20')")
        page.locator("input[name=account]").fill("STAGE")
        assert told.inner_text() == "4 of 20 findings, 2 groups"
        page.select_option("select[name=check]", "image-tag-drift")
        page.select_option("select[name=outcome]", "fail")
        assert told.inner_text() == "2 of 20 findings, 1 group"
        page.locator("input[name=account]").fill("")
        page.select_option("select[name=check]", "")
        page.select_option("select[name=group]", "account")
        page.select_option("select[name=sort]", "account")
        heads = page.locator("#findings article:visible h3").all_inner_texts()
        assert heads[0] == "infrastructure-live: 1 finding"
        assert heads == sorted(heads)
        page.select_option("select[name=group]", "cause")
        page.select_option("select[name=sort]", "most")
        assert "declared-tag-behind" in cards.first.locator("h3").inner_text()


@needs_chromium
@pytest.mark.parametrize("kind", ["results", "ready"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_of_wcag(
    tmp_path: Path, chromium: Browser, scheme: Literal["light", "dark"], kind: Literal["results", "ready"]
) -> None:
    """axe-core finds nothing against WCAG 2.2 A and AA, nor against good practice."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    script = Path(str(axe.__file__)).with_name("axe.min.js").read_text("utf-8")
    file = tmp_path / "report.html"
    file.write_text(render(getattr(sample, kind)()), encoding="utf-8")
    with chromium_page(chromium, file, scheme=scheme, bypass_csp=True) as page:
        page.evaluate(script)
        # Dark and light differ in their colours alone.
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        only = {"type": "tag", "values": tags} if scheme == "light" else {"type": "rule", "values": ["color-contrast"]}
        found = page.evaluate("only => axe.run(document, {runOnly: only})", only)
        assert [(item["id"], item["nodes"][0]["html"]) for item in found["violations"]] == []


@needs_chromium
@pytest.mark.thorough
def test_fleet_opens_and_prints(tmp_path: Path, chromium: Browser) -> None:
    """A thousand drifting accounts make a page that is light enough; how fast, ``tests.bench.bench_report`` says."""
    file = tmp_path / "report.html"
    file.write_text(render(sample.large()), encoding="utf-8")
    with chromium_page(chromium, file) as page:
        assert page.evaluate("document.querySelectorAll('*').length") < 30_000
        assert page.pdf(format="A4").startswith(b"%PDF")
