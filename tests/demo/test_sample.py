"""The sample repository is valid, is exported the same each time, and has a variant in sync."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import hcl2
import pygohcl
import pytest
import yaml

from audit.declared.tree import open_tree
from audit.declared.units import read
from audit.demo.sample import IN_SYNC, NEWEST, SAMPLE, Edit, export
from audit.errors import UsageError

HCL = sorted(SAMPLE.rglob("*.hcl"))
SCRIPTS = sorted(SAMPLE.rglob("*.sh"))
YAML = sorted(SAMPLE.rglob("*.yml"))


def _git(repository: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return subprocess.run(
        ["git", *arguments], cwd=repository, env=environment, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize("path", HCL, ids=lambda path: str(path.relative_to(SAMPLE)))
def test_hcl_is_valid_for_both_parsers(path: Path) -> None:
    """HashiCorp's own parser and the one that we use both take each file."""
    text = path.read_text(encoding="utf-8")
    pygohcl.loads(text)
    hcl2.parses_to_tree(text)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_pass_shellcheck(path: Path) -> None:
    """Whoever takes the sample for a model takes sound scripts."""
    subprocess.run([Path(sys.executable).with_name("shellcheck"), path], check=True)


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_yaml_is_valid(path: Path) -> None:
    """The workflow and the permissions are YAML mappings."""
    assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)


def test_has_six_accounts_with_ids_of_twelve_digits_one_with_a_leading_zero() -> None:
    """The accounts are those of the reference architecture, their ids documented examples."""
    accounts = json.loads((SAMPLE / "accounts.json").read_text(encoding="utf-8"))
    ids = [account["id"] for account in accounts.values()]
    assert list(accounts) == ["logs", "shared", "security", "dev", "stage", "prod"]
    assert all(re.fullmatch(r"\d{12}", one) for one in ids)
    assert [one for one in ids if one.startswith("0")] == ["012345678901"]


def test_each_account_has_a_runner_unit_beside_others() -> None:
    """Six units are runners; more are not."""
    units = {path.parent.relative_to(SAMPLE).as_posix() for path in SAMPLE.rglob("terragrunt.hcl")}
    runners = {unit for unit in units if unit.endswith("/us-west-2/mgmt/ecs-deploy-runner")}
    assert {unit.partition("/")[0] for unit in runners} == {"logs", "shared", "security", "dev", "stage", "prod"}
    assert len(units - runners) > len(runners)


def test_export_is_a_clean_git_repository_with_one_fixed_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two exports have the same commit, whatever git is told by the user's configuration and environment."""
    first = export(tmp_path / "first")
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Somebody Else\n[core]\n\tautocrlf = true\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    second = export(tmp_path / "second")
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_AUTHOR_NAME")
    heads = {_git(where, "rev-parse", "HEAD") for where in (first, second)}
    assert len(heads) == 1
    assert _git(first, "log", "--format=%an <%ae> %cn <%ce>") == (
        "Sample Author <author@example.com> Sample Author <author@example.com>\n"
    )
    assert _git(first, "status", "--porcelain") == ""


def test_export_writes_every_file_of_the_package(tmp_path: Path) -> None:
    """Dot files are exported too, scripts are executable."""
    exported = export(tmp_path / "sample")
    names = set(_git(exported, "ls-files").splitlines())
    assert names == {path.relative_to(SAMPLE).as_posix() for path in SAMPLE.rglob("*") if path.is_file()}
    assert {".github/workflows/pipeline.yml", ".gitignore"} <= names
    assert all((exported / path.relative_to(SAMPLE)).stat().st_mode & 0o111 for path in SCRIPTS)


def test_variant_in_sync_says_the_newest_release_in_every_place(tmp_path: Path) -> None:
    """Outside comments and README, no older version of terraform-aws-ci is left."""
    exported = export(tmp_path / "sample", in_sync=True)
    for edit in IN_SYNC:
        assert edit.new in (exported / edit.file).read_text(encoding="utf-8")
    names = {edit.file for edit in IN_SYNC}
    lines = [line for name in names for line in (exported / name).read_text(encoding="utf-8").splitlines()]
    told = {found for line in lines if "#" not in line for found in re.findall(r"v[01]\.\d+\.\d+", line)}
    assert told <= {
        NEWEST,
        "v0.55.1",
        "v0.15.0",
        "v0.0.38",
        "v0.116.1",
    }  # terragrunt, kubergrunt, the installer, the module


@pytest.mark.parametrize("text", ["a", "b = 1\nb = 1\n"], ids=["gone", "twice"])
def test_edit_that_no_longer_fits_is_a_fault(text: str) -> None:
    """A table that the sample has outgrown is noticed, not skipped."""
    with pytest.raises(AssertionError, match=r"common\.hcl: expected 'b = 1' once"):
        Edit(file="common.hcl", old="b = 1", new="b = 2").apply(text)


def test_says_that_git_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git on PATH, one line says so."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="git: not found on PATH; install it"):
        export(tmp_path / "sample")


def test_says_what_git_said(tmp_path: Path) -> None:
    """Where git fails, its own words and the step are in the line."""
    (tmp_path / ".git").write_text("no repository")
    with pytest.raises(UsageError, match=r"git init failed: .*gitfile"):
        export(tmp_path)


def _tags(exported: Path) -> dict[str, set[tuple[str | None, str]]]:
    declared = read(*open_tree(exported))
    assert not declared.gaps
    assert not declared.diagnostics
    tags: dict[str, set[tuple[str | None, str]]] = {}
    for row in declared.containers:
        if row.deployed:
            tags.setdefault(str(row.account), set()).add((row.tag, str(row.tag_origin)))
    return tags


def test_declares_each_tag_where_it_should(tmp_path: Path) -> None:
    """The root's literal counts for four accounts, stage has a nearer one, dev a local of its unit."""
    root = ("v0.57.3", "common.hcl:20")
    assert _tags(export(tmp_path / "sample")) == {
        "logs": {root},
        "shared": {
            root,
            ("v0.52.1", "common.hcl:24"),
            ("latest", "shared/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl:47"),
        },
        "security": {root},
        "dev": {
            ("v0.57.4", "dev/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl:13"),
            ("v0.57.3", "standalone/ci-runner/terraform.tfvars:1"),
        },
        "stage": {("v0.59.9", "stage/common.hcl:13")},
        "prod": {root},
    }


def test_variant_in_sync_declares_the_newest_everywhere(tmp_path: Path) -> None:
    """Each container of each account has the newest tag."""
    tags = _tags(export(tmp_path / "sample", in_sync=True))
    assert {tag for found in tags.values() for tag, _ in found} == {NEWEST}
    assert len(tags) == 6
