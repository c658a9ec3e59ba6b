"""A fleet held against AWS Organizations, what is excluded of it, and how many calls it costs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from audit.cli import main
from audit.configuration.config import Settings
from audit.demo.emulator import environment, settings
from audit.demo.sample import export
from audit.demo.scenario import REGISTRY, REGISTRY_ID, STACK, scenario
from audit.demo.seed import push_image, seed_runner, sign_in
from audit.look import once
from audit.snapshot import load
from tests.aws import REGION, ROLE_ARN, emulator
from tests.overlay.faults import DENIED, THROTTLED, Pages, Reply, Rule
from tests.overlay.proxy import Overlay, overlaid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIST = "organizations:ListAccounts"
MISSING, UNDECLARED = "account-not-in-organization", "organization-account-undeclared"
ORPHAN = "runner-undeclared"
SANDBOX, LEGACY = "999999999999", "888888888888"
STAGE, PROD = "111122223333", "444455556666"
FLEET = {state.name: state.id for state in scenario().accounts}
EXCLUSION = """\
version: 1
exclusions:
  - accounts: [stage]
    reason: closed with the project
    owner: platform@example.com
    expires: {expires}
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export the sample repository."""
    return export(tmp_path_factory.mktemp("fleet-run") / "live", in_sync=True)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Seed the account that holds the registry, as full as it gets, and one other."""
    with emulator() as url, environment(settings(url)):
        images = dict.fromkeys(("a", "b", "c"), f"{REGISTRY}/ecs-deploy-runner:v1.3.0")
        _seed(url, REGISTRY_ID, {**images, "d": f"{REGISTRY}/kaniko:v1.3.0"})
        _seed(url, FLEET["logs"], {name: images[name] for name in ("a", "b")})
        for repository in ("ecs-deploy-runner", "kaniko"):
            push_image(url, REGISTRY_ID, REGION, repository, "v1.3.0")
        yield url


def _seed(url: str, id_: str, images: dict[str, str]) -> None:
    seed_runner(url, id_, REGION, STACK, {})
    manager = sign_in(url, REGISTRY_ID, REGION).client("secretsmanager", endpoint_url=url)
    arns = [manager.create_secret(Name=f"{id_}-{name}", SecretString="x")["ARN"] for name in ("PAT", "SSH")]
    if id_ != REGISTRY_ID:
        arns = []
    ecs = sign_in(url, id_, REGION).client("ecs", endpoint_url=url)
    for name, image in images.items():
        ecs.register_task_definition(
            family=f"{STACK}-{name}",
            containerDefinitions=[
                {
                    "name": "runner",
                    "image": image,
                    "memory": 128,
                    "secrets": [{"name": arn[-10:], "valueFrom": arn} for arn in arns],
                    "logConfiguration": {
                        "logDriver": "awslogs",
                        "options": {"awslogs-group": f"/ecs/{STACK}", "awslogs-region": REGION},
                    },
                }
            ],
        )


def _reply(**body: object) -> Reply:
    return Reply(body=json.dumps(body).encode())


def _listed(*left_out: str, **states: str) -> Pages:
    accounts = ({"Id": id_, "Name": name, "State": states.get(name, "ACTIVE")} for name, id_ in FLEET.items())
    return Pages(items=tuple(one for one in accounts if one["Name"] not in left_out), key="Accounts", size=2)


@pytest.fixture
def overlay(endpoint: str) -> Iterator[Overlay]:
    """Put the overlay before the emulator, and point the environment at it."""
    with overlaid(endpoint) as made, environment(settings(made.url)):
        yield made


def test_calls_are_counted_and_few(live: Path, overlay: Overlay) -> None:
    """At most 12 calls in a plain account and 22 where the registry lives, as the snapshot says itself.

    In both accounts a task stopped within the last hour.
    """
    task = f"arn:aws:ecs:{REGION}:{REGISTRY_ID}:task/{STACK}/0123456789abcdef"
    overlay.rules += [
        Rule(fault=_reply(taskArns=[task]), call="ecs:ListTasks"),
        Rule(fault=_reply(tasks=[{"taskArn": task, "lastStatus": "STOPPED"}], failures=[]), call="ecs:DescribeTasks"),
    ]
    given = Settings(infra_live=live, role_arn=ROLE_ARN, account=("logs", "shared"), offline=True)
    found = once.look(given, {})
    said = {one.account_id: one.calls for one in found.running.calls}
    assert said == {id_: overlay.count(account=id_) for id_ in (REGISTRY_ID, FLEET["logs"])}
    assert said == {REGISTRY_ID: 22, FLEET["logs"]: 9}
    assert overlay.count("ecr:DescribeRepositories") == 1
    assert overlay.count("sts:AssumeRole") == 2


def _check(live: Path, tmp_path: Path, *more: str) -> dict[str, Any]:
    written = tmp_path / "r.json"
    arguments = ["check", "--infra-live", str(live), "--role-arn", ROLE_ARN, "--offline", "--organization"]
    arguments += [f"--check={id_}" for id_ in ("not-covered", MISSING, UNDECLARED, ORPHAN)]
    assert main([*arguments, "--report", f"json={written}", *more]) in {0, 1, 10}
    found: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    return found


def _findings(results: dict[str, Any], check: str) -> list[str]:
    return [found["message"] for found in results["findings"] if found["check"] == check]


def test_closed_account_is_a_gap_and_costs_nothing(live: Path, tmp_path: Path, overlay: Overlay) -> None:
    """A suspended account is not looked at, and is unread until somebody excludes it; then it is listed."""
    overlay.rules += [Rule(fault=THROTTLED, call=LIST, times=2), Rule(fault=_listed(stage="SUSPENDED"), call=LIST)]
    results = _check(live, tmp_path)
    assert overlay.count(account=STAGE) == 0
    (gap,) = [gap for gap in results["coverage"]["gaps"] if gap["account_id"] == STAGE]
    assert (gap["code"], gap["unit"]) == ("SUSPENDED", f"stage/{REGION}/mgmt/ecs-deploy-runner")
    assert results["coverage"]["unread"] == 1
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(EXCLUSION.format(expires=datetime.now(UTC).date() + timedelta(days=30)), encoding="utf-8")
    results = _check(live, tmp_path, "--waivers", str(waivers))
    assert not [gap for gap in results["coverage"]["gaps"] if gap["account_id"] == STAGE]
    assert (results["coverage"]["unread"], results["coverage"]["excluded"]) == (0, 1)


def test_missing_account_is_one_finding(live: Path, tmp_path: Path, overlay: Overlay) -> None:
    """An account that the repository names and the organization doesn't have is reported once; strangers are a fact."""
    stranger = {"Id": "999999999999", "Name": "sandbox", "State": "ACTIVE"}
    listed = _listed("prod")
    overlay.rules.append(
        Rule(fault=Pages(items=(*listed.items, stranger), key="Accounts", size=3), call=LIST),
    )
    results = _check(live, tmp_path)
    assert _findings(results, MISSING) == [f"prod ({PROD}) is not in the organization"]
    assert _findings(results, UNDECLARED) == ["1 account without a unit: sandbox"]
    assert overlay.count(account=PROD) > 0
    assert overlay.count(account="999999999999") == 0


@pytest.fixture
def orphans(endpoint: str, tmp_path: Path, overlay: Overlay) -> Path:
    """Let a runner be in an account of the organization and in one of the configuration, both without a unit."""
    for id_, region in ((SANDBOX, REGION), (LEGACY, "eu-west-1")):
        client = sign_in(endpoint, id_, region).client("ecs", endpoint_url=endpoint)
        containers: Any = [{"name": "runner", "image": "x:v1", "memory": 128}]
        client.register_task_definition(family=f"{STACK}-terraform-planner", containerDefinitions=containers)
    member = {"Id": SANDBOX, "Name": "sandbox", "State": "ACTIVE"}
    overlay.rules.append(Rule(fault=Pages(items=(*_listed().items, member), key="Accounts", size=2), call=LIST))
    configuration = tmp_path / "own.toml"
    configuration.write_text(f'[accounts.legacy]\nid = "{LEGACY}"\nregions = ["eu-west-1"]\n', encoding="utf-8")
    return configuration


def test_orphans_are_found_where_no_unit_is(live: Path, tmp_path: Path, overlay: Overlay, orphans: Path) -> None:
    """Accounts of the organization and of the configuration are looked at, too, if the user wants it."""
    results = _check(live, tmp_path, "--beyond-units", "--config", str(orphans))
    found = {
        one["account_id"]: (one["region"], one["message"]) for one in results["findings"] if one["check"] == ORPHAN
    }
    assert set(found) == {SANDBOX, LEGACY}
    assert found[LEGACY] == ("eu-west-1", f"{STACK}-terraform-planner in eu-west-1, and no unit declares it")
    assert found[SANDBOX][0] == REGION
    assert results["coverage"]["expected"] == len(FLEET)
    # Who is calling, one definition, and for each of the two stack names families, invoker and cluster.
    assert [overlay.count(account=id_) for id_ in (SANDBOX, LEGACY)] == [8, 8]


def test_orphans_are_unknown_where_they_cant_be_read(
    live: Path, tmp_path: Path, overlay: Overlay, orphans: Path
) -> None:
    """What is denied in an account without a unit is a gap there, and leaves that one check unknown."""
    overlay.rules.append(Rule(fault=DENIED, call="ecs:ListTaskDefinitionFamilies", account=LEGACY))
    results = _check(live, tmp_path, "--beyond-units", "--config", str(orphans))
    unknown = {
        one["check"] for one in results["findings"] if (one["account_id"], one["outcome"]) == (LEGACY, "unknown")
    }
    assert unknown == {ORPHAN, "not-covered"}
    (gap,) = [gap for gap in results["coverage"]["gaps"] if gap["account_id"] == LEGACY]
    assert gap["permission"] == "ecs:ListTaskDefinitionFamilies"


def test_preflight_and_shards_take_them_in(live: Path, tmp_path: Path, orphans: Path) -> None:
    """The preflight asks for their credentials; each shard has its part of them, and merged they are all there."""
    more = ["--role-arn", ROLE_ARN, "--organization", "--beyond-units", "--config", str(orphans)]
    assert main(["running", "--infra-live", str(live), *more, "--preflight"]) == 0
    parts = [tmp_path / f"{number}.json" for number in (1, 2)]
    for number, part in enumerate(parts, start=1):
        shard = ["--offline", "--shard", f"{number}/2", "-o", str(part)]
        assert main(["snapshot", "--infra-live", str(live), *more, *shard]) in {0, 10}
    whole = tmp_path / "whole.json"
    assert main(["snapshot", "merge", *map(str, parts), "-o", str(whole)]) in {0, 10}
    ours = [[one.account.id for one in load(path).running.beyond or ()] for path in (*parts, whole)]
    assert ours == [[LEGACY], [SANDBOX], [LEGACY, SANDBOX]]
