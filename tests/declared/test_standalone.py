"""Tests of audit.declared.standalone: plain Terraform roots, where they belong, and what their variables say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Root
from audit.declared.tree import WorkTree
from audit.declared.units import read
from tests.declared.live import LIVE, declared, write

if TYPE_CHECKING:
    from pathlib import Path

    from audit.declared.model import Declared

SOURCE = "git::git@github.com:example/service-catalog.git//modules/mgmt/ecs-deploy-runner?ref=v0.104.2"
VARIABLE = 'variable "tag" {\n}\n'
LATER = "is known only once it is applied"
PROVIDER = 'provider "aws" {\n  region              = "eu-west-1"\n  allowed_account_ids = ["345678901234"]\n}\n'
ACCOUNTS = {"accounts.json": '{"dev": "345678901234", "prod": "444455556666"}'}


def _module(tag: str = '"v1"', more: str = "", label: str = "runner", source: str = SOURCE) -> str:
    return f"""module "{label}" {{
  source = "{source}"
  {more}

  docker_image_builder_config = null
  ami_builder_config          = null
  terraform_applier_config    = null
  terraform_planner_config = {{
    container_image = {{
      docker_image = "registry.example.com/runner"
      docker_tag   = {tag}
    }}
  }}
}}
"""


def _call(label: str, source: str, more: str = "") -> str:
    return f'module "{label}" {{\n  source = "{source}"\n  {more}\n}}\n'


def _provider(region: str, more: str) -> str:
    return f'provider "aws" {{\n  region = {region}\n  {more}\n}}\n'


def _read(root: Path, files: dict[str, str], *roots: Root, environment: dict[str, str] | None = None) -> Declared:
    return read(WorkTree(write(root, {**ACCOUNTS, **files})), "", roots=roots, environment=environment)


def _tags(found: Declared) -> dict[str, str | None]:
    return {row.unit: row.tag or row.unknown.get("tag") for row in found.containers if row.deployed}


@pytest.mark.parametrize(
    ("tag", "files", "value"),
    [
        ('"v1"', {}, "v1"),
        ("1.10", {}, "1.1"),
        ("local.tag", {"r/l.tf": 'locals {\n  tag = "v2"\n}\n'}, "v2"),
        ("var.tag", {"r/v.tf": 'variable "tag" {\n  default = "v3"\n}\n'}, "v3"),
        ("var.tag", {"r/v.tf": VARIABLE, "r/terraform.tfvars": 'tag = "v4"\n'}, "v4"),
        ("var.tag", {"r/v.tf.json": '{"variable": {"tag": {"default": "v5"}}}'}, "v5"),
        ("var.tag", {"r/v.tf": VARIABLE, "r/terraform.tfvars.json": '{"tag": "v6"}'}, "v6"),
        (
            "var.tag",
            {
                "r/v.tf": 'variable "tag" {\n  default = "no"\n}\n',
                "r/terraform.tfvars": 'tag = "no"\n',
                "r/a.auto.tfvars": 'tag = "no"\n',
                "r/b.auto.tfvars.json": '{"tag": "v7"}',
                "r/other.tfvars": 'tag = "no"\n',
            },
            "v7",
        ),
        (
            "var.tag",
            {"r/v.tf": VARIABLE},
            "variable 'tag' has no default, and no file gives it a value (r/v.tf:1)",
        ),
        ("data.aws_ssm_parameter.tag.value", {}, f"data {LATER}"),
        ("aws_x.tag.value", {"r/s.tf": 'resource "aws_x" "tag" {\n}\n'}, f"aws_x {LATER} (r/main.tf:15)"),
        ("module.o.tag", {"r/m.tf": _call("o", "./x")}, f"an output of module.o {LATER}"),
        ("terraform.workspace", {}, "the workspace is known only where the command runs"),
        ('trimspace(file("${path.module}/tag.txt"))', {"r/tag.txt": "v8\n"}, "v8"),
        ('file("gone.txt")', {}, "r/main.tf:15:22: file: no file r/gone.txt"),
        ("gone.tag", {}, "r/main.tf:15:22: there is no variable named 'gone'"),
        ("null", {}, "terraform_planner_config.container_image.docker_tag is null"),
        ("[1]", {}, "terraform_planner_config.container_image.docker_tag: "),
    ],
)
def test_tag_comes_from_wherever_terraform_takes_it(
    tmp_path: Path, tag: str, files: dict[str, str], value: str
) -> None:
    """Literals, locals, defaults and files of variables in Terraform's order; what it knows only later is unknown."""
    found = _read(tmp_path, {"r/main.tf": PROVIDER + _module(tag), **files})
    assert list(_tags(found)) == ["r"]
    assert (_tags(found)["r"] or "").startswith(value)
    assert bool(found.gaps) is (found.containers[-1].tag is None)


def test_var_files_of_the_entry_come_last_and_the_environment_first(tmp_path: Path) -> None:
    """Files that the configuration names beat all others; TF_VAR_… is beaten by any file."""
    files = {
        "r/main.tf": PROVIDER + VARIABLE + _module("var.tag"),
        "r/env/prod.tfvars": 'tag = "v2"\n',
        "r/x.auto.tfvars": 'tag = "v1"\n',
    }
    entry = Root(path="r", var_files=("env/prod.tfvars",))
    assert _tags(_read(tmp_path, files, entry)) == {"r": "v2"}
    assert _tags(_read(tmp_path, files, environment={"TF_VAR_tag": "v0"})) == {"r": "v1"}
    (tmp_path / "r/x.auto.tfvars").unlink()
    assert _tags(read(WorkTree(tmp_path), "", environment={"TF_VAR_tag": "v0"})) == {"r": "v0"}


def test_file_of_variables_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    """A missing, broken or computing file of variables is said; the rest counts."""
    files = {
        "r/main.tf": PROVIDER + _module(),
        "r/a.auto.tfvars": "tag = ",
        "r/b.auto.tfvars": 'x = file("/etc/passwd")\n',
    }
    found = _read(tmp_path, files, Root(path="r", var_files=("gone.tfvars", "/etc/passwd")))
    assert _tags(found) == {"r": "v1"}
    assert [gap.message.partition("cannot be read: ")[2] for gap in found.gaps] == [
        "'/etc/passwd' lies outside of the repository, not read",
        "r/a.auto.tfvars:1:7: unexpected end of line",
        "r/gone.tfvars: no such file",
    ]


@pytest.mark.parametrize(
    ("provider", "more", "place"),
    [
        (PROVIDER, "", ("dev", "345678901234", "eu-west-1")),
        (PROVIDER.replace("345678901234", "999900001111"), "", ("999900001111", "999900001111", "eu-west-1")),
        (
            _provider('"eu-west-1"', 'assume_role {\n    role_arn = "arn:aws:iam::444455556666:role/x"\n  }'),
            "",
            ("prod", "444455556666", "eu-west-1"),
        ),
        (
            PROVIDER
            + 'provider "aws" {\n  alias = "us"\n  region = "us-east-1"\n  allowed_account_ids = ["444455556666"]\n}\n',
            "providers = {\n    aws = aws.us\n    aws.eu = aws\n  }",
            ("prod", "444455556666", "us-east-1"),
        ),
        (PROVIDER, "providers = {\n    aws = aws\n  }", ("dev", "345678901234", "eu-west-1")),
        ('provider "aws" {\n  region = var.region\n  allowed_account_ids = var.ids\n}\n', "", (None, None, None)),
        ('provider "aws" {\n  region = local.gone\n  allowed_account_ids = [local.gone]\n}\n', "", (None, None, None)),
        ('provider "aws" {\n  region = null\n  allowed_account_ids = ["1", "2"]\n}\n', "", (None, None, None)),
        ('provider "google" {\n}\n', "", (None, None, None)),
        ('provider "aws" {\n  alias = local.gone\n}\n', "", (None, None, None)),
        ('terraform {\n  backend "s3" {}\n}\n', "", (None, None, None)),
    ],
)
def test_account_and_region_are_the_providers(
    tmp_path: Path, provider: str, more: str, place: tuple[str | None, str | None, str | None]
) -> None:
    """The provider that the module gets says where it is; what it doesn't say is unknown, with a gap."""
    variables = 'variable "region" {\n}\nvariable "ids" {\n}\n'
    found = _read(tmp_path, {"r/main.tf": provider + variables + _module(more=more)})
    (unit,) = found.units
    assert (unit.account, unit.account_id, unit.region) == place
    assert bool(found.gaps) is (None in place)


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        (Root(path="r", account="prod", region="us-east-1"), ("prod", "444455556666", "us-east-1")),
        (Root(path="./r/", account="444455556666"), ("prod", "444455556666", "eu-west-1")),
        (Root(path="r", region="us-east-1"), ("dev", "345678901234", "us-east-1")),
        (Root(path="r", account="gone"), ("gone", None, "eu-west-1")),
    ],
)
def test_entry_of_the_configuration_beats_the_provider(
    tmp_path: Path, entry: Root, place: tuple[str | None, str | None, str | None]
) -> None:
    """What a [[root]] entry says counts; what it leaves out is the provider's."""
    (unit,) = _read(tmp_path, {"r/main.tf": PROVIDER + _module()}, entry).units
    assert (unit.account, unit.account_id, unit.region) == place


def test_entry_that_names_no_root_is_a_gap(tmp_path: Path) -> None:
    """A [[root]] entry whose directory calls no runner, or isn't there, is not passed over."""
    found = _read(tmp_path, {"r/main.tf": PROVIDER}, Root(path="r"), Root(path="gone"))
    assert [gap.message for gap in found.gaps] == [
        "gone: [[root]] names it, but it calls no ecs-deploy-runner module",
        "r: [[root]] names it, but it calls no ecs-deploy-runner module",
    ]


def test_several_runners_of_a_root_are_units_of_their_own(tmp_path: Path) -> None:
    """Two calls, and each instance of a for_each, have a path of their own; count = 0 has none."""
    text = (
        PROVIDER
        + _module(label="one")
        + _module(label="off", more="count = 0")
        + _module(label="on", more="count = 1")
        + _module("each.value", label="map", more='for_each = { a = "v2" }')
        + _module("each.key", label="set", more='for_each = toset(["v3"])')
        + _module("each.value", label="later", more="for_each = data.x.y")
    )
    tags = _tags(_read(tmp_path, {"main.tf": text}))
    assert tags == {
        "./module.one": "v1",
        "./module.on": "v1",
        "./module.map[a]": "v2",
        "./module.set[v3]": "v3",
        "./module.later": "data is known only once it is applied",
    }


def test_modules_of_the_repository_are_followed(tmp_path: Path) -> None:
    """A root that calls the runner through its own modules is the unit, with its provider; the modules are none."""
    files = {
        "live/main.tf": PROVIDER
        + 'module "a" {\n  source = "../lib/a"\n  tag = "v9"\n}\nmodule "v" {\n  source = var.x\n}\n',
        "lib/a/main.tf": VARIABLE + _call("b", "..//b", 'tag = "${var.tag}.1"'),
        "lib/b/main.tf": VARIABLE + _module("var.tag"),
        "infrastructure-modules/alone/main.tf": _module(),
    }
    files["live/main.tf"] += 'variable "x" {\n}\n'
    found = _read(tmp_path, files)
    assert _tags(found) == {"live": "v9.1"}
    assert found.units[0].account == "dev"
    assert [one.message for one in found.diagnostics] == [
        "calls ecs-deploy-runner, but nothing here applies it: name it in [[root]] if it is a root"
    ]


def test_local_module_of_the_runners_name_is_followed_unless_it_has_the_runners_inputs(tmp_path: Path) -> None:
    """A wrapper with inputs of its own is looked through, one with the real one's inputs speaks for itself."""
    wrapper = VARIABLE + _module("var.tag")
    files = {
        "w/modules/ecs-deploy-runner/main.tf": wrapper,
        "w/main.tf": PROVIDER + 'module "r" {\n  source = "./modules/ecs-deploy-runner"\n  tag = "v5"\n}\n',
        "x/modules/ecs-deploy-runner/main.tf": _module("null"),
        "x/main.tf": PROVIDER + _module('"v6"', source="./modules/ecs-deploy-runner"),
    }
    assert _tags(_read(tmp_path, files)) == {"w": "v5", "x": "v6"}


def test_terragrunt_applies_a_module_of_the_repository(tmp_path: Path) -> None:
    """A Terragrunt unit over the repository's own module gives it its inputs, also beside its own *.tf files."""
    place = {"dev/account.hcl": 'locals {\n  account_name = "dev"\n}\n'}
    unit = 'terraform {\n  source = "../../../modules//ci"\n}\ninputs = {\n  tag = "v7"\n}\n'
    files = {
        **place,
        "modules/ci/main.tf": VARIABLE + _module("var.tag"),
        "dev/eu-west-1/ci/terragrunt.hcl": unit,
        "dev/eu-west-1/own/terragrunt.hcl": 'inputs = {\n  tag = "v8"\n}\n',
        "dev/eu-west-1/own/main.tf": VARIABLE + _module("var.tag"),
        "dev/eu-west-1/vpc/terragrunt.hcl": 'terraform {\n  source = "../../../modules//vpc"\n}\n',
    }
    found = _read(tmp_path, files)
    assert _tags(found) == {"dev/eu-west-1/ci": "v7", "dev/eu-west-1/own": "v8"}
    assert {(unit.kind, unit.account, unit.region) for unit in found.units} == {("terragrunt", "dev", "eu-west-1")}
    assert found.gaps == ()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a/main.tf": PROVIDER + _module() + "x = ["}, "a/main.tf:19:5: '[' is never closed"),
        (
            {
                "a/main.tf": 'module "b" {\n  source = "../b"\n}\n',
                "b/main.tf": 'module "a" {\n  source = "../a"\n}\n' + _module(),
            },
            "module.a calls a module that it is called by",
        ),
        ({"a/main.tf": PROVIDER + _module(more="for_each = local.gone")}, "there is no attribute 'gone'"),
        (
            {
                f"d{at}/main.tf": "".join(f'module "m{n}" {{\n  source = "../d{at + 1}"\n}}\n' for n in range(4))
                for at in range(8)
            }
            | {"d8/main.tf": _module()},
            "more than 200 calls of modules",
        ),
    ],
    ids=["broken", "circle", "for_each", "fan-out"],
)
def test_root_that_cannot_be_read_is_a_gap(tmp_path: Path, files: dict[str, str], message: str) -> None:
    """A fault in a root is said with its place, and bounded."""
    found = _read(tmp_path, files)
    assert any(message in gap.message for gap in found.gaps), found.gaps


def test_defaults_and_files_that_are_overridden_are_shadows() -> None:
    """A default and a file of variables that say something else than what counts are named."""
    found = [(one.name, str(one.dead), one.dead_value, one.live_value) for one in declared(LIVE / "standalone").shadows]
    assert found == [
        ("deploy_runner_tag", "dev/runner/terraform.tfvars:2", "v0.51.0", "v0.52.0"),
        ("deploy_runner_tag", "dev/runner/variables.tf:21", "v0.50.0", "v0.52.0"),
    ]


@pytest.mark.parametrize(
    ("files", "units"),
    [
        ({"modules/x/main.tf": _module()}, []),
        ({"examples/x/main.tf": _module()}, []),
        ({"modules/x/main.tf": _module(), "modules/x/.terraform.lock.hcl": ""}, ["modules/x"]),
        ({"modules/x/main.tf": _module(), "modules/x/prod.tfvars": ""}, ["modules/x"]),
        ({"modules/x/main.tf": PROVIDER + _module()}, ["modules/x"]),
        ({"ci/main.tf": _module()}, ["ci"]),
    ],
)
def test_root_is_told_from_a_module_that_nobody_calls(tmp_path: Path, files: dict[str, str], units: list[str]) -> None:
    """A provider, a backend, values or a lock make a root; a library's directory without them is none, as is said."""
    found = _read(tmp_path, files)
    assert [unit.path for unit in found.units] == units
    assert bool(found.diagnostics) is not bool(units)
