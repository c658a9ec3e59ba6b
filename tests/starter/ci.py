"""Nights of the four CI systems: each workflow's own shell steps are run, and what is around them is played.

Played are the parts that only exist there: the checkout, the sign-in, ``gh``, caches and stores of artefacts. A step
that installs the tool is left out: it is on PATH.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tests.processes import BIN

GH = """#!/bin/sh
# What gh does for the workflow: the newest run has no artefact, the next was cut short, the one before has results.
case "$1 $2" in
    "run list") echo 103; echo 102; echo 101 ;;
    "run download")
        case "$3" in
            101) [ -d "$STORE" ] && cp -r "$STORE" last-night ;;
            102) mkdir last-night; echo 3 > last-night/exit-code ;;
            *) exit 1 ;;
        esac ;;
    *) exit 2 ;;
esac
"""


@dataclass(kw_only=True, slots=True)
class Place:
    """Where a night is spent: the checkout, what lasts from night to night, the environment of the CI system."""

    checkout: Path
    store: Path
    environment: Mapping[str, str]
    log: str = ""
    files: dict[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> Path:
        """The artefacts that were kept, of the last night."""
        return self.store / "artefacts"

    def shell(self, argv: tuple[str, ...], script: str, more: Mapping[str, str]) -> int:
        """Run one script as the CI system does; gives its exit code."""
        done = subprocess.run(
            [*argv, script],
            cwd=self.checkout,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        self.log += done.stdout + done.stderr
        return done.returncode

    def keep(self, name: str, folder: str) -> None:
        """Keep a folder of the checkout as artefacts, in place of those before."""
        shutil.rmtree(self.store / name, ignore_errors=True)
        if (self.checkout / folder).is_dir():
            shutil.copytree(self.checkout / folder, self.store / name)


Job: TypeAlias = Callable[[str, Place], int]


def text_of(name: str) -> str:
    """Give the text of a template."""
    return files("audit.starter").joinpath("templates", name).read_text(encoding="utf-8")


def scripts(name: str, text: str) -> list[str]:
    """Give every shell script in a workflow."""
    if name == "Jenkinsfile":
        return [textwrap.dedent(found) for found in re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL)]
    found = yaml.safe_load(text)
    if name == "gitlab.yml":
        return [line for job in found.values() for part in ("before_script", "script") for line in job.get(part, ())]
    jobs = found["jobs"].values()
    if name == "github.yml":
        return [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    return [step["run"]["command"] for job in jobs for step in job["steps"] if isinstance(step, dict) and "run" in step]


def is_install(script: str) -> bool:
    """Tell the step that installs the tool."""
    return "$AUDIT_PACKAGE" in script


def fresh(place: Place) -> None:
    """Give a job a checkout without what an earlier one left."""
    for name in ("audit-results", "last-night", "remediation"):
        shutil.rmtree(place.checkout / name, ignore_errors=True)


def github(job: str, place: Place) -> int:
    """Run a job of GitHub Actions: steps in order, after a failure only those that always run."""
    workflow = yaml.safe_load(place.files["github.yml"])
    outputs, summary = place.store / "outputs", place.store / "summary.md"
    for path in (outputs, summary):
        path.write_text("")
    secrets = {"TOKEN": "reader", "WRITE_TOKEN": "good", "NOTIFY": ""}
    known = {"github.token": "gh", **{f"secrets.PIPELINES_AUDIT_{name}": value for name, value in secrets.items()}}
    runner = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_WORKFLOW": workflow["name"],
        "GITHUB_REF_NAME": "main",
        "STORE": str(place.kept),
    }
    (place.store / "gh").write_text(GH)
    (place.store / "gh").chmod(0o755)
    fresh(place)
    failed = 0
    for step in workflow["jobs"][job]["steps"]:
        if failed and not step.get("if", "").startswith("${{ always()"):
            continue
        uses, given = step.get("uses", ""), step.get("with", {})
        if uses.startswith("actions/upload-artifact@"):
            place.keep({"pipelines-audit": "artefacts"}.get(given["name"], given["name"]), given["path"])
        elif uses.startswith("actions/download-artifact@"):
            shutil.copytree(place.kept, place.checkout / given["path"])
        elif "run" in step and not is_install(step["run"]):
            known["steps.audit.outputs.code"] = outputs.read_text().strip().removeprefix("code=")
            more = {name: _expressed(value, known) for name, value in step.get("env", {}).items()}
            argv = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
            failed = failed or place.shell(argv, step["run"], {**_variables(place, workflow["env"]), **runner, **more})
    return failed


def gitlab(job: str, place: Place) -> int:
    """Run a job of GitLab: its lines as one script; cache and artefacts are kept whatever comes of it."""
    workflow = yaml.safe_load(place.files["gitlab.yml"])
    name = {"audit": "pipelines-audit", "remediate": "pipelines-audit-remediate"}[job]
    found, base = workflow[name], workflow[workflow[name]["extends"]]
    fresh(place)
    if job == "remediate":
        shutil.copytree(place.kept, place.checkout / "audit-results")
    for folder in found.get("cache", {}).get("paths", ()):
        if (place.store / folder).is_dir():
            shutil.copytree(place.store / folder, place.checkout / folder)
    assert all(is_install(line) for line in base["before_script"])
    runner = {
        "CI_SERVER_URL": f"file://{place.store}",
        "CI_PROJECT_PATH": "remote",
        "CI_DEFAULT_BRANCH": "main",
        "CI_JOB_URL": "https://gitlab.example.com/-/jobs/1",
        "AWS_ID_TOKEN": "token",
        "PUSH_TOKEN": "good",
    }
    variables = _variables(place, {**base["variables"], **found.get("variables", {})})
    code = place.shell(("bash", "-eo", "pipefail", "-c"), "\n".join(found["script"]), {**variables, **runner})
    if not code or found.get("cache", {}).get("when") == "always":
        for folder in found.get("cache", {}).get("paths", ()):
            place.keep(folder, folder)
    if not code or found["artifacts"]["when"] == "always":
        for folder in found["artifacts"]["paths"]:
            place.keep("artefacts" if job == "audit" else folder, folder)
    return code


def circleci(job: str, place: Place) -> int:
    """Run a job of CircleCI: steps in order, until one fails."""
    workflow = yaml.safe_load(place.files["circleci.yml"])
    found = workflow["jobs"][job]
    variables = _variables(place, workflow["executors"][found["executor"]]["environment"])
    fresh(place)
    for step in found["steps"]:
        match step:
            case {"run": {"command": script}} if not is_install(script):
                runner = {"CIRCLE_OIDC_TOKEN_V2": "token", "GITHUB_TOKEN": "good"}
                code = place.shell(("bash", "-eo", "pipefail", "-c"), script, {**variables, **runner})
                if code:
                    return code
            case {"restore_cache": _} if (place.store / "cache").is_dir():
                shutil.copytree(place.store / "cache", place.checkout / "last-night")
            case {"save_cache": {"paths": [folder]}}:
                place.keep("cache", folder)
            case {"store_artifacts": {"path": "audit-results"}}:
                place.keep("artefacts", "audit-results")
            case {"persist_to_workspace": {"paths": [folder]}}:
                place.keep("workspace", folder)
            case {"attach_workspace": _}:
                shutil.copytree(place.store / "workspace", place.checkout / "audit-results")
    return 0


def jenkins(job: str, place: Place) -> int:
    """Run the one job of Jenkins: its stages but the pull request's, until one fails, then the post block."""
    assert job == "audit"
    text = place.files["Jenkinsfile"]
    variables = _variables(place, dict(re.findall(r"^        (\w+) = '(.*)'$", text, re.MULTILINE)))
    fresh(place)
    (place.checkout / ".audit").mkdir(exist_ok=True)
    if place.kept.is_dir():
        (place.checkout / "last-night").mkdir()
        for name in ("results.json", "history.db"):
            shutil.copy(place.kept / name, place.checkout / "last-night")
    code = 0
    for stage in re.split(r"^        stage\(", text, flags=re.MULTILINE)[1:]:
        for script in scripts("Jenkinsfile", stage):
            if not code and not is_install(script) and "--pull-request" not in script:
                code = place.shell(("sh", "-xec"), script, {**variables, "GITHUB_TOKEN": "good"})
    assert "always {\n            archiveArtifacts artifacts: 'audit-results/**" in text
    place.keep("artefacts", "audit-results")
    return code


def _variables(place: Place, given: Mapping[str, Any]) -> dict[str, str]:
    """Give a workflow's own variables; what the test sets for all of them goes first."""
    return {name: str(value) for name, value in given.items() if name not in place.environment}


def _expressed(value: str, known: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: known[found[1]], value)


def runner_environment(folder: Path, programs: str, **more: str) -> dict[str, str]:
    """Give the environment of a runner: nothing of whoever runs the tests but the emulated AWS."""
    given = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "NO_PROXY", "no_proxy"))}
    return {
        **given,
        "HOME": str(folder / "home"),
        "PATH": f"{programs}:{BIN}:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        **more,
    }


SYSTEMS: Mapping[str, Job] = {"github": github, "gitlab": gitlab, "circleci": circleci, "jenkins": jenkins}
