"""Readiness of the builds: whether the images of the target are there, or can be built from inside."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from audit.errors import UnreadError
from audit.model import Gap, need
from audit.released.hops import SECRETS
from audit.verdict import builds
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.invoking import demand_tried
from audit.verdict.mends import mend
from audit.verdict.subject import of_fleet, of_pin, of_stack

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.released.hops import Lack
    from audit.running.model.invoker import Script
    from audit.verdict.pairing import StackView, UnitView
    from audit.verdict.readiness import Readiness

pytestmark = pytest.mark.readiness
ready = partial(check, stage="ready")

INVOKER = ("lambda:GetFunctionConfiguration",)
CONTROLS = ("NIST 800-53 CM-3",)
TOOLS = ("terraform_version", "terragrunt_version", "kubergrunt_version")
BY_HAND = "build what the route calls a bootstrap with local Docker, push and apply it, then go on from inside"
DOCKER = (
    f"git clone --depth 1 --branch {SECRETS} https://github.com/gruntwork-io/terraform-aws-ci.git && "
    "DOCKER_BUILDKIT=1 docker build --platform linux/amd64 --secret id=github-token,env=GITHUB_OAUTH_TOKEN "
    "terraform-aws-ci/modules/ecs-deploy-runner/docker/kaniko"
)
ENV_SECRET = "github-token=GITHUB_OAUTH_TOKEN"  # noqa: S105 -- names of a secret and of a variable
DESCRIBE = "infrastructure-deployer --describe-containers"


@ready("kaniko-too-old", severity="high", remedy=mend(BY_HAND, DOCKER), controls=CONTROLS)
def test_kaniko_too_old(readiness: Readiness, findings: Findings) -> None:
    """The running kaniko image is too old to build the target.

    From v0.50.12 on the images are built with BuildKit secrets, which kaniko before v0.50.6 cannot pass.
    """
    _judge(readiness, findings, "kaniko")


@ready("module-ref-too-old", severity="high", remedy=mend(BY_HAND, DOCKER), controls=CONTROLS)
def test_module_ref_too_old(readiness: Readiness, findings: Findings) -> None:
    """The module ref of the runner that builds is too old to build the target.

    Before v0.95.0 of the service catalog the invoker knows no --env-secret.
    """
    _judge(readiness, findings, "catalog")


@ready(
    "build-without-env-secret",
    severity="high",
    remedy="pass --env-secret 'github-token=GITHUB_OAUTH_TOKEN' in the build scripts, instead of --build-arg",
    controls=CONTROLS,
)
def test_build_without_env_secret(readiness: Readiness, findings: Findings) -> None:
    """The build scripts pass the token as a build argument.

    Dockerfiles from v0.50.12 on read it as a secret, so the build fails; a build argument also stays in the image.
    """
    _judge(readiness, findings, "env-secret")


@ready(
    "image-not-buildable",
    severity="high",
    remedy=mend("apply a unit that declares docker_image_builder_config, or build with local Docker", DOCKER),
    controls=CONTROLS,
)
def test_image_not_buildable(readiness: Readiness, findings: Findings) -> None:
    """An image of the target is not in ECR, and nothing runs that could build it.

    Images come first, then the bump, then the applies: a merged tag without an image breaks the runner.
    """
    with findings.about(of_fleet("images of the target", declared=readiness.to)):
        absent = readiness.absent_images()
        if absent:
            running = [stack for _, stack, row in readiness.builders if row in [p.declared for p in stack.matched]]
            assert running, f"{', '.join(absent)} has no tag {readiness.to}, and no docker-image-builder runs"


@ready(
    "invoker-refuses-env-secret",
    severity="high",
    remedy=mend("allow --env-secret in the invoker's configuration (additional_allowed_options), and apply", DESCRIBE),
    controls=CONTROLS,
)
def test_invoker_refuses_env_secret(readiness: Readiness, findings: Findings) -> None:
    """The invoker refuses --env-secret.

    Without it no image from v0.50.12 on can be built from inside.
    """
    _judge_scripts(readiness, findings, lambda one: _demand(builds.refusal(one, "--env-secret", ENV_SECRET)))


@ready(
    "invoker-refuses-repository",
    severity="high",
    remedy=mend("add the Dockerfiles' repository to allowed_repos of docker_image_builder_config, and apply", DESCRIBE),
    controls=CONTROLS,
)
def test_invoker_refuses_repository(readiness: Readiness, findings: Findings) -> None:
    """The invoker refuses the repository that the Dockerfiles come from.

    allowed_repos may hold only a fork: the literal upstream address is then refused.
    """

    def judge(script: Script) -> None:
        for repository in readiness.build_repositories():
            _demand(builds.refusal(script, "--repo", repository))

    _judge_scripts(readiness, findings, judge)


@ready(
    "invoker-refuses-ref",
    severity="high",
    remedy=mend("let the expression for --ref match release tags, and apply", DESCRIBE),
    controls=CONTROLS,
)
def test_invoker_refuses_ref(readiness: Readiness, findings: Findings) -> None:
    """The invoker refuses the target as a git ref.

    The build is then turned away with OptionRegexRestricted.
    """
    _judge_scripts(readiness, findings, lambda one: _demand(builds.refusal(one, "--ref", readiness.to)))


@ready(
    "invoker-refuses-option",
    severity="high",
    remedy=mend("allow the option in the invoker's configuration (additional_allowed_options), and apply", DESCRIBE),
    controls=CONTROLS,
)
def test_invoker_refuses_option(readiness: Readiness, findings: Findings) -> None:
    """The invoker refuses another option that a build is started with."""

    def judge(script: Script) -> None:
        for option in ("--context-path", "--docker-image-tag", "--build-arg"):
            _demand(builds.refusal(script, option))

    _judge_scripts(readiness, findings, judge)


@ready(
    "invoker-pattern-broken",
    severity="high",
    remedy=mend("mend the expression where the unit declares it, and apply", DESCRIBE),
    controls=CONTROLS,
)
def test_invoker_pattern_broken(readiness: Readiness, findings: Findings) -> None:
    """An expression of the invoker does not compile.

    Every call with that option then ends in an error, and no build starts.
    """

    def judge(script: Script) -> None:
        broken = [f"{option}: {reason}" for option, reason in builds.broken_patterns(script)]
        assert not broken, "; ".join(broken)
        demand_tried(script)

    _judge_scripts(readiness, findings, judge, told=False)


@ready(
    "build-args-not-kept",
    severity="medium",
    needs=("pins",),
    remedy="pass the build arguments of the repository's own script: without them the Dockerfile's defaults count",
    controls=("NIST 800-53 CM-2",),
)
def test_build_args_not_kept(readiness: Readiness, findings: Findings) -> None:
    """A build script of the deploy runner does not say which tools go into the image.

    The new image then silently gets other versions of terraform, terragrunt and kubergrunt than the old one.
    """
    scripts = [pin for pin in readiness.build_scripts() if pin.subject == "deploy-runner"]
    for pin in scripts:
        with findings.about(of_pin(pin)):
            said = {one.name for one in readiness.fleet.beside(pin, "build-arg")}
            missing = [name for name in TOOLS if name not in said]
            assert not missing, f"passes no {', '.join(missing)}"
    if not scripts:
        not_applicable("the repository has no build script of its own")


def _judge(readiness: Readiness, findings: Findings, what: Lack) -> None:
    unit, stack = next(((unit, stack) for unit, stack, _ in readiness.builders), (None, None))
    whole = of_fleet("build from inside", declared=readiness.to)
    with findings.about(of_stack(unit, stack, kind=what) if unit and stack else whole):
        _demand_builds(readiness)
        if not readiness.builders:
            not_applicable("no docker-image-builder is declared: see image-not-buildable")
        obstacle = readiness.obstacle(what)
        if obstacle is not None and not obstacle.is_certain:
            raise UnreadError(Gap(what=what, message=f"{obstacle.reason}; look again"))
        if obstacle is not None:
            pytest.fail(obstacle.reason)


def _judge_scripts(
    readiness: Readiness, findings: Findings, judge: Callable[[Script], None], *, told: bool = True
) -> None:
    """Judge what each invoker says of image builds."""
    for unit, stack, _ in readiness.builders:
        with findings.about(of_stack(unit, stack, name=f"{stack.stack}-invoker", calls=INVOKER)):
            judge(_script(readiness, unit, stack, told=told))
    if not readiness.builders:
        not_applicable("no docker-image-builder is declared: see image-not-buildable")


def _script(readiness: Readiness, unit: UnitView, stack: StackView, *, told: bool) -> Script:
    """Give what the invoker says; where that can't be read and is ``told`` elsewhere, there is nothing to judge."""
    _demand_builds(readiness)
    try:
        return builds.build_script(need(stack.invoker), f"{unit.account}: {stack.stack}-invoker")
    except UnreadError:
        if told:
            not_applicable("its configuration could not be read: see invoker-pattern-broken")
        raise


def _demand_builds(readiness: Readiness) -> None:
    try:
        absent = readiness.absent_images()
    except UnreadError:
        not_applicable("whether images must be built is not known: see image-not-buildable")
    if not absent:
        not_applicable(f"the images of {readiness.to} are in ECR already")


def _demand(refusal: str | None) -> None:
    assert refusal is None, refusal or ""
