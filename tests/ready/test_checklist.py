"""The checklist as people see it: a fixed text for a world with something of everything, whatever the width."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from wcwidth import wcswidth

from audit.model import Unread
from audit.verdict import ruling as rulings
from audit.verdict.mends import mend, parts
from reports.checklist import render, render_fixes
from reports.readiness import SECTIONS, document, fix_list, lines
from tests.aws import DEV, SHARED
from tests.ready import spoil
from tests.ready.test_situations import github
from tests.ready.world import World, rules, ruling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.verdict.results import Results


GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "ready"


@pytest.fixture(scope="module")
def results(right: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    """Judge a world with blockers, warnings, and things that could not be read."""
    world = replace(right, folder=tmp_path_factory.mktemp("checklist"))
    old = spoil.runs(spoil.runs(world, "v0.50.4", "docker-image-builder", SHARED), "v0.49.1", account=DEV)
    spoilt = spoil.invoker(old, rules(restricted_options_regex={"--ref": "^v(1|2", "--repo": "^x$"}))
    unread = spoil.fact(spoilt, DEV, caller_rights=spoil.unread("rights"))
    yield ruling(github(404)(unread).tools(terragrunt=None, docker="Docker version 17.12.1-ce, build 7390fc6"))
    right.github.clear()


def test_the_checklist(results: Results) -> None:
    """Line by line, with what was seen, what is wrong, the mend, the command and the way."""
    fixed = replace(
        results,
        run=replace(results.run, caller="arn:aws:sts::234567890123:assumed-role/deploy/anna"),
        release_source=replace(results.release_source, as_of="2026-11-24"),
    )
    assert render(fixed, width=120) == (GOLDEN / "checklist.txt").read_text(encoding="utf-8")
    assert render_fixes(fixed, width=120) == (GOLDEN / "fix-list.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_words_fit_the_terminal(results: Results, width: int) -> None:
    """Only commands, which must stay whole, and the first and last lines may be longer."""
    drawn = render(results, width=width).splitlines()
    long = [line for line in drawn[2:-1] if wcswidth(line) > width and not line.lstrip().startswith("$ ")]
    assert not [line for line in long if "...." not in line]


def test_colour_is_the_only_difference(results: Results) -> None:
    """With and without colour the same words."""
    assert re.sub(r"\x1b\[[0-9;]*m", "", render(results, colour=True)) == render(results)


def test_every_check_has_its_line(results: Results) -> None:
    """A check of readiness that the sections don't know would stand last, under its bare id."""
    known = {check for section in SECTIONS.values() for check in section}
    assert {note.id for note in results.checks} == known
    assert [line.check for line in lines(results)] == [check for section in SECTIONS.values() for check in section]


def test_the_document_sorts_what_is_not_right(results: Results) -> None:
    """Blockers, unread and warnings apart; each item with its mend."""
    found = document(results)
    assert found["verdict"] == "NO-GO"
    assert {item["check"] for item in found["blockers"]} == {
        "tool-missing",
        "tool-too-old",
        "github-token-sees-no-release",
        "kaniko-too-old",
        "invoker-pattern-broken",
        "invoker-refuses-repository",
    }
    assert {item["check"] for item in found["unread"]} == {"identity-may-not-invoke"}
    assert all(item["mend"] for item in found["blockers"])
    (mine,) = [item for item in found["blockers"] if item["check"] == "tool-missing"]
    assert (mine["mend"], mine["command"]) == (
        "install terragrunt and have it on PATH",
        "mise use --global terragrunt@0.55.1",
    )
    bootstrap = found["routes"][-1]["route"]["hops"][0]["barriers"][-1]
    assert (bootstrap["release"], bootstrap["kind"]) == ("v0.50.12", "bootstrap")


def test_what_is_right_has_its_evidence(world: World) -> None:
    """Every line of a world in which nothing is wrong says what was seen, and every other why it has no subject."""
    listed = lines(ruling(world))
    assert not [line.check for line in listed if line.state in ("go", "not applicable") and not line.seen]
    seen = {line.check: line.seen for line in listed}
    assert seen["kaniko-too-old"] == "v0.57.3 runs, v0.50.6 needed"
    assert seen["identity-may-not-invoke"] == "on 2 invokers, as IAM's simulation says"
    assert seen["github-token-lacks-scope"] == "repo"


def test_what_has_no_subject_names_the_line_that_tells(world: World) -> None:
    """By the words that stand there, not by an id."""
    seen = {line.check: line for line in lines(ruling(world.set(GITHUB_OAUTH_TOKEN=None)))}
    lasts = seen["github-token-ends-soon"]
    assert (lasts.state, lasts.seen) == ("not applicable", 'there is none: see "GITHUB_OAUTH_TOKEN set"')


def test_what_could_not_be_read_is_told_once(world: World) -> None:
    """One fact that many lines need: the others point to the first, and one mend is for all."""
    gap = replace(spoil.unread("identity").gap, account="dev", account_id=DEV, region="us-west-2")
    found = ruling(spoil.fact(world, DEV, identity=Unread(gap=gap)))
    drawn = render(found)
    assert drawn.count("identity was denied; allow it") == 1
    assert 'dev us-west-2: see "a person\'s identity"' in drawn
    ((checks, items),) = [pair for pair in fix_list(found) if pair[1][0].state == "unknown"]
    assert checks == ("identity-of-a-machine", "identity-cannot-call-iam", "fleet-not-read")
    assert {item.mend for item in items} == {"allow it"}
    assert "identity was denied; allow it [unknown: identity-of-a-machine" in render_fixes(found, width=200)


def test_nothing_to_do(world: World) -> None:
    """Without findings the list says so."""
    clean = replace(ruling(world), findings=(), passes=())
    assert render_fixes(clean) == "nothing to do\n"
    assert not list(fix_list(clean))


def test_hostile_text_stays_on_its_line(world: World) -> None:
    """What comes from tags and programs can't steer the terminal or the runner of a forge."""
    tag = "v0.52.1-\x1b[31m\n::error::x"
    drawn = render(ruling(spoil.runs(world, tag, "planner", DEV)))
    assert "\x1b" not in drawn
    assert not [line for line in drawn.splitlines() if line.lstrip().startswith("::")]


def test_the_ruling_comes_after_what_is_no_ruling(results: Results) -> None:
    """Interrupted, a bug of a check, or nothing judged: there is neither GO nor NO-GO."""
    for code in (2, 3, 5):
        early = replace(results, exit_code=code, verdict="early")
        assert rulings.ruled(early, "v1.3.0") is early


def test_what_is_wrong_beats_what_is_unknown(results: Results) -> None:
    """Both are counted."""
    assert results.exit_code == 1
    assert results.verdict.startswith("exit 1: NO-GO for v1.3.0: 6 blockers, 1 blocker could not be read, ")


def test_mends() -> None:
    """Two parts in one text, and back."""
    assert parts(mend("do it", "do --it; now")) == ("do it", "do --it; now")
    assert parts("think; then do it") == ("think; then do it", None)


def test_an_unknown_way_is_said(world: World) -> None:
    """A tag without an order leaves the way unknown, with the reason."""
    found = ruling(spoil.runs(world, "latest", "planner", DEV))
    (note,) = [route for route in (found.readiness.routes if found.readiness else ()) if route.route is None]
    assert note.reason is not None
    assert "unknown: runs latest" in render(found)
    level = ruling(spoil.runs(world, "v1.3.0"))
    assert "v1.3.0: nothing to do" in render(level)
