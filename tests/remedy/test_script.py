"""The runbook, run against programs that write down how they were called."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audit.errors import UsageError
from audit.model import Location
from audit.remedy.edit import Edit
from audit.remedy.script import runbook
from audit.remedy.shell import words, written
from audit.remedy.steps import ApplyUnit, EditPin
from audit.remedy.way import Way
from tests.processes import BIN
from tests.remedy.fleet import NEWEST, REGION, REGISTRY, plan, seen
from tests.remedy.scenarios import SCENARIOS, STANDALONE, committed, fleet
from tests.remedy.stubs import Stubs

if TYPE_CHECKING:
    from pathlib import Path

    from audit.remedy.plan import Plan

MAKE = {scenario.name: scenario.make for scenario in SCENARIOS}
UNITS = {
    "logs": "012345678901",
    "shared": "234567890123",
    "security": "456789012345",
    "dev": "345678901234",
    "stage": "111122223333",
    "prod": "444455556666",
}
ACCOUNTS = {f"your-{name}": account_id for name, account_id in UNITS.items()}


def ready(folder: Path, made: Plan) -> tuple[Stubs, Path]:
    """Write the script of a plan, good from now, and its stubs; the repository gets a remote."""
    now = datetime.now(UTC)
    script = folder / "runbook.sh"
    script.write_text(runbook(replace(made, made_at=now, expires_at=now + timedelta(hours=1))))
    live = folder / "live"
    if not any(isinstance(step.action, EditPin) for step in made.steps):
        (live / ".git").mkdir(exist_ok=True)
    elif not (live / ".git").exists():
        committed(live)
        subprocess.run(["git", "init", "--quiet", "--bare", "--template=", folder / "remote.git"], check=True)
        subprocess.run(["git", "-C", live, "remote", "add", "origin", str(folder / "remote.git")], check=True)
    return Stubs.of(folder / "stubs", made, ACCOUNTS), script


@pytest.mark.parametrize("name", sorted(MAKE))
def test_lists_its_steps(name: str, tmp_path: Path) -> None:
    """Every runbook lists its steps without doing anything."""
    made = MAKE[name](tmp_path / "live")
    stubs, script = ready(tmp_path, made)
    done = stubs.run(script, "--list", cwd=tmp_path / "live")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == [str(step.number) for step in made.steps]
    assert stubs.calls() == []
    assert stubs.run(script, "--list", cwd=tmp_path).stdout == done.stdout  # whatever folder is in use
    text = script.read_text()
    assert "-non-interactive" not in text
    assert "-auto-approve" not in text


def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    """A runbook with a step of each kind that any situation has is clean, and so is one without a step."""
    plans = [make(tmp_path / name) for name, make in MAKE.items()]
    kinds = {
        (step.action.kind, step.waits is None, getattr(step.action, "tool", None)): step
        for made in plans
        for step in made.steps
    }
    for name, steps in (("all", tuple(kinds.values())), ("none", ())):
        (tmp_path / f"{name}.sh").write_text(runbook(replace(plans[0], steps=steps)))
    subprocess.run([BIN / "shellcheck", tmp_path / "all.sh", tmp_path / "none.sh"], check=True)


def build(image: str, tag: str, *arguments: str, repo: str = "gruntwork-io/terraform-aws-ci") -> list[str]:
    """Give the guide's command that builds an image, with what the repository's script adds."""
    context = {"ecs-deploy-runner": "deploy-runner"}.get(image, image)
    words = (
        f"infrastructure-deployer --aws-region {REGION} -- docker-image-builder build-docker-image "
        f"--repo https://github.com/{repo}.git --ref {tag} "
        f"--context-path modules/ecs-deploy-runner/docker/{context} "
        "--env-secret github-token=GITHUB_OAUTH_TOKEN "
        f"--docker-image-tag {REGISTRY}/{image}:{tag} --build-arg module_ci_tag={tag}"
    )
    return [*words.split(), *(word for one in arguments for word in ("--build-arg", one))]


TOOLS = ("kubergrunt_version=v0.15.0", "terraform_version=1.5.7", "terragrunt_version=v0.55.1")


def test_runs_the_guides_commands(tmp_path: Path) -> None:
    """An upgrade builds, edits, hands in; and after the merge applies each account in its own folder, in order."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["upgrade"](live))
    first = stubs.run(script, cwd=live / "dev", AWS_VAULT="x", AWS_ACCESS_KEY_ID="x", TG_NON_INTERACTIVE="true")
    assert first.returncode == 0, first.stderr
    assert "have it merged" in first.stderr
    assert first.stderr.splitlines()[-1] == f"then: bash {script} --from 11"
    here = str(live)
    assert stubs.calls("infrastructure-deployer") == [
        (here, build("ecs-deploy-runner", "v0.60.0", *TOOLS)),
        (here, build("kaniko", "v0.60.0")),
    ]
    assert stubs.calls("terragrunt") == []
    pushed = subprocess.run(
        ["git", "-C", tmp_path / "remote.git", "show", "--format=%s", "--stat=200", "pipelines-audit/v0.60.0"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert pushed.startswith("Move the ECS Deploy Runner to v0.60.0\n")
    assert "6 files changed, 7 insertions(+), 7 deletions(-)" in pushed

    second = stubs.run(script, "--from", "11", cwd=live)
    assert (second.returncode, second.stderr.splitlines()[-1]) == (0, "done")
    apply = ["terragrunt", "apply", "--source-update"]
    assert stubs.calls("terragrunt") == [
        (str(live / name / REGION / "mgmt" / "ecs-deploy-runner"), apply) for name in UNITS
    ]
    vaulted = [argv[2] for _, argv in stubs.calls("aws-vault") if argv[4] == "terragrunt"]
    assert vaulted == [f"your-{name}" for name in UNITS]
    seen_names = set((tmp_path / "stubs" / "environment").read_text().split())
    assert not seen_names & {"AWS_VAULT", "AWS_ACCESS_KEY_ID", "TG_NON_INTERACTIVE"}


def through(stubs: Stubs, script: Path, live: Path) -> list[str]:
    """Run a runbook to its end as a person does: go on after a pull request, pass over what waits."""
    said: list[str] = []
    step = "1"
    while step:
        done = stubs.run(script, "--from", step, cwd=live, GITHUB_OAUTH_TOKEN="x")
        said += done.stderr.splitlines()
        assert done.returncode in (0, 10), done.stderr
        goes_on = re.search(r"--from (\d+)$", said[-1])
        step = str(int(goes_on[1]) + (done.returncode == 10)) if goes_on else ""
    return said


FORK = "example/terraform-aws-ci"
BOTH = [build("ecs-deploy-runner", NEWEST, *TOOLS), build("kaniko", NEWEST)]


@pytest.mark.parametrize(
    ("name", "built", "applied"),
    [
        ("nothing-to-do", [], []),
        ("converge-one-account", [], ["prod"]),
        ("converge-drifted", [], ["shared", "security", "stage"]),
        ("upgrade-across-barrier", BOTH, [*UNITS, *UNITS]),
        ("shadowed-literal", BOTH, [*UNITS]),
        (
            "fork",
            [
                build("ecs-deploy-runner", "v0.107.5-gwrc", *TOOLS, repo=FORK),
                build("kaniko", "v0.107.5-gwrc", repo=FORK),
            ],
            [*UNITS],
        ),
        ("one-unread-account", [], [name for name in UNITS if name != "dev"]),
    ],
)
def test_each_situation_to_its_end(tmp_path: Path, name: str, built: list[list[str]], applied: list[str]) -> None:
    """What is started in each situation is what the guide says, and nothing else."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE[name](live))
    assert through(stubs, script, live)[-1] == "done"
    assert stubs.built() == built
    assert stubs.calls("terragrunt") == [
        (str(live / unit / REGION / "mgmt" / "ecs-deploy-runner"), ["terragrunt", "apply", "--source-update"])
        for unit in applied
    ]


def test_again_from_the_start_repeats_nothing(tmp_path: Path) -> None:
    """Started again, a runbook builds, edits and commits nothing twice."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["upgrade"](live))
    for _ in range(2):
        done = stubs.run(script, "--until", "10", cwd=live)
        assert done.returncode == 0, done.stderr
    assert len(stubs.calls("infrastructure-deployer")) == 2
    assert done.stderr.count("made already") == 6
    assert "nothing to commit" in done.stderr


@pytest.mark.parametrize("keeps", [True, False], ids=["branch kept", "branch deleted"])
def test_again_from_the_start_after_the_merge(tmp_path: Path, keeps: bool) -> None:  # noqa: FBT001 -- a parameter
    """What was merged meanwhile is found to be done: nothing is pushed or waited for, and the applies go on."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["standalone"](live))
    assert "have it merged" in stubs.run(script, cwd=live).stderr
    branch, git = f"pipelines-audit/{NEWEST}", ("git", "-C", live)
    subprocess.run([*git, "switch", "--quiet", "main"], check=True)
    assert "have it merged" in stubs.run(script, "--from", "5", cwd=live).stderr  # not merged, so once more
    subprocess.run([*git, "merge", "--quiet", "--ff-only", branch], check=True)
    if not keeps:
        subprocess.run([*git, "branch", "--quiet", "-d", branch], check=True)
    done = stubs.run(script, cwd=live)
    assert ("merged already: not pushed" if keeps else "nothing to hand in") in done.stderr
    assert "no terminal to ask at" in done.stderr.splitlines()[-2]  # it went on to the apply
    assert len(stubs.built()) == 2


def test_wrong_account_starts_nothing(tmp_path: Path) -> None:
    """Credentials of another account stop the step before anything is started."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["converge-one-account"](live))
    (tmp_path / "stubs" / "accounts" / "your-prod").write_text("111122223333\n")
    done = stubs.run(script, cwd=live)
    assert done.returncode == 1
    assert "credentials of account 111122223333, not of 444455556666: nothing was started" in done.stderr
    assert f"then: bash {script} --from 1" in done.stderr
    assert stubs.calls("terragrunt") == []


@pytest.mark.parametrize(("tool", "code"), [("terragrunt", 7), ("aws", 255)])
def test_failing_step_stops_and_can_go_on(tmp_path: Path, tool: str, code: int) -> None:
    """The first failure ends the run with the step's number; the rest is untouched, and can be done later."""
    live = tmp_path / "live"
    made = MAKE["converge-drifted"](live)
    stubs, script = ready(tmp_path, made)
    stubs.fill(made)
    stubs.fail(tool, code)
    done = stubs.run(script, "--from", "5", cwd=live)
    assert done.returncode == (code if tool == "terragrunt" else 1)
    assert "stopped at step 5 (Apply security/us-west-2" in done.stderr
    assert len(stubs.calls("terragrunt")) == (tool == "terragrunt")
    stubs.fail(tool, None)
    done = stubs.run(script, "--from", "5", cwd=live)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "done")
    assert not list((tmp_path).glob("tmp.*"))


def test_verify_tells_what_does_not_run(tmp_path: Path) -> None:
    """An apply that ends well but changes nothing is found out."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["converge-one-account"](live))
    done = stubs.run(script, "--from", "2", cwd=live)
    assert done.returncode == 1
    assert f"{REGISTRY}/ecs-deploy-runner:{NEWEST} does not run" in done.stderr


def test_build_without_an_image(tmp_path: Path) -> None:
    """A build that ends well and leaves no tag in ECR ends the run before any edit."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["upgrade"](live))
    path = tmp_path / "stubs" / "bin" / "infrastructure-deployer"
    path.write_text("#!/bin/bash\n")
    before = (live / "common.hcl").read_bytes()
    done = stubs.run(script, cwd=live)
    assert done.returncode == 1
    assert "ECR does not have v0.60.0 after the build" in done.stderr
    assert (live / "common.hcl").read_bytes() == before


def test_missing_tool_is_named(tmp_path: Path) -> None:
    """A tool that is not installed is named, with the step that needs it."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["converge-one-account"](live))
    (tmp_path / "stubs" / "bin" / "terragrunt").unlink()
    done = stubs.run(script, cwd=live)
    assert done.returncode == 1
    assert "terragrunt: not found on PATH" in done.stderr
    assert "stopped at step 1" in done.stderr


def test_programs_of_the_repository_are_not_started(tmp_path: Path) -> None:
    """What lies in the repository, or is named by a relative entry of PATH, is never started."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["converge-one-account"](live))
    unit = live / "prod" / REGION / "mgmt" / "ecs-deploy-runner"
    for folder in (live, unit):
        for name in ("terragrunt", "aws", "aws-vault", "date", "sed", "mktemp"):
            (folder / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/canary\n")
            (folder / name).chmod(0o755)
    done = stubs.run(script, cwd=live, path=f".::{live}:")
    assert done.returncode == 0, done.stderr
    assert len(stubs.calls("terragrunt")) == 1
    assert [path.name for path in tmp_path.glob("canary")] == []


def test_waiting_step_stops(tmp_path: Path) -> None:
    """A step of an account that was not read says why, and ends with 10."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["one-unread-account"](live))
    done = stubs.run(script, "--from", "15", cwd=live)
    assert done.returncode == 10
    assert "waits: dev: ecs:ListTaskDefinitionFamilies was denied" in done.stderr
    assert stubs.calls() == []


def test_changed_file_is_not_edited(tmp_path: Path) -> None:
    """A file that says something else than when the plan was made is left alone."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["upgrade"](live))
    text = (live / "common.hcl").read_text().replace("v0.57.3", "v0.57.4")
    (live / "common.hcl").write_text(text)
    done = stubs.run(script, "--from", "4", "--until", "4", cwd=live)
    assert done.returncode == 1
    assert (live / "common.hcl").read_text() == text


def test_edits_without_text_wait_for_a_hand(tmp_path: Path) -> None:
    """Without the repository at hand an edit is checked, not made."""
    live = tmp_path / "live"
    fleet(live, NEWEST)
    text = (live / "common.hcl").read_text()
    (live / "common.hcl").write_text(text.replace(NEWEST, "v1.2.0"))
    made = plan(live, seen(live, asked=(NEWEST,)), NEWEST, texts={})
    number = str(next(step.number for step in made.steps if isinstance(step.action, EditPin)))
    stubs, script = ready(tmp_path, made)
    stubs.fill(made)
    done = stubs.run(script, "--from", number, "--until", number, cwd=live)
    assert done.returncode == 1
    assert "common.hcl, line 20: edit it by hand so that it says v1.3.0" in done.stderr
    (live / "common.hcl").write_text(text)
    assert stubs.run(script, "--from", number, "--until", number, cwd=live).returncode == 0


@pytest.mark.parametrize("text", ["\ufeffa\t= 'x'\r\nb\\ é\r\nc", "plain \u202e text\n"])
def test_patches_keep_their_bytes(tmp_path: Path, text: str) -> None:
    """Carriage returns and other control characters reach git as they are."""
    target = tmp_path / "x.patch"
    patch = "".join(f"+{line}\n" for line in text.split("\n"))
    subprocess.run(["/bin/bash", "-c", written(patch, str(target))], check=True)
    assert target.read_bytes() == patch.encode()


WORDS = ("a b", "it's", "contains(policyText, '1')", "$(x) 'y'", "`x`'", '"', "", "é'\x1b", "!'", "\\'", "*", "~/x")


@pytest.mark.parametrize("word", WORDS)
def test_words_stay_words(word: str) -> None:
    """Whatever a word holds, the shell gives it to the program as it is."""
    line = f"printf '%s|' {words((word, word))}"
    done = subprocess.run(["/bin/bash", "-c", line], check=True, capture_output=True)
    assert done.stdout.decode() == f"{word}|{word}|"


def test_expired_runbook(tmp_path: Path) -> None:
    """A runbook that has expired does nothing but list its steps."""
    live = tmp_path / "live"
    made = MAKE["converge-one-account"](live)
    stubs, script = ready(tmp_path, made)
    script.write_text(runbook(replace(made, expires_at=datetime(2026, 1, 1, tzinfo=UTC))))
    done = stubs.run(script, cwd=live)
    assert (done.returncode, stubs.calls()) == (4, [])
    assert "expired at 2026-01-01 00:00 UTC" in done.stderr


@pytest.mark.parametrize("arguments", [("--from", "x"), ("--from",), ("--yes",), ("--until", "0")])
def test_wrong_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Whatever is no option of the runbook ends it before the first step."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["converge-one-account"](live))
    assert stubs.run(script, *arguments, cwd=live).returncode == 1
    assert stubs.run(script, cwd=tmp_path).stderr.startswith("not in a git repository")
    assert stubs.run(script, cwd=live, TMPDIR=str(live)).stderr.startswith("TMPDIR lies in the repository")
    assert stubs.calls() == []


def at_a_terminal(stubs: Stubs, script: Path, *arguments: str, cwd: Path, answer: str) -> tuple[int, str]:
    """Run a script at a terminal of its own, at which somebody answers; gives the exit code and what was shown."""
    child, terminal = pty.fork()
    if not child:
        environment = {"PATH": f"{stubs.folder / 'bin'}:/usr/bin:/bin", "STUBS": str(stubs.folder)}
        os.chdir(cwd)
        os.execve("/bin/bash", ["bash", str(script), *arguments], environment)  # noqa: S606 -- no shell line
    os.write(terminal, f"{answer}\n".encode())
    shown = b""
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def test_plain_terraform_to_its_end(tmp_path: Path) -> None:
    """A standalone root is built for, edited, handed in, and applied by exactly the plan that was agreed to."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["standalone"](live))
    first = stubs.run(script, cwd=live)
    assert first.returncode == 0, first.stderr
    assert first.stderr.splitlines()[-1] == f"then: bash {script} --from 6"
    assert stubs.built() == [build("ecs-deploy-runner", NEWEST), build("kaniko", NEWEST)]
    assert (live / "runner" / "main.tf").read_text() == STANDALONE.replace("v0.57.3", NEWEST)
    pushed = subprocess.run(
        ["git", "-C", tmp_path / "remote.git", "show", "--format=%s", "--numstat", f"pipelines-audit/{NEWEST}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert pushed.split() == f"Move the ECS Deploy Runner to {NEWEST} 4 4 runner/main.tf".split()
    assert stubs.calls("terraform") == []
    code, said = at_a_terminal(stubs, script, "--from", "6", cwd=live, answer="yes")
    assert (code, said.splitlines()[-1]) == (0, "done"), said
    folder, (init, plan, apply) = str(live / "runner"), [argv for _, argv in stubs.calls("terraform")]
    assert {place for place, _ in stubs.calls("terraform")} == {folder}
    assert init == ["terraform", "init", "-input=false"]
    assert [*plan[:2], *apply[:2]] == ["terraform", "plan", "terraform", "apply"]
    assert plan[2] == f"-out={apply[2]}"
    vaulted = [argv[1:] for _, argv in stubs.calls("aws-vault")]
    assert ["exec", "your-shared", "--", *apply] in vaulted


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("no", 1)])
def test_plain_terraform_asks_before_it_applies_its_plan(tmp_path: Path, answer: str, code: int) -> None:
    """The saved plan is for nobody else, lies outside of the repository, is agreed to, and gone then."""
    live = tmp_path / "live"
    made = MAKE["standalone"](live)
    stubs, script = ready(tmp_path, made)
    stubs.fill(made)
    found, shown = at_a_terminal(stubs, script, "--from", "6", cwd=live, answer=answer)
    assert found == code, shown
    mode, path = (tmp_path / "stubs" / "plans").read_text().split()
    assert mode == "600"
    assert not path.startswith(str(live))
    assert not os.path.exists(os.path.dirname(path))  # noqa: PTH110, PTH120 -- a text from a log
    applied = [argv[1] for _, argv in stubs.calls("terraform")]
    assert applied == ["init", "plan", "apply"][: 3 - code]


def test_plain_terraform_without_a_terminal(tmp_path: Path) -> None:
    """Where nobody can be asked, a saved plan is not applied; unless that was asked for."""
    live = tmp_path / "live"
    made = MAKE["standalone"](live)
    stubs, script = ready(tmp_path, made)
    stubs.fill(made)
    done = stubs.run(script, "--from", "6", cwd=live)
    assert done.returncode == 1
    assert "no terminal to ask at" in done.stderr
    asked = plan(live, seen(live, asked=(NEWEST,)), NEWEST, auto_approve=True)
    by_terragrunt = fleet(tmp_path / "other", "v1.2.0")
    more = plan(
        by_terragrunt, seen(by_terragrunt), NEWEST, auto_approve=True, source_update="--terragrunt-source-update"
    )
    argv = next(step.commands[0].argv for step in more.steps if isinstance(step.action, ApplyUnit))
    assert argv[4:] == ("terragrunt", "apply", "--terragrunt-source-update", "-auto-approve")
    shutil.rmtree(tmp_path / "stubs")
    stubs, script = ready(tmp_path, asked)
    stubs.fill(asked)
    assert stubs.run(script, "--from", "6", cwd=live).returncode == 0


def test_nothing_is_applied_while_a_task_is_in_flight(tmp_path: Path) -> None:
    """A run of the pipeline is not disturbed: the apply is not started, and can be done when it has ended."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["converge-one-account"](live))
    flying = tmp_path / "stubs" / "flying" / "your-prod"
    flying.write_text("arn:aws:ecs:us-west-2:444455556666:task/ecs-deploy-runner/0123\n")
    done = stubs.run(script, cwd=live)
    assert done.returncode == 1
    assert "tasks of ecs-deploy-runner are in flight: wait until they have ended" in done.stderr
    assert stubs.calls("terragrunt") == []
    flying.unlink()
    assert stubs.run(script, cwd=live).returncode == 0


def test_nothing_is_edited_or_applied_without_images(tmp_path: Path) -> None:
    """Whoever passes over the builds is stopped before the first edit, before the push, and before the apply."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["upgrade"](live))
    for number in ("3", "10", "11"):
        done = stubs.run(script, "--from", number, cwd=live)
        assert done.returncode == 1
        assert f"ECR does not have {REGISTRY}/ecs-deploy-runner:v0.60.0" in done.stderr
    assert stubs.calls("terragrunt") == []
    status = subprocess.run(["git", "-C", live, "status", "--porcelain"], check=True, capture_output=True, text=True)
    assert status.stdout == ""


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ("deaf/your-security", "the invoker of security/us-west-2 does not answer"),
        ("policy.gone", "the policy of ecs-deploy-runner no longer lets 456789012345 pull"),
    ],
)
def test_broken_runner_stops_before_the_next_account(tmp_path: Path, there: str, reason: str) -> None:
    """An account whose runner cannot be started, or cannot pull, after its apply is the last that is applied."""
    live = tmp_path / "live"
    made = MAKE["converge-drifted"](live)
    stubs, script = ready(tmp_path, made)
    stubs.fill(made)
    (tmp_path / "stubs" / there).touch()
    done = stubs.run(script, "--from", "5", cwd=live)
    assert done.returncode == 1
    assert reason in done.stderr
    assert len(stubs.calls("terragrunt")) == 1


def test_bootstraps_by_local_docker(tmp_path: Path) -> None:
    """Across the barrier images are built by local Docker, with the token as a secret, and pushed."""
    live = tmp_path / "live"
    stubs, script = ready(tmp_path, MAKE["upgrade-across-barrier"](live))
    assert "GITHUB_OAUTH_TOKEN is not set" in stubs.run(script, "--until", "2", cwd=live).stderr
    done = stubs.run(script, "--until", "2", cwd=live, GITHUB_OAUTH_TOKEN="x")
    assert done.returncode == 0, done.stderr
    docker = [argv for _, argv in stubs.calls("docker")]
    assert [argv[1] for argv in docker] == ["build", "login", "push"] * 2
    assert docker[0][2:6] == ["--platform", "linux/amd64", "--secret", "id=github-token,env=GITHUB_OAUTH_TOKEN"]
    assert docker[2][2] == f"{REGISTRY}/ecs-deploy-runner:v0.50.12"
    assert stubs.calls("infrastructure-deployer") == []


@pytest.mark.parametrize(
    ("template", "argv"),
    [
        ("aws-vault exec {profile} --", ["aws-vault", "exec", "your-prod", "--"]),
        ("aws-vault exec --no-session {profile} --", ["aws-vault", "exec", "--no-session", "your-prod", "--"]),
        ("AWS_PROFILE", ["env", "AWS_PROFILE=your-prod"]),
        ("none", []),
        ("run --role admin-{account}/{account_id} --", ["run", "--role", "admin-prod/444455556666", "--"]),
        ("/opt/sso run --as '{profile}:admin'", ["/opt/sso", "run", "--as", "your-prod:admin"]),
    ],
)
def test_ways_in(tmp_path: Path, template: str, argv: list[str]) -> None:
    """Every command goes through the words of the template."""
    fleet(tmp_path / "live", NEWEST)
    running = {"prod": {"terraform-planner": f"{REGISTRY}/ecs-deploy-runner:v1.2.0"}}
    made = plan(tmp_path / "live", seen(tmp_path / "live", running=running), way=Way.parse(template))
    assert list(made.steps[0].commands[0].argv) == [*argv, "terragrunt", "apply", "--source-update"]
    assert ("AWS_SESSION_TOKEN" in made.scrubbed) == (template != "none")
    assert "AWS_VAULT" in made.scrubbed


@pytest.mark.parametrize("template", ["", "-x", "./run {profile}", "a 'b", "run {name}", "run\n{profile}", "$(x)"])
def test_no_ways_in(template: str) -> None:
    """A template that is no list of words, or would start something of the folder in use, is refused."""
    with pytest.raises(UsageError, match="--authenticator"):
        Way.parse(template)


def test_hand_edit_is_quoted(tmp_path: Path) -> None:
    """A file's name in a check is one word, whatever it holds."""
    live = tmp_path / "live"
    made = MAKE["converge-one-account"](live)
    place = Location(file="a b'$(touch x).hcl", line=1, column=1)
    edit = EditPin(edits=(Edit(place=place, old="v1", new="v2"),), patch=None)
    step = replace(made.steps[0], action=edit, commands=(), identity=None)
    stubs, script = ready(tmp_path, replace(made, steps=(step,)))
    (live / place.file).write_text('"v2"\n')
    assert stubs.run(script, cwd=live).returncode == 0
    assert not (live / "x").exists()
