"""Worker AMIs in HCL: literals only."""

from __future__ import annotations

import pytest

from audit.declared.pins.workers import worker_pins
from audit.errors import HclSyntaxError

UNIT = """\
# "ecs-deploy-runner-worker-v0.1.0-*"
inputs = {
  ec2_worker_pool_configuration = {
    ami_filters = {
      filters = [{ name = "name", values = ["ecs-deploy-runner-worker-v0.90.2-*"] }]
    }
  }
  text = <<-EOF
    "ecs-deploy-runner-worker-v0.2.0-*"
  EOF
  other    = "ecs-deploy-runner-worker-"
  computed = "ecs-deploy-runner-worker-${local.ref}-*"
}
"""


@pytest.mark.parametrize(("file", "unit"), [("a/mgmt/terragrunt.hcl", "a/mgmt"), ("_envcommon/x.hcl", None)])
def test_filter(file: str, unit: str | None) -> None:
    """The name in a filter, and for a unit's own file which unit."""
    (pin,) = worker_pins(UNIT, file)
    assert (pin.kind, pin.name, pin.value) == ("worker-ami", "ami_filters", "ecs-deploy-runner-worker-v0.90.2-*")
    assert (pin.origin.line, pin.origin.column, pin.unit) == (5, 45, unit)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        pytest.param('ec2_worker_pool_ami_version_tag = "v0.90.2"', [(1, 35)], id="attribute"),
        pytest.param('inputs = { "ec2_worker_pool_ami_version_tag" = "v0.90.2" }', [(1, 48)], id="key"),
        pytest.param('module "x" {\n  ec2_worker_pool_ami_version_tag = "v0.90.2"\n}', [(2, 37)], id="block"),
        pytest.param("ec2_worker_pool_ami_version_tag = var.x", [], id="reference"),
        pytest.param("ec2_worker_pool_ami_version_tag = null", [], id="null"),
        pytest.param('x = "ec2_worker_pool_ami_version_tag"', [], id="value"),
        pytest.param("broken {", [], id="broken, but without the name"),
    ],
)
def test_tag(text: str, places: list[tuple[int, int]]) -> None:
    """The version tag that the standalone module takes."""
    pins = list(worker_pins(text, "x.tf"))
    assert [(pin.origin.line, pin.origin.column) for pin in pins] == places
    assert {(pin.name, pin.value) for pin in pins} <= {("ec2_worker_pool_ami_version_tag", "v0.90.2")}


def test_broken() -> None:
    """A file that is no HCL is an error with its place."""
    with pytest.raises(HclSyntaxError):
        list(worker_pins('a = "ecs-deploy-runner-worker-v1-*"\nb = {', "x.tf"))
