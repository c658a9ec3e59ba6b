"""Tests of audit.declared.units: whole repositories, against documents that a person wrote beside them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.declared.document import to_document
from audit.declared.tree import open_tree
from audit.declared.units import read
from tests.declared.live import ACCOUNTS, LIVE, UNIT, declared, document, expected, planner_text, unit_text, write

if TYPE_CHECKING:
    from pathlib import Path


LAYOUTS = sorted(path.stem for path in LIVE.glob("*.json") if (LIVE / path.stem).is_dir())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_document_is_what_a_person_reads_in_the_files(layout: str) -> None:
    """Every row of every layout, with every origin, is what stands in the files."""
    found, wanted = document(LIVE / layout), expected(layout)
    assert found["containers"] == wanted["containers"]
    assert found["gaps"] == wanted["gaps"]


def _literals(layout: str) -> list[tuple[str, str, int, int, str]]:
    """Give the place and text of every tag whose origin is one plain literal."""
    found: set[tuple[str, int, int, str]] = set()
    for row in expected(layout)["containers"]:
        place = row["tag_origin"]
        if place is None:
            continue
        line = (LIVE / layout / place["file"]).read_text(encoding="utf-8").splitlines()[place["line"] - 1]
        if line[place["column"] - 1 :].startswith(f'"{row["tag"]}"'):
            found.add((place["file"], place["line"], place["column"], row["tag"]))
    return [(layout, *literal) for literal in sorted(found)]


LITERALS = [literal for layout in LAYOUTS for literal in _literals(layout)]


@pytest.mark.parametrize(
    ("layout", "file", "line", "column", "tag"), LITERALS, ids=[f"{case[0]}-{case[1]}-{case[2]}" for case in LITERALS]
)
def test_changing_a_literal_changes_its_rows_and_no_other(
    tmp_path: Path, layout: str, file: str, line: int, column: int, tag: str
) -> None:
    """A literal changed at its origin changes exactly the rows that name that origin."""
    root = tmp_path / "repository"
    shutil.copytree(LIVE / layout, root)
    path = root / file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    start = column - 1
    assert lines[line - 1][start : start + len(tag) + 2] == f'"{tag}"'
    lines[line - 1] = lines[line - 1][: start + 1] + f"{tag}9" + lines[line - 1][start + 1 + len(tag) :]
    path.write_text("".join(lines), encoding="utf-8")
    place = {"file": file, "line": line, "column": column}
    wanted = [
        {**row, "tag": f"{tag}9"} if row["tag_origin"] == place else row for row in expected(layout)["containers"]
    ]
    assert document(root)["containers"] == wanted


def _shadows(root: Path) -> list[tuple[str, str, str, str]]:
    return [
        (
            shadow.unit.split("/")[0],
            shadow.name,
            f"{shadow.dead} {shadow.dead_value}",
            f"{shadow.live} {shadow.live_value}",
        )
        for shadow in declared(root).shadows
    ]


def test_shadows_name_the_dead_literal_and_the_one_that_counts() -> None:
    """The root's tag is dead for the unit with a local of its own and for the account with a nearer common.hcl."""
    name = "deploy_runner_container_image_tag"
    assert _shadows(LIVE / "reference") == [
        ("dev", name, "common.hcl:10 v0.52.1", "dev/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl:12 v0.51.8"),
        ("stage", name, "common.hcl:10 v0.52.1", "stage/common.hcl:7 v0.53.0"),
    ]


def test_chain_leads_from_the_literal_to_the_input() -> None:
    """Each step of a value's way is named, with its place."""
    unit = next(unit for unit in declared(LIVE / "reference").units if unit.account == "logs")
    envcommon = "_envcommon/mgmt/ecs-deploy-runner.hcl"
    assert [(link.text, str(link.place)) for link in unit.chains["terraform-planner.tag"]] == [
        ('"v0.52.1"', "common.hcl:10"),
        ("locals.deploy_runner_container_image_tag", "common.hcl:10"),
        ("read_terragrunt_config(common.hcl)", f"{envcommon}:16"),
        ("locals.common_vars", f"{envcommon}:16"),
        ("local.common_vars.locals.deploy_runner_container_image_tag", f"{envcommon}:32"),
        ("inputs.terraform_planner_config.container_image.docker_tag", f"{envcommon}:32"),
    ]


@pytest.mark.parametrize("scope", ["dev", "dev/us-west-2", "dev/us-west-2/mgmt/ecs-deploy-runner"])
def test_scope_below_the_root_gives_the_same_values_with_paths_from_there(scope: str) -> None:
    """Files above the scope are read all the same; their paths lead up from it."""
    whole = [row for row in document(LIVE / "reference")["containers"] if row["account"] == "dev"]
    up = "../" * (scope.count("/") + 1)

    def moved(place: dict[str, Any] | None) -> dict[str, Any] | None:
        if place is None:
            return None
        file = place["file"]
        below = file.startswith(f"{scope}/")
        return {**place, "file": file.removeprefix(f"{scope}/") if below else f"{up}{file}"}

    wanted = [
        {
            **row,
            "unit": row["unit"].removeprefix(scope).removeprefix("/") or ".",
            "image_origin": moved(row["image_origin"]),
            "tag_origin": moved(row["tag_origin"]),
        }
        for row in whole
    ]
    assert document(LIVE / "reference", scope)["containers"] == wanted


def test_diagnostics_name_what_terragrunt_would_refuse() -> None:
    """Each fault stands beside the values that could be had, with the place where Terragrunt would stop."""
    found = [f"{one.location}: {one.message}" for one in declared(LIVE / "faults").diagnostics]
    unit = "us-west-2/mgmt/ecs-deploy-runner"
    assert found == [
        (
            "accounts.json:3: account 'missing': id 12345678901 is a number,"
            " which loses leading zeros: quote its 12 digits"
        ),
        f"cycle/{unit}/terragrunt.hcl:7: cycle in locals of cycle/{unit}/terragrunt.hcl: first → second → first",
        f"lost/{unit}/terragrunt.hcl:1: include 'runner': _envcommon/gone.hcl: no such file",
        f"missing/{unit}/terragrunt.hcl:7: file: no file missing/{unit}/permissions.yml",
        "nested/common.hcl:1: nested include: Terragrunt refuses include blocks in a file that is itself included",
    ]


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("git::git@github.com:example/modules.git//vpc?ref=v1", 0),
        ("../../../..//modules/mgmt/ecs-deploy-runner", 4),
        ("${get_repo_root()}/modules//mgmt/ecs-deploy-runner?ref=v1", 4),
        ('${get_env("BASE")}//mgmt/ecs-deploy-runner?ref=${local.ref}', 4),
        ('${get_env("BASE")}//mgmt/vpc', 0),
        ("${local.base}//mgmt/ecs-deploy-runner", 4),
    ],
)
def test_unit_is_known_by_its_module(tmp_path: Path, source: str, rows: int) -> None:
    """A runner's module makes a unit, wherever the directory and whatever its address begins with."""
    extra = '\nlocals {\n  ref  = "v1"\n  base = get_env("BASE")\n}\n'
    text = unit_text(planner_text(), source) + extra
    found = declared(write(tmp_path, {**ACCOUNTS, "dev/eu-west-1/ci/terragrunt.hcl": text}))
    assert len(found.containers) == rows
    assert [gap.what for gap in found.gaps] == (
        ["module source"] if rows and ("BASE" in source or "base" in source) else []
    )


@pytest.mark.parametrize("tail", ['"${local.a}-${local.gone}"', "local.gone", "local.b", "upper(local.b)"])
def test_source_that_cannot_be_told_is_a_gap(tmp_path: Path, tail: str) -> None:
    """Where not even the end of the module's address is known, the unit is a gap."""
    text = f'terraform {{\n  source = {tail}\n}}\nlocals {{\n  a = "x"\n  b = "${{get_env("B")}}${{local.a}}"\n}}\n'
    found = declared(write(tmp_path, {**ACCOUNTS, f"{UNIT}/terragrunt.hcl": text}))
    assert (found.units, [gap.unit for gap in found.gaps]) == ((), [UNIT])


def test_local_source_is_shown_from_the_scope(tmp_path: Path) -> None:
    """No path of the machine, nor its stand-in, gets into a row."""
    source = "${get_terragrunt_dir()}/../../../../../x//modules/ecs-deploy-runner?ref=v1"
    files = {**ACCOUNTS, f"live/{UNIT}/terragrunt.hcl": unit_text(planner_text(), source)}
    shown = [declared(write(tmp_path, files), scope).units[0].module_source for scope in ("", "live", f"live/{UNIT}")]
    assert shown == [
        "./x//modules/ecs-deploy-runner?ref=v1",
        "../x//modules/ecs-deploy-runner?ref=v1",
        "../../../../../x//modules/ecs-deploy-runner?ref=v1",
    ]


def test_every_copy_of_a_text_has_its_own_places(tmp_path: Path) -> None:
    """Units of the same text are parsed once, and each row names its own file."""
    unit = unit_text(planner_text())
    files = {f"{account}/eu-west-1/runner/terragrunt.hcl": unit for account in ("a", "b", "c")}
    found = declared(write(tmp_path, files))
    assert [row.tag_origin and row.tag_origin.file for row in found.containers if row.tag] == list(files)


def test_links_that_lead_out_and_files_that_are_none_are_gaps(tmp_path: Path) -> None:
    """A unit that is a link out of the repository, a loop or a FIFO is named, never followed, never waited for."""
    outside = tmp_path / "outside.hcl"
    outside.write_text(unit_text(planner_text()), encoding="utf-8")
    root = write(tmp_path / "repository", ACCOUNTS)
    for name in ("out", "loop", "fifo"):
        (root / name).mkdir()
    (root / "out/terragrunt.hcl").symlink_to(outside)
    (root / "loop/terragrunt.hcl").symlink_to("terragrunt.hcl")
    os.mkfifo(root / "fifo/terragrunt.hcl")
    found = declared(root)
    assert found.units == ()
    assert [gap.unit for gap in found.gaps] == ["fifo", "loop", "out"]


def test_revision_gives_what_stood_in_its_files(tmp_path: Path) -> None:
    """A git revision is read from its blobs, and equals the working tree of its time."""
    root = tmp_path / "repository"
    shutil.copytree(LIVE / "reference", root)
    git = ["git", "-C", str(root), "-c", "user.name=Jo Doe", "-c", "user.email=jo@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    before = document(root)
    common = root / "common.hcl"
    common.write_text(common.read_text(encoding="utf-8").replace("v0.52.1", "v0.53.0"), encoding="utf-8")
    tree, scope = open_tree(root, "HEAD")
    assert json.loads(json.dumps(to_document(read(tree, scope)))) == before
    assert document(root)["containers"] != before["containers"]


_MUTABLE = {
    layout: {str(path.relative_to(LIVE / layout)): path.read_text(encoding="utf-8") for path in files}
    for layout in LAYOUTS
    if (files := [path for path in (LIVE / layout).rglob("*") if path.is_file()])
}
_PIECES = (
    "${",
    "}",
    '"',
    "{",
    "[",
    "local.x",
    "null",
    "<<EOT\n",
    "%{ if ",
    "include",
    "\x00",
    "../../..",
    "merge(",
    "*",
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mutation_of_a_repository_raises(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever stands in a file, reading ends with rows and gaps."""
    layout = data.draw(st.sampled_from(sorted(_MUTABLE)))
    name = data.draw(st.sampled_from(sorted(_MUTABLE[layout])))
    text = _MUTABLE[layout][name]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    piece = data.draw(st.sampled_from(_PIECES) | st.text(max_size=5))
    root = tmp_path / f"{layout}"
    if not root.exists():
        shutil.copytree(LIVE / layout, root)
    path = root / name
    path.write_text(text[:start] + piece + text[end:], encoding="utf-8", errors="replace")
    try:
        assert document(root)["schema_version"] == 1
    finally:
        path.write_text(text, encoding="utf-8")


def test_accounts_file_above_the_scope_counts(tmp_path: Path) -> None:
    """The accounts file of the repository serves a PATH below it; its name leads up from there."""
    broken = {
        "accounts.json": '{"dev": "345678901234"}',
        "accounts.yml": "dev: [",
        f"{UNIT}/terragrunt.hcl": unit_text(),
    }
    found = declared(write(tmp_path, broken), "dev")
    assert found.units[0].account_id == "345678901234"
    assert [gap.call for gap in found.gaps] == ["../accounts.yml"]


def test_json_comes_before_hcl_where_both_stand(tmp_path: Path) -> None:
    """Of two configurations in a directory Terragrunt takes the JSON one."""
    text = json.dumps({"terraform": {"source": "../x//ecs-deploy-runner"}, "inputs": {"container_images": {}}})
    files = {**ACCOUNTS, f"{UNIT}/terragrunt.hcl": unit_text(), f"{UNIT}/terragrunt.hcl.json": text}
    found = declared(write(tmp_path, files))
    assert [unit.module_source for unit in found.units] == ["../x//ecs-deploy-runner"]
    assert found.containers == ()


def test_directory_that_cannot_be_listed_is_a_gap(tmp_path: Path) -> None:
    """What lies below a name that is no text is not known, and said."""
    root = write(tmp_path, {**ACCOUNTS, f"{UNIT}/terragrunt.hcl": unit_text(planner_text())})
    (root / os.fsdecode(b"dev\xff")).mkdir()
    assert [gap.what for gap in declared(root).gaps] == ["directory"]


def test_inputs_without_value_leave_every_row_unknown(tmp_path: Path) -> None:
    """Where inputs as a whole fail, each row says why, and nothing passes for null."""
    files = {**ACCOUNTS, f"{UNIT}/terragrunt.hcl": unit_text().partition("inputs")[0] + "inputs = local.gone\n"}
    found = declared(write(tmp_path, files))
    assert {row.deployed for row in found.containers} == {None}
    assert {row.unknown["tag"] for row in found.containers} == {
        f"{UNIT}/terragrunt.hcl:5:10: there is no attribute 'gone'"
    }
    assert len(found.gaps) == 2


def test_module_of_the_repository_that_cannot_be_read_is_a_gap_of_its_unit(tmp_path: Path) -> None:
    """A fault in the repository's own module, and a second call in it, show in the unit that applies it."""
    call = 'module "{}" {{\n  source = "x//ecs-deploy-runner"\n  container_images = {{}}\n}}\n'
    files = {
        **ACCOUNTS,
        "dev/eu-west-1/ci/terragrunt.hcl": 'terraform {\n  source = "../../../modules/ci"\n}\n',
        "modules/ci/main.tf": call.format("one") + call.format("two"),
        "modules/ci/broken.tf": "x = [",
        "modules/ci/each.tf": 'module "three" {\n  source = "x//ecs-deploy-runner"\n  for_each = local.gone\n}\n',
    }
    found = declared(write(tmp_path, files))
    assert [gap.unit for gap in found.gaps] == ["dev/eu-west-1/ci", "dev/eu-west-1/ci"]
    (tmp_path / "modules/ci/each.tf").unlink()
    assert [unit.path for unit in declared(tmp_path).units] == [
        "dev/eu-west-1/ci/module.one",
        "dev/eu-west-1/ci/module.two",
    ]


def test_root_configuration_whose_source_depends_on_the_unit_is_no_gap(tmp_path: Path) -> None:
    """What others include is no unit: its source has a value only in theirs."""
    root = (
        'locals {\n  account = read_terragrunt_config(find_in_parent_folders("account.hcl"))\n}\n'
        'terraform {\n  source = "${local.account.locals.base}//modules/${basename(get_terragrunt_dir())}"\n}\n'
    )
    unit_text().partition("\n\n")[2]
    files = {
        **ACCOUNTS,
        "terragrunt.hcl": root,
        "dev/account.hcl": 'locals {\n  account_name = "dev"\n  base = "git::git@github.com:example/x.git"\n}\n',
        f"{UNIT}/terragrunt.hcl": "include {\n  path = find_in_parent_folders()\n}\n"
        + unit_text().partition("\n\n")[2],
    }
    found = declared(write(tmp_path, files))
    assert found.gaps == ()
    assert [unit.module_source for unit in found.units] == [
        "git::git@github.com:example/x.git//modules/ecs-deploy-runner"
    ]
    (tmp_path / UNIT / "terragrunt.hcl").unlink()
    assert [gap.unit for gap in declared(tmp_path).gaps] == ["."]


def test_what_lies_in_envcommon_is_no_unit(tmp_path: Path) -> None:
    """A shared configuration is read where it is included, also if it is called like a unit's."""
    include = 'include "env" {\n  path = find_in_parent_folders("_envcommon/runner/terragrunt.hcl")\n}\n'
    files = {
        **ACCOUNTS,
        "_envcommon/runner/terragrunt.hcl": unit_text(planner_text()),
        f"{UNIT}/terragrunt.hcl": include,
    }
    found = declared(write(tmp_path, files))
    assert [unit.path for unit in found.units] == [UNIT]
