"""The checklist and the route on the page: what the terminal says, for those who read the page."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import html5lib
import pytest

from audit.released.hops import LANDMARKS, Hop, Route
from audit.verdict.results import ReadinessNote, RouteNote
from reports.checklist import render as in_terminal
from reports.html import render
from reports.html.cards import cards
from reports.html.readiness import checklist
from reports.readiness import lines
from tests.reports import sample
from tests.reports.sample.hostile import HOSTILE
from tests.reports.sample.upgrade import UP

if TYPE_CHECKING:
    from audit.verdict.results import Results

NAMESPACE = "{http://www.w3.org/1999/xhtml}"


def section(results: Results, name: str) -> ET.Element:
    """Give a section of the page; any error of HTML fails."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), strict=True)
    root = parser.parse(render(results))
    assert isinstance(root, ET.Element)
    (found,) = (one for one in root.iter(f"{NAMESPACE}section") if one.get("id") == name)
    return found


def words(element: ET.Element) -> str:
    """Give its text, blanks made one."""
    return " ".join("".join(element.itertext()).split())


def with_routes(*routes: Route | None) -> Results:
    """Give the sample with other ways."""
    notes = tuple(RouteNote(unit=f"unit-{n}", route=route, reason=None) for n, route in enumerate(routes))
    return replace(sample.ready(), readiness=ReadinessNote(to="v1.3.0", routes=notes, seen={}))


@pytest.mark.parametrize(
    ("results", "headline", "said"),
    [
        pytest.param(
            sample.ready(),
            "NO-GO for v1.3.0",
            "1 blocker to mend before it begins. 2 blockers could not be read: nobody should upgrade what nobody has "
            "seen. 20 warnings to read first. All 6 units were read.",
            id="no-go",
        ),
        pytest.param(
            sample.going(),
            "GO for v1.3.0",
            "Nothing that is known keeps it back. 20 warnings to read first. All 6 units were read.",
            id="go",
        ),
        pytest.param(
            replace(sample.ready(), exit_code=10), "NO-GO for v1.3.0: a blocker could not be read", "", id="unknown"
        ),
        pytest.param(replace(sample.ready(), exit_code=2), "The audit was interrupted", "", id="no ruling at all"),
    ],
)
def test_the_ruling_is_the_headline(results: Results, headline: str, said: str) -> None:
    """GO or NO-GO is what the page begins with, in its title too; a warning is no finding that fails."""
    page = render(results)
    assert f"<title>Pipelines audit: {headline}</title>" in page
    assert f"<h1>{headline}</h1>" in page
    assert f'<p class="verdict">{said}' in page


def test_every_line_is_a_row() -> None:
    """Each under its section, in the order of the terminal, with its state in words."""
    results = sample.ready()
    table = section(results, "checklist").find(f".//{NAMESPACE}table")
    assert table is not None
    heads = [words(one) for one in table.iter(f"{NAMESPACE}th") if one.get("scope") == "row"]
    assert heads == [line.what for line in lines(results)]
    assert [words(one) for one in table.iter(f"{NAMESPACE}th") if one.get("scope") == "rowgroup"] == [
        "Workstation",
        "Token",
        "Identity",
        "Target",
        "Builds",
        "Fleet",
        "Others",
    ]
    assert [words(one) for one in table.iter(f"{NAMESPACE}td") if one.get("class") == "state"] == [
        "✗ NO-GO",
        "✓ GO",
        "– not applicable",
        "? unknown",
        "? unknown",
        "– not applicable",
        "~ waived",
        "✗ check failed",
        "! warning",
        "✓ GO",
    ]


@pytest.mark.parametrize(
    "part",
    [
        "terragrunt is not on PATH → install terragrunt mise use --global terragrunt@0.55.1 Evidence of tools on PATH",
        "its value is shown nowhere",
        'the credentials don\'t end; see "tools on PATH"',
        "dev us-west-2: dev/us-west-2/stack: rights was denied; allow it pipelines-audit policy",
        'dev us-west-2: see "may start the invoker"',
        "pin 11 is v0.57.3 (common.hcl:25) and 8 more, among the findings → set it pipelines-audit plan --edit",
    ],
)
def test_a_line_says_what_was_seen_and_what_to_do(part: str) -> None:
    """Evidence, place, mend and command; what could not be read is told once, and twelve places of a line."""
    drawn = section(sample.ready(), "checklist")
    for item in drawn.iter():
        item.tail = f" {item.tail or ''}" if str(item.tag).endswith(("}li", "}p", "}ul")) else item.tail
    assert part in words(drawn)


def test_what_the_terminal_says_is_on_the_page() -> None:
    """The words of each way: hops, how they are built, what they ask for; equal ways once, with their units."""
    results = sample.ready()
    route = words(section(results, "route"))
    assert "2 units: dev/us-west-2, stage/us-west-2 2 steps" in route
    assert "v0.41.0 → v0.50.12, built with local Docker" in route
    assert "bootstrap v0.50.12 both images must be built with local Docker" in route
    assert "breaking v0.51.2 GitHub's SSH host key changed" in route
    assert "so read their notes: v0.52.0, v0.58.0." in route
    assert "1 step; v0.53.0.1 is a build of your own" in route
    assert "shared/us-west-2 v1.3.0: nothing to do" in route
    assert "prod/us-west-2 unknown: nobody knows what runs there" in route
    assert route.count("v0.41.0 → v0.50.12") == 1
    assert in_terminal(results).count("v0.41.0 → v0.50.12") == 1


def test_the_way_is_drawn_and_said() -> None:
    """Each drawing has its name and its words; stops and what lies between them differ in shape, not only in colour."""
    route = section(sample.ready(), "route")
    ids = {one.get("id") for one in route.iter()}
    drawings = [one for one in route.iter() if str(one.tag).endswith("}svg")]
    assert len(drawings) == 2
    for drawing in drawings:
        assert (drawing.get("role"), drawing.get("aria-labelledby") in ids) == ("img", True)
        assert drawing.get("aria-describedby") in ids
    shapes = [str(one.tag).rpartition("}")[2] for one in drawings[0].iter()]
    assert [shapes.count(shape) for shape in ("circle", "rect", "path")] == [2, 1, 10]
    assert "v0.54.0 ▲" in words(drawings[1])


@pytest.mark.parametrize(
    ("barriers", "rows"),
    [
        pytest.param(0, 0, id="none"),
        pytest.param(11, 1, id="some"),
        pytest.param(22, 2, id="many"),
        pytest.param(33, 3, id="very many"),
    ],
)
def test_labels_do_not_touch(barriers: int, rows: int) -> None:
    """Where releases stand close, their labels go to rows of their own, and the drawing grows."""
    landmarks = (LANDMARKS * 3)[:barriers]
    hop = Hop(start="v0.1.0", to="v1.3.0", build="inside", barriers=landmarks)
    results = with_routes(Route(start="v0.1.0", to="v1.3.0", hops=(hop,)))
    made = checklist(results, cards((), results))
    assert made is not None
    (way,) = made.ways
    assert max(mark.row for mark in way.marks) == rows
    assert way.height == 52 + 18 * rows
    for row in range(rows + 1):
        places = [mark.x for mark in way.marks if mark.row == row]
        assert all(after - before >= 76 for before, after in pairwise(places))


def test_without_routes_there_is_no_route() -> None:
    """A run that knew no unit has a checklist alone, one that was no check of readiness neither."""
    page = render(replace(sample.ready(), readiness=ReadinessNote(to="v1.3.0", routes=(), seen={})))
    assert '<a href="#checklist">' in page
    assert 'id="route"' not in page
    assert "#route" not in page
    assert 'id="checklist"' not in render(sample.results())


def test_large_fleet_stays_below_2_mb() -> None:
    """A thousand accounts that each have a way of their own fit: what is not drawn is counted."""
    notes = tuple(RouteNote(unit=f"account-{n}/us-west-2", route=replace(UP, start=f"v0.41.{n}")) for n in range(1000))
    results = replace(sample.large(1000, 4, 1000), readiness=ReadinessNote(to="v1.3.0", routes=notes, seen={}))
    page = render(results)
    assert len(page.encode()) < 2_000_000
    assert page.count('<svg class="route"') == 100
    assert "900 more ways are not drawn here" in page


def test_hostile_words_are_inert() -> None:
    """Whatever stands in a unit, a release, a reason, a mend or a command is text, and cut where it is long."""
    base = sample.ready()
    hop = Hop(
        start=HOSTILE, to=HOSTILE, build="local", barriers=(replace(LANDMARKS[0], release=HOSTILE, reason=HOSTILE),)
    )
    route = Route(start=HOSTILE, to=HOSTILE, hops=(hop,), review=(HOSTILE,), is_custom=True)
    notes = (RouteNote(unit=HOSTILE, route=route), RouteNote(unit=HOSTILE, route=None, reason=HOSTILE))
    bad = tuple(
        replace(one, subject=HOSTILE, message=HOSTILE, remedy=f"{HOSTILE}; run: {HOSTILE}") for one in base.findings
    )
    seen = {note.id: HOSTILE for note in base.checks}
    hostile = replace(base, findings=bad, readiness=ReadinessNote(to=HOSTILE, routes=notes, seen=seen, reasons=seen))
    for name in ("checklist", "route"):
        drawn = section(hostile, name)
        tags = {str(one.tag).rpartition("}")[2] for one in drawn.iter()}
        assert tags.isdisjoint({"img", "script", "textarea", "style", "iframe"})
        assert not [key for one in drawn.iter() for key in one.attrib if key.startswith("on")]
        assert not {"\x1b", "\u202e", "\x00"} & set(words(drawn))
