"""Values become arguments only where their grammar lets them."""

from __future__ import annotations

import pytest

from audit.errors import RefusedError
from audit.remedy.grammar import Kind, fits, valid

HOSTILE = (
    "",
    "-x",
    "--server",
    "a;b",
    "$(x)",
    "a\0b",
    "a\nb",
    "`x`",
    "a|b",
    "a b\x1b",
    "x" * 3000,
    "é\u202e",
    "a'b",
    'a"b',
)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("account", "dev"),
        ("account", "prod west"),
        ("account id", "012345678901"),
        ("branch", "release/1.x"),
        ("build argument", "terraform_version=1.5.7"),
        ("build secret", "github-token=GITHUB_OAUTH_TOKEN"),
        ("build secret", "GITHUB_OAUTH_TOKEN"),
        ("container", "terraform-planner"),
        ("image name", "team/ecs-deploy-runner"),
        ("path", "dev/us-west-2/mgmt/ecs-deploy-runner"),
        ("path", "."),
        ("path", "with space/é"),
        ("profile", "your-dev"),
        ("region", "us-gov-west-1"),
        ("registry", "234567890123.dkr.ecr.us-west-2.amazonaws.com"),
        ("repository url", "https://github.com/example/terraform-aws-ci.git"),
        ("repository url", "git@github.com:example/terraform-aws-ci.git"),
        ("repository url", "ssh://git@git.example.com:2222/example/ci"),
        ("stack", "ecs-deploy-runner-eu"),
        ("tag", "v0.107.5-gwrc"),
    ],
)
def test_takes_what_is_usual(kind: Kind, text: str) -> None:
    """The values of the guide pass as they are."""
    assert valid(kind, text) == text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "kind",
    [
        "account",
        "account id",
        "branch",
        "build argument",
        "build secret",
        "container",
        "image name",
        "profile",
        "region",
        "registry",
        "repository url",
        "stack",
        "tag",
    ],
)
def test_refuses_what_is_hostile(kind: Kind, text: str) -> None:
    """Nothing that a shell or an option parser could take otherwise passes."""
    with pytest.raises(RefusedError, match="refused"):
        valid(kind, text)


@pytest.mark.parametrize(
    "path", ["/etc", "../x", "a/../b", "a//b", "-x", "a/-x", "./a", "", "a\0", "a\nb", "a\\b", "a/\u202e", "é" * 1100]
)
def test_refuses_paths(path: str) -> None:
    """A path stays below the repository's root, and none of its parts is an option."""
    assert not fits("path", path)


@pytest.mark.parametrize(
    "url",
    [
        "https://***@github.com/a/b.git",
        "https://user:token@github.com/a/b.git",
        "ext::sh -c x",
        "file:///etc",
        "--upload-pack=x",
        "git@-oProxyCommand=x:a/b",
        "ssh://-oProxyCommand=x/a",
        "https://github.com/../x",
    ],
)
def test_refuses_urls(url: str) -> None:
    """A repository's address is https or ssh, without credentials or anything to run."""
    assert not fits("repository url", url)
