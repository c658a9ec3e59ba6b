"""The page and the text of a plan, for people: whole, and harmless whatever the values say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.remedy.prose import markdown, text
from audit.remedy.script import runbook
from audit.remedy.steps import EditPin
from tests.remedy.fleet import NEWEST, plan, seen
from tests.remedy.scenarios import SCENARIOS, fleet

if TYPE_CHECKING:
    from pathlib import Path

MAKE = {scenario.name: scenario.make for scenario in SCENARIOS}


@pytest.mark.parametrize("name", sorted(MAKE))
def test_page_holds_every_step_and_command(name: str, tmp_path: Path) -> None:
    """Nothing of the plan is missing on the page or in the text."""
    made = MAKE[name](tmp_path / "live")
    page, lines = markdown(made), text(made)
    for step in made.steps:
        assert f"### {step.number}. " in page
        assert f"{step.number:>3}. {step.title}" in lines
        if not isinstance(step.action, EditPin):
            words = [command.argv[-1].rpartition("}")[2] for command in step.commands]
            assert all(word in page.replace("'", "") for word in words)
        if step.waits:
            assert "**This waits:** " in page
    if len(made.hops) > 1:
        assert "## v0.38.10 to v0.50.12: build and push the images" in page
    if not made.steps:
        assert "Nothing to do" in page


def test_edits_without_text_are_listed(tmp_path: Path) -> None:
    """Without the repository at hand the page names each literal, from and to."""
    live = fleet(tmp_path / "live", "v1.2.0")
    page = markdown(plan(live, seen(live), NEWEST, texts={}))
    assert "- `common.hcl:20`: `v1.2.0` becomes `v1.3.0`" in page


def test_way_back_is_called_that(tmp_path: Path) -> None:
    """A plan that takes another back is no plan to apply what is declared."""
    made = replace(MAKE["converge-one-account"](tmp_path / "live"), goal="rollback")
    for shown in (markdown(made), text(made)):
        assert shown.lstrip("# ").startswith("Take the ECS Deploy Runner back to what ran before\n")
    assert runbook(made).splitlines()[1].startswith("# Runbook that goes back to what ran before: ")


def test_looks_are_on_the_page(tmp_path: Path) -> None:
    """What must hold before and after an apply stands beside it, with the command that tells."""
    page = markdown(MAKE["converge-one-account"](tmp_path / "live"))
    assert "- Look first: `aws-vault exec your-prod -- aws ecs list-tasks " in page
    assert "' --output text` must show nothing\n" in page
    assert "--describe-containers` must end well\n" in page
    assert "must show `v1.3.0`\n" in page


def test_hostile_words_are_shown_not_sent(tmp_path: Path) -> None:
    """Markup, fences and control characters in what was read stay text."""
    made = MAKE["one-unread-account"](tmp_path / "live")
    evil = "</p><img src=x onerror=x> `x` **x** [x](javascript:x)\x1b[31m\u202e ::error::x\n# x"
    patch = "--- a/x\n+++ b/x\n+```\n+\x1b]0;x\x07\n"
    first = replace(made.steps[0], why=evil, action=replace(made.steps[0].action, patch=patch))  # type: ignore[arg-type]
    others = (replace(step, why=evil, waits=evil) for step in made.steps[1:])
    evil_plan = replace(made, steps=(first, *others), notes=(evil,))
    for shown in (markdown(evil_plan), text(evil_plan)):
        assert not {char for char in shown if ord(char) < 32 and char != "\n"} | ({"\u202e"} & set(shown))
        assert "\n# x" not in shown
    page = markdown(evil_plan)
    assert "````diff\n--- a/x\n+++ b/x\n+```\n" in page
    assert "<img" not in page.replace("\\<img", "")
    assert "[x](" not in page
