"""Plans of a fleet: what is in them, in which order, and what never gets into a command."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.errors import RefusedError, UsageError
from audit.fleet import deploy_order
from audit.model import Account, Location, Seen
from audit.remedy.edit import Edit
from audit.remedy.images import Recipe
from audit.remedy.making import make
from audit.remedy.plan import Plan, Wishes
from audit.remedy.review import branch_of
from audit.remedy.script import runbook
from audit.remedy.steps import ApplyUnit, BootstrapImage, BuildImage, EditPin
from audit.remedy.waves import waves
from audit.remedy.way import GUIDE, Way
from audit.running.access import Access
from tests.nouns import KANIKO, RUNNER, clustered, snapshot
from tests.nouns import row as declared_row
from tests.remedy.fleet import NEWEST, NOW, plan, seen
from tests.remedy.golden import FOLDER, forms, rendered
from tests.remedy.scenarios import SCENARIOS, Scenario, fleet

if TYPE_CHECKING:
    from pathlib import Path

    from audit.snapshot import Snapshot


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_golden_plans(scenario: Scenario, tmp_path: Path) -> None:
    """Each situation gives the plan that a person has read: ``python -m tests.remedy.golden`` writes them anew."""
    made = scenario.make(tmp_path / "live")
    for form in forms(scenario.name):
        assert rendered(made, form) == (FOLDER / f"{scenario.name}.{form}").read_text(), form


def kinds(made: Plan) -> list[str]:
    """Name the kinds of the steps, in order, each run of them once."""
    found = [step.action.kind for step in made.steps]
    return [kind for index, kind in enumerate(found) if index == 0 or found[index - 1] != kind]


def test_images_come_first(tmp_path: Path) -> None:
    """Within each hop images are built before anything is edited, and all is edited before anything is applied."""
    made = next(one for one in SCENARIOS if one.name == "upgrade-across-barrier").make(tmp_path / "live")
    for hop, build in ((1, "BootstrapImage"), (2, "BuildImage")):
        part = replace(made, steps=tuple(step for step in made.steps if step.hop == hop))
        assert kinds(part)[:5] == [build, "EditPin", "Commit", "OpenPullRequest", "ApplyUnit"]
    assert [hop.to for hop in made.hops] == ["v0.50.12", NEWEST]


def test_images_that_are_there_need_no_stop(tmp_path: Path) -> None:
    """Where ECR has the target's images already, nothing is built and no hop stands before the target."""
    live = fleet(tmp_path / "live", "v0.38.10")
    held = {"ecs-deploy-runner": ("v0.38.10", NEWEST), "kaniko": ("v0.38.10", NEWEST)}
    made = plan(live, seen(live, pushed=held), NEWEST)
    assert [hop.to for hop in made.hops] == [NEWEST]
    assert "v0.51.2" in {barrier.release for barrier in made.hops[0].barriers}
    assert not any(isinstance(step.action, BuildImage) for step in made.steps)


def test_barriers_of_who_is_farther_behind(tmp_path: Path) -> None:
    """What only an older account crosses is named too, though it is no stop for the runner that builds."""
    live = fleet(tmp_path / "live", "v0.57.3")
    old = f"{RUNNER}:v0.44.0"
    running = {"prod": {"terraform-planner": old, "terraform-applier": old}}
    made = plan(live, seen(live, running=running), "v0.60.0")
    assert [hop.to for hop in made.hops] == ["v0.60.0"]
    assert {"v0.45.0", "v0.56.0"} <= {barrier.release for barrier in made.hops[0].barriers}


def test_unread_builder_waits(tmp_path: Path) -> None:
    """Whether a runner that could not be read can build is not known: its builds wait."""
    live = fleet(tmp_path / "live", "v0.57.3")
    made = plan(live, seen(live, unread=("shared",)), NEWEST)
    builds = [step for step in made.steps if isinstance(step.action, BuildImage | BootstrapImage)]
    assert builds
    assert all("is not known: the running kaniko image is unknown" in (step.waits or "") for step in builds)


def test_what_is_no_release_waits(tmp_path: Path) -> None:
    """A declared tag that was never released is not built, and who declares it waits."""
    live = fleet(tmp_path / "live", "v0.57.3")
    (live / "stage" / "common.hcl").write_text(
        (live / "stage" / "common.hcl").read_text().replace("v0.57.3", "v0.57.9")
    )
    made = plan(live, seen(live, pushed={"ecs-deploy-runner": ("v0.57.3",), "kaniko": ("v0.57.3",)}, bare=("stage",)))
    assert [step.account for step in made.steps] == ["stage", "stage"]
    assert all("v0.57.9 is no release" in (step.waits or "") for step in made.steps)


def test_newer_and_unordered_tags_stay(tmp_path: Path) -> None:
    """What is newer than the target, or has no order, stays as it is, and the plan says so."""
    live = fleet(tmp_path / "live", "v0.57.3")
    said = {"stage/common.hcl": "v1.2.0", ".github/workflows/pipeline.yml": "latest"}
    said["dev/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl"] = "deploy-runner-v1"
    for name, tag in said.items():
        (live / name).write_text((live / name).read_text().replace("v0.57.3", tag))
    made = plan(live, seen(live), "v0.60.0")
    edited = {edit.place.file for step in made.steps if isinstance(step.action, EditPin) for edit in step.action.edits}
    assert "stage/common.hcl" not in edited
    notes = "\n".join(made.notes)
    assert "stage/us-west-2/mgmt/ecs-deploy-runner: terraform-planner declares v1.2.0, not known to be before" in notes
    assert "MODULE_CI_VERSION says latest, not known to be before v0.60.0" in notes
    assert "terraform-planner declares deploy-runner-v1, not known to be before v0.60.0" in notes
    assert not {"stage", "dev"} & {step.account for step in made.steps}


def test_computed_tag_waits_for_a_hand(tmp_path: Path) -> None:
    """A tag that is put together is not edited by rule: the step waits, with the reason."""
    live = fleet(tmp_path / "live", "v0.57.3")
    path = live / "stage" / "common.hcl"
    path.write_text(path.read_text().replace('"v0.57.3"', '"v0.57.${1 + 2}"'))
    made = plan(live, seen(live), NEWEST)
    step = next(one for one in made.steps if "stage/common.hcl" in one.title)
    assert "it is computed" in (step.waits or "")
    assert "stage/common.hcl" not in made.files


def test_unplaced_unit_waits(tmp_path: Path) -> None:
    """A unit whose account id nobody knows is in the plan, without any command."""
    live = fleet(tmp_path / "live", "v0.57.3")
    (live / "prod" / "account.hcl").unlink()
    path = live / "accounts.json"
    path.write_text(path.read_text().replace('"prod"', '"production"'))
    made = plan(live, seen(live), NEWEST)
    (step,) = (one for one in made.steps if isinstance(one.action, ApplyUnit) and one.waits)
    assert (step.account_id, step.commands, step.identity) == (None, (), None)


def test_no_builder_waits() -> None:
    """Where no unit builds images, the build says so and waits for somebody who can."""
    rows = tuple(declared_row(name, tag="v1.2.0") for name in ("terraform-planner", "terraform-applier"))
    made = make(snapshot(rows=rows), wishes("v1.3.0", texts={}))
    assert made.steps[0].waits is None  # ECR of the small fleet holds v1.3.0 already
    made = make(snapshot(rows=rows, repositories=()), wishes("v1.3.0", texts={}))
    assert "no unit here declares docker-image-builder" in (made.steps[0].waits or "")


def wishes(to: str | None, **more: object) -> Wishes:
    """Ask for a plan by the guide's way in."""
    made = Wishes(to=to, way=Way.parse(GUIDE), access=Access(profile="your-{account}"), now=NOW)
    return replace(made, **more)  # type: ignore[arg-type]  # tests name the fields that they change


def test_release_that_nobody_knows(tmp_path: Path) -> None:
    """A target beyond the list of releases is planned for, and said to be unknown."""
    live = fleet(tmp_path / "live", "v1.2.0")
    made = plan(live, seen(live, asked=("v9.9.9",)), "v9.9.9")
    said = "v9.9.9 is not among the releases of gruntwork-io/terraform-aws-ci that are known as of 2026-02-12"
    assert any(note.startswith(said) for note in made.notes)


def test_credentials_of_one_account(tmp_path: Path) -> None:
    """By the environment's credentials nobody gets into a second account: said before it is found out."""
    live = fleet(tmp_path / "live", "v1.2.0")
    made = plan(live, seen(live), NEWEST, way=Way.parse("none"))
    assert any(note.startswith("the environment has the credentials of one account") for note in made.notes)


def test_part_without_the_builder_makes_no_stop(tmp_path: Path) -> None:
    """Where the runner that builds is not of this part, no bootstrap is planned for it: the images are waited for."""
    live = fleet(tmp_path / "live", "v0.38.10")
    facts = seen(live, asked=(NEWEST,))
    rows = tuple(one for one in facts.declared.containers if one.account == "prod")
    units = tuple(one for one in facts.declared.units if one.account == "prod")
    part = replace(facts, declared=replace(facts.declared, containers=rows, units=units), selection="--account prod")
    made = plan(live, part, NEWEST, texts={}, selection="--account prod")
    assert [hop.to for hop in made.hops] == [NEWEST]
    assert {barrier.kind for barrier in made.hops[0].barriers} >= {"breaking", "tools"}
    assert "no unit here declares docker-image-builder" in (made.steps[0].waits or "")
    assert any("images that only others declare do not move along" in note for note in made.notes)


HOSTILE = ("--server", "a;b", "$(x)", "`x`", "a\nb", "a\0b")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("field", ["account", "region", "stack", "container", "image", "tag", "unit", "account_id"])
def test_hostile_values_end_as_a_refusal(field: str, text: str) -> None:
    """Whatever stands in a field of a row, it ends the plan, or waits; it never becomes a word of a command."""
    value = {"image": f"234567890123.dkr.ecr.us-west-2.amazonaws.com/{text}"}.get(field, text)
    rows = (replace(declared_row("terraform-planner"), **{field: value}),)  # type: ignore[arg-type]  # all are texts
    facts = snapshot(rows=rows, observations=None)
    try:
        made = make(_undeployed(facts), wishes(None, texts={}))
    except (RefusedError, UsageError):
        return
    words = [word for step in made.steps for command in step.commands for word in (*command.argv, command.cwd)]
    assert not [word for word in words if text in word]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_cluster_ends_as_a_refusal(text: str) -> None:
    """What AWS calls a cluster becomes a word only where it is a name."""
    facts = _undeployed(snapshot(rows=(declared_row("terraform-planner"),)))
    seen_ = tuple(replace(one, clusters=(clustered(name=text),)) for one in facts.running.observations)
    with pytest.raises(RefusedError):
        make(replace(facts, running=replace(facts.running, observations=seen_)), wishes(None, texts={}))


def _undeployed(facts: Snapshot) -> Snapshot:
    """Let nothing run, so that all of it would have to be applied."""
    nothing = tuple(replace(one, families=Seen(value=())) for one in facts.running.observations)
    return replace(facts, running=replace(facts.running, observations=nothing))


@pytest.mark.parametrize(
    "pins",
    [
        {"build-repo": "ext::sh -c x"},
        {"build-repo": "https://***@github.com/a/b.git"},
        {"build-arg": "$(x)"},
        {"build-secret": "x=$(y)"},
    ],
)
def test_hostile_build_scripts_are_refused(pins: dict[str, str]) -> None:
    """What a build script says becomes a part of a command only by its grammar."""
    from audit.declared.model import Pin

    place = Location(file="build.sh", line=1, column=1)
    names = {"build-secret": "env-secret", "build-arg": "x"}
    made = [Pin(kind="build-ref", name="REF", value="v1", origin=place, subject="kaniko")]
    made += [Pin(kind=kind, name=names.get(kind, kind), value=value, origin=place) for kind, value in pins.items()]
    with pytest.raises(RefusedError):
        Recipe.of("kaniko", "v1.0.0", made, "gruntwork-io/terraform-aws-ci")


def test_older_images_take_the_token_as_the_script_gives_it() -> None:
    """Before the barrier the script's own way counts; from it on there is only one."""
    from audit.declared.model import Pin

    place = Location(file="build.sh", line=1, column=1)
    pins = [
        Pin(kind="build-ref", name="REF", value="v1", origin=place, subject="kaniko"),
        Pin(kind="build-secret", name="build-arg", value="GITHUB_OAUTH_TOKEN", origin=place),
    ]
    assert Recipe.of("kaniko", "v0.50.11", pins, "a/b").secret == ("--build-arg", "GITHUB_OAUTH_TOKEN")
    assert Recipe.of("kaniko", "v0.50.12", pins, "a/b").secret == ("--env-secret", "github-token=GITHUB_OAUTH_TOKEN")


@pytest.mark.parametrize("to", ["v1..2", "v1.0.lock", "-v1", "v1;x"])
def test_branches_that_git_refuses(to: str) -> None:
    """A target that makes no name for a branch is refused."""
    with pytest.raises(RefusedError):
        branch_of(to)


ORDER = deploy_order(
    Account(name=name, id=None, deploy_order=order)
    for name, order in (("logs", 1), ("dev", 2), ("stage", 2), ("prod", 3), ("other", None))
)


@pytest.mark.parametrize(
    ("wanted", "expected", "words"),
    [
        ((), [("other",), ("logs",), ("dev", "stage"), ("prod",), ("zzz",)], "deploy_order of the accounts file"),
        (
            ("prod,st*", "logs"),
            [("stage", "prod"), ("logs",), ("other",), ("dev",), ("zzz",)],
            "as given by --wave, the",
        ),
        (("*",), [("other", "logs", "dev", "stage", "prod", "zzz")], "as given by --wave"),
    ],
)
def test_waves(wanted: tuple[str, ...], expected: list[tuple[str, ...]], words: str) -> None:
    """Accounts of one deploy_order go together; the user's waves come first; the source is said."""
    found, source = waves(ORDER, ("logs", "dev", "stage", "prod", "other", "zzz"), wanted)
    assert list(found) == expected
    assert source.startswith(words)


def test_wave_that_matches_nobody() -> None:
    """A wave without accounts is a mistake of the user's."""
    with pytest.raises(UsageError, match="matches no account"):
        waves(ORDER, ("dev",), ("dev", "dev"))


def test_a_thousand_accounts(tmp_path: Path) -> None:
    """A plan for a thousand accounts is made, and its runbook is bash."""
    accounts = [Account(name=f"team-{index:04}", id=f"{index:012}") for index in range(1, 1001)]
    rows = tuple(
        declared_row(container, account, tag="v1.2.0")
        for account in accounts
        for container in ("terraform-planner", "terraform-applier")
    )
    facts = snapshot(rows=rows)
    made = make(facts, wishes("v1.3.0", texts={}))
    script = runbook(made)
    assert sum(isinstance(step.action, ApplyUnit) for step in made.steps) == 1000
    (tmp_path / "runbook.sh").write_text(script)
    import subprocess

    subprocess.run(["/bin/bash", "-n", tmp_path / "runbook.sh"], check=True)


def test_dead_literals_are_named(tmp_path: Path) -> None:
    """A literal that says nothing any more for anybody is named, and left as it is."""
    live = fleet(tmp_path / "live", "v0.57.3")
    for name in ("logs", "shared", "security", "prod", "dev"):
        (live / name / "common.hcl").write_text((live / "stage" / "common.hcl").read_text())
    path = live / "common.hcl"
    path.write_text(
        path.read_text().replace('runner_container_image_tag = "v0.57.3"', 'runner_container_image_tag = "v0.40.0"')
    )
    made = plan(live, seen(live), NEWEST)
    assert any(note.startswith("common.hcl:20: v0.40.0 says nothing for anybody") for note in made.notes), made.notes


def test_edits_name_each_literal_once(tmp_path: Path) -> None:
    """One literal that decides for many accounts is edited once."""
    live = fleet(tmp_path / "live", "v0.57.3")
    made = plan(live, seen(live), NEWEST)
    edits = [edit for step in made.steps if isinstance(step.action, EditPin) for edit in step.action.edits]
    assert len(edits) == len({edit.place for edit in edits}) == 7
    assert Edit(place=Location(file="common.hcl", line=20, column=39), old="v0.57.3", new=NEWEST) in edits
    assert {RUNNER, KANIKO} == {step.action.image for step in made.steps if isinstance(step.action, BuildImage)}
