"""Tools: found outside the repository, asked in safety, read as they really speak."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from audit.declared.git import run_git
from audit.model import Seen, Unread
from audit.workstation.look import read_workstation
from audit.workstation.model import Tool, Workstation
from audit.workstation.tools import MOST_BYTES, PATTERNS, find_tools, source_update_flag
from tests.workstation import stubs

if TYPE_CHECKING:
    from pathlib import Path


def only(name: str, tools: tuple[Tool, ...]) -> Tool:
    """Give one tool of those that were looked for."""
    return next(tool for tool in tools if tool.name == name)


@pytest.mark.parametrize(
    ("name", "output", "version"),
    [
        ("aws", "aws-cli/2.15.30 Python/3.11.8 Linux/6.5.0-1016-aws exe/x86_64.debian.12 prompt/off", "2.15.30"),
        ("aws", "aws-cli/1.27.1 Python/3.9.2 Linux/5.10.0 botocore/1.29.1", "1.27.1"),
        ("aws-vault", "v6.3.1", "6.3.1"),
        ("aws-vault", "6.4.0", "6.4.0"),
        ("aws-vault", "v7.2.0-Homebrew", "7.2.0"),
        ("docker", "Docker version 24.0.7, build afdd53b", "24.0.7"),
        ("docker", "Docker version 18.09.1-ce, build 4c52b90", "18.09.1"),
        ("git", "git version 2.39.3 (Apple Git-146)", "2.39.3"),
        ("git", "git version 2.47.1.windows.2", "2.47.1"),
        ("infrastructure-deployer", "infrastructure-deployer version v0.52.19", "0.52.19"),
        ("terraform", "Terraform v1.5.7\non linux_amd64\n\nYour version of Terraform is out of date!", "1.5.7"),
        ("terraform", "OpenTofu v1.6.2\non darwin_arm64", "1.6.2"),
        ("terragrunt", "terragrunt version v0.55.1", "0.55.1"),
        ("terragrunt", "terragrunt version 0.80.4", "0.80.4"),
        ("terragrunt", "WARN something first\nterragrunt version v0.9.9\n\nYour version is out of date", "0.9.9"),
    ],
)
def test_versions_as_tools_print_them(tmp_path: Path, name: str, output: str, version: str) -> None:
    """The version out of what the tool prints for --version."""
    stubs.install(tmp_path, **{name: output})
    found = only(name, find_tools({"PATH": str(tmp_path)}, None))
    assert found == Tool(name=name, path=str(tmp_path / name), version=Seen(value=version))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("exit 1", "from 'nothing' (exit code 1)", id="says nothing"),
        pytest.param("echo no version is set", "from 'no version is set' (exit code 0)", id="a version manager"),
        pytest.param(r"printf '\033[31mred\033[0m'", r"from '\\x1b[31mred\\x1b[0m'", id="steers the terminal"),
        pytest.param("while :; do printf 0123456789; done", "can't be told from", id="never ends talking"),
        pytest.param("sleep 60 & sleep 60", "gave no version within 0.5 s", id="hangs, with a child"),
    ],
)
def test_what_is_no_version_is_unread(tmp_path: Path, body: str, words: str) -> None:
    """A tool that doesn't say what it is costs its timeout at most, and is a gap with one harmless line."""
    stubs.script(tmp_path / "terragrunt", body)
    began = time.monotonic()
    found = only("terragrunt", find_tools({"PATH": f"{tmp_path}:/usr/bin:/bin"}, None, timeout=0.5))
    assert time.monotonic() - began < 50
    assert isinstance(found.version, Unread)
    assert words in found.version.gap.message
    assert found.version.gap.message.isprintable()
    assert len(found.version.gap.message) < MOST_BYTES


def test_what_cannot_be_started_is_unread(tmp_path: Path) -> None:
    """An interpreter that isn't there is said in one line."""
    path = stubs.script(tmp_path / "terraform", "")
    path.write_text("#!/no/such/interpreter\n", encoding="utf-8")
    found = only("terraform", find_tools({"PATH": str(tmp_path)}, None))
    assert isinstance(found.version, Unread)
    assert "cannot be started: No such file or directory" in found.version.gap.message


def test_absent_tools_have_no_path_and_no_version(tmp_path: Path) -> None:
    """Looked for, and not there: that is no gap."""
    (tmp_path / "aws").mkdir()
    (tmp_path / "git").write_text("not executable", encoding="utf-8")
    found = find_tools({"PATH": f"{tmp_path}::relative:."}, None)
    assert found == tuple(Tool(name=name, path=None, version=Seen(value=None)) for name in sorted(PATTERNS))


def test_nothing_inside_the_repository_is_started(tmp_path: Path) -> None:
    """What lies there, or is linked from or to there, is named and left alone; the next one on PATH serves."""
    repository, outside, ran = tmp_path / "live", tmp_path / "bin", tmp_path / "ran"
    stubs.script(repository / "tools" / "terragrunt", f": > {ran}")
    (repository / "aws").symlink_to(stubs.script(tmp_path / "elsewhere" / "aws", f": > {ran}"))
    stubs.install(outside, terraform=None)
    (outside / "terraform").symlink_to(repository / "tools" / "terragrunt")
    search = f"{repository}/tools:{repository}:{outside}"
    tools = find_tools({"PATH": search}, repository)
    assert not ran.exists()
    terragrunt, terraform, aws = (only(name, tools) for name in ("terragrunt", "terraform", "aws"))
    assert (terragrunt.path, terragrunt.inside) == (
        str(outside / "terragrunt"),
        str(repository / "tools" / "terragrunt"),
    )
    assert (terraform.path, terraform.inside) == (None, str(outside / "terraform"))
    assert (aws.path, aws.inside) == (str(outside / "aws"), str(repository / "aws"))


def test_tools_see_nothing_secret_and_nothing_of_the_repository(tmp_path: Path) -> None:
    """No credentials, no folder of the repository on PATH, the root folder to stand in."""
    repository = tmp_path / "live"
    repository.mkdir()
    stubs.script(tmp_path / "bin" / "terraform", "env; pwd; echo Terraform v1.5.7")
    log = tmp_path / "log"
    stubs.script(tmp_path / "bin" / "aws", f"(env; pwd) > {log}; echo aws-cli/2.15.30")
    environment = {
        "PATH": f"{tmp_path}/bin:{repository}:.:/usr/bin:/bin",
        "HOME": "/home/x",
        "AWS_SECRET_ACCESS_KEY": "planted",
        "GITHUB_OAUTH_TOKEN": "planted",
        "MISE_DATA_DIR": "/x",
    }
    find_tools(environment, repository)
    seen = log.read_text(encoding="utf-8").splitlines()
    assert "planted" not in "".join(seen)
    assert {"HOME=/home/x", "MISE_DATA_DIR=/x", "CHECKPOINT_DISABLE=1", f"PATH={tmp_path}/bin:/usr/bin:/bin"} <= set(
        seen
    )
    assert seen[-1] == "/"


@pytest.mark.parametrize(
    ("version", "flag"),
    [
        ("0.55.1", "--terragrunt-source-update"),
        ("0.72.9", "--terragrunt-source-update"),
        ("0.73.0", "--source-update"),
        ("0.84.1", "--source-update"),
        ("0.85.0", "--source-update"),
        ("1.0.1", "--source-update"),
        ("?", None),
    ],
)
def test_source_update_flag(version: str, flag: str | None) -> None:
    """The old name until v0.73.0 brought the new one; the old one is gone since v0.85.0."""
    assert source_update_flag(version) == flag


def test_the_whole_look(tmp_path: Path) -> None:
    """Tools, checkout and surroundings; without a repository the checkout is unread."""
    found: Workstation = read_workstation({"PATH": str(stubs.install(tmp_path))}, None, run_git)
    assert [tool.name for tool in found.tools] == sorted(PATTERNS)
    assert (found.tool("git") or found.tools[0]).version == Seen(value="2.39.5")
    assert found.tool("make") is None
    assert isinstance(found.checkout, Unread)
    assert "--infra-live" in found.checkout.gap.message
