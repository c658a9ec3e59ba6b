"""``--at REV``: what a revision declares, straight from its blobs, whatever the working tree says."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from audit.cli import main
from audit.demo.sample import export

if TYPE_CHECKING:
    from pathlib import Path


def declared(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Run ``declared --json`` and give its rows by unit and container."""
    assert main(["declared", "--json", *argv]) == 0
    rows = json.loads(capsys.readouterr().out)["containers"]
    return {(row["unit"], row["container"]): row for row in rows}


def git(repository: Path, *argv: str) -> str:
    """Run git in the repository, with an author of examples."""
    who = ["-c", "user.name=Sample Author", "-c", "user.email=author@example.com"]
    done = subprocess.run(["git", *who, *argv], cwd=repository, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_revision_is_read_from_its_blobs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each revision gives its own tags and places; the working tree and the index are left alone."""
    repository = export(tmp_path / "live")
    common = repository / "common.hcl"
    first = git(repository, "rev-parse", "HEAD")
    before = declared(capsys, "--infra-live", str(repository))
    text = common.read_text(encoding="utf-8")
    common.write_text("\n" + text.replace('"v0.57.3"', '"v1.0.0"'), encoding="utf-8")
    git(repository, "commit", "--quiet", "--all", "--message=Bump")
    common.write_text("broken {", encoding="utf-8")
    now = declared(capsys, "--infra-live", str(repository), "--at", "HEAD")
    then = declared(capsys, "--infra-live", str(repository), "--at", first)
    assert then == before
    moved = ("logs/us-west-2/mgmt/ecs-deploy-runner", "terraform-planner")
    assert (then[moved]["tag"], then[moved]["tag_origin"]["line"]) == ("v0.57.3", 20)
    assert (now[moved]["tag"], now[moved]["tag_origin"]["line"]) == ("v1.0.0", 21)
    still = ("dev/us-west-2/mgmt/ecs-deploy-runner", "terraform-planner")
    assert now[still] == {**then[still], "image_origin": now[still]["image_origin"]}
    assert common.read_text(encoding="utf-8") == "broken {"


@pytest.mark.parametrize("revision", ["nonsense", "--help", "HEAD:common.hcl", ""])
def test_what_is_no_revision_is_wrong_usage(tmp_path: Path, revision: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that git does not know, or that is an option, is refused in one line."""
    repository = export(tmp_path / "live")
    assert main(["declared", "--infra-live", str(repository), f"--at={revision}"]) == 4
    assert "no such revision" in capsys.readouterr().err


def test_a_limit_of_reading_is_a_gap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Over a configured limit a file is a gap with its name, and the rest is still read."""
    repository = export(tmp_path / "live")
    (tmp_path / "c.toml").write_text("[reading]\ntokens = 150\n", encoding="utf-8")
    assert main(["declared", "--json", "--infra-live", str(repository), "--config", str(tmp_path / "c.toml")]) == 10
    gaps = json.loads(capsys.readouterr().out)["gaps"]
    assert any("150" in gap["message"] for gap in gaps)
