"""The sample repository, written out as a git repository of its own: as it drifted, or with every version right."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from audit.errors import UsageError

SAMPLE = Path(__file__).parent / "repo"
NEWEST = "v1.3.0"


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """A literal of the sample that the variant in sync says otherwise; ``old`` stands exactly once in ``file``."""

    file: str
    old: str
    new: str

    def apply(self, text: str) -> str:
        """Give the text with the literal changed; a table that no longer fits the sample is a fault of ours."""
        if text.count(self.old) != 1:
            raise AssertionError(f"{self.file}: expected {self.old!r} once, found it {text.count(self.old)} times")
        return text.replace(self.old, self.new)


def _pin(file: str, literal: str, version: str, *, to: str = NEWEST) -> Edit:
    return Edit(file=file, old=literal.format(version), new=literal.format(to))


_RUNNER_TAG = '\n  deploy_runner_container_image_tag = "{}"'
_KANIKO_TAG = '\n  kaniko_container_image_tag = "{}"'
_SCRIPT_REF = 'DOCKERFILE_REPO_REF="{}"'
_SCRIPTS = "shared/us-west-2/_regional/container_images"

IN_SYNC = (
    _pin("common.hcl", _RUNNER_TAG, "v0.57.3"),
    _pin("common.hcl", _KANIKO_TAG, "v0.52.1"),
    # One truth for all: a literal here would be a second one, even with the same version.
    Edit(
        file="stage/common.hcl",
        old=_RUNNER_TAG.format("v0.59.9"),
        new="\n  deploy_runner_container_image_tag = local.root.locals.deploy_runner_container_image_tag",
    ),
    _pin("dev/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl", _RUNNER_TAG, "v0.57.4"),
    _pin(f"{_SCRIPTS}/build_deploy_runner_image.sh", _SCRIPT_REF, "v0.52.1"),
    _pin(f"{_SCRIPTS}/build_kaniko_image.sh", _SCRIPT_REF, "v0.52.1"),
    _pin(".github/workflows/pipeline.yml", "\n  MODULE_CI_VERSION: {}", "v0.52.1"),
    _pin("standalone/ci-runner/terraform.tfvars", 'deploy_runner_tag  = "{}"', "v0.57.3"),
    _pin("shared/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl", 'docker_tag   = "{}"', "latest"),
    _pin(
        "security/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl",
        "ecs-deploy-runner?ref={}",
        "v0.112.0",
        to="v0.116.1",
    ),
)


def export(dest: Path, *, in_sync: bool = False) -> Path:
    """Write the sample to ``dest``, which must not exist, as a git repository with one commit.

    The commit is the same each time and on each machine: fixed author and date, no configuration of the user's.
    """
    edits = IN_SYNC if in_sync else ()
    for source in sorted(path for path in SAMPLE.rglob("*") if path.is_file()):
        name = source.relative_to(SAMPLE).as_posix()
        text = source.read_text(encoding="utf-8")
        for edit in edits:
            text = edit.apply(text) if edit.file == name else text
        target = dest / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
        target.chmod(0o755 if target.suffix == ".sh" else 0o644)
    _commit(dest)
    return dest


def _commit(repository: Path) -> None:
    git = shutil.which("git")
    if git is None:
        raise UsageError("git: not found on PATH; install it, the sample is written as a git repository")
    who, when = ("Sample Author", "author@example.com"), "2026-01-15T09:00:00+00:00"
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        # For a git older than GIT_CONFIG_GLOBAL (2.32): a home without configuration.
        "HOME": str(repository),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{role}_NAME": who[0] for role in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{role}_EMAIL": who[1] for role in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{role}_DATE": when for role in ("AUTHOR", "COMMITTER")},
    }
    for arguments in (
        ["init", "--quiet", "--template=", "--initial-branch=main"],
        ["add", "--all"],
        ["commit", "--quiet", "--message=Sample of an infrastructure-live repository"],
    ):
        command = [git, *arguments]
        done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UsageError(f"{repository}: git {arguments[0]} failed: {done.stderr.strip()}")
