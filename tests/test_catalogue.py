"""The catalogue of checks: whole, in its documentation, and asking for facts that are looked at."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, get_args

import pytest

from audit.cli import main
from audit.running.permissions import TABLE
from audit.verdict.check import Need
from checks.catalogue import Listed, catalogue
from tests.processes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = catalogue()
CONTRACT = {
    "image-tag-drift",
    "image-repository-drift",
    "image-digest-drift",
    "declared-tag-not-in-registry",
    "running-tag-not-in-registry",
    "declared-tag-not-released",
    "declared-tag-behind",
    "runner-kaniko-split",
    "family-missing",
    "family-undeclared",
    "invoker-missing",
    "invoker-runtime-deprecated",
    "declaration-shadowed",
    "build-script-pin-differs",
    "ci-pin-differs",
    "module-ref-skew",
    "not-covered",
}
NO_CALL_OF_THEIR_OWN = {"beyond", "releases", "pins"}


def test_ids_that_scripts_rely_on() -> None:
    """The documented ids are there, as ids or as aliases."""
    assert {name for one in CATALOGUE for name in one.check.names} >= CONTRACT


def test_each_name_means_one_check() -> None:
    """No id or alias is given twice."""
    counted = Counter(name for one in CATALOGUE for name in one.check.names)
    assert [name for name, number in counted.items() if number > 1] == []


def test_needs_are_facts_that_are_asked_for() -> None:
    """A need is named like the fact that a call of the table of permissions feeds, one to one."""
    assert {call.fact for call in TABLE} == set(get_args(Need)) - NO_CALL_OF_THEIR_OWN


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.check.id)
def test_each_check_is_documented(one: Listed) -> None:
    """Id in kebab-case, a sentence as title, a reason, a mend, and controls; those of the nightly check link on."""
    check = one.check
    assert re.fullmatch(r"[a-z]+(?:-[a-z]+)+", check.id)
    assert re.fullmatch(r"[A-Z].{10,118}\.", check.title)
    assert len(check.why) > 40 or check.stage == "ready"
    assert len(check.remedy) > 10
    assert check.stage == "ready" or (check.controls and check.references)
    assert all(link.startswith("https://") for link in check.references)


def test_documentation_is_true() -> None:
    """The page in docs/ is what the command prints; write it anew by pipelines-audit checks --markdown."""
    from reports.catalogue import markdown

    assert (ROOT / "docs" / "checks.md").read_text(encoding="utf-8") == markdown(CATALOGUE)


def test_command_lists(capsys: pytest.CaptureFixture[str]) -> None:
    """As a table, as data, as a page."""
    assert main(["checks"]) == 0
    assert "image-tag-drift" in capsys.readouterr().out
    assert main(["checks", "--json"]) == 0
    found = {one["id"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert found["image-tag-drift"]["subject"] == "images"
    assert found["image-tag-drift"]["needs"] == ["families"]
    assert main(["checks", "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("# Checks\n")


@pytest.mark.parametrize("words", [("checks",), ("config", "keys")], ids=" ".join)
def test_lists_fit_the_terminal(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a check finds, and what a key sets, is folded into the columns that are left."""
    monkeypatch.setenv("COLUMNS", "124")
    assert main([*words]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 124


OWN = """
from audit.verdict.check import check


@check("own-check", severity="low", remedy="mend it")
def test_own(unit, findings):
    \"\"\"A fault of our own.\"\"\"
"""


def test_checks_of_a_folder_are_listed_after_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also from a file that has the name of one of ours."""
    (tmp_path / "test_images.py").write_text(OWN, encoding="utf-8")
    assert main(["checks", "--json", "--checks-dir", str(tmp_path)]) == 0
    listed = json.loads(capsys.readouterr().out)["checks"]
    assert len(listed) == len(CATALOGUE) + 1
    assert (listed[-1]["id"], listed[-1]["subject"], listed[-1]["title"]) == (
        "own-check",
        "images",
        "A fault of our own.",
    )
    assert main(["checks", "--checks-dir", str(tmp_path)]) == 0
    assert "own-check" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "no such folder"), ("import nonsense_that_is_not_there", "its checks could not be loaded")],
)
def test_folder_that_cannot_be_listed(
    tmp_path: Path, text: str | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ends with 4, and a line."""
    folder = tmp_path / "own"
    if text is not None:
        folder.mkdir()
        (folder / "test_own.py").write_text(text, encoding="utf-8")
    assert main(["checks", "--checks-dir", str(folder)]) == 4
    assert words in capsys.readouterr().err
