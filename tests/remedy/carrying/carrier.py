"""Carrying plans out against programs that stand in for the real ones, in a real repository."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audit.cli import main
from audit.remedy.document import sha256, to_json
from audit.remedy.plan import Plan
from tests.remedy.scenarios import SCENARIOS, committed
from tests.remedy.stubs import Stubs

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS = {
    "logs": "012345678901",
    "shared": "234567890123",
    "security": "456789012345",
    "dev": "345678901234",
    "stage": "111122223333",
    "prod": "444455556666",
}
_WHO = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
_WHO_BY_ID = 'cat "$here/accounts/$profile"'
_WHO_BY_ARN = r"""id=$(cat "$here/accounts/$profile") || exit 255
    printf '%s\t%s\n' "$id" "arn:aws:sts::$id:assumed-role/${ROLE:-people}/someone"
"""
_TERRAGRUNT = r"""profile=${AWS_PROFILE:-$STUB_PROFILE}
case $1 in
  plan) for word; do case $word in -out=*) stat -c '%a %n' "${word#-out=}" >>"$here/plans"; echo p >"${word#-out=}" ;;
    esac; done; echo "Plan: 1 to add for $profile" ;;
  show) if [[ -e $here/shown ]]; then cat "$here/shown"; else echo '{"format_version": "1.2"}'; fi ;;
  apply) [[ $(cat "$2") == p ]] || exit 7; touch "$here/applied/$profile"; echo x >>"$here/effects.$profile" ;;
esac
"""
_THEN = """
if [[ -e $here/then.$name.$1 ]]; then . "$here/then.$name.$1"; fi
"""
_EXPIRY = 'if [[ -e $here/expiry ]]; then export AWS_CREDENTIAL_EXPIRATION=$(cat "$here/expiry"); fi\n'


@dataclass(frozen=True, kw_only=True, slots=True)
class Carrier:
    """A plan with its file, its repository, and the stubs that it meets."""

    plan: Plan
    file: Path
    live: Path
    stubs: Stubs

    @classmethod
    def of(cls, folder: Path, made: Plan) -> Carrier:
        """Write the file of a plan, good from now; ``folder`` has its repository and a remote."""
        now, live = datetime.now(UTC).replace(microsecond=0), folder / "live"
        plan = replace(made, made_at=now, expires_at=now + timedelta(hours=1))
        if not (live / ".git").exists():
            committed(live)
            subprocess.run(["git", "init", "--quiet", "--bare", "--template=", folder / "remote.git"], check=True)
            for words in (
                ("remote", "add", "origin", str(folder / "remote.git")),
                ("push", "--quiet", "origin", "main"),
            ):
                subprocess.run(["git", "-C", live, *words], check=True, capture_output=True)
        file = folder / "plan.json"
        file.write_text(to_json(plan))
        stubs = Stubs.of(folder / "stubs", plan, {f"your-{name}": account_id for name, account_id in UNITS.items()})
        _equip(stubs.folder / "bin")
        return cls(plan=plan, file=file, live=live, stubs=stubs)

    def instead(self, plan: Plan) -> Carrier:
        """Carry another plan out in the same place."""
        self.file.write_text(to_json(plan))
        return replace(self, plan=plan)

    @property
    def digest(self) -> str:
        """The SHA-256 of the plan."""
        return sha256(self.plan)

    @property
    def home(self) -> Path:
        """The folder of journals, logs and the lock."""
        return self.live / ".git" / "pipelines-audit"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a run: the stubs and the system's programs, and a name for git."""
        return {
            "PATH": f"{self.stubs.folder / 'bin'}:/usr/bin:/bin",
            "STUBS": str(self.stubs.folder),
            "HOME": str(self.stubs.folder),
            "GIT_CONFIG_GLOBAL": os.devnull,
            **dict.fromkeys(_WHO, "t@example.com"),
        }

    def argv(self, *arguments: str, approve: bool = True) -> list[str]:
        """Give the words of the command that carries the plan out."""
        given = ["--approve", self.digest] if approve else []
        return ["apply", str(self.file), "--infra-live", str(self.live), *given, *arguments]

    def do(
        self, *arguments: str, environment: Mapping[str, str] | None = None, approve: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run it in this process, which is quicker."""
        argv, out, err = self.argv(*arguments, approve=approve), io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith(("AWS_", "GITHUB_", "PIPELINES_", "GIT_"))]:
                patch.delenv(name)
            for name, value in {**self.environment, **(environment or {})}.items():
                patch.setenv(name, value)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(argv)
        return subprocess.CompletedProcess(argv, code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str, approve: bool = True, **environment: str) -> subprocess.Popen[str]:
        """Start it as a process of its own, away from any terminal."""
        return subprocess.Popen(
            [sys.executable, "-m", "audit", *self.argv(*arguments, approve=approve)],
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, approve: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        with self.start(*arguments, approve=approve, **environment) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def then(self, name: str, script: str) -> None:
        """Have a program, by its name and first word, do something more in the end; an empty script: not any more."""
        file = self.stubs.folder / f"then.{name}"
        file.write_text(script) if script else file.unlink()

    def events(self) -> list[dict[str, Any]]:
        """Read the journal."""
        lines = (self.home / f"{self.digest}.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def effects(self, account: str) -> int:
        """Count how often an account was applied."""
        file = self.stubs.folder / f"effects.your-{account}"
        return len(file.read_text().splitlines()) if file.exists() else 0


def _equip(folder: Path) -> None:
    """Give the stubs what a run asks more of them than a runbook does."""
    terragrunt, aws, vault = (folder / name for name in ("terragrunt", "aws", "aws-vault"))
    head = terragrunt.read_text().rstrip("\n").rpartition("\n")[0]
    terragrunt.write_text(f"{head}\n{_TERRAGRUNT}")
    aws.write_text(aws.read_text().replace(_WHO_BY_ID, _WHO_BY_ARN))
    start = vault.read_text().index("while ")
    vault.write_text(vault.read_text()[:start] + _EXPIRY + vault.read_text()[start:])
    git = folder / "git"  # the tool's own reader too: its environment is no child's
    git.write_text(git.read_text().replace('compgen -e >>"$here/environment"\n', ""))
    for name in ("terragrunt", "aws", "infrastructure-deployer", "terraform", "docker"):
        with (folder / name).open("a") as file:
            file.write(_THEN)


MAKE = {scenario.name: scenario.make for scenario in SCENARIOS}
DRIFTED = ("shared", "security", "stage")
"""The accounts that the drifted fleet's plan applies, in its order."""


@cache
def made(above: Path, name: str) -> Plan:
    """Make the repository of a scenario and its plan, once for all tests."""
    return MAKE[name](above / f"live-{name}")


def carrier(folder: Path, name: str) -> Carrier:
    """Make the plan of a scenario, ready to be carried out."""
    plan = made(folder.parent, name)
    shutil.copytree(folder.parent / f"live-{name}", folder / "live")
    return Carrier.of(folder, plan)


def applied(one: Carrier) -> list[str]:
    """Name the accounts that terragrunt was told to apply, in that order, also where it failed."""
    calls = [argv for _, argv in one.stubs.calls("aws-vault") if argv[4:6] == ["terragrunt", "apply"]]
    return [argv[2].removeprefix("your-") for argv in calls]


def drifted(folder: Path) -> Carrier:
    """Make the plan of the drifted fleet, its images built already: what is left are three accounts."""
    one = carrier(folder, "converge-drifted")
    for image in ("kaniko:v0.52.1", "ecs-deploy-runner:v0.59.9"):
        (one.stubs.folder / "ecr" / image).touch()
    return one


TOKEN = {"GITHUB_OAUTH_TOKEN": "x"}


def merge(one: Carrier, branch: str) -> None:
    """Merge the branch on the remote, as people do, and pull it."""
    git = ["git", "-C", str(one.live), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (
        ("switch", "--quiet", "main"),
        ("fetch", "--quiet", "origin", branch),
        ("merge", "--quiet", "--squash", "FETCH_HEAD"),
        ("commit", "--quiet", "--message", "merged"),
    ):
        subprocess.run([*git, *words], check=True, capture_output=True)


def pushed(one: Carrier, branch: str) -> str:
    """Give the subject of what the remote has under a branch's name."""
    command = ["git", "-C", str(one.live.parent / "remote.git"), "log", "-1", "--format=%s", branch]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
