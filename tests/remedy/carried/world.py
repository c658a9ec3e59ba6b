"""A world for plans to be carried out in: accounts in an emulated AWS, a repository with a remote, programs on PATH."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tests.aws import REGION, ROLE_ARN, push_image, seed_runner, sign_in
from tests.overlay.proxy import Overlay
from tests.remedy.carried.child import start
from tests.remedy.scenarios import committed

if TYPE_CHECKING:
    from tests.remedy.carried.child import Done, Faults, Started

ACCOUNTS = {"shared": "234567890123", "dev": "345678901234", "prod": "444455556666"}
REGISTRY = f"{ACCOUNTS['shared']}.dkr.ecr.{REGION}.amazonaws.com"
RUNNER, KANIKO = f"{REGISTRY}/ecs-deploy-runner", f"{REGISTRY}/kaniko"
OLD, NEW = "v1.2.0", "v1.3.0"
STACK = "ecs-deploy-runner"
PROGRAMS = Path(__file__).parent / "programs"
LOOK = ("--role-arn", ROLE_ARN)
STUBS = ("aws", "aws-vault", "infrastructure-deployer", "terragrunt")

_MODULE = (
    "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner?ref=v0.116.1"
)
_COMMON = """locals {{
  registry = "{registry}"

  deploy_runner_container_image_tag = "{tag}"
  kaniko_container_image_tag        = "{tag}"
}}
"""
_UNIT = """terraform {{
  source = "{module}"
}}

locals {{
  common = read_terragrunt_config(find_in_parent_folders("common.hcl")).locals
}}

inputs = {{
  name = "ecs-deploy-runner"

  docker_image_builder_config = {builder}
  ami_builder_config          = {packer}
  terraform_planner_config    = {runner}
  terraform_applier_config    = {runner}
}}
"""
_CONTAINER = """{{
    container_image = {{
      docker_image = "${{local.common.registry}}/{name}"
      docker_tag   = local.common.{tag}_container_image_tag
    }}
  }}"""
_SCRIPT = """#!/usr/bin/env bash
readonly DOCKERFILE_REPO="https://github.com/gruntwork-io/terraform-aws-ci.git"
readonly DOCKERFILE_REPO_REF="{tag}"
infrastructure-deployer --aws-region us-west-2 -- docker-image-builder build-docker-image --repo "$DOCKERFILE_REPO" \\
  --ref "$DOCKERFILE_REPO_REF" --context-path modules/ecs-deploy-runner/docker/{image} \\
  --env-secret 'github-token=GITHUB_OAUTH_TOKEN' --docker-image-tag "$ECR/{image}" --build-arg "module_ci_tag=$REF"
"""


def unit(account: str) -> str:
    """Name the unit of an account."""
    return f"{account}/{REGION}/mgmt/ecs-deploy-runner"


def write_repository(live: Path, tag: str) -> None:
    """Write a repository of three accounts, all at one tag."""
    runner = _CONTAINER.format(name="ecs-deploy-runner", tag="deploy_runner")
    kaniko = _CONTAINER.format(name="kaniko", tag="kaniko")
    texts = {
        "accounts.json": json.dumps(ACCOUNTS, indent=2) + "\n",
        "common.hcl": _COMMON.format(registry=REGISTRY, tag=tag),
    }
    for image in ("deploy_runner", "kaniko"):
        name = f"shared/{REGION}/_regional/container_images/build_{image}_image.sh"
        texts[name] = _SCRIPT.format(tag=tag, image=image.replace("_", "-"))
    for account in ACCOUNTS:
        builds = account == "shared"
        texts[f"{unit(account)}/terragrunt.hcl"] = _UNIT.format(
            module=_MODULE, runner=runner, builder=kaniko if builds else "null", packer=runner if builds else "null"
        )
    for name, text in texts.items():
        (live / name).parent.mkdir(parents=True, exist_ok=True)
        (live / name).write_text(text)


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """The world of one test; ``port`` is where calls of the AWS CLI are answered."""

    folder: Path
    overlay: Overlay
    port: int
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def live(self) -> Path:
        """The repository."""
        return self.folder / "live"

    @property
    def carried(self) -> Path:
        """What the programs remember, and how they are told what to do."""
        return self.folder / "carried"

    @classmethod
    def of(
        cls, folder: Path, overlay: Overlay, port: int, *, declared: str = NEW, pushed: tuple[str, ...] = (OLD, NEW)
    ) -> World:
        """Make it: every account runs OLD, ``declared`` stands in the repository, ECR has the tags ``pushed``."""
        world = cls(folder=folder, overlay=overlay, port=port)
        world._programs()
        world._accounts(pushed)
        write_repository(world.live, declared)
        world.commit()
        return world

    def commit(self) -> None:
        """Commit the repository and push it to its remote."""
        committed(self.live)
        remote = self.folder / "remote.git"
        subprocess.run(["git", "clone", "-q", "--bare", "--template=", self.live, remote], check=True)
        self.git("remote", "add", "origin", str(remote))
        self.git("fetch", "-q", "origin")
        self.git("remote", "set-head", "origin", "main")

    def git(self, *words: str) -> str:
        """Run git in the repository."""
        who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.com")
        done = subprocess.run(["git", "-C", self.live, *who, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def _programs(self) -> None:
        bin_, terraform = self.folder / "bin", shutil.which("terraform")
        bin_.mkdir()
        (self.folder / "tmp").mkdir()
        for name in ("profiles", "units"):
            (self.carried / name).mkdir(parents=True)
        shutil.copytree(PROGRAMS, self.carried / "programs")
        starts = {name: f'source "$CARRIED/programs/{name}.sh"' for name in STUBS}
        for name, text in starts.items():
            (bin_ / name).write_text(f"#!/bin/bash\n{text}\n")
            (bin_ / name).chmod(0o755)
        if terraform:
            (bin_ / "terraform").symlink_to(terraform)
        self.environment.update(
            PATH=f"{bin_}:/usr/local/bin:/usr/bin:/bin",
            HOME=str(self.folder),
            TMPDIR=str(self.folder / "tmp"),
            CARRIED=str(self.carried),
            CARRIED_PORT=str(self.port),
            AWS_ENDPOINT_URL=self.overlay.url,
            AWS_ACCESS_KEY_ID="base",
            AWS_SECRET_ACCESS_KEY="base",
            AWS_EC2_METADATA_DISABLED="true",
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            GIT_CONFIG_GLOBAL=os.devnull,
            GIT_AUTHOR_NAME="Ana",
            GIT_AUTHOR_EMAIL="ana@example.com",
            GIT_COMMITTER_NAME="Ana",
            GIT_COMMITTER_EMAIL="ana@example.com",
            TF_CLI_CONFIG_FILE=os.devnull,
            CHECKPOINT_DISABLE="1",
            NO_COLOR="1",
            NO_PROXY="127.0.0.1",
        )

    def _accounts(self, pushed: tuple[str, ...]) -> None:
        for name, account_id in ACCOUNTS.items():
            images = dict.fromkeys(("terraform-planner", "terraform-applier"), f"{RUNNER}:{OLD}")
            if name == "shared":
                images |= {"ami-builder": f"{RUNNER}:{OLD}", "docker-image-builder": f"{KANIKO}:{OLD}"}
            seed_runner(self.overlay.url, account_id, REGION, STACK, images)
            self.profile(f"your-{name}", account_id)
        for repository in ("ecs-deploy-runner", "kaniko"):
            for tag in pushed:
                push_image(self.overlay.url, ACCOUNTS["shared"], REGION, repository, tag)
            self.let_pull(repository, *ACCOUNTS.values())
        self.overlay.calls.clear()

    def let_pull(self, repository: str, *accounts: str) -> None:
        """Let these accounts pull, and no others."""
        ecr = sign_in(self.overlay.url, ACCOUNTS["shared"], REGION).client("ecr", endpoint_url=self.overlay.url)
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{one}:root" for one in accounts]},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"],
        }
        ecr.set_repository_policy(repositoryName=repository, policyText=json.dumps({"Statement": [statement]}))

    def profile(self, profile: str, account_id: str, role: str = "admin", expires: str = "") -> None:
        """Give a profile of aws-vault the session of a role."""
        sts = sign_in(self.overlay.url, account_id, REGION).client("sts", endpoint_url=self.overlay.url)
        arn = f"arn:aws:iam::{account_id}:role/{role}"
        given = sts.assume_role(RoleArn=arn, RoleSessionName="ana")["Credentials"]
        lines = [
            f"AWS_ACCESS_KEY_ID={given['AccessKeyId']}",
            f"AWS_SECRET_ACCESS_KEY={given['SecretAccessKey']}",
            f"AWS_SESSION_TOKEN={given['SessionToken']}",
            *([f"AWS_CREDENTIAL_EXPIRATION={expires}"] if expires else []),
        ]
        (self.carried / "profiles" / profile).write_text("\n".join(lines) + "\n")

    def start(self, *argv: str, faults: Faults | None = None, name: str = "output") -> Started:
        """Start the tool in the repository."""
        return start(*argv, cwd=self.live, environment=self.environment, scratch=self.folder / name, faults=faults)

    def tool(self, *argv: str, faults: Faults | None = None) -> Done:
        """Run the tool in the repository, and wait until all that it has started has ended."""
        done = self.start(*argv, faults=faults).done()
        self.settle()
        return done

    def settle(self) -> None:
        """Wait until nobody holds the lock any more."""
        lock = self.live / ".git" / "pipelines-audit" / "lock"
        if lock.exists():
            with lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX)

    def plan(self, *words: str, name: str = "plan.json") -> str:
        """Make a plan, and give its SHA-256."""
        plan = self.folder / name
        done = self.tool("plan", *LOOK, "--infra-live", ".", "--offline", "-o", str(plan), *words)
        assert done.code == 0, done.err
        return str(json.loads(plan.read_text())["sha256"])

    def apply(self, sha256: str, *words: str, name: str = "plan.json", faults: Faults | None = None) -> Done:
        """Carry a plan out, approved by its SHA-256."""
        return self.tool("apply", str(self.folder / name), "--approve", sha256, *words, faults=faults)

    def calls(self, *names: str) -> list[list[str]]:
        """Give profile and words of each call of these programs."""
        log = self.carried / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        found = [line.split("\x1f")[1:] for line in lines]
        return [words for words in found if words[1] in names]

    def running(self, account: str) -> dict[str, tuple[str, int]]:
        """Map the families of an account to the tag that they run, and how many revisions they have."""
        url = self.overlay.url
        ecs = sign_in(url, ACCOUNTS[account], REGION).client("ecs", endpoint_url=url)
        found = {}
        for family in ecs.list_task_definition_families(familyPrefix=STACK)["families"]:
            definition = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
            tag = definition["containerDefinitions"][0]["image"].rpartition(":")[2]
            found[family.removeprefix(f"{STACK}-")] = tag, definition["revision"]
        return found

    def states(self) -> list[set[tuple[str, int]]]:
        """Give for each account which tags its families run, at which revision."""
        return [set(self.running(name).values()) for name in ACCOUNTS]

    def applied(self) -> list[str]:
        """Name the profiles of the applies, in order."""
        return [words[0].removeprefix("your-") for words in self.calls("terragrunt") if words[2] == "apply"]

    def told(self, name: str, code: int | None) -> None:
        """Have a program fail with this code, or (None) work again."""
        file = self.carried / f"fail.{name}"
        file.unlink(missing_ok=True) if code is None else file.write_text(str(code))

    def journal(self, sha256: str) -> list[dict[str, object]]:
        """Read the journal of a plan."""
        path = self.live / ".git" / "pipelines-audit" / f"{sha256}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]


class Make(Protocol):
    """Makes the world."""

    def __call__(self, *, declared: str = NEW, pushed: tuple[str, ...] = (OLD, NEW)) -> World:
        """Make it; see World.of."""
