"""Chains, version timeline and control coverage: what the page says beside the findings."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

from audit.verdict.results import Chain, ChainStep, ReleaseNote
from reports.html import render
from reports.html.chains import chains
from reports.html.controls import controls
from reports.html.timeline import WIDTH, timeline
from tests.reports import sample


def test_first_broken_link_is_marked() -> None:
    """What comes before it is whole; what follows it is dim, and marked too where it is broken for itself."""
    (line,) = chains(sample.results()).lines
    assert (line.name, line.container) == ("stage us-west-2", "terraform-applier")
    assert [link.state for link in line.links] == [*["whole"] * 5, "broken", "beyond"]
    assert [link.value for link in line.links[4:]] == ["sha256:4f4f4f4f…", "v0.52.0", "none in the last hour"]
    assert line.links[2].source == "common.hcl:25"
    (chain,) = sample.results().chains
    both = replace(chain, steps=(*chain.steps[:1], replace(chain.steps[1], broken=True), *chain.steps[2:]))
    (line,) = chains(replace(sample.results(), chains=(both,))).lines
    assert [link.state for link in line.links] == ["whole", "broken", *["beyond"] * 3, "also", "beyond"]
    assert "✗ broken too" in render(replace(sample.results(), chains=(both,)))


def chain(account: str, container: str, value: str | None = "v1", **changes: object) -> Chain:
    """Make a chain of one link."""
    step = ChainStep(stage="declared", value=value, source=f"of {account}")
    return Chain(unit=sample.unit(account), container=container, steps=(replace(step, **changes),))  # type: ignore[arg-type]  # tests name the fields that they change


def test_equal_ways_are_drawn_once() -> None:
    """Broken ones first, unread ones next, whole ones last, with who goes them, in the order of the units."""
    several = (
        chain("prod", "terraform-applier"),
        chain("prod", "terraform-planner"),
        chain("logs", "terraform-planner"),
        chain("stage", "c", None, unread=True),
        chain("elsewhere", "c", broken=True),
        chain("security", "c", broken=True),
    )
    found = chains(replace(sample.results(), chains=several))
    assert [(line.name, line.container) for line in found.lines] == [
        ("security us-west-2, elsewhere/us-west-2/mgmt/ecs-deploy-runner", "c"),
        ("stage us-west-2", "c"),
        ("logs us-west-2, prod us-west-2", "terraform-planner, terraform-applier"),
    ]
    assert (found.whole, found.hidden) == (3, 0)
    assert [line.links[0].source for line in found.lines] == [
        "of security and 1 more",
        "of stage",
        "of logs and 1 more",
    ]


def test_unread_link_is_not_called_broken() -> None:
    """What could not be read is unknown: it says so, and breaks nothing."""
    steps = (ChainStep(stage="declared", value="v1"), ChainStep(stage="image", value=None, unread=True))
    results = replace(sample.results(), chains=(Chain(unit=sample.unit("dev"), container="c", steps=steps),))
    (line,) = chains(results).lines
    assert [(link.state, link.value) for link in line.links] == [("whole", "v1"), ("unread", "not known")]
    assert "? could not be read" in render(results)


def test_too_many_ways_are_cut_and_counted() -> None:
    """A fleet where each unit goes its own way does not make the page too heavy, nor does a long list of units."""
    each = tuple(chain(f"a{number}", "c", f"v{number}") for number in range(1000))
    results = replace(sample.results(), chains=each)
    assert (len(chains(results).lines), chains(results).hidden) == (200, 800)
    assert "800 more chains are not drawn here" in render(results)
    (line,) = chains(replace(results, chains=tuple(chain(f"a{number}", "c") for number in range(1000)))).lines
    assert line.name.endswith(" and 988 more")


def test_control_is_met_only_where_everything_passed() -> None:
    """A failure fails it, an unknown leaves it unknown, a waiver is said, nothing judged is no pass."""
    states = {control.name: (control.state, control.counts) for control in controls(sample.results())}
    assert states["NIST 800-53 SI-2"] == ("d", "10 failed")
    assert states["SOC 2 CC7.1"] == ("u", "1 unknown")
    results = sample.clean()
    clean = {control.name: control.result for control in controls(results)}
    assert clean["NIST 800-53 CM-8"] == "✓ met"
    assert clean["ISO 27001:2022 A.8.8"] == "? unknown"
    only = replace(sample.results().findings[-1], controls=("C 1",))
    (waived,) = (c for c in controls(replace(results, findings=(only,), checks=())))
    assert (waived.result, waived.checks) == ("~ waived", ("image-tag-drift",))
    note = replace(sample.CHECKS[-1], controls=("C 2",))
    skipped = controls(replace(results, checks=(note,), not_applicable=sample.results().not_applicable))
    assert [control.result for control in skipped] == ["– not applicable"]


def test_timeline_says_who_stands_where() -> None:
    """Every version in use with its date and users, on the picture and in the table below it."""
    drawn = timeline(sample.results())
    assert drawn is not None
    assert drawn.table[0] == ("v0.50.5", "2022-07-06", "1 container in 1 unit: shared")
    assert drawn.stands[-1].words == "logs, shared, prod"
    assert [stand.tag for stand in drawn.stands] == ["v0.50.5", "v0.51.8", "v0.52.0", "v0.52.1"]
    assert drawn.years[0][1] == "2023"
    assert drawn.strangers == ()
    assert [tick.css for tick in drawn.ticks].count("breaking") == 4


def test_timeline_stays_in_its_frame_without_colliding_labels() -> None:
    """Marks are inside, labels keep their distance, the newest release has one."""
    drawn = timeline(sample.results())
    assert drawn is not None
    labelled = [tick.x for tick in drawn.ticks if tick.label]
    assert all(0 <= x <= WIDTH for x in labelled)
    assert all(b - a >= 70 for a, b in itertools.pairwise(labelled))
    assert drawn.ticks[-1].label == "v1.3.0"


def test_timeline_needs_releases() -> None:
    """Results without releases, or with none in use, have no timeline, and the page no empty section."""
    results = sample.results()
    assert timeline(replace(results, releases=())) is None
    assert timeline(replace(results, units=())) is None
    assert 'id="timeline"' not in render(replace(results, releases=()))


def test_one_day_is_a_timeline_too() -> None:
    """The newest release alone, used everywhere: nothing is divided by the length of no time."""
    results = sample.clean()
    only = (ReleaseNote(tag="v0.52.1", published=date(2023, 6, 2), breaking=False),)
    drawn = timeline(replace(results, releases=only))
    assert drawn is not None
    assert [tick.label for tick in drawn.ticks] == ["v0.52.1"]
    assert drawn.strangers == (("v0.50.5", "1 container in 1 unit: shared"),)


def test_foreign_image_stands_where_its_tag_does() -> None:
    """What runs from another repository is a version all the same."""
    results = sample.clean()
    cell = replace(results.units[0].cells[0], running="another-runner:v0.54.0")
    drawn = timeline(replace(results, units=(replace(results.units[0], cells=(cell,)),)))
    assert drawn is not None
    assert [row[0] for row in drawn.table] == ["v0.54.0"]
