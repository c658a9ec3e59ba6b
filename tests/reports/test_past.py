"""The history as table and as document: thirty nights as people and scripts see them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.verdict import judged
from audit.verdict.history import lag, lives
from audit.verdict.history.lives import Identity, Past, PastRun, Sighting
from audit.verdict.history.pruning import Pruned
from reports import past as shown
from tests.reports import sample
from tests.verdict.history import nights
from tests.verdict.history.nights import PLANNER, found

if TYPE_CHECKING:
    from audit.verdict.results import Results


def past_run(results: Results) -> PastRun:
    """Make what a store gives back for results."""
    return PastRun(
        id=results.run.id,
        at=results.snapshot_taken_at,
        judged_at=results.run.judged_at,
        tool_version=results.run.tool_version,
        scope=results.run.scope,
        selection=results.run.selection.words,
        exit_code=results.exit_code,
        verdict=results.verdict,
        incomplete=None,
        newest=results.release_source.newest,
        expected=results.coverage.expected,
        read=results.coverage.read,
        judged=judged.of(results),
        sightings=tuple(
            Sighting(
                finding=Identity(
                    id=f.id,
                    check=f.check,
                    account_id=f.account_id,
                    region=f.region,
                    stack=f.stack,
                    container=f.container,
                    kind=f.kind,
                    account=f.account,
                    unit=f.unit,
                    subject=f.subject,
                ),
                outcome=f.outcome,
                severity=f.severity,
            )
            for f in results.findings
        ),
        standings=lag.standings(results),
    )


def traced(*several: Results) -> Past:
    """Trace results."""
    return lives.trace(past_run(results) for results in several)


@pytest.fixture(scope="module")
def thirty() -> Past:
    """Give the thirty nights."""
    return traced(*nights.thirty())


def test_pruned_history_says_so(thirty: Past) -> None:
    """Where runs were removed, the table and the document name the day; one that begins later needs no such line."""
    cut = replace(thirty, pruned=nights.at(5))
    words = "runs before 2026-11-05 02:00 were pruned; findings keep the days that those gave them"
    assert words in shown.table(cut)
    assert words not in shown.table(cut, nights.at(9)) + shown.table(thirty)
    assert shown.document(cut)["pruned_before"] == "2026-11-05T02:00:00Z"
    assert shown.document(thirty)["pruned_before"] is None


@pytest.mark.parametrize(
    ("done", "dry", "expected"),
    [
        (
            Pruned(before=nights.at(5), removed=1, kept=2, open=1),
            False,
            "removed 1 run from before 2026-11-05 02:00 UTC, 2 runs left; 1 finding open then keeps its first day",
        ),
        (
            Pruned(before=nights.at(5), removed=4, kept=1, open=2),
            True,
            (
                "would remove 4 runs from before 2026-11-05 02:00 UTC, 1 run would stay; "
                "2 findings open then keep their first day"
            ),
        ),
        (
            Pruned(before=nights.at(5), removed=0, kept=1, open=0),
            False,
            "nothing to remove: 1 run in the history, and none but the newest is older",
        ),
    ],
    ids=["removed", "dry", "nothing"],
)
def test_pruning_in_words(done: Pruned, dry: bool, expected: str) -> None:  # noqa: FBT001 -- a table of cases
    """One line says what went, what is left, and that no finding gets younger by it."""
    assert shown.pruned(done, dry=dry) == expected


def test_table(thirty: Past) -> None:
    """Each part of it: a line a run, ages, what came back, the mean time to remediate, lag and what is missing."""
    text = shown.table(thirty)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "2026-11-12 02:00 1 2 of 3 3 1 2" in lines
    assert "medium 27 d 2026-11-03 declared-tag-behind development us-west-2 terraform-planner" in lines
    assert "high 25 d 2026-11-05 image-tag-drift prod us-west-2 terraform-applier not judged for 1 run" in lines
    assert "1 image-tag-drift dev us-west-2 terraform-planner fixed 2026-11-01" in lines
    assert "mean time to remediate: 6.0 days over 2 fixes (high 6.0 days)" in lines
    behind = "v0.52.0, 7 releases and 989 days behind"
    assert f"development us-west-2 {behind} {behind}" in lines
    assert f"prod us-west-2 {behind} {behind} not read lately" in lines
    assert f"stage us-west-2 {behind} {behind} not in a run since 2026-11-24" in lines


def test_since(thirty: Past) -> None:
    """Only runs and ends since then; ages count from the beginning all the same."""
    text = shown.table(thirty, nights.at(20))
    assert "2026-11-19 02:00" not in text
    assert "27 d" in text
    assert "nothing was fixed yet" in text
    document = shown.document(thirty, nights.at(20))
    assert len(document["runs"]) == 11
    assert {finding["state"] for finding in document["findings"]} == {"open", "gone"}
    assert shown.table(thirty, nights.at(40)).startswith("no runs since then")


def test_document(thirty: Past) -> None:
    """All of it as data, as of the newest run; a unit's points are its own whatever it was called."""
    document = shown.document(thirty)
    assert document["as_of"] == "2026-11-30T02:00:00Z"
    assert document["mean_time_to_remediate"] == {
        "fixed": 2,
        "hours": 144.0,
        "by_severity": {"high": {"fixed": 2, "hours": 144.0}},
    }
    (dev,) = (unit for unit in document["lag"] if unit["account_id"] == nights.IDS["dev"])
    assert (dev["account"], len(dev["points"])) == ("development", 30)
    assert dev["points"][0]["releases_behind"] == 7
    assert document["runs"][14]["back"] == [found("image-tag-drift", "dev", PLANNER).id]
    assert document["runs"][14]["escalated"][0]["was"] == "waived"


def test_flapping() -> None:
    """What came back more than once flaps, and stands first among what came back."""
    drift = found("image-tag-drift", "dev", PLANNER)
    past = traced(*(nights.night(number, [drift] if number % 2 else []) for number in range(1, 7)))
    (finding,) = shown.document(past)["findings"]
    assert (finding["flapping"], finding["times_back"], finding["state"]) == (True, 2, "fixed")
    assert "no open findings" in shown.table(past)
    assert "mean time to remediate: 24.0 hours over 3 fixes" in shown.table(past)


def test_long_history_is_cut() -> None:
    """The table shows the newest runs and the oldest findings, and says what it left out."""
    many = sample.large(250, drifting=250)
    runs = [
        replace(many, run=replace(many.run, id=f"r{day}"), snapshot_taken_at=nights.at(day), history=None)
        for day in range(1, 63)
    ]
    text = shown.table(traced(*runs))
    assert "2 earlier runs not shown" in text
    assert "50 more open findings not shown" in text


def test_odd_standings() -> None:
    """Custom builds have no lag, the newest none to speak of, what runs nothing says so; other stacks by name."""
    base = sample.results()
    rows = tuple(
        replace(row, stack=stack, cells=(replace(row.cells[0], running=running),))
        for row, (running, stack) in zip(
            base.units,
            [("v0.52.1-acme", "own"), ("v1.3.0", "ecs-deploy-runner"), (None, "own"), ("latest", None)],
            strict=False,
        )
    )
    lines = [" ".join(line.split()) for line in shown.table(traced(replace(base, units=rows))).splitlines()]
    assert "logs us-west-2 own v0.52.1-acme v0.52.1-acme" in lines
    assert "shared us-west-2 v1.3.0, the newest v1.3.0, the newest" in lines
    assert "security us-west-2 own nothing nothing nothing runs there now" in lines
    assert "dev us-west-2 unknown unknown not read lately" in lines
