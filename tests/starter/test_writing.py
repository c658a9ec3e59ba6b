"""The first files as text: accepted as they are, saying what is so anyway, their examples right too."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from audit.configuration.config import Settings, read_file
from audit.configuration.file import validated
from audit.errors import UsageError
from audit.model import Gap
from audit.starter.survey import Survey, survey
from audit.starter.writing import PACKAGE, ROLE, WORKFLOWS, Wishes, policy_file, waivers_file, workflow
from audit.verdict.waiver_file import Rules, read
from checks.catalogue import catalogue
from tests.nouns import snapshot

IDS = {name: one.check.id for one in catalogue() for name in one.check.names}
FOUND = Survey(
    scope="",
    units=2,
    unread=0,
    accounts=(("dev", "345678901234"), ("shared", "234567890123")),
    regions=("eu-west-1", "us-east-1"),
    tags=(("v0.57.3", 3), ("v0.52.1", 1)),
)


def uncommented(text: str) -> str:
    """Make what stands in comments part of the file: the keys and items, not the sentences."""
    return re.sub(r"(?m)^# (?=[a-z-]+ = |- |  \w+: )", "", text)


def test_policy_says_the_defaults() -> None:
    """The file may stand in the audited repository, and changes nothing but to name the waivers file."""
    raw = read_file(policy_file(FOUND), Path("live/pipelines-audit.toml"), policy_only=True)
    assert validated(raw, "c") == replace(Settings(), waivers=Path("live/waivers.yaml"))


def test_examples_of_the_policy_are_right() -> None:
    """What stands there in comments can be taken as it is."""
    text = uncommented(policy_file(FOUND))
    settings = validated(read_file(text, Path("c.toml"), policy_only=True), "c")
    assert settings.policy.allowed
    assert settings.account
    assert {*settings.severities, *settings.disabled} <= IDS.keys()


def test_waivers_are_right() -> None:
    """The file holds nothing yet; its examples are entries that hold."""
    rules = Rules(today=date(2026, 11, 24), known=IDS)
    empty = read(waivers_file(), name="waivers.yaml", rules=rules)
    assert (empty.waivers, empty.exclusions) == ((), ())
    text = uncommented(waivers_file()).replace("waivers: []", "waivers:").replace("exclusions: []", "exclusions:")
    full = read(text, name="waivers.yaml", rules=rules)
    assert (len(full.waivers), len(full.exclusions)) == (1, 1)


@pytest.mark.parametrize("ci", WORKFLOWS)
def test_workflow_has_what_was_found(ci: str) -> None:
    """Region, folder, hub, role and package stand where the template has its own."""
    wishes = Wishes(package="pipelines-audit[history]==1.2.3", role_arn="arn:aws:iam::{account_id}:role/ro/audit")
    text = workflow(ci, replace(FOUND, scope="live/prod"), wishes)
    assert text.count(wishes.package) == text.count(wishes.role_arn) == 1
    assert re.search(r"PIPELINES_AUDIT_INFRA_LIVE\W+live/prod\W", text)
    assert "us-west-2" not in text
    assert "111122223333" not in text
    assert ("234567890123" in text) == (ci != "jenkins")
    assert text.count("\n") == workflow(ci, FOUND, Wishes()).count("\n")
    if ci != "jenkins":
        yaml.safe_load(text)


@pytest.mark.parametrize("ci", WORKFLOWS)
def test_workflow_of_a_repository_that_says_little(ci: str) -> None:
    """Without accounts and regions the template's own examples stay."""
    text = workflow(ci, replace(FOUND, accounts=(("dev", None),), regions=()), Wishes())
    assert PACKAGE in text
    assert ROLE in text
    assert "us-west-2" in text


@pytest.mark.parametrize(
    ("scope", "wishes"),
    [
        pytest.param('a"\n  x: y', Wishes(), id="folder"),
        pytest.param("", Wishes(package="x' + evil + '"), id="package"),
        pytest.param("", Wishes(role_arn='"$(evil)"'), id="role"),
        pytest.param("${{ secrets.X }}", Wishes(), id="expression"),
    ],
)
def test_what_cannot_stand_in_a_workflow(scope: str, wishes: Wishes) -> None:
    """Text that would be more than a value is refused."""
    with pytest.raises(UsageError, match="cannot stand in a workflow"):
        workflow("github", replace(FOUND, scope=scope), wishes)


@pytest.mark.parametrize("name", ["dev\n[accounts.x]", "\x1b[2Jdev", "dev\r\nrole_arn = 'x'"])
def test_names_of_the_repository_stay_in_comments(name: str) -> None:
    """Whatever an account is called, it is a line of a comment and steers no terminal."""
    text = policy_file(replace(FOUND, accounts=((name, None),), tags=((name, 1),)))
    assert "\x1b" not in text
    assert (
        read_file(text, Path("c.toml"), policy_only=True).keys()
        == read_file(policy_file(FOUND), Path("c.toml"), policy_only=True).keys()
    )


def test_survey() -> None:
    """Accounts, regions and tags are counted; the hub is the account that the guide has for it, else the first."""
    declared = snapshot().declared
    found = survey(declared, "x")
    assert (found.scope, found.units) == ("x", len(declared.units))
    assert found.lines()[0].endswith("us-west-2")
    assert FOUND.hub == "234567890123"
    assert replace(FOUND, accounts=(("dev", "345678901234"),)).hub == "345678901234"
    assert replace(FOUND, accounts=()).hub is None
    assert len(FOUND.lines()) == 3
    gap = Gap(
        what="unit",
        message="x",
        **dict.fromkeys(("account", "account_id", "region", "unit", "call", "code", "permission")),
    )
    assert "1 place that could not be read" in survey(replace(declared, gaps=(gap,)), "").lines()[-1]
