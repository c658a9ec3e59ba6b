"""What runs in each account of the sample, and what the audit has to say about it: the table that the demo is held to.

The repository declares release v0.57.3 of the deploy runner for all accounts, but v0.52.1 of kaniko. Dev hides the
former by a local of its unit, stage by a nearer ``common.hcl``.

========  ============================================================  =======================================
account   what is there                                                 what the audit has to find
========  ============================================================  =======================================
logs      all as declared                                               declared-tag-behind
shared    all as declared, builders included                            declared-tag-behind, runner-kaniko-split
security  the applier from the repository of an older set-up; an        declared-tag-behind,
          AMI builder that nobody declares any more                     image-repository-drift,
                                                                        family-undeclared
dev       as its unit's local says: v0.57.4, built from a branch        declared-tag-behind,
                                                                        declared-tag-not-released
stage     v0.59.9 merged, never built; an apply that broke off:         declared-tag-behind,
          no applier, no invoker                                        declared-tag-not-in-registry,
                                                                        image-tag-drift, family-missing,
                                                                        invoker-missing
prod      the bump was merged, never applied                            declared-tag-behind, image-tag-drift,
                                                                        invoker-runtime-deprecated
========  ============================================================  =======================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from audit.demo.sample import NEWEST
from audit.demo.seed import push_image, seed_runner

REGION = "us-west-2"
REGISTRY_ID = "234567890123"
REGISTRY = f"{REGISTRY_ID}.dkr.ecr.{REGION}.amazonaws.com"
STACK = "ecs-deploy-runner"

BUILDER, PACKER = "docker-image-builder", "ami-builder"
PLANNER, APPLIER = "terraform-planner", "terraform-applier"

# Check id, account, container: None where the subject is no declared container.
Expected: TypeAlias = tuple[str, str, str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountState:
    """What runs in one account: the image of each container, as ``repository:tag``, and the invoker's runtime."""

    name: str
    id: str
    story: str
    images: Mapping[str, str]
    invoker_runtime: str | None = "python3.12"
    expected: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """What runs in every account, and which images the registry holds, as ``repository:tag``."""

    accounts: tuple[AccountState, ...]
    pushed: tuple[str, ...]

    @property
    def expected(self) -> frozenset[Expected]:
        """What the audit has to find, no more and no less."""
        return frozenset(
            (check, state.name, container) for state in self.accounts for check, container in state.expected
        )


def _each(check: str, *containers: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((check, container) for container in containers)


def _runner(tag: str) -> dict[str, str]:
    return {PLANNER: f"ecs-deploy-runner:{tag}", APPLIER: f"ecs-deploy-runner:{tag}"}


DRIFTED = Scenario(
    accounts=(
        AccountState(
            name="logs",
            id="012345678901",
            story="all as declared, but old",
            images=_runner("v0.57.3"),
            expected=_each("declared-tag-behind", PLANNER, APPLIER),
        ),
        AccountState(
            name="shared",
            id="234567890123",
            story="all as declared, kaniko of another release than the deploy runner",
            images={BUILDER: "kaniko:v0.52.1", PACKER: "ecs-deploy-runner:v0.57.3", **_runner("v0.57.3")},
            expected=(
                *_each("declared-tag-behind", BUILDER, PACKER, PLANNER, APPLIER),
                ("runner-kaniko-split", BUILDER),
            ),
        ),
        AccountState(
            name="security",
            id="456789012345",
            story="the applier from an older repository, an AMI builder that nobody declares",
            images={
                **_runner("v0.57.3"),
                APPLIER: "deploy-runner:v0.57.3",
                PACKER: "ecs-deploy-runner:v0.52.1",
            },
            expected=(
                *_each("declared-tag-behind", PLANNER, APPLIER),
                ("image-repository-drift", APPLIER),
                ("family-undeclared", None),
            ),
        ),
        AccountState(
            name="dev",
            id="345678901234",
            story="a tag that was never released, from a local of the unit",
            images=_runner("v0.57.4"),
            expected=(
                *_each("declared-tag-behind", PLANNER, APPLIER),
                *_each("declared-tag-not-released", PLANNER, APPLIER),
            ),
        ),
        AccountState(
            name="stage",
            id="111122223333",
            story="a merged tag whose image was never built, an apply that broke off",
            images={PLANNER: "ecs-deploy-runner:v0.57.3"},
            invoker_runtime=None,
            expected=(
                *_each("declared-tag-behind", PLANNER, APPLIER),
                *_each("declared-tag-not-in-registry", PLANNER, APPLIER),
                ("image-tag-drift", PLANNER),
                ("family-missing", APPLIER),
                ("invoker-missing", None),
            ),
        ),
        AccountState(
            name="prod",
            id="444455556666",
            story="a bump that was merged and never applied",
            images=_runner("v0.52.1"),
            invoker_runtime="python3.8",
            expected=(
                *_each("declared-tag-behind", PLANNER, APPLIER),
                *_each("image-tag-drift", PLANNER, APPLIER),
                ("invoker-runtime-deprecated", None),
            ),
        ),
    ),
    pushed=(
        "ecs-deploy-runner:v0.52.1",
        "ecs-deploy-runner:v0.57.3",
        "ecs-deploy-runner:v0.57.4",
        "kaniko:v0.52.1",
        "deploy-runner:v0.57.3",
    ),
)

EXPECTED = DRIFTED.expected


def _right(state: AccountState) -> AccountState:
    images = _runner(NEWEST)
    if state.id == REGISTRY_ID:
        images |= {BUILDER: f"kaniko:{NEWEST}", PACKER: f"ecs-deploy-runner:{NEWEST}"}
    return AccountState(name=state.name, id=state.id, story="all as declared, of the newest release", images=images)


IN_SYNC = Scenario(
    accounts=tuple(_right(state) for state in DRIFTED.accounts),
    pushed=(f"ecs-deploy-runner:{NEWEST}", f"kaniko:{NEWEST}"),
)


def scenario(*, in_sync: bool = False) -> Scenario:
    """Give the table with every kind of drift, or the one where all is as ``export(…, in_sync=True)`` declares it."""
    return IN_SYNC if in_sync else DRIFTED


def seed(endpoint: str, scenario: Scenario) -> None:
    """Put into the emulated AWS what the table says; the environment holds the emulator's credentials."""
    for image in scenario.pushed:
        repository, _, tag = image.partition(":")
        push_image(endpoint, REGISTRY_ID, REGION, repository, tag)
    for state in scenario.accounts:
        images = {container: f"{REGISTRY}/{image}" for container, image in state.images.items()}
        seed_runner(endpoint, state.id, REGION, STACK, images, invoker_runtime=state.invoker_runtime)
