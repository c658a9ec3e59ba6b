"""A world in which an upgrade can begin: repository, AWS, GitHub and workstation, each of which a test can spoil."""

from __future__ import annotations

import base64
import gzip
import inspect
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.configuration.config import Settings
from audit.demo.sample import export
from audit.demo.seed import sign_in
from audit.door import judge
from audit.look.grounds import gather
from audit.model import Unread, need
from audit.snapshot import Snapshot
from audit.verdict import judging
from audit.verdict.check import Findings, Subject
from audit.verdict.ruling import is_blocker
from audit.verdict.session import Session
from checks import test_readiness, test_readiness_builds, test_readiness_identity, test_readiness_workstation
from tests.aws import DEV, REGION, ROLE_ARN, SHARED, push_image, seed_runner
from tests.workstation import stubs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audit.verdict.finding import Finding
    from audit.verdict.results import Results

KEPT = {".git", ".github", "_ci", "_envcommon", "dev", "shared"}
RUNS, TO = "v0.57.3", "v1.3.0"
STACK = "ecs-deploy-runner"
UPSTREAM = "https://github.com/gruntwork-io/terraform-aws-ci.git"
OPTIONS = ["--repo", "--ref", "--context-path", "--env-secret", "--docker-image-tag", "--build-arg", "--idempotent"]
PULL = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{DEV}:root"]},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        }
    ],
}


def rules(**changes: object) -> dict[str, Any]:
    """Give what an invoker lets its callers build, changed where a test says so."""
    script = {
        "allowed_options": OPTIONS,
        "restricted_options_regex": {"--repo": f"^{UPSTREAM}$", "--ref": r"^v\d+\.\d+\.\d+$"},
        **changes,
    }
    return {"docker-image-builder": {"scripts": {"build-docker-image": script}}}


def packed(document: object) -> str:
    """Encode a configuration as the module does."""
    return base64.b64encode(gzip.compress(json.dumps(document).encode())).decode()


def seed(endpoint: str) -> None:
    """Let two accounts run what the repository declares; the environment holds the emulator's credentials."""
    registry = f"{SHARED}.dkr.ecr.{REGION}.amazonaws.com"
    ecr = sign_in(endpoint, SHARED, REGION).client("ecr", endpoint_url=endpoint)
    for repository in ("ecs-deploy-runner", "kaniko"):
        push_image(endpoint, SHARED, REGION, repository, RUNS)
        ecr.set_repository_policy(repositoryName=repository, policyText=json.dumps(PULL))
    runner = dict.fromkeys(("terraform-planner", "terraform-applier"), f"{registry}/ecs-deploy-runner:{RUNS}")
    builds = {
        "docker-image-builder": f"{registry}/kaniko:{RUNS}",
        "ami-builder": f"{registry}/ecs-deploy-runner:{RUNS}",
    }
    variables = {"BASE64GZ_CONFIG_DATA_JSON": packed(rules())}
    seed_runner(endpoint, DEV, REGION, STACK, runner, environment=variables)
    seed_runner(endpoint, SHARED, REGION, STACK, {**runner, **builds}, environment=variables)


def repository(folder: Path) -> Path:
    """Write the sample with two of its accounts, one version behind, as the clone of a remote with nothing newer."""
    live = export(folder / "origin", in_sync=True)
    for path in [*live.rglob("*.hcl"), *live.rglob("*.sh"), *live.rglob("*.yml")]:
        text = path.read_text(encoding="utf-8")
        if TO in text:
            path.write_text(text.replace(TO, RUNS), encoding="utf-8")
    for path in live.iterdir():
        if path.is_dir() and path.name not in KEPT:
            shutil.rmtree(path)
    git(live, "add", "--all")
    git(live, "commit", "--quiet", "--message=Two accounts")
    git(folder, "clone", "--quiet", "--no-local", str(live), "live")
    return folder / "live"


def git(where: Path, *arguments: str) -> None:
    """Run git as nobody in particular."""
    who = {f"GIT_{role}_{part}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    environment = {"PATH": os.environ["PATH"], "HOME": str(where), "GIT_CONFIG_NOSYSTEM": "1", **who}
    subprocess.run(["git", *arguments], cwd=where, env=environment, check=True, capture_output=True)


def releases(folder: Path) -> Path:
    """Write the bundled list as if it had been fetched today."""
    path = folder / "releases.json"
    path.write_text(files("audit.released").joinpath("catalog.json").read_text(encoding="utf-8"), encoding="utf-8")
    return path


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """Everything that readiness is judged on; ``folder`` is a test's own, ``github`` the status and headers there."""

    settings: Settings
    snapshot: Snapshot
    folder: Path
    environment: Mapping[str, str]
    github: dict[str, Any] = field(default_factory=dict)

    def tools(self, **outputs: str | None) -> World:
        """Put other tools on PATH."""
        return self.set(PATH=str(stubs.install(self.folder / "tools", **outputs)))

    def set(self, **variables: str | None) -> World:
        """Set variables of the environment, or take them away."""
        merged = {**self.environment, **variables}
        return replace(self, environment={name: value for name, value in merged.items() if value is not None})

    def given(self, **settings: object) -> World:
        """Give other options."""
        changed = replace(self.settings, **settings)  # type: ignore[arg-type]  # tests name the fields that they change
        return replace(self, settings=changed)

    def clone(self) -> Path:
        """Clone the repository for a test that changes it."""
        live = self.folder / "live"
        if not live.exists():
            git(self.folder, "clone", "--quiet", "--no-local", str(self.origin), "live")
        return live

    @property
    def origin(self) -> Path:
        """The remote of the repository."""
        assert self.settings.infra_live is not None
        return self.settings.infra_live.parent / "origin"

    def of(self, live: Path) -> World:
        """Judge from another checkout."""
        return self.given(infra_live=live)


def settings(live: Path, folder: Path, github_url: str) -> Settings:
    """Give the options of an upgrade to the newest release."""
    return Settings(
        infra_live=live,
        role_arn=ROLE_ARN,
        releases_file=releases(folder),
        github_url=github_url,
        to=TO,
        simulate_caller=True,
    )


def begin(world: World) -> Session:
    """Gather the grounds, and begin to judge."""
    grounds = gather(world.settings, world.environment, world.snapshot.released)
    return Session.begin(world.settings, None, world.snapshot, grounds=grounds)


def judged(world: World) -> tuple[set[str], set[str], set[str]]:
    """Judge a world: the ids of its blockers, of its warnings, and of what could not be read."""
    session = begin(world)
    try:
        found = tuple(_findings(session))
    finally:
        session.ledger.remove()
    assert not [one for one in found if one.outcome == "error"]
    wrong = [one for one in found if one.outcome == "fail"]
    return (
        {one.check for one in wrong if is_blocker(one)},
        {one.check for one in wrong if not is_blocker(one)},
        {one.check for one in found if one.outcome == "unknown"},
    )


def ruling(world: World) -> Results:
    """Judge a world through pytest, as the command does."""
    grounds = gather(world.settings, world.environment, world.snapshot.released)
    return judge(world.settings, None, world.snapshot, grounds=grounds)


def _findings(session: Session) -> Iterator[Finding]:
    for module in (test_readiness, test_readiness_builds, test_readiness_identity, test_readiness_workstation):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_"):
                yield from _of(session, function)


def _of(session: Session, function: Callable[..., None]) -> Iterator[Finding]:
    """Call a check as pytest would, for each unit where it takes one."""
    (record,) = [mark.args[0] for mark in function.pytestmark if mark.name == "check"]  # type: ignore[attr-defined]
    names = inspect.signature(function).parameters
    for unit in session.units if "unit" in names else (None,):
        nouns = {"unit": unit, "readiness": session.readiness, "coverage": session.coverage}
        found = Findings()
        with found.of_all(Subject(name="item")):
            for need_ in record.needs if unit else ():
                facts = unit.facts(need_) if unit else ()
                if facts and all(isinstance(fact, Unread) for fact in facts):
                    need(facts[0])
            function(findings=found, **{name: nouns[name] for name in names if name != "findings"})
        yield from judging.conclude(record, "item", tuple(found.judgements)).findings
