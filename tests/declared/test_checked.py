"""Tests of audit.declared.checked: what Terragrunt would refuse, once for each kind of unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.declared.live import ACCOUNTS, declared, planner_text, unit_text, write

if TYPE_CHECKING:
    from pathlib import Path


def _found(root: Path, files: dict[str, str]) -> list[str]:
    return [f"{one.unit}: {one.location}: {one.message}" for one in declared(write(root, files)).diagnostics]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("locals {\n  a = local.b\n  b = local.a\n}\n", "12: cycle in locals of r/terragrunt.hcl: b → a → b"),
        ('locals {\n  a = { b = [1, { c = file("gone.txt") }] }\n}\n', "12: file: no file r/gone.txt"),
        ("locals {\n  a = { b = local.gone }\n}\n", "12: there is no attribute 'gone'"),
        ("locals {\n  me = local\n}\n", None),
        (
            'terraform {\n  extra_arguments "x" {\n    required_var_files = ["x.tfvars"]\n  }\n}\n',
            "12: files of variables",
        ),
    ],
)
def test_faults_that_no_row_needs(tmp_path: Path, more: str, message: str | None) -> None:
    """A local that has no value, however deep, is reported with its place, beside the rows."""
    text = unit_text(planner_text()) + more
    found = _found(tmp_path, {**ACCOUNTS, "r/terragrunt.hcl": text})
    if message is None:
        assert found == []
    else:
        assert any(f"r/terragrunt.hcl:{message}" in one for one in found), found


def test_a_fault_of_inputs_as_a_whole_is_reported(tmp_path: Path) -> None:
    """Inputs that have no value are one diagnostic, of the unit and of its include."""
    files = {
        **ACCOUNTS,
        "root.hcl": "inputs = local.gone\n",
        "r/terragrunt.hcl": 'include {\n  path = "../root.hcl"\n}\n' + unit_text(planner_text()),
    }
    assert _found(tmp_path, files) == ["r: root.hcl:1: there is no attribute 'gone'"]


def test_units_of_one_kind_are_checked_once_and_others_again(tmp_path: Path) -> None:
    """The same fault of a hundred copies is said once; a unit in other surroundings has its own."""
    more = 'locals {\n  common = read_terragrunt_config(find_in_parent_folders("common.hcl"))\n}\n'
    unit = unit_text(planner_text()) + more
    files = {f"{name}/r/terragrunt.hcl": unit for name in ("a", "b", "c", "d")} | {"d/common.hcl": "locals {\n}\n"}
    found = _found(tmp_path, {**ACCOUNTS, **files})
    assert found == ["a/r: a/r/terragrunt.hcl:12: find_in_parent_folders finds no 'common.hcl' above a/r"]


def test_shared_configuration_is_checked_once_and_belongs_to_no_unit(tmp_path: Path) -> None:
    """A fault in what all units read is one diagnostic."""
    unit = unit_text(planner_text("local.common.locals.tag")) + (
        'locals {\n  common = read_terragrunt_config(find_in_parent_folders("common.hcl"))\n}\n'
    )
    common = 'locals {\n  tag = "v1"\n  list = concat(local.gone, [])\n}\n'
    files = {f"{name}/r/terragrunt.hcl": unit for name in ("a", "b")} | {"common.hcl": common}
    assert _found(tmp_path, {**ACCOUNTS, **files}) == ["None: common.hcl:3: there is no attribute 'gone'"]


def test_budget_ends_a_check_that_costs_too_much(tmp_path: Path) -> None:
    """A unit whose locals double is one diagnostic, and its tag is still known."""
    doubling = "".join(f"  a{at} = concat(local.a{at - 1}, local.a{at - 1})\n" for at in range(1, 40))
    text = unit_text(planner_text()) + f'locals {{\n  a0 = ["a", "b"]\n{doubling}}}\n'
    found = _found(tmp_path, {**ACCOUNTS, "r/terragrunt.hcl": text})
    assert len(found) == 1
    assert "more steps" in found[0]


def test_broken_file_among_merged_inputs_hides_no_tag_that_comes_after_it(tmp_path: Path) -> None:
    """What is merged over a file that can't be read is known; all else is unknown for that reason, and it is said."""
    inputs = 'inputs = merge({ name = "before" }, yamldecode(file("gone.yml")), {\n' + planner_text() + "})\n"
    files = {**ACCOUNTS, "r/terragrunt.hcl": unit_text().partition("inputs")[0] + inputs}
    found = declared(write(tmp_path, files))
    rows = {row.container: (row.deployed, row.tag) for row in found.containers}
    assert rows["terraform-planner"] == (True, "v1")
    assert rows["terraform-applier"] == (None, None)
    assert {row.stack for row in found.containers} == {None}
    assert [f"{one.location}: {one.message}" for one in found.diagnostics] == [
        "r/terragrunt.hcl:5: file: no file r/gone.yml"
    ]
