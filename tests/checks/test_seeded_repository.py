"""The faults that are not AWS's own: of the repository, the releases, the look, the organization; each found, alone.

AWS is emulated and in sync but for what a case changes there. Several faults that don't touch each other share a case:
what is found must be exactly those.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from audit import door
from audit.configuration.config import Settings
from audit.configuration.policy import Policy
from audit.demo.sample import NEWEST, export
from audit.demo.scenario import APPLIER, BUILDER, PACKER, PLANNER, REGION, REGISTRY, STACK, Scenario, seed
from audit.demo.seed import seed_runner
from audit.look import once
from audit.snapshot import Snapshot
from checks.catalogue import catalogue
from tests.aws import DEV, ROLE_ARN
from tests.checks import test_seeded
from tests.checks.seeding import BOTH, RUNNER, Change, Client, clients, dev, untouched
from tests.overlay.faults import DENIED, Rule
from tests.overlay.proxy import overlaid

if TYPE_CHECKING:
    from pathlib import Path


KEPT = {".git", ".github", "_ci", "_envcommon", "dev", "shared"}
UNIT = f"{REGION}/mgmt/{STACK}/terragrunt.hcl"
DEVS, SHAREDS = f"dev/{UNIT}", f"shared/{UNIT}"
REGIONAL = f"shared/{REGION}/_regional"
RUNNER_SCRIPT = f"{REGIONAL}/container_images/build_deploy_runner_image.sh"
WORKER_SCRIPT = f"{REGIONAL}/amis/build_ecs_deploy_runner_worker_ami.sh"
WORKFLOW = ".github/workflows/pipeline.yml"
BY_SECRET, BY_ARGUMENT = "--env-secret 'github-token=GITHUB_OAUTH_TOKEN'", "--build-arg 'GITHUB_OAUTH_TOKEN'"
CATALOG = "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner"
WORKLOAD = "999999999999"
NEARER = """\
locals {
  root        = read_terragrunt_config(find_in_parent_folders("common.hcl"))
  account_ids = local.root.locals.account_ids
  name_prefix = local.root.locals.name_prefix

  deploy_runner_ecr_uri             = "${local.account_ids.shared}.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner"
  deploy_runner_container_image_tag = local.root.locals.deploy_runner_container_image_tag

  infra_live_repo_https           = local.root.locals.infra_live_repo_https
  infra_live_repo_ssh             = local.root.locals.infra_live_repo_ssh
  additional_plan_and_apply_repos = []
}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What is otherwise: texts of files (whole ones where nothing is replaced), settings, AWS, the snapshot taken."""

    found: frozenset[tuple[str, str]]
    edits: Mapping[str, tuple[str, str] | str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    runs: Change = lambda one: one
    act: Callable[[str, Client], object] = lambda _, client: untouched(client)
    rules: tuple[Rule, ...] = ()
    taken: Callable[[Snapshot], Snapshot] = lambda one: one


def fails(*checks: str, unknown: tuple[str, ...] = ()) -> frozenset[tuple[str, str]]:
    """Name what is found, and what nobody can tell then."""
    return frozenset({(one, "fail") for one in checks} | {(one, "unknown") for one in unknown})


def pushed(*images: str) -> Change:
    """Hold more images."""

    def change(table: Scenario) -> Scenario:
        return replace(table, pushed=(*table.pushed, *images))

    return change


def both(first: Change, second: Change) -> Change:
    """Change twice."""
    return lambda table: second(first(table))


def older(snapshot: Snapshot) -> Snapshot:
    """Date a snapshot, and its list of releases, long ago."""
    then = datetime.now(UTC) - timedelta(days=100)
    return replace(snapshot, taken_at=then, released=replace(snapshot.released, as_of=then.date()))


def emptied(snapshot: Snapshot) -> Snapshot:
    """Take every unit out of a snapshot; a look at none ends before there is one."""
    return replace(snapshot, declared=replace(snapshot.declared, units=(), containers=()))


def twice(endpoint: str, _: Client) -> None:
    """Run the stack in dev's second region too."""
    images = dict.fromkeys((PLANNER, APPLIER), f"{REGISTRY}/{RUNNER}")
    seed_runner(endpoint, DEV, "eu-west-1", STACK, images)


def organized(endpoint: str, client: Client) -> None:
    """Let there be an organization of other accounts, in one of which a runner is left."""
    organizations = client("organizations", "123456789012")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="old", Email="old@example.com")
    account = made["CreateAccountStatus"]["AccountId"]
    seed_runner(endpoint, account, REGION, STACK, {PLANNER: f"{REGISTRY}/{RUNNER}"})


FAULTS = [
    pytest.param(Fault(found=fails()), id="none"),
    pytest.param(
        Fault(
            edits={
                WORKFLOW: (f"MODULE_CI_VERSION: {NEWEST}", "MODULE_CI_VERSION: v1.2.0"),
                RUNNER_SCRIPT: (f'DOCKERFILE_REPO_REF="{NEWEST}"', 'DOCKERFILE_REPO_REF="v1.2.0"'),
                f"{RUNNER_SCRIPT} ": (BY_SECRET, BY_ARGUMENT),
                WORKER_SCRIPT: ('SERVICE_CATALOG_REF="v0.116.1"', 'SERVICE_CATALOG_REF="v0.116.0"'),
                ".terraform-version": "1.5.6\n",
            },
            found=fails(
                "ci-pin-differs",
                "build-script-pin-differs",
                "build-secret-style-too-old",
                "worker-ami-differs",
                "tool-version-differs",
            ),
        ),
        id="every pin",
    ),
    pytest.param(
        Fault(
            edits={
                "accounts.json": ('{\n  "shared"', f'{{\n  "sandbox": {{"id": "{WORKLOAD}"}},\n  "shared"'),
                "accounts.yml": f'"dev": {{"id": "{WORKLOAD[:-1]}0"}}\n',
            },
            found=fails("accounts-files-disagree", "account-without-unit"),
        ),
        id="accounts files",
    ),
    pytest.param(
        Fault(
            edits={
                "accounts.json": (f',\n  "dev": {{"id": "{DEV}"}}', ""),
                "dev/account.hcl": ("locals {", f'locals {{\n  account_id = "{DEV}"'),
            },
            found=fails("unit-account-not-listed", "declaration-invalid"),
        ),
        id="an account that is not listed",
    ),
    pytest.param(
        Fault(
            edits={
                f"dev/eu-west-1/mgmt/{STACK}/terragrunt.hcl": "",
                "dev/eu-west-1/region.hcl": 'locals {\n  aws_region = "eu-west-1"\n}\n',
            },
            act=twice,
            found=fails("stack-name-clash"),
        ),
        id="a stack twice",
    ),
    pytest.param(
        Fault(
            edits={
                DEVS: ("locals {", f'terraform {{\n  source = "{CATALOG}?ref=v0.94.9"\n}}\n\nlocals {{'),
                "dev/common.hcl": NEARER,
            },
            found=fails("module-ref-skew", "service-catalog-ref-too-old", "several-common-files"),
        ),
        id="an old module, and a second common.hcl",
    ),
    pytest.param(
        Fault(
            edits={DEVS: (f'"{NEWEST}"', '"v1.1.0"')},
            runs=both(
                pushed("ecs-deploy-runner:v1.1.0"),
                dev(images=dict.fromkeys((PLANNER, APPLIER), "ecs-deploy-runner:v1.1.0")),
            ),
            settings={"policy": Policy(allowed=">=1.2", max_releases_behind=1)},
            found=fails(
                "declaration-shadowed",
                "fleet-tag-skew",
                "declared-tag-behind",
                "declared-tag-not-allowed",
                "breaking-release-ahead",
            ),
        ),
        id="an old tag of one unit's own",
    ),
    pytest.param(
        Fault(
            edits={SHAREDS: (f'docker_tag   = "{NEWEST}"', 'docker_tag   = "latest"')},
            runs=both(
                pushed("ecs-deploy-runner:latest"),
                lambda table: replace(
                    table,
                    accounts=tuple(
                        replace(one, images={**one.images, PACKER: "ecs-deploy-runner:latest"})
                        if one.name == "shared"
                        else one
                        for one in table.accounts
                    ),
                ),
            ),
            found=fails(
                "floating-tag",
                "fleet-tag-skew",
                "runner-kaniko-split",
                "declared-tag-not-released",
                unknown=("declared-tag-behind",),
            ),
        ),
        id="a tag that floats",
    ),
    pytest.param(
        Fault(
            edits={
                "common.hcl": (f'kaniko_container_image_tag = "{NEWEST}"', 'kaniko_container_image_tag = "v0.57.0"')
            },
            runs=both(
                pushed("kaniko:v0.57.0"),
                lambda table: replace(
                    table,
                    accounts=tuple(
                        replace(one, images={**one.images, BUILDER: "kaniko:v0.57.0"}) if one.name == "shared" else one
                        for one in table.accounts
                    ),
                ),
            ),
            found=fails(
                "runner-kaniko-split",
                "known-bad-release",
                "declared-tag-behind",
                "breaking-release-ahead",
                "build-script-pin-differs",
            ),
        ),
        id="a bad release of kaniko alone",
    ),
    pytest.param(
        Fault(
            rules=(Rule(fault=DENIED, call="ecr:GetRepositoryPolicy"),),
            taken=older,
            found=fails(
                "release-list-stale",
                unknown=(
                    "not-covered",
                    "snapshot-stale",
                    "declared-tag-behind",
                    "breaking-release-ahead",
                    "registry-policy-lacks-account",
                    "registry-without-policy",
                ),
            ),
        ),
        id="a look that was denied, and is old",
    ),
    pytest.param(
        Fault(
            act=organized,
            settings={"organization": True, "beyond_units": True},
            found=fails("account-not-in-organization", "organization-account-undeclared", "runner-undeclared"),
        ),
        id="an organization of other accounts",
    ),
    pytest.param(Fault(taken=emptied, found=fails("nothing-declared", "account-without-unit")), id="nothing declared"),
]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the sample with its accounts dev and shared only, every version right, and a list of releases of today."""
    folder: Path = tmp_path_factory.mktemp("sample")
    live = export(folder / "live", in_sync=True)
    for path in live.iterdir():
        if path.is_dir() and path.name not in KEPT:
            shutil.rmtree(path)
    every = json.loads((live / "accounts.json").read_text(encoding="utf-8"))
    left = ",\n".join(f'  "{name}": {{"id": "{every[name]["id"]}"}}' for name in ("shared", "dev"))
    (live / "accounts.json").write_text(f"{{\n{left}\n}}\n", encoding="utf-8")
    listed = files("audit.released").joinpath("catalog.json").read_text(encoding="utf-8")
    (folder / "releases.json").write_text(listed, encoding="utf-8")
    return live


def edited(live: Path, fault: Fault) -> None:
    """Make the edits of a fault; an empty text stands for that of dev's unit."""
    for name, edit in fault.edits.items():
        path = live / name.strip()
        path.parent.mkdir(parents=True, exist_ok=True)
        match edit:
            case (old, new):
                text = path.read_text(encoding="utf-8")
                assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
                path.write_text(text.replace(old, new), encoding="utf-8")
            case "":
                shutil.copy(live / DEVS, path)
            case str():
                path.write_text(edit, encoding="utf-8")


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_found(aws: str, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    """Exactly the checks that are about it find something."""
    live = tmp_path / "live"
    shutil.copytree(sample, live)
    edited(live, fault)
    given = {"infra_live": live, "role_arn": ROLE_ARN, "releases_file": sample.parent / "releases.json"}
    settings = Settings(**{**given, **fault.settings})
    seed(aws, fault.runs(BOTH))
    fault.act(aws, clients(aws))
    with overlaid(aws, *fault.rules) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        results = door.judge(settings, None, fault.taken(once.look(settings, os.environ)))
    assert {(one.check, one.outcome) for one in results.findings} == fault.found


def test_every_check_has_a_fault_that_is_seeded() -> None:
    """A new check needs a case: here, or among the faults of AWS itself."""
    found = {check for case in FAULTS for one in case.values for check, _ in getattr(one, "found", ())}
    found |= {check for case in (*test_seeded.FAULTS, *test_seeded.STRUCK) for check in case.values[-1]}  # type: ignore[union-attr]  # a set of ids
    assert {one.check.id for one in catalogue() if one.check.stage == "check"} == found
