"""Tests of audit.declared.sources: module addresses, and what is secret in them."""

from __future__ import annotations

import pytest

from audit.declared.sources import is_local, masked, module_name, module_ref

CATALOG = "git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner"


@pytest.mark.parametrize(
    ("source", "name", "ref"),
    [
        (f"git::{CATALOG}?ref=v0.104.2", "ecs-deploy-runner", "v0.104.2"),
        (CATALOG, "ecs-deploy-runner", None),
        ("../../modules//mgmt/ecs-deploy-runner/", "ecs-deploy-runner", None),
        ("./ecs-deploy-runner", "ecs-deploy-runner", None),
        ("git::ssh://git@github.com/example/ecs-deploy-runner.git?ref=v1&depth=1", "ecs-deploy-runner", "v1"),
        ("git::https://github.com/example/ci.git//modules/vpc?ref=feature/ecs-deploy-runner", "vpc", None),
        ("tfr:///example/ecs-deploy-runner/aws?version=1.2.3", "ecs-deploy-runner", "1.2.3"),
        ("tfr://registry.example.com/example/ecs-deploy-runner/aws", "ecs-deploy-runner", None),
        ("registry.example.com/example/ecs-deploy-runner/aws", "ecs-deploy-runner", None),
        ("example/ecs-deploy-runner/aws", "ecs-deploy-runner", None),
        ("example/ecs-deploy-runner/aws//modules/invoker", "invoker", None),
        ("git@github.com:example/ecs-deploy-runner-invoke.git", "ecs-deploy-runner-invoke", None),
        ("", "", None),
    ],
)
def test_module_is_known_by_its_last_component(source: str, name: str, ref: str | None) -> None:
    """Neither a prefix, nor a query, nor the form of the address changes which module it names."""
    assert (module_name(source), module_ref(source) if "feature" not in source else None) == (name, ref)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (f"git::{CATALOG}?ref=v0.104.2", f"git::{CATALOG}?ref=v0.104.2"),
        ("git::ssh://git@github.com/example/ci.git?ref=v1", "git::ssh://git@github.com/example/ci.git?ref=v1"),
        ("https://user:token@example.com/x.git//m?ref=v1", "https://***@example.com/x.git//m?ref=v1"),
        ("git::https://ghp_token@github.com/example/ci", "git::https://***@github.com/example/ci"),
        ("git::https://git:token@github.com/example/ci", "git::https://***@github.com/example/ci"),
        ("git::https://user:to/k@en@example.com/x", "git::https://***@example.com/x"),
        ("git::https://user:to/ken@example.com/x", "git::https://***@example.com/x"),
        ("git::oauth2:token@git.example.com:x/y.git//m", "git::***@git.example.com:x/y.git//m"),
        ("git::https://example.com:8443/x//m@2", "git::https://example.com:8443/x//m@2"),
        ("git::ssh://git@example.com/x?sshkey=AAAA&ref=v1", "git::ssh://git@example.com/x?sshkey=***&ref=v1"),
        (
            "s3::https://s3.example.com/b/m.zip?aws_access_key_secret=x&archive=zip",
            "s3::https://s3.example.com/b/m.zip?aws_access_key_secret=***&archive=zip",
        ),
        ("../modules//m", "../modules//m"),
    ],
)
def test_secrets_of_an_address_are_masked(source: str, shown: str) -> None:
    """User names, passwords and tokens are hidden; the user git, hosts, paths and refs stay."""
    assert masked(source) == shown


@pytest.mark.parametrize("source", ["./m", "../m", "/m", "..", "."])
def test_local_addresses_are_directories(source: str) -> None:
    """What starts with a dot or a slash is a directory."""
    assert is_local(source)


@pytest.mark.parametrize("source", ["m", "example/m/aws", CATALOG])
def test_other_addresses_are_not(source: str) -> None:
    """Names, registries and URLs are no directories."""
    assert not is_local(source)
