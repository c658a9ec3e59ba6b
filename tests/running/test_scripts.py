"""What the invoker lets its callers run."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from audit.running.model.invoker import Script
from audit.running.redact import DROPPED
from audit.running.scripts import scripts


def packed(value: object) -> str:
    """Encode as the module does."""
    return base64.b64encode(gzip.compress(json.dumps(value).encode())).decode()


PLANNER = {
    "hardcoded_options": {"allowed-apply-refs-json": ['["main"]'], "git-token": ["ghp_16C7e42F292c6912E7710c838347"]},
    "hardcoded_args": ["--quiet"],
    "allow_positional_args": False,
    "allowed_options": ["--ref", "--command"],
    "allowed_options_without_args": ["--verbose"],
    "restricted_options": ["--exec"],
    "restricted_options_regex": {"--repo": "^git@github.com:acme/.*$"},
}


@pytest.mark.parametrize(
    "nested",
    [
        pytest.param({"terraform-planner": {"infrastructure-deploy-script": PLANNER}}, id="flat"),
        pytest.param({"terraform-planner": {"scripts": {"infrastructure-deploy-script": PLANNER}}}, id="nested"),
        pytest.param(
            {"containers": {"terraform-planner": {"scripts": {"infrastructure-deploy-script": PLANNER}}}}, id="deep"
        ),
    ],
)
def test_scripts_are_found_however_nested(nested: object) -> None:
    """A script is known by its keys; secrets among its options are dropped."""
    assert scripts(packed(nested)) == (
        Script(
            container="terraform-planner",
            name="infrastructure-deploy-script",
            allowed_options=("--ref", "--command", "--verbose"),
            restricted_options=("--exec",),
            patterns=(("--repo", "^git@github.com:acme/.*$"),),
            hardcoded=(("allowed-apply-refs-json", ('["main"]',)), ("git-token", (DROPPED,)), ("", ("--quiet",))),
            positional=False,
        ),
    )


def test_secret_after_its_option_is_dropped() -> None:
    """Hardcoded arguments stand in one list: an option, then its value."""
    arguments = ["--password", "hunter2", "--token=hunter3", "--quiet", "main", 5]
    (one,) = scripts(packed({"container": {"script": {"hardcoded_args": arguments}}})) or ()
    assert one.hardcoded == (("", ("--password", DROPPED, DROPPED, "--quiet", "main", "5")),)


def test_odd_shapes_give_what_they_hold() -> None:
    """Values of unexpected types are left out, not an error."""
    odd = {"allowed_options": None, "hardcoded_options": [1], "allow_positional_args": "yes"}
    (one,) = scripts(packed({"container": {"script": odd}, "x": [1], "y": {"z": None}})) or ()
    assert (one.container, one.name, one.allowed_options, one.hardcoded, one.positional) == (
        "container",
        "script",
        ("*",),
        (),
        False,
    )


def _deep(levels: int) -> object:
    value: object = PLANNER
    for _ in range(levels):
        value = {"k": value}
    return value


@pytest.mark.parametrize(
    "variable",
    [
        pytest.param("no base64!", id="no base64"),
        pytest.param(base64.b64encode(b"no gzip").decode(), id="no gzip"),
        pytest.param(base64.b64encode(gzip.compress(b"{")).decode(), id="no json"),
        pytest.param(base64.b64encode(gzip.compress(b"[" * 100_000)).decode(), id="too deep"),
        pytest.param(base64.b64encode(gzip.compress(b" " * 5_000_000)).decode(), id="bomb"),
        pytest.param(packed({})[:20], id="cut"),
    ],
)
def test_what_cannot_be_decoded_is_none(variable: str) -> None:
    """Anything else than a small JSON document in gzip in base64 is nothing that is known."""
    assert scripts(variable) is None


def test_nothing_below_the_depth_limit_is_looked_for() -> None:
    """The walk is bounded."""
    assert scripts(packed(_deep(12))) != ()
    assert scripts(packed(_deep(14))) == ()
