"""Tests of audit.declared.containers: what inputs say of each container, and why something of it is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.declared.live import ACCOUNTS, UNIT, declared, planner_text, unit_text, write

if TYPE_CHECKING:
    from pathlib import Path

TAG = "terraform_planner_config.container_image.docker_tag"


@pytest.mark.parametrize(
    ("inputs", "row", "unknown"),
    [
        (planner_text(), (True, "registry.example.com/runner", "v1"), {}),
        (
            planner_text('"v1-${basename(get_repo_root())}"'),
            (True, "registry.example.com/runner", None),
            {"tag": f"{TAG} depends on where the repository is checked out"},
        ),
        (planner_text("1.10"), (True, "registry.example.com/runner", "1.1"), {}),
        ("  terraform_planner_config = null\n", (False, None, None), {}),
        ("", (False, None, None), {}),
        (
            "  terraform_planner_config = {}\n",
            (True, None, None),
            dict.fromkeys(("image", "tag"), "terraform_planner_config.container_image.docker_{} is not set"),
        ),
        (
            '  terraform_planner_config = { container_image = { docker_image = "i" } }\n',
            (True, "i", None),
            {"tag": "terraform_planner_config.container_image.docker_tag is not set"},
        ),
        (
            '  terraform_planner_config = "x"\n',
            (True, None, None),
            dict.fromkeys(("image", "tag"), "terraform_planner_config is not an object"),
        ),
        (
            "  terraform_planner_config = { container_image = null }\n",
            (True, None, None),
            {name: f"terraform_planner_config.container_image.docker_{name} is null" for name in ("image", "tag")},
        ),
        (
            '  terraform_planner_config = { container_image = "x" }\n',
            (True, None, None),
            dict.fromkeys(("image", "tag"), "terraform_planner_config.container_image.docker_{} is not set"),
        ),
        (
            '  terraform_planner_config = get_env("CONFIG")\n',
            (None, None, None),
            dict.fromkeys(
                ("deployed", "image", "tag"),
                f"environment variable CONFIG is known only where the command runs ({UNIT}/terragrunt.hcl:9)",
            ),
        ),
        (
            "  (local.gone) = 1\n" + planner_text(),
            (None, None, None),
            dict.fromkeys(
                ("deployed", "image", "stack", "tag"), f"{UNIT}/terragrunt.hcl:9:4: there is no attribute 'gone'"
            ),
        ),
    ],
)
def test_row_says_what_the_input_says(
    tmp_path: Path, inputs: str, row: tuple[bool | None, str | None, str | None], unknown: dict[str, str]
) -> None:
    """Null is not deployed, a number is its text, and what is missing or unknown has a reason and a gap."""
    found = declared(write(tmp_path, {**ACCOUNTS, f"{UNIT}/terragrunt.hcl": unit_text(inputs)}))
    (planner,) = (one for one in found.containers if one.container == "terraform-planner")
    assert (planner.deployed, planner.image, planner.tag) == row
    assert planner.unknown == {name: reason.format(name) for name, reason in unknown.items()}
    assert bool(found.gaps) is bool(unknown)


@pytest.mark.parametrize(
    ("images", "rows", "fault"),
    [
        ('{ a = { docker_image = "i", docker_tag = "t" }, b = null }', {"a": (True, "t"), "b": (False, None)}, False),
        ('{ a = { container_image = { docker_image = "i", docker_tag = "t" } } }', {"a": (True, "t")}, False),
        ("null", {}, False),
        ('get_env("IMAGES")', {}, True),
        ('"x"', {}, True),
        ('{ a = { docker_image = "i", docker_tag = local.gone } }', {"a": (True, None)}, True),
    ],
)
def test_further_containers(
    tmp_path: Path,
    images: str,
    rows: dict[str, tuple[bool, str | None]],
    fault: bool,  # noqa: FBT001 -- a table
) -> None:
    """Each key of additional_container_images is a container; where they can't be known there is a gap."""
    inputs = f"  terraform_planner_config = null\n  additional_container_images = {images}\n"
    found = declared(write(tmp_path, {**ACCOUNTS, f"{UNIT}/terragrunt.hcl": unit_text(inputs)}))
    standard = {"ami-builder", "docker-image-builder", "terraform-applier", "terraform-planner"}
    assert {row.container: (row.deployed, row.tag) for row in found.containers if row.container not in standard} == rows
    assert bool(found.gaps) is fault
