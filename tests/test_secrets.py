"""Secrets in what the audit looks at: in no file, no line and no traceback of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.demo.sample import export
from audit.demo.scenario import DRIFTED, REGISTRY_ID, seed
from tests.aws import REGION, ROLE_ARN, seed_runner
from tests.processes import run

if TYPE_CHECKING:
    from pathlib import Path

STACK = "ecs-deploy-runner"
SECRETS = {
    "GITHUB_OAUTH_TOKEN": "ghp_" + "S3cr3t" * 6,
    "AWS_SECRET": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "PLAIN": "-----BEGIN PRIVATE KEY-----",
}

CRASH = '''
from audit.verdict.check import check

@check("crash", severity="low", remedy="none")
def test_crash(unit, findings):
    """A check that breaks while it holds everything that was seen."""
    seen = unit.observation
    raise RuntimeError(repr(unit))

@check("diff", severity="low", remedy="none")
def test_diff(unit, findings):
    """A check that compares everything that was seen."""
    assert unit.observation is None
'''


def test_no_secret_in_any_output(tmp_path: Path, aws: str) -> None:
    """Values of environment variables are dropped at the border: no file and no line holds them, crash or not."""
    seed(aws, replace(DRIFTED, accounts=tuple(one for one in DRIFTED.accounts if one.name != "prod")))
    image = f"{REGISTRY_ID}.dkr.ecr.{REGION}.amazonaws.com/ecs-deploy-runner:v0.52.1"
    prod = "444455556666"
    seed_runner(aws, prod, REGION, STACK, {"terraform-planner": image}, environment=SECRETS)
    repository, own, out = export(tmp_path / "live"), tmp_path / "own", tmp_path / "out"
    own.mkdir()
    out.mkdir()
    (own / "test_own.py").write_text(CRASH, encoding="utf-8")
    forms = ("html", "json", "junit")
    ended = run(
        "pipelines-audit",
        *("check", "--infra-live", repository, "--role-arn", ROLE_ARN, "--offline"),
        *("--checks-dir", own, "-v", "--html", out / "own.html"),
        *(part for form in forms for part in ("--report", f"{form}={out / form}")),
        cwd=tmp_path,
    )
    assert ended.returncode == 3, ended.stderr
    saved = run(
        "pipelines-audit",
        *("snapshot", "--infra-live", repository, "--role-arn", ROLE_ARN, "--offline", "-o", out / "s.json"),
        cwd=tmp_path,
    )
    written = [path.read_text(encoding="utf-8") for path in out.iterdir()]
    assert len(written) == 5
    shown = "\n".join([ended.stdout, ended.stderr, saved.stdout, saved.stderr, *written])
    assert "terraform-planner" in shown
    for secret in SECRETS.values():
        assert secret not in shown
        assert secret[:12] not in shown
