"""What runs in each account of the sample, and what the audit has to say about it: the table that the demo is held to.

The repository declares release v0.57.3 of the deploy runner for all accounts, but v0.52.1 of kaniko. Dev hides the
former by a local of its unit, stage by a nearer ``common.hcl``. A build script and CI were left at v0.52.1.

========  ============================================================  =======================================
account   what is there                                                 what the audit has to find
========  ============================================================  =======================================
logs      all as declared                                               declared-tag-behind
shared    all as declared, builders included; the AMI builder is        declared-tag-behind, runner-kaniko-split,
          declared as latest. Its registry lets tags move and does      floating-tag, declared-tag-not-released,
          not know stage; the token was renewed under AWS's key         registry-tags-mutable,
                                                                        registry-policy-lacks-account,
                                                                        secret-key-not-shared
security  the applier from the repository of an older set-up; an        declared-tag-behind, module-ref-skew,
          AMI builder that nobody declares any more, with a key in      image-repository-drift,
          its environment; an older ref of the module                   family-undeclared, secret-in-environment
dev       as its unit's local says: v0.57.4, built from a branch,       declared-tag-behind,
          with its digest; the tag was pushed again since. Beside it    declared-tag-not-released,
          the runner of a plain Terraform root, as declared, but old    declaration-shadowed,
                                                                        image-digest-drift
stage     v0.59.9 merged, never built; an apply that broke off:         declared-tag-behind,
          no applier, no invoker                                        declared-tag-not-in-registry,
                                                                        declaration-shadowed, image-tag-drift,
                                                                        family-missing, invoker-missing
prod      the bump was merged, never applied                            declared-tag-behind, image-tag-drift,
                                                                        invoker-runtime-deprecated
none      the pins of build script and CI; two common.hcl; three tags   build-script-pin-differs,
          at once; a list of releases of its day                        ci-pin-differs, several-common-files,
                                                                        fleet-tag-skew, release-list-stale,
                                                                        breaking-release-ahead
========  ============================================================  =======================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from audit.demo.sample import NEWEST
from audit.demo.seed import Extras, create_repository, create_secret, digest_of, push_image, seed_runner

REGION = "us-west-2"
REGISTRY_ID = "234567890123"
REGISTRY = f"{REGISTRY_ID}.dkr.ecr.{REGION}.amazonaws.com"
STACK, STANDALONE = "ecs-deploy-runner", "sandbox-runner"

BUILDER, PACKER = "docker-image-builder", "ami-builder"
PLANNER, APPLIER = "terraform-planner", "terraform-applier"

# Check id, account, container: None where the subject is no declared container. What can only be unknown says so.
Expected: TypeAlias = tuple[str, str, str | None]
NO_ACCOUNT = "no account"

SECRET, KEY = "MachineUserGitHubPAT", f"arn:aws:kms:{REGION}:{REGISTRY_ID}:key/11111111-2222-3333-4444-555555555555"
LOG_GROUP = f"/ecs/{STACK}"
# What the module's standard configuration lets the invoker run, in short.
CONFIGURATION: Mapping[str, Any] = {
    BUILDER: {
        "script_config": {
            "build-docker-image": {
                "allow_positional_args": False,
                "allowed_options": ["--repo", "--ref", "--context-path", "--docker-image-tag", "--build-arg"],
                "allowed_options_without_args": ["--env-secret", "--idempotent"],
                "restricted_options": [],
                "restricted_options_regex": {"--repo": "^https://github[.]com/gruntwork-io/terraform-aws-ci[.]git$"},
                "hardcoded_options": {},
                "hardcoded_args": [],
            }
        }
    }
}


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountState:
    """What runs in one account: the image of each container, as ``repository:tag``, and the invoker's runtime.

    ``exposed`` are variables that a container holds in plain text; ``standalone`` are the images of the runner that a
    plain Terraform root declares there, empty where there is none.
    """

    name: str
    id: str
    story: str
    images: Mapping[str, str]
    invoker_runtime: str | None = "python3.12"
    expected: tuple[tuple[str, str | None], ...] = ()
    exposed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    standalone: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """What runs in every account, and which images the registry holds, as ``repository:tag``.

    ``moved`` are those that were pushed again after everything was applied, ``mutable`` the repositories that allow
    it; ``strangers`` are accounts that the registry does not let pull; ``secret_key`` is the key of the token, None for
    AWS's own; ``beyond`` is what has to be found that is nobody's alone.
    """

    accounts: tuple[AccountState, ...]
    pushed: tuple[str, ...]
    moved: tuple[str, ...] = ()
    mutable: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    secret_key: str | None = KEY
    beyond: tuple[str, ...] = ()

    @property
    def expected(self) -> frozenset[Expected]:
        """What the audit has to find, no more and no less."""
        return frozenset(
            (check, state.name, container) for state in self.accounts for check, container in state.expected
        ) | {(check, NO_ACCOUNT, None) for check in self.beyond}


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
            images={BUILDER: "kaniko:v0.52.1", PACKER: "ecs-deploy-runner:latest", **_runner("v0.57.3")},
            expected=(
                *_each("declared-tag-behind", BUILDER, PLANNER, APPLIER),
                ("declared-tag-behind (unknown)", PACKER),
                ("declared-tag-not-released", PACKER),
                ("floating-tag", PACKER),
                ("runner-kaniko-split", BUILDER),
                ("registry-tags-mutable", None),
                ("registry-policy-lacks-account", None),
                ("secret-key-not-shared", None),
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
                ("secret-in-environment", None),
                ("module-ref-skew", None),
            ),
            exposed={PACKER: {"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}},
        ),
        AccountState(
            name="dev",
            id="345678901234",
            story="a tag that was never released, from a local of the unit",
            images=_runner(f"v0.57.4@{digest_of('ecs-deploy-runner:v0.57.4')}"),
            standalone=_runner("v0.57.3"),
            expected=(
                *_each("declared-tag-behind", PLANNER, APPLIER),
                *_each("declared-tag-not-released", PLANNER, APPLIER),
                *_each("image-digest-drift", PLANNER, APPLIER),
                ("declaration-shadowed", None),
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
                ("declaration-shadowed", None),
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
        "ecs-deploy-runner:latest",
        "kaniko:v0.52.1",
        "deploy-runner:v0.57.3",
    ),
    moved=("ecs-deploy-runner:v0.57.4",),
    mutable=("ecs-deploy-runner",),
    strangers=("111122223333",),
    secret_key=None,
    beyond=(
        "breaking-release-ahead",
        "build-script-pin-differs",
        "ci-pin-differs",
        "fleet-tag-skew",
        "release-list-stale",
        "several-common-files",
    ),
)

EXPECTED = DRIFTED.expected


def _right(state: AccountState) -> AccountState:
    images = _runner(NEWEST)
    if state.id == REGISTRY_ID:
        images |= {BUILDER: f"kaniko:{NEWEST}", PACKER: f"ecs-deploy-runner:{NEWEST}"}
    return AccountState(
        name=state.name,
        id=state.id,
        story="all as declared, of the newest release",
        images=images,
        standalone=_runner(NEWEST) if state.standalone else {},
    )


IN_SYNC = Scenario(
    accounts=tuple(_right(state) for state in DRIFTED.accounts),
    pushed=(f"ecs-deploy-runner:{NEWEST}", f"kaniko:{NEWEST}"),
)


def scenario(*, in_sync: bool = False) -> Scenario:
    """Give the table with every kind of drift, or the one where all is as ``export(…, in_sync=True)`` declares it."""
    return IN_SYNC if in_sync else DRIFTED


def seed(endpoint: str, scenario: Scenario) -> None:
    """Put into the emulated AWS what the table says; the environment holds the emulator's credentials."""
    readers = [state.id for state in scenario.accounts if state.id not in scenario.strangers]
    for name in sorted({image.partition(":")[0] for image in scenario.pushed}):
        mutable = name in scenario.mutable
        create_repository(endpoint, REGISTRY_ID, REGION, name, readers=readers, immutable=not mutable)
    for image in scenario.pushed:
        _push(endpoint, image)
    secret = create_secret(endpoint, REGISTRY_ID, REGION, SECRET, scenario.secret_key)
    extras = Extras(log_group=LOG_GROUP, secret=secret, configuration=CONFIGURATION)
    for state in scenario.accounts:
        images = {container: f"{REGISTRY}/{image}" for container, image in state.images.items()}
        runtime = state.invoker_runtime
        seed_runner(endpoint, state.id, REGION, STACK, images, runtime, exposed=state.exposed, extras=extras)
        if state.standalone:
            images = {container: f"{REGISTRY}/{image}" for container, image in state.standalone.items()}
            own = replace(extras, log_group=f"/ecs/{STANDALONE}")
            seed_runner(endpoint, state.id, REGION, STANDALONE, images, extras=own)
    for image in scenario.moved:
        _push(endpoint, image, f"sha256:{'d' * 64}")


def _push(endpoint: str, image: str, digest: str | None = None) -> None:
    repository, _, tag = image.partition(":")
    push_image(endpoint, REGISTRY_ID, REGION, repository, tag, digest)
