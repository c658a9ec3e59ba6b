"""``init``: what it writes is accepted, nothing is overwritten unasked, nothing is written through a link."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from audit.cli import main
from audit.configuration.options import OPTIONS
from audit.demo.sample import export

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("pipelines-audit.toml", "waivers.yaml")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the sample repository, once."""
    return export(tmp_path_factory.mktemp("sample") / "live")


@pytest.fixture
def live(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a copy of the sample, with a home of its own."""
    for option in OPTIONS.values():
        monkeypatch.delenv(option.variable, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    subprocess.run(["cp", "-r", sample, tmp_path / "live"], check=True)
    monkeypatch.chdir(tmp_path / "live")
    return tmp_path / "live"


def test_what_is_written_is_accepted(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what it found, wrote and what is next; the files lint, and the commands read them."""
    assert main(["init"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("7 units in us-west-2\naccounts: dev, logs, prod, security, shared, stage\n")
    assert all(f"written: {name}\n" in shown for name in FILES)
    assert "next:\n  1. " in shown
    assert "# accounts: dev, logs, prod" in (live / "pipelines-audit.toml").read_text("utf-8")
    assert main(["waivers", "lint"]) == 0
    assert main(["config", "show", "--infra-live", "."]) == 0
    assert main(["declared", "--infra-live", "."]) == 0


@pytest.mark.parametrize(
    ("there", "words"),
    [
        pytest.param((".github/workflows/a.yml",), "github", id="github"),
        pytest.param((".gitlab-ci.yml",), "gitlab", id="gitlab"),
        pytest.param((".circleci/config.yml",), "circleci", id="circleci"),
        pytest.param(("Jenkinsfile",), "jenkins", id="jenkins"),
        pytest.param((), "github (or gitlab, circleci, jenkins)", id="none"),
        pytest.param((".gitlab-ci.yml", "Jenkinsfile"), "github (or gitlab, circleci, jenkins)", id="two"),
    ],
)
def test_the_nightly_step_is_for_the_ci_that_is_there(
    there: tuple[str, ...], words: str, live: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever builds by one system is not asked which."""
    shutil.rmtree(live / ".github")
    for name in there:
        (live / name).parent.mkdir(parents=True, exist_ok=True)
        (live / name).write_text("")
    assert main(["init"]) == 0
    assert f"each night: pipelines-audit init --ci {words}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("ci", "place", "words"),
    [
        ("github", ".github/workflows/pipelines-audit.yml", "do what the first lines of .github/"),
        ("gitlab", ".gitlab/pipelines-audit.yml", "include it from .gitlab-ci.yml"),
        ("circleci", ".circleci/config.yml", "do what the first lines of .circleci/"),
        ("jenkins", "pipelines-audit.Jenkinsfile", "make a job of the script path"),
    ],
)
def test_workflow(live: Path, ci: str, place: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The workflow goes where its system looks for it, with the role that was given."""
    role = "arn:aws:iam::{account_id}:role/own"
    assert main(["init", "--ci", ci, "--role-arn", role, "--package", "pipelines-audit==9"]) == 0
    text = (live / place).read_text("utf-8")
    assert role in text
    assert "pipelines-audit==9" in text
    assert words in capsys.readouterr().out


def test_circleci_has_one_file(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A configuration of other work stays as it is; ours is laid beside it."""
    (live / ".circleci").mkdir()
    (live / ".circleci/config.yml").write_text("version: 2.1\n")
    assert main(["init", "--ci", "circleci"]) == 0
    assert (live / ".circleci/config.yml").read_text() == "version: 2.1\n"
    assert (live / ".circleci/pipelines-audit.yml").is_file()
    assert "move its parts into .circleci/config.yml" in capsys.readouterr().out


def test_nothing_is_overwritten(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is there is kept; what is missing is written all the same; --force overwrites."""
    assert main(["init"]) == 0
    assert main(["init"]) == 0
    assert "unchanged: waivers.yaml" in capsys.readouterr().out
    (live / "waivers.yaml").write_text("version: 1\n")
    assert main(["init"]) == 13
    assert "nothing written: the files are there" in capsys.readouterr().err
    assert main(["init", "--ci", "github"]) == 0
    shown = capsys.readouterr().out
    assert "kept: waivers.yaml\nwritten: .github/" in shown
    assert (live / "waivers.yaml").read_text() == "version: 1\n"
    assert main(["init", "--force"]) == 0
    assert "written: waivers.yaml" in capsys.readouterr().out
    assert (live / "waivers.yaml").read_text() != "version: 1\n"


class Terminal(io.StringIO):
    """A terminal at which somebody has typed ahead."""

    def isatty(self) -> bool:
        """Tell that it is one."""
        return True


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 13)])
def test_a_terminal_is_asked(
    live: Path, answer: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At a terminal the user decides."""
    assert main(["init"]) == 0
    (live / "waivers.yaml").write_text("version: 1\n")
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert main(["init"]) == code
    assert "waivers.yaml is there: overwrite it?" in capsys.readouterr().err
    assert ((live / "waivers.yaml").read_text() == "version: 1\n") == (code == 13)


def test_of_a_folder_in_the_repository(live: Path) -> None:
    """Policy and waivers go into the folder that is audited, the workflow to the top."""
    assert main(["init", "--infra-live", str(live / "dev"), "--ci", "github"]) == 0
    assert all((live / "dev" / name).is_file() for name in FILES)
    assert 'PIPELINES_AUDIT_INFRA_LIVE: "dev"' in (live / ".github/workflows/pipelines-audit.yml").read_text()


@pytest.mark.parametrize("link", ["waivers.yaml", ".github"])
def test_nothing_is_written_through_a_link(
    live: Path, tmp_path: Path, link: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A link of the repository leads nowhere; then nothing at all is written."""
    (tmp_path / "elsewhere").mkdir()
    if link == ".github":
        subprocess.run(["rm", "-r", live / ".github"], check=True)
    (live / link).symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert main(["init", "--ci", "github", "--force"]) == 13
    assert "not written" in capsys.readouterr().err
    assert not any((tmp_path / "elsewhere").iterdir())
    assert not (live / "pipelines-audit.toml").exists()


def test_a_folder_without_units_is_5(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing is declared nothing is written."""
    assert main(["init", "--infra-live", str(tmp_path)]) == 5
    assert "no ECS Deploy Runner unit found" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder where a file should go is said by name."""
    (live / "waivers.yaml").mkdir()
    assert main(["init", "--force"]) == 4
    assert "waivers.yaml: cannot be written" in capsys.readouterr().err
