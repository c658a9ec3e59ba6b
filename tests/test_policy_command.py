"""``pipelines-audit policy``: what it prints, and how the repository narrows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from audit.cli import main
from audit.demo.sample import export

if TYPE_CHECKING:
    from pathlib import Path

CI = "arn:aws:iam::111122223333:role/ci"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export the sample repository."""
    return export(tmp_path_factory.mktemp("policy") / "live", in_sync=True)


def test_json_holds_every_policy(capsys: pytest.CaptureFixture[str]) -> None:
    """One document with a policy for each purpose; whom to trust is still to be said."""
    assert main(["policy"]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert found.keys() == {"schema_version", "read", "trust", "caller"}
    assert found["caller"]["Statement"][0]["Resource"] == ["arn:aws:iam::*:role/pipelines-audit"]
    assert "--trusted" in shown.err


def test_one_policy_is_as_aws_reads_it(capsys: pytest.CaptureFixture[str]) -> None:
    """With --only the output can be given to AWS as it is."""
    given = ["--role-arn", "arn:aws:iam::{account_id}:role/audit-{account}", "--external-id", "abc", "--trusted", CI]
    assert main(["policy", "--only", "trust", *given]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out).keys() == {"Version", "Statement"}
    assert not shown.err
    assert main(["policy", "--only", "caller", "--partition", "aws-us-gov", *given]) == 0
    assert json.loads(capsys.readouterr().out)["Statement"][0]["Resource"] == ["arn:aws-us-gov:iam::*:role/audit-*"]


def test_repository_narrows(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stacks and image repositories are those that are declared; an option goes before them."""
    assert main(["policy", "--only", "read", "--infra-live", str(live)]) == 0
    shown = capsys.readouterr().out
    assert "cluster/ecs-deploy-runner" in shown
    found = {statement["Sid"]: statement["Resource"] for statement in json.loads(shown)["Statement"]}
    assert found["EcrRepository"] == [
        "arn:aws:ecr:*:*:repository/ecs-deploy-runner",
        "arn:aws:ecr:*:*:repository/kaniko",
    ]
    assert main(["policy", "--only", "read", "--infra-live", str(live), "--stack", "x", "--repository", "y"]) == 0
    shown = capsys.readouterr().out
    assert "repository/y" in shown
    assert "kaniko" not in shown


@pytest.mark.parametrize(
    ("given", "action"),
    [
        (["--organization"], "organizations:ListAccounts"),
        (["--simulate-roles"], "iam:SimulatePrincipalPolicy"),
        (["--ready"], "iam:GetRole"),
    ],
    ids=lambda given: str(given[0]),
)
@pytest.mark.parametrize("as_format", ["json", "terraform"])
def test_what_is_asked_on_demand(
    given: list[str], action: str, as_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An option that asks for more has its permissions in the policies, and only then."""
    assert main(["policy", "--format", as_format]) == 0
    assert action not in capsys.readouterr().out
    assert main(["policy", "--format", as_format, *given]) == 0
    assert action in capsys.readouterr().out


def test_unknown_image_narrows_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where an image can't be known the policy allows any repository: otherwise the look would end in a gap."""
    live = export(tmp_path / "live", in_sync=True)
    text = (live / "common.hcl").read_text(encoding="utf-8")
    (live / "common.hcl").write_text(
        text.replace('"kaniko"', "uuid()").replace('/kaniko"', '/${uuid()}"'), encoding="utf-8"
    )
    assert main(["policy", "--only", "read", "--infra-live", str(live)]) == 0
    assert "repository/*" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--only", "organization"], "give --organization too"),
        (["--format", "terraform", "--only", "read"], "leave it out with --format terraform"),
        (["--trusted", "*"], "'*' has no place in a policy"),
        (["--format", "yaml"], "yaml"),
    ],
    ids=str,
)
def test_wrong_usage(given: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What can't be written is one line, and exit code 4."""
    assert main(["policy", *given]) == 4
    assert words in capsys.readouterr().err
