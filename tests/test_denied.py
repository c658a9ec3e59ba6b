"""Any one denied permission leaves exactly those checks unknown that need it; nothing outside the table is called.

One fleet, one look, one judging: each account of the fleet is denied one action of the table. Each has a runner, an
image registry and a secret of its own, so that no account's denial is another's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import pytest

import checks
from audit import door
from audit.configuration.config import Settings
from audit.demo.emulator import environment, settings
from audit.demo.seed import push_image, seed_runner, sign_in
from audit.look import once
from audit.running.permissions import CALLS, TABLE, Call
from audit.verdict.check import Check
from audit.verdict.results import Results
from tests.aws import REGION, ROLE_ARN, emulator
from tests.overlay.faults import Reply, Rule, error, query_error
from tests.overlay.proxy import Overlay, overlaid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

STACK, TAG = "ecs-deploy-runner", "v1.3.0"
# Readiness, which looks at more, has tests of its own.
MADE = [call for call in TABLE if call.asked_by != ("ready",)]
DENIABLE = [call for call in MADE if call.action and call.name != "organizations:ListAccounts"]
ACCOUNTS: Mapping[str, str] = {
    call.name: f"{number:012}" for number, call in enumerate(DENIABLE, start=200_000_000_001)
}
# What is read of an account only after the fact that it hangs on.
HANGING: Mapping[str, frozenset[str]] = {
    # Without its families nobody knows which secrets an account names.
    "identity": frozenset(call.fact for call in TABLE) - {"organization", "metadata"},
    "families": frozenset({"log_groups", "role_changes"}),
    "clusters": frozenset({"tasks"}),
    "tags": frozenset({"vulnerable"}),
}
UNIT = """\
terraform {{
  source = "git::https://example.com/catalog.git//modules/mgmt/ecs-deploy-runner?ref=v0.107.5"
}}

inputs = {{
  name                        = "ecs-deploy-runner"
  docker_image_builder_config = null
  ami_builder_config          = null
  terraform_planner_config = {{
    container_image = {{
      docker_image = "{registry}/ecs-deploy-runner"
      docker_tag   = "v1.3.0"
    }}
  }}
  terraform_applier_config = {{
    container_image = {{
      docker_image = "{registry}/ecs-deploy-runner"
      docker_tag   = "v1.3.0"
    }}
  }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What the run came to: its results, the checks that were judged, and what was called."""

    results: Results
    overlay: Overlay
    checks: tuple[Check, ...]

    def needing(self, call: Call) -> set[str]:
        """Name the checks that rest on what a call feeds, or on what is read only after it."""
        lost = {call.fact} | HANGING.get(call.fact, frozenset())
        return {check.id for check in self.checks if check.stage == "check" and (check.needs | check.uses) & lost}

    def unknown(self, account_id: str) -> set[str]:
        """Name the checks that ended unknown for something in an account."""
        return {
            found.check
            for found in self.results.findings
            if found.account_id == account_id and found.outcome == "unknown"
        }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Seed the fleet, look at it and judge it, once."""
    live = tmp_path_factory.mktemp("denied")
    for name, id_ in ACCOUNTS.items():
        _write(live, name, id_)
    (live / "accounts.json").write_text(json.dumps({_name(name): id_ for name, id_ in ACCOUNTS.items()}))
    (live / "releases.json").write_text(_releases())
    with emulator() as endpoint, environment(settings(endpoint)):
        for id_ in ACCOUNTS.values():
            _seed(endpoint, id_)
        with (
            overlaid(endpoint, *_denials(), *_tasks(), _vulnerable(endpoint)) as overlay,
            environment(settings(overlay.url)),
        ):
            given = Settings(
                infra_live=live,
                role_arn=ROLE_ARN,
                releases_file=live / "releases.json",
                organization=True,
                simulate_roles=True,
            )
            results = door.judge(given, None, once.look(given, {}))
            yield Run(results=results, overlay=overlay, checks=tuple(_checks()))


def _checks() -> Iterator[Check]:
    """Walk through the records of all checks, as their marks have them."""
    for module in iter_modules(checks.__path__, "checks."):
        for function in vars(import_module(module.name)).values():
            yield from (mark.args[0] for mark in getattr(function, "pytestmark", ()) if mark.name == "check")


def _name(call: str) -> str:
    return call.replace(":", "-").lower()


def _write(live: Path, call: str, id_: str) -> None:
    unit = live / _name(call) / REGION / "mgmt" / STACK
    unit.mkdir(parents=True)
    registry = f"{id_}.dkr.ecr.{REGION}.amazonaws.com"
    (unit / "terragrunt.hcl").write_text(UNIT.format(registry=registry), encoding="utf-8")


def _releases() -> str:
    return json.dumps([{"tag": TAG, "published": "2026-02-12", "modules_affected": ["ecs-deploy-runner"]}])


def _seed(endpoint: str, id_: str) -> None:
    image = f"{id_}.dkr.ecr.{REGION}.amazonaws.com/ecs-deploy-runner:{TAG}"
    push_image(endpoint, id_, REGION, "ecs-deploy-runner", TAG)
    seed_runner(endpoint, id_, REGION, STACK, {})
    session = sign_in(endpoint, id_, REGION)
    secret = session.client("secretsmanager", endpoint_url=endpoint).create_secret(Name="PAT", SecretString="x")["ARN"]
    session.client("logs", endpoint_url=endpoint).create_log_group(logGroupName=f"/ecs/{STACK}")
    options = {"awslogs-group": f"/ecs/{STACK}", "awslogs-region": REGION}
    for container in ("terraform-planner", "terraform-applier"):
        session.client("ecs", endpoint_url=endpoint).register_task_definition(
            family=f"{STACK}-{container}",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="1024",
            memory="2048",
            taskRoleArn=f"arn:aws:iam::{id_}:role/{STACK}-{container}",
            containerDefinitions=[
                {
                    "name": "runner",
                    "image": image,
                    "secrets": [{"name": "TOKEN", "valueFrom": secret}],
                    "logConfiguration": {"logDriver": "awslogs", "options": options},
                }
            ],
        )


def _denials() -> Iterator[Rule]:
    for call, id_ in ACCOUNTS.items():
        denied = error("AccessDeniedException", x_amzn_RequestId=_request(call))
        if call.startswith(("sts:", "iam:")):
            denied = query_error("AccessDenied", 403, request_id=_request(call))
        yield Rule(fault=denied, call=call, account=id_)


def _request(call: str) -> str:
    """Give the request id of each denial of a call."""
    return f"denied-{_name(call)}"


def _tasks() -> Iterator[Rule]:
    """Let a task have stopped in each cluster; moto needs a network to run one. The organization has nobody."""
    arn = f"arn:aws:ecs:{REGION}:200000000001:task/{STACK}/0123456789abcdef"
    yield Rule(fault=_reply(taskArns=[arn]), call="ecs:ListTasks")
    yield Rule(fault=_reply(tasks=[{"taskArn": arn, "lastStatus": "STOPPED"}], failures=[]), call="ecs:DescribeTasks")
    yield Rule(fault=error("AccessDeniedException"), call="organizations:ListAccounts")


def _vulnerable(endpoint: str) -> Rule:
    """Let the scan of one image have counted something critical; moto shows no summary of scans."""
    id_ = ACCOUNTS["ecr:DescribeImageScanFindings"]
    client = sign_in(endpoint, id_, REGION).client("ecr", endpoint_url=endpoint)
    found = client.describe_images(repositoryName="ecs-deploy-runner", imageIds=[{"imageTag": TAG}])["imageDetails"]
    detail = {
        "imageDigest": found[0]["imageDigest"],
        "imageScanStatus": {"status": "COMPLETE"},
        "imageScanFindingsSummary": {"findingSeverityCounts": {"CRITICAL": 1}},
    }
    return Rule(fault=_reply(imageDetails=[detail]), call="ecr:DescribeImages", account=id_)


def _reply(**body: object) -> Reply:
    return Reply(body=json.dumps(body).encode())


@pytest.mark.parametrize("call", DENIABLE, ids=lambda call: call.name)
def test_exactly_the_checks_that_need_it_are_unknown(run: Run, call: Call) -> None:
    """A denied action is a gap that names it, and unknown are the checks that need its fact and no others."""
    account = ACCOUNTS[call.name]
    assert run.unknown(account) - {"not-covered"} == run.needing(call)
    named = {gap.permission for gap in run.results.coverage.gaps if gap.account_id == account}
    assert named == {call.action}


@pytest.mark.parametrize("call", DENIABLE, ids=lambda call: call.name)
def test_the_denied_request_is_the_evidence(run: Run, call: Call) -> None:
    """Whatever is unknown in the account names the very request that AWS denied, and that once."""
    unknown = [
        found for found in run.results.findings if (found.account_id, found.outcome) == (ACCOUNTS[call.name], "unknown")
    ]
    denied = _request(call.name)
    told = [[one.time is not None for one in found.evidence if one.request_id == denied] for found in unknown]
    assert unknown
    assert told == [[True]] * len(unknown)


def test_nothing_outside_the_table_is_called(run: Run) -> None:
    """Every request is one of the table, and every call of the table was made."""
    assert {name for name, _ in run.overlay.calls} == {call.name for call in MADE} <= CALLS.keys()


def test_organization_is_no_accounts_business(run: Run) -> None:
    """A list of accounts that can't be had is a gap of the fleet, and spoils nothing that is read."""
    (gap,) = [gap for gap in run.results.coverage.gaps if gap.account_id is None]
    assert gap.permission == "organizations:ListAccounts"
    unknown = {found.check for found in run.results.findings if (found.account_id, found.outcome) == (None, "unknown")}
    assert unknown == run.needing(CALLS["organizations:ListAccounts"]) | {"not-covered"}
    assert run.results.coverage.unread == 1
