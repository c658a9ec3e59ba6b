"""Three nights of each workflow at the emulated AWS: in sync, drift, incomplete; all is kept, then comes a verdict."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from audit.cli import main
from audit.demo.emulator import emulator, environment, settings
from audit.demo.sample import export
from audit.demo.scenario import IN_SYNC, seed
from tests.forks import served
from tests.remedy import hub as hubs
from tests.starter.ci import SYSTEMS, Place, runner_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNIT = "dev/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl"
ARTEFACTS = {
    "exit-code",
    "history.db",
    "junit.xml",
    "pipelines-audit.sarif",
    "report.html",
    "results.json",
    "snapshot.json.gz",
}
PLACES = {
    "github": (".github/workflows/pipelines-audit.yml", "github.yml"),
    "gitlab": (".gitlab/pipelines-audit.yml", "gitlab.yml"),
    "circleci": (".circleci/config.yml", "circleci.yml"),
    "jenkins": ("pipelines-audit.Jenkinsfile", "Jenkinsfile"),
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Seed the two accounts that are looked at, in which nothing is wrong, once."""
    looked_at = tuple(one for one in IN_SYNC.accounts if one.name in {"dev", "shared"})
    with emulator() as found, environment(settings(found)):
        seed(found, replace(IN_SYNC, accounts=looked_at))
        yield found


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Serve the command from a folder for PATH."""
    folder = tmp_path_factory.mktemp("bin")
    with served(folder):
        yield folder


@pytest.fixture
def hub() -> Iterator[hubs.Hub]:
    """Serve GitHub's API."""
    with hubs.serve() as found:
        yield found


def git(folder: Path, *arguments: str) -> str:
    """Run git for a test."""
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def place(request: pytest.FixtureRequest, endpoint: str, command: Path, hub: hubs.Hub, tmp_path: Path) -> Place:
    """Have init write the workflow into the sample; give its checkout, with a remote beside it."""
    ci: str = request.param
    live, store = export(tmp_path / "live", in_sync=True), tmp_path / "store"
    for folder in (store, tmp_path / "home"):
        folder.mkdir()
    for name in ("logs", "security", "stage", "prod"):  # evaluated each night, and nobody looks there
        shutil.rmtree(live / name)
    (tmp_path / "releases.json").write_text(files("audit.released").joinpath("catalog.json").read_text("utf-8"))
    assert main(["init", "--infra-live", str(live), "--ci", ci]) == 0
    written, name = PLACES[ci]
    subprocess.run(["git", "init", "--quiet", "--bare", "--template=", store / "remote.git"], check=True)
    git(store / "remote.git", "config", "receive.advertisePushOptions", "true")
    git(live, "add", ".")
    git(live, "commit", "--quiet", "--message", "begin")
    git(live, "push", "--quiet", str(store / "remote.git"), "HEAD:refs/heads/main")
    git(live, "remote", "add", "origin", f"file://{store}/remote.git")
    more = {
        "PIPELINES_AUDIT_ACCOUNT": "dev",
        "PIPELINES_AUDIT_RELEASES_FILE": str(tmp_path / "releases.json"),
        "PIPELINES_AUDIT_GITHUB_URL": hub.url,
        "PIPELINES_AUDIT_INFRA_LIVE_REPO": hubs.REPOSITORY,
        "PIPELINES_AUDIT_EXCLUDE_REGION": "",
    }
    around = runner_environment(tmp_path, f"{store}:{command}", **more)
    if ci in ("gitlab", "circleci"):  # these sign in by OIDC themselves
        around = {
            key: value for key, value in around.items() if key not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        }
    assert endpoint == around["AWS_ENDPOINT_URL"]
    return Place(checkout=live, store=store, environment=around, files={name: (live / written).read_text("utf-8")})


def results(place: Place) -> dict[str, Any]:
    """Read the results that were kept."""
    found: dict[str, Any] = json.loads((place.kept / "results.json").read_text("utf-8"))
    return found


def night(job: str, place: Place) -> int:
    """Spend a night, and see that every artefact was kept whatever came of it."""
    place.log = ""
    code = SYSTEMS[job]("audit", place)
    assert {one.name for one in place.kept.iterdir()} - {"code-quality.json"} == ARTEFACTS, place.log
    assert (place.kept / "exit-code").read_text().strip() == str(code), place.log
    return code


@pytest.mark.thorough
@pytest.mark.parametrize(("ci", "place"), [pytest.param(ci, ci, id=ci) for ci in SYSTEMS], indirect=["place"])
def test_three_nights(ci: str, place: Place, hub: hubs.Hub, capsys: pytest.CaptureFixture[str]) -> None:
    """0, then 1 with a request to merge, then 10: each is compared with the one before, and stands in the history."""
    live = place.checkout
    first = git(live, "rev-parse", "HEAD")
    assert night(ci, place) == 0, place.log
    assert "in sync and fully covered" in place.log
    assert results(place)["history"] is None

    unit = live / UNIT
    unit.write_text(unit.read_text("utf-8").replace('"v1.3.0"', '"v1.2.0"'), encoding="utf-8")
    git(live, "commit", "--quiet", "--all", "--message", "go back")
    git(live, "push", "--quiet", "origin", "HEAD:main")
    before = results(place)["run"]["id"]
    assert night(ci, place) == 1
    assert "drift: see " in place.log
    assert results(place)["history"]["previous_run"] == before
    assert {one["state"] for one in results(place)["findings"]} == {"new"}
    if ci == "github":
        assert "image-tag-drift" in (place.store / "summary.md").read_text("utf-8")
    if ci in ("github", "gitlab"):  # the others' script is GitHub's, word by word
        hand_in(ci, place, hub)

    git(live, "reset", "--quiet", "--hard", first)
    place.environment = {
        name: value for name, value in place.environment.items() if name != "PIPELINES_AUDIT_RELEASES_FILE"
    } | {"PIPELINES_AUDIT_OFFLINE": "true"}
    assert night(ci, place) == 10
    assert "incomplete: something could not be read" in place.log
    assert results(place)["history"]["fixed"]
    capsys.readouterr()
    assert main(["history", "--history", f"sqlite:///{place.kept}/history.db", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 3


def hand_in(ci: str, place: Place, hub: hubs.Hub) -> None:
    """Run the job that mends; it puts the edit on a branch of the remote and asks for its merge."""
    assert SYSTEMS[ci]("remediate", place) == 0, place.log
    branches = git(place.store / "remote.git", "for-each-ref", "--format=%(refname:short)").splitlines()
    (branch,) = set(branches) - {"main"}
    changed = git(place.store / "remote.git", "diff", "main", branch)
    assert '+  deploy_runner_container_image_tag = "v1.3.0"' in changed
    assert len(hub.pulls) == (0 if ci == "gitlab" else 1)
    if ci == "gitlab":
        git(place.checkout, "reset", "--quiet", "--hard", "HEAD~1")
        assert SYSTEMS[ci]("remediate", place) == 0, place.log
        assert "handed in already\n" in place.log
    assert (place.store / "pipelines-audit-remediation" if ci == "github" else place.store / "remediation").is_dir()
