"""The way from a running release to another: hops, barriers and reasons, against paths written by hand."""

from __future__ import annotations

from datetime import date

import pytest

from audit.released import catalog
from audit.released.hops import Barrier, Builder, Hop, Route, obstacles, route
from audit.released.model import Release

ABLE = Builder(kaniko="v0.51.8", catalog_ref="v0.104.2", env_secret=True)

IAM = ("v0.42.0", "iam", "the runner gets managed policies, and its image no longer runs as root")
NETWORK = (
    "v0.45.0",
    "network",
    "the security group is created anew: rules elsewhere that name the old one must follow",
)
PROVIDER = ("v0.48.0", "provider", "needs the AWS provider 3.75.1 or newer")
FARGATE = ("v0.50.0", "platform", "tasks run on Fargate platform 1.4.0")
SSH = ("v0.51.2", "breaking", "GitHub's SSH host key changed: images older than this cannot clone over SSH")
TGSWITCH = ("v0.51.4", "tools", "terragrunt versions are switched by tgswitch")
MISE = ("v0.55.0", "tools", "mise replaces tfenv and tgswitch: how tool versions are pinned changes")
PYTHON = ("v0.56.0", "invoker", "the invoker runs on Python 3.12")
OPENTOFU = ("v1.0.0", "provider", "moves to OpenTofu, with other provider requirements")
PROVIDER_6 = ("v1.1.0", "provider", "needs the AWS provider v6 (v1.1.0 to v1.2.0)")
MARKED = ("v0.41.0", "breaking", "marked backward incompatible in its release notes")
BY_HAND = (
    "both images must be built with local Docker (BuildKit 18.09 or newer, --platform linux/amd64), "
    "pushed and applied: "
)

KANIKO_ALONE = (
    "the kaniko image of v0.52.1 must be built with local Docker (BuildKit 18.09 or newer, --platform linux/amd64), "
    "pushed and applied: the running kaniko image is v0.50.4, older than v0.50.6"
)

LATE = [MISE, PYTHON, OPENTOFU, PROVIDER_6]


def bootstrap(reason: str, release: str = "v0.50.12") -> tuple[str, str, str]:
    """Give the barrier of a build by hand."""
    return release, "bootstrap", BY_HAND + reason


def old(kaniko: str) -> Builder:
    """Give a builder whose kaniko image is that of an older runner."""
    return Builder(kaniko=kaniko, catalog_ref="v0.104.2", env_secret=True)


def too_old(kaniko: str) -> tuple[str, str, str]:
    """Give the barrier that such a builder meets."""
    return bootstrap(f"the running kaniko image is {kaniko}, older than v0.50.6")


TO_SECRETS = [IAM, NETWORK, PROVIDER, FARGATE]

# start, builder, target, hops as (start, to, build, barriers)
PATHS = [
    pytest.param(
        "v0.41.1",
        old("v0.41.1"),
        "v0.52.19",
        [
            ("v0.41.1", "v0.50.12", "local", [*TO_SECRETS, too_old("v0.41.1")]),
            ("v0.50.12", "v0.52.19", "inside", [SSH, TGSWITCH]),
        ],
        id="v0.41.1 to v0.52.19",
    ),
    pytest.param(
        "v0.41.1",
        old("v0.41.1"),
        "v1.3.0",
        [
            ("v0.41.1", "v0.50.12", "local", [*TO_SECRETS, too_old("v0.41.1")]),
            ("v0.50.12", "v1.3.0", "inside", [SSH, TGSWITCH, *LATE]),
        ],
        id="v0.41.1 to the newest",
    ),
    pytest.param(
        "v0.49.1",
        old("v0.49.1"),
        "v0.52.19",
        [
            ("v0.49.1", "v0.50.12", "local", [FARGATE, too_old("v0.49.1")]),
            ("v0.50.12", "v0.52.19", "inside", [SSH, TGSWITCH]),
        ],
        id="v0.49.1 to v0.52.19",
    ),
    pytest.param(
        "v0.49.1",
        old("v0.49.1"),
        "v1.3.0",
        [
            ("v0.49.1", "v0.50.12", "local", [FARGATE, too_old("v0.49.1")]),
            ("v0.50.12", "v1.3.0", "inside", [SSH, TGSWITCH, *LATE]),
        ],
        id="v0.49.1 to the newest",
    ),
    pytest.param(
        "v0.50.11",
        old("v0.50.4"),
        "v0.52.19",
        [
            ("v0.50.11", "v0.50.12", "local", [too_old("v0.50.4")]),
            ("v0.50.12", "v0.52.19", "inside", [SSH, TGSWITCH]),
        ],
        id="v0.50.11 with kaniko v0.50.4 to v0.52.19",
    ),
    pytest.param(
        "v0.50.11",
        old("v0.50.4"),
        "v1.3.0",
        [
            ("v0.50.11", "v0.50.12", "local", [too_old("v0.50.4")]),
            ("v0.50.12", "v1.3.0", "inside", [SSH, TGSWITCH, *LATE]),
        ],
        id="v0.50.11 with kaniko v0.50.4 to the newest",
    ),
    pytest.param("v0.51.8", ABLE, "v0.52.19", [("v0.51.8", "v0.52.19", "inside", [])], id="v0.51.8 to v0.52.19"),
    pytest.param("v0.51.8", ABLE, "v1.3.0", [("v0.51.8", "v1.3.0", "inside", LATE)], id="v0.51.8 to the newest"),
    pytest.param("v0.52.1", ABLE, "v0.52.19", [("v0.52.1", "v0.52.19", "inside", [])], id="v0.52.1 to v0.52.19"),
    pytest.param("v0.52.1", ABLE, "v1.3.0", [("v0.52.1", "v1.3.0", "inside", LATE)], id="v0.52.1 to the newest"),
    pytest.param("v0.52.19", ABLE, "v0.52.19", [], id="v0.52.19 to itself"),
    pytest.param("v0.52.19", ABLE, "v1.3.0", [("v0.52.19", "v1.3.0", "inside", LATE)], id="v0.52.19 to the newest"),
    pytest.param(
        "v0.38.10.1",
        old("v0.38.10.1"),
        "v0.52.19",
        [
            ("v0.38.10.1", "v0.50.12", "local", [MARKED, *TO_SECRETS, too_old("v0.38.10.1")]),
            ("v0.50.12", "v0.52.19", "inside", [SSH, TGSWITCH]),
        ],
        id="custom v0.38.10.1 to v0.52.19",
    ),
    pytest.param(
        "v0.38.10.1",
        old("v0.38.10.1"),
        "v1.3.0",
        [
            ("v0.38.10.1", "v0.50.12", "local", [MARKED, *TO_SECRETS, too_old("v0.38.10.1")]),
            ("v0.50.12", "v1.3.0", "inside", [SSH, TGSWITCH, *LATE]),
        ],
        id="custom v0.38.10.1 to the newest",
    ),
    pytest.param(
        "v0.50.11",
        old("v0.50.6"),
        "v0.51.1",
        [
            (
                "v0.50.11",
                "v0.51.1",
                "inside",
                [("v0.50.12", "breaking", "images are built with BuildKit secrets: builds must pass --env-secret")],
            )
        ],
        id="over the barrier from inside",
    ),
    pytest.param(
        "v0.49.1", old("v0.49.1"), "v0.50.11", [("v0.49.1", "v0.50.11", "inside", [FARGATE])], id="not over the barrier"
    ),
    pytest.param(
        "v0.49.1",
        old("v0.49.1"),
        "v0.50.12",
        [("v0.49.1", "v0.50.12", "local", [FARGATE, too_old("v0.49.1")])],
        id="to the barrier itself",
    ),
    pytest.param(
        "v0.52.1",
        old("v0.50.4"),
        "v0.52.19",
        [
            ("v0.52.1", "v0.52.1", "local", [("v0.52.1", "bootstrap", KANIKO_ALONE)]),
            ("v0.52.1", "v0.52.19", "inside", []),
        ],
        id="a runner beyond it, its kaniko before it",
    ),
    pytest.param("v0.52.19", ABLE, "v0.52.1", [], id="no way down"),
]


@pytest.mark.parametrize(("start", "builder", "to", "expected"), PATHS)
def test_paths(
    start: str, builder: Builder, to: str, expected: list[tuple[str, str, str, list[tuple[str, ...]]]]
) -> None:
    """Hops and their barriers, in order, each with its reason."""
    found = route(catalog.bundled().releases, start, to, builder)
    assert found is not None
    assert [
        (hop.start, hop.to, hop.build, [(one.release, one.kind, one.reason) for one in hop.barriers])
        for hop in found.hops
    ] == expected
    assert [one.release for one in found.barriers] == [one[0] for hop in expected for one in hop[3]]
    assert (found.start, found.to, found.is_custom) == (start, to, start == "v0.38.10.1")


@pytest.mark.parametrize(
    ("builder", "expected"),
    [
        pytest.param(ABLE, [], id="able"),
        pytest.param(
            Builder(kaniko="v0.50.5", catalog_ref="v0.94.9", env_secret=False),
            [
                ("kaniko", True, "the running kaniko image is v0.50.5, older than v0.50.6"),
                ("catalog", True, "the module ref of the runner that builds is v0.94.9, older than v0.95.0"),
                ("env-secret", True, "the build does not pass --env-secret"),
            ],
            id="each of the three",
        ),
        pytest.param(Builder(kaniko="v0.50.6", catalog_ref="v0.95.0", env_secret=True), [], id="exactly enough"),
        pytest.param(
            Builder(kaniko=None, catalog_ref="main", env_secret=None),
            [
                ("kaniko", False, "the running kaniko image is unknown, v0.50.6 is needed"),
                ("catalog", False, "the module ref of the runner that builds is main, v0.95.0 is needed"),
                ("env-secret", False, "whether builds pass --env-secret is unknown"),
            ],
            id="nobody knows",
        ),
    ],
)
def test_what_keeps_a_runner_from_building(builder: Builder, expected: list[tuple[str, bool, str]]) -> None:
    """Each condition of the barrier by itself; unknown is neither met nor missed."""
    found = obstacles(builder, "v0.50.12")
    assert [(one.what, one.is_certain, one.reason) for one in found] == expected
    assert obstacles(builder, "v0.50.11") == ()


def test_an_unknown_builder_makes_an_unknown_build() -> None:
    """Where nobody knows whether the runner can build, the hop says so, and stays a stop."""
    found = route(
        catalog.bundled().releases, "v0.49.1", "v0.52.1", Builder(kaniko=None, catalog_ref="v1", env_secret=True)
    )
    assert found is not None
    assert [(hop.to, hop.build) for hop in found.hops] == [("v0.50.12", "unknown"), ("v0.52.1", "inside")]


@pytest.mark.parametrize(("start", "to"), [("latest", "v1.3.0"), ("v1.3.0", "main"), ("sha256:ab", "v1.3.0")])
def test_what_has_no_order_has_no_way(start: str, to: str) -> None:
    """A tag that is no version leads nowhere."""
    assert route(catalog.bundled().releases, start, to, ABLE) is None


def _release(tag: str, *modules: str, breaking: bool | None = True) -> Release:
    return Release(tag=tag, published=date(2026, 5, 1), backward_incompatible=breaking, modules_affected=modules)


def test_the_releases_themselves_add_barriers() -> None:
    """One that is marked incompatible counts where it touches the runner, or says of nothing what it touches."""
    releases = (
        _release("nightly", "ecs-deploy-runner"),
        _release("v1.4.0", "jenkins-server"),
        _release("v1.5.0", "ecs-deploy-runner"),
        _release("v1.6.0"),
        _release("v1.7.0", "ecs-deploy-runner", breaking=None),
        _release("v1.8.0", "ecs-deploy-runner", breaking=False),
    )
    reason = "marked backward incompatible in its release notes"
    assert route(releases, "v1.3.0", "v1.8.0", ABLE) == Route(
        start="v1.3.0",
        to="v1.8.0",
        hops=(
            Hop(
                start="v1.3.0",
                to="v1.8.0",
                build="inside",
                barriers=(
                    Barrier(release="v1.5.0", kind="breaking", reason=reason),
                    Barrier(release="v1.6.0", kind="breaking", reason=reason),
                ),
            ),
        ),
        review=("v1.7.0",),
    )
