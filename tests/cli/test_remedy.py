"""The command that plans, as a user calls it: what it prints and writes, its edits, and its pull request."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audit.cli import main
from audit.declared.git import head_commit
from audit.remedy.document import from_json
from audit.snapshot import save
from tests.remedy import hub as hubs
from tests.remedy.fleet import NEWEST, RUNNER, seen
from tests.remedy.scenarios import committed, fleet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BRANCH = f"pipelines-audit/{NEWEST}"


def git(folder: Path, *arguments: str) -> str:
    """Run git for a test."""
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    return subprocess.run(
        ["git", "-C", folder, *who, *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the sample fleet at an older release, its snapshot and a bare remote beside it; to be copied."""
    folder = tmp_path_factory.mktemp("sample")
    repository = committed(fleet(folder / "live", "v0.57.3"))
    subprocess.run(["git", "init", "--quiet", "--bare", "--template=", folder / "remote.git"], check=True)
    git(folder / "remote.git", "symbolic-ref", "HEAD", "refs/heads/main")
    git(repository, "push", "--quiet", str(folder / "remote.git"), "main")
    git(repository, "config", "user.name", "Somebody")
    git(repository, "config", "user.email", "somebody@example.com")
    keep(repository)
    return folder


@pytest.fixture
def live(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the sample; nothing of whoever runs the tests is known."""
    for name in list(os.environ):
        if name.startswith(("GIT_", "GITHUB_", "PIPELINES_AUDIT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    shutil.copytree(sample, tmp_path, dirs_exist_ok=True)
    with (tmp_path / "live" / ".git" / "config").open("a") as file:
        file.write(f'[remote "origin"]\n\turl = {tmp_path}/remote.git\n')
    return tmp_path / "live"


def keep(repository: Path, **facts: object) -> None:
    """Write what was seen of a repository beside it."""
    snapshot = seen(repository, **{"asked": (NEWEST,), **facts})  # type: ignore[arg-type]  # passed on as they are
    declared = replace(snapshot.declared, commit=head_commit(repository))
    save(replace(snapshot, declared=declared), repository.parent / "snapshot.json")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[hubs.Hub]:
    """Serve GitHub's API, with a good token in the environment."""
    monkeypatch.setenv("GITHUB_TOKEN", "good")
    with hubs.serve() as found:
        yield found


def call(live: Path, *arguments: str, to: str | None = NEWEST) -> int:
    """Call the command on the sample and its snapshot."""
    given = ["--infra-live", str(live), "--snapshot", str(live.parent / "snapshot.json")]
    return main(["plan", *given, *(("--to", to) if to else ()), *arguments])


def ask(live: Path, hub: hubs.Hub, *more: str, to: str = NEWEST) -> int:
    """Ask for a pull request."""
    return call(live, "--pull-request", "--github-url", hub.url, "--infra-live-repo", hubs.REPOSITORY, *more, to=to)


def remote(live: Path) -> Path:
    """Name the bare remote."""
    return live.parent / "remote.git"


def branches(live: Path) -> dict[str, str]:
    """Give the branches of the remote with their commits."""
    listing = git(remote(live), "for-each-ref", "--format=%(refname:short) %(objectname)")
    return dict(line.split() for line in listing.splitlines())


def test_prints_text(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without anything asked for, the plan is printed for people."""
    assert call(live) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Upgrade the ECS Deploy Runner to {NEWEST}\n")
    assert "22 steps, 0 waiting" in out
    assert call(live, to=None) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert git(live, "status", "--porcelain") == ""


def test_writes_plans(live: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file is written as its name says; another form can be printed beside it."""
    assert call(live, "-o", str(tmp_path / "plan.json"), "--format", "md") == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("# Upgrade the ECS Deploy Runner")
    assert shown.err.endswith("plan.json: 22 steps, 0 waiting\n")
    made = from_json((tmp_path / "plan.json").read_text(), name="plan.json")
    assert (made.goal, made.to, made.commit) == ("upgrade", NEWEST, head_commit(live))
    assert sorted(made.files)[:2] == [".github/workflows/pipeline.yml", "common.hcl"]
    for name, first in (("r.sh", "#!/usr/bin/env bash"), ("r.md", "# Upgrade"), ("r.txt", "Upgrade")):
        assert call(live, "-o", str(tmp_path / name)) == 0
        assert (tmp_path / name).read_text().startswith(first)
    assert call(live, "-o", str(tmp_path / "runbook"), "--format", "sh") == 0
    assert (tmp_path / "runbook").read_text().startswith("#!")
    assert capsys.readouterr().out == ""
    assert call(live, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["to"] == NEWEST
    assert call(live, "-o", str(tmp_path / "live" / "common.hcl" / "x.json")) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("--wave", "nobody"), 4, "matches no account"),
        (("--authenticator", "./x {profile}"), 4, "--authenticator"),
        (("--profile", "a;b-{account}"), 4, "profile"),
        (("--edit", "--at", "HEAD"), 4, "leave out --at"),
    ],
)
def test_wrong_wishes(
    live: Path, arguments: tuple[str, ...], code: int, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be used is refused before anything is written."""
    assert call(live, *arguments) == code
    assert reason in capsys.readouterr().err


def test_edits_need_a_repository(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a snapshot alone nothing can be edited; a plan can be made."""
    snapshot = str(live.parent / "snapshot.json")
    assert main(["plan", "--snapshot", snapshot, "--to", NEWEST, "--edit"]) == 4
    assert main(["plan", "--snapshot", snapshot, "--to", NEWEST]) == 0
    assert "22 steps" in capsys.readouterr().out


def test_edit_changes_the_literals_alone(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The working tree gets the edits of the first hop; the diff is shown, nothing is committed."""
    assert call(live, "--edit", "--format", "text") == 0
    shown = capsys.readouterr()
    assert "7 literals edited" in shown.err
    assert '+  deploy_runner_container_image_tag = "v1.3.0"' in shown.out
    assert git(live, "diff", "--shortstat") == "6 files changed, 7 insertions(+), 7 deletions(-)"
    assert git(live, "rev-list", "--count", "HEAD") == "1"
    keep(live, asked=())
    assert call(live, "--edit") == 0
    assert "0 literals edited" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("padding", "settings"),
    [
        pytest.param("", "", id="as it is"),
        pytest.param(f"# {'-' * 1_000_000}\n", "[reading]\nsize = 2_000_000", id="of a large file"),
    ],
)
def test_literal_that_decides_more_is_refused(
    live: Path, capsys: pytest.CaptureFixture[str], padding: str, settings: str
) -> None:
    """Where a literal decides something else too, nothing is edited; how much is read is the configuration's to say."""
    (live.parent / "config.toml").write_text(settings)
    path = live / "common.hcl"
    more = '"x-${local.deploy_runner_container_image_tag}"'
    unit = live / "prod" / "us-west-2" / "mgmt" / "ecs-deploy-runner" / "terragrunt.hcl"
    block = 'terraform_planner_config = { container_image = { docker_image = "%s" } }'
    image = '${read_terragrunt_config(find_in_parent_folders("common.hcl")).locals.more}'
    path.write_text(path.read_text().replace("locals {", f"locals {{\n  more = {more}", 1))
    text = unit.read_text()
    unit.write_text(text.rstrip().removesuffix("}") + block % image + "\n}\n" if "inputs" in text else text)
    if "inputs" not in text:
        unit.write_text(f"{text}\ninputs = {{\n  {block % image}\n}}\n")
    keep(live)
    unit.write_text(unit.read_text() + padding)
    before = git(live, "diff")
    assert call(live, "--edit", "--config", str(live.parent / "config.toml")) == 13
    assert "prod/us-west-2/mgmt/ecs-deploy-runner: terraform-planner would declare" in capsys.readouterr().err
    assert git(live, "diff") == before


def test_computed_literal_is_left_to_a_hand(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be edited by rule is named; the rest is edited."""
    path = live / "stage" / "common.hcl"
    path.write_text(path.read_text().replace('"v0.57.3"', '"v0.57.${1 + 2}"'))
    keep(live)
    assert call(live, "--edit") == 0
    shown = capsys.readouterr().err
    assert "by hand: stage/common.hcl:13:39: not edited" in shown
    assert "6 literals edited" in shown


def test_pull_request(live: Path, hub: hubs.Hub, capsys: pytest.CaptureFixture[str]) -> None:
    """Branch, commit and request are made beside the repository, of which nothing changes."""
    before = git(live, "status", "--porcelain=v2", "--branch")
    assert ask(live, hub, "-o", str(live.parent / "plan.json")) == 0
    assert capsys.readouterr().out == f"https://git.example.com/{hubs.REPOSITORY}/pull/1\n"
    (pull,) = hub.pulls
    assert (pull["base"], pull["head"]["ref"]) == ("main", BRANCH)
    assert pull["body"].startswith(f"# Upgrade the ECS Deploy Runner to {NEWEST}")
    assert git(remote(live), "log", "-1", "--format=%s|%an|%ae", BRANCH) == (
        f"Move the ECS Deploy Runner to {NEWEST}|Somebody|somebody@example.com"
    )
    assert git(remote(live), "diff", "--shortstat", "main", BRANCH) == (
        "6 files changed, 7 insertions(+), 7 deletions(-)"
    )
    assert git(remote(live), "rev-parse", f"{BRANCH}~1") == git(remote(live), "rev-parse", "main")
    assert git(live, "status", "--porcelain=v2", "--branch") == before
    assert git(live, "branch", "--list") == "* main"


def test_pull_request_again(live: Path, hub: hubs.Hub) -> None:
    """The same change is the same commit and the same request; another change moves both along."""
    assert ask(live, hub) == 0
    first = branches(live)
    assert ask(live, hub) == 0
    assert branches(live) == first
    assert hub.asked.count(f"POST /repos/{hubs.REPOSITORY}/pulls") == 1
    path = live / "stage" / "common.hcl"
    path.write_text(path.read_text().replace("v0.57.3", NEWEST))
    git(live, "commit", "--all", "--message=y")
    git(live, "push", "--quiet", "origin", "main")
    keep(live)
    assert ask(live, hub) == 0
    assert branches(live)[BRANCH] != first[BRANCH]
    assert len(hub.pulls) == 1


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("bad", "the token is not accepted: it has expired or is mistyped: Bad credentials"),
        ("reader", "may read it but not push"),
        ("pusher", "the token lacks the scope or the permission for it: Resource not accessible"),
        ("", "no token to open a pull request with"),
    ],
)
def test_tokens_that_do_not_do(
    live: Path,
    hub: hubs.Hub,
    token: str,
    reason: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A token that may not do all of it leaves nothing behind, pushed or asked for."""
    monkeypatch.setenv("GITHUB_TOKEN", token)
    assert ask(live, hub) == 13
    assert reason in capsys.readouterr().err
    assert list(branches(live)) == ["main"]
    assert hub.pulls == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (("POST", 422, b'{"message": "Validation Failed", "errors": [{"message": "No commits"}]}'), "No commits"),
        (("POST", 500, b"<html>"), "answered 500 to POST"),
        (("POST", 201, b"<html>"), "answered 201 to POST"),
        (("GET", 301, b"{}"), "answered 301 to GET"),
    ],
)
def test_hub_that_fails(
    live: Path, hub: hubs.Hub, fault: tuple[str, int, bytes], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the request fails after the push, the branch is taken away again."""
    hub.fault = fault
    assert ask(live, hub) == 13
    assert reason in capsys.readouterr().err
    assert list(branches(live)) == ["main"]


def test_failed_update_puts_the_branch_back(live: Path, hub: hubs.Hub) -> None:
    """Where an open request can't be brought up to date, its branch is what it was."""
    assert ask(live, hub) == 0
    first = branches(live)
    path = live / "stage" / "common.hcl"
    path.write_text(path.read_text().replace("v0.57.3", NEWEST))
    git(live, "commit", "--all", "--message=y")
    git(live, "push", "--quiet", "origin", "main")
    keep(live)
    hub.fault = ("PATCH", 500, b"{}")
    assert ask(live, hub) == 13
    assert branches(live)[BRANCH] == first[BRANCH]


def test_hub_that_is_away(live: Path, hub: hubs.Hub, capsys: pytest.CaptureFixture[str]) -> None:
    """No answer is one line, and nothing is pushed."""
    hub.url = "http://127.0.0.1:9"
    assert ask(live, hub) == 13
    assert "could not be asked (ConnectionError)" in capsys.readouterr().err
    assert list(branches(live)) == ["main"]


@pytest.mark.parametrize("name", [None, 7, "--upload-pack=x", "a..b"])
def test_default_branch_that_is_none(live: Path, hub: hubs.Hub, name: object) -> None:
    """What the API calls the default branch has to be a branch's name."""
    hub.default_branch = name
    assert ask(live, hub) == 13
    assert list(branches(live)) == ["main"]


def test_branch_of_somebody_else(live: Path, hub: hubs.Hub, capsys: pytest.CaptureFixture[str]) -> None:
    """A branch or request that is not of this tool is left alone."""
    git(live, "commit", "--allow-empty", "--message=theirs")
    git(live, "push", "--quiet", "origin", f"HEAD:refs/heads/{BRANCH}")
    git(live, "reset", "--hard", "--quiet", "HEAD~1")
    theirs = branches(live)
    assert ask(live, hub) == 13
    assert "has a branch pipelines-audit/v1.3.0 already" in capsys.readouterr().err
    hub.pulls.append({"number": 1, "head": {"ref": BRANCH}, "body": "by hand"})
    assert ask(live, hub) == 13
    assert "is not of this tool" in capsys.readouterr().err
    assert branches(live) == theirs


def test_push_that_is_refused(live: Path, hub: hubs.Hub, capsys: pytest.CaptureFixture[str]) -> None:
    """A remote that declines is quoted, and no request is opened."""
    hook = remote(live) / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'branch is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    assert ask(live, hub) == 13
    shown = capsys.readouterr().err
    assert "git push failed" in shown
    assert "branch is protected" in shown
    assert hub.pulls == []


def test_unpushed_commits_are_not_handed_in(live: Path, hub: hubs.Hub, capsys: pytest.CaptureFixture[str]) -> None:
    """Commits that only the checkout has would come along: refused."""
    git(live, "commit", "--allow-empty", "--message=mine")
    keep(live)
    assert ask(live, hub) == 13
    assert "HEAD holds commits that main of the remote does not have" in capsys.readouterr().err
    assert list(branches(live)) == ["main"]


def test_nothing_to_hand_in(live: Path, hub: hubs.Hub) -> None:
    """A plan without edits makes no pull request."""
    assert ask(live, hub, to="v0.57.3") == 13
    assert hub.asked == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (None, "no remote 'origin'"),
        ("https://user:secret@github.com/a/b.git", "without a password"),
        ("ext::sh -c touch% canary", "give it an https:// or git@ address"),
        ("--upload-pack=touch canary", "give it an https:// or git@ address"),
        ("{live}/evil.git", "lies in the audited repository"),
        ("git@git.example.com:a/b.git", "is no repository of 127.0.0.1"),
        ("https://github.com/a", "is no repository of 127.0.0.1"),
    ],
)
def test_remotes_that_are_not_pushed_to(
    live: Path, hub: hubs.Hub, url: str | None, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What git would run, or what holds a password, is no remote; nor is one of another host than the token's."""
    git(live, "config", "remote.origin.url", (url or "x").format(live=live))
    if url is None:
        git(live, "remote", "remove", "origin")
    assert call(live, "--pull-request", "--github-url", hub.url) == 13
    shown = capsys.readouterr().err
    assert reason in shown
    assert "secret" not in shown
    assert hub.asked == []


def test_hostile_repository_runs_nothing(live: Path, hub: hubs.Hub) -> None:
    """No hook, filter, alias or program that the repository's own configuration names is started."""
    canary = live.parent / "canary"
    script = live.parent / "evil"
    script.write_text(f"#!/bin/sh\ntouch {canary}\ncat\n")
    script.chmod(0o755)
    for hook in ("pre-commit", "pre-push", "post-commit", "reference-transaction", "post-index-change"):
        path = live / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(script.read_text())
        path.chmod(0o755)
    (live / ".git" / "info").mkdir(exist_ok=True)
    (live / ".git" / "info" / "attributes").write_text("* filter=evil\n")
    for key, value in (
        ("filter.evil.clean", str(script)),
        ("core.fsmonitor", str(script)),
        ("core.sshCommand", str(script)),
        ("credential.helper", f"!{script}"),
        ("url.ext::sh.insteadOf", "/"),
        ("remote.origin.receivepack", str(script)),
        ("gpg.program", str(script)),
        ("commit.gpgSign", "true"),
        ("push.gpgSign", "true"),
    ):
        git(live, "config", key, value)
    assert ask(live, hub) == 0
    assert not canary.exists()
    assert len(hub.pulls) == 1


@pytest.mark.parametrize(
    ("said", "flag"),
    [("terragrunt version v0.55.1", "--terragrunt-source-update"), ("terragrunt version 0.90.0", "--source-update")],
)
def test_flag_of_the_installed_terragrunt(
    live: Path, said: str, flag: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flag is the one that this machine's terragrunt takes."""
    folder = live.parent / "bin"
    folder.mkdir()
    (folder / "terragrunt").write_text(f"#!/bin/sh\necho {said}\n")
    (folder / "terragrunt").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    assert call(live) == 0
    assert f"-- terragrunt apply {flag}\n" in capsys.readouterr().out


def test_repository_with_a_prefix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the scope is a folder of the repository, edits and folders count from the repository's root."""
    fleet(tmp_path / "repo" / "infra", "v0.57.3")
    (tmp_path / "repo" / ".github").mkdir()
    (tmp_path / "repo" / "infra" / ".github").rename(tmp_path / "repo" / ".github" / "x")
    (tmp_path / "repo" / ".github" / "x" / "workflows").rename(tmp_path / "repo" / ".github" / "workflows")
    committed(tmp_path / "repo")
    snapshot = seen(tmp_path / "repo", scope="infra", asked=(NEWEST,))
    save(snapshot, tmp_path / "snapshot.json")
    given = ["--infra-live", str(tmp_path / "repo" / "infra"), "--snapshot", str(tmp_path / "snapshot.json")]
    assert main(["plan", *given, "--to", NEWEST, "-o", str(tmp_path / "plan.json"), "--edit"]) == 0
    assert "7 literals edited" in capsys.readouterr().err
    made = from_json((tmp_path / "plan.json").read_text(), name="plan.json")
    assert {".github/workflows/pipeline.yml", "infra/common.hcl"} <= set(made.files)
    folders = {step.commands[0].cwd for step in made.steps if step.action.kind == "ApplyUnit"}
    assert "infra/prod/us-west-2/mgmt/ecs-deploy-runner" in folders


def test_excluded_accounts_are_left_alone(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the waivers take out of the audit is not applied, and the plan says so."""
    today = datetime.now(UTC).date()
    (live / "waivers.yaml").write_text(
        "version: 1\nexclusions:\n  - accounts: [prod]\n    owner: team@example.com\n    reason: sold\n"
        f"    expires: {today + timedelta(days=30)}\n"
    )
    assert call(live) == 0
    shown = capsys.readouterr().out
    assert "Apply prod/" not in shown
    assert "note: prod/us-west-2/mgmt/ecs-deploy-runner is excluded by the waivers" in shown


def test_waived_drift_is_left_alone(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a waiver accepts is not applied, as long as the waiver holds."""
    today = datetime.now(UTC).date()
    fleet(live, NEWEST)
    keep(live, running={"prod": {"terraform-planner": f"{RUNNER}:v1.2.0", "terraform-applier": f"{RUNNER}:v1.2.0"}})
    waiver = (
        "version: 1\nwaivers:\n  - id: W-1\n    check: image-tag-drift\n    accounts: [prod]\n"
        "    owner: team@example.com\n    reason: freeze\n    expires: {}\n"
    )
    for days, steps in ((30, "0 steps"), (-1, "2 steps")):
        (live / "waivers.yaml").write_text(waiver.format(today + timedelta(days=days)))
        assert call(live, to=None) == 0
        shown = capsys.readouterr().out
        assert steps in shown
        assert ("Apply prod/" in shown) == (days < 0)
        assert ("waiver W-1 of team@example.com accepts that until" in shown) == (days > 0)


def test_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The schema of a plan is to be had without a repository."""
    assert main(["plan", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["sha256"]["pattern"] == "^[0-9a-f]{64}$"
