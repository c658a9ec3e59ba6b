"""Images: which ones a plan needs, whether ECR has them, and how each is built, as the repository's own scripts say.

The guide's commands drop what a repository's build scripts pass (versions of tools, a fork as source), so that builds
fall back to defaults without a word: here everything that a script passes is taken over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.errors import UnreadError
from audit.model import ImageRef, Version
from audit.released.hops import Builder
from audit.remedy.evidence import Through, deployer, in_ecr
from audit.remedy.grammar import valid
from audit.remedy.steps import CHECKOUT, BootstrapImage, BuildImage, Command, Step
from audit.verdict.barriers import needs_secret
from audit.verdict.fleet import BUILDER, image_of
from audit.verdict.pairing import StackView, UnitView
from audit.verdict.readiness import UPSTREAM, catalog_ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.declared.model import DeclaredContainer, Pin
    from audit.model import Account
    from audit.released.hops import Build
    from audit.released.model import Released
    from audit.verdict.registry import Registry

SECRET = "github-token=GITHUB_OAUTH_TOKEN"  # noqa: S105 -- the names of a secret and a variable
_CONTEXT = "modules/ecs-deploy-runner/docker/{}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image at a tag; ``subject`` (deploy-runner or kaniko) says by which Dockerfile, None where nobody knows."""

    name: str
    tag: str
    subject: str | None

    def __str__(self) -> str:
        return f"{self.name}:{self.tag}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How a script builds an image: source, build arguments beside ``module_ci_tag``, how the token is handed over."""

    url: str
    arguments: tuple[str, ...]
    secret: tuple[str, ...]

    @classmethod
    def of(cls, subject: str, tag: str, pins: Sequence[Pin], release_repo: str) -> Recipe:
        """Read the repository's script for an image; without one, as the guide has it."""
        scripts = sorted({pin.origin.file for pin in pins if pin.kind == "build-ref" and pin.subject == subject})
        own = [pin for pin in pins if scripts and pin.origin.file == scripts[0]]
        urls = [pin.value for pin in own if pin.kind == "build-repo"]
        passed = {f"{pin.name}={pin.value}" for pin in own if pin.kind == "build-arg" and pin.name != "module_ci_tag"}
        secrets = {pin.name: pin.value for pin in own if pin.kind == "build-secret"}
        as_argument = "build-arg" in secrets and "env-secret" not in secrets and needs_secret(tag) is False
        secret = (
            ("--build-arg", valid("build secret", secrets["build-arg"]))
            if as_argument
            else ("--env-secret", valid("build secret", secrets.get("env-secret", SECRET)))
        )
        return cls(
            url=valid("repository url", urls[0] if urls else UPSTREAM.format(release_repo)),
            arguments=tuple(valid("build argument", one) for one in sorted(passed)),
            secret=secret,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Yard:
    """Where images are built: the unit that declares the builder's container, and what it is able to build."""

    view: UnitView
    stack: StackView
    able: Builder


def needed(rows: Iterable[DeclaredContainer]) -> tuple[Image, ...]:
    """Name the images that rows ask for, each once."""
    found = {
        Image(name=row.image, tag=row.tag, subject=image_of(row.container)): None
        for row in rows
        if row.deployed and row.image and row.tag
    }
    known = {image.name: image.subject for image in found if image.subject}
    return tuple(
        dict.fromkeys(Image(name=one.name, tag=one.tag, subject=known.get(one.name, one.subject)) for one in found)
    )


def is_there(registry: Registry, image: Image) -> bool | None:
    """Tell whether ECR has an image; None where that was not read."""
    try:
        return registry.tag(image.name, image.tag) is not None
    except UnreadError:
        return None


def yard(views: Sequence[UnitView], pins: Sequence[Pin]) -> Yard | None:
    """Find the runner that builds, and say what it is able to; None where no unit declares one."""
    said = {pin.name for pin in pins if pin.kind == "build-secret"}
    secret = "build-arg" not in said or "env-secret" in said
    for view in views:
        for stack in view.stacks:
            if any(row.container == BUILDER for row in stack.deployed):
                kaniko = _kaniko(view, stack)
                able = Builder(kaniko=kaniko, catalog_ref=catalog_ref(stack), env_secret=secret)
                return Yard(view=view, stack=stack, able=able)
    return None


def _kaniko(view: UnitView, stack: StackView) -> str | None:
    try:
        pair = next((one for one in stack.matched if one.declared.container == BUILDER), None)
        return pair.tag(view.registry) if pair else ""
    except UnreadError:
        return None


def doubt(image: Image, released: Released) -> str | None:
    """Say why an image cannot be built at all; None where it can, as far as is known."""
    if ImageRef.parse(image.name).ecr is None:
        return f"{image} does not live in ECR: bring it there by hand"
    if image.subject is None:
        return f"{image} is no image of the runner: build it as its makers say"
    version, tags = Version.parse(image.tag), {release.tag for release in released.releases}
    newest = Version.parse(released.newest or "")
    is_known = version is not None and not version.custom and newest is not None and version <= newest
    if is_known and image.tag not in tags:
        return f"{image.tag} is no release of {released.release_repo}: correct what is declared"
    return None


def build_step(  # noqa: PLR0913 -- the parts of a step, all by name
    image: Image,
    recipe: Recipe,
    *,
    by: Build,
    region: str,
    stack: str,
    through: Through,
    identity: Command,
    account: Account,
    why: str,
    hop: int,
    waits: str | None,
) -> Step:
    """Make the step that puts an image into ECR, by the runner of ``stack``; one that is there is not built again."""
    reference = ImageRef.parse(image.name)
    place = reference.ecr or ("", "")
    name, tag = valid("image name", reference.repository), valid("tag", image.tag)
    full = f"{valid('registry', reference.registry or '')}/{name}:{tag}"
    check = in_ecr(image.name, tag, through)
    inside = by == "inside"
    context = _CONTEXT.format(image.subject)
    commands = (
        (_inside(recipe, full, tag, context, deployer(stack, region), through),)
        if inside
        else _local(recipe, full, tag, context, place=(reference.registry or "", place[1]), through=through)
    )
    return Step(
        number=0,
        title=f"{'Build' if inside else 'Build by local Docker'} {full}",
        why=why,
        action=(BuildImage if inside else BootstrapImage)(image=image.name, tag=tag, check=check),
        commands=commands,
        preconditions=_needs(recipe, tag, inside=inside),
        postcondition=f"ECR has {full}",
        undo="nothing to take back: nobody runs a tag that is not declared",
        hop=hop,
        account=account.name,
        account_id=account.id,
        region=region,
        identity=identity,
        waits=waits,
    )


def _needs(recipe: Recipe, tag: str, *, inside: bool) -> tuple[str, ...]:
    if inside:
        return (f"the runner may build from {recipe.url} (allowed_repos), and {tag} is a tag of it",)
    return (
        "docker 18.09 or newer, running, with BuildKit",
        f"git may clone {recipe.url}, and {tag} is a tag of it",
        "GITHUB_OAUTH_TOKEN holds a token that reads the module repositories",
    )


def _inside(
    recipe: Recipe,
    full: str,
    tag: str,
    context: str,
    start: tuple[str, ...],
    through: Through,
) -> Command:
    return Command(
        argv=through(
            *(*start, "--", "docker-image-builder", "build-docker-image", "--repo", recipe.url, "--ref", tag),
            *("--context-path", context, *recipe.secret, "--docker-image-tag", full),
            *_arguments(recipe, tag),
        )
    )


def _arguments(recipe: Recipe, tag: str) -> tuple[str, ...]:
    given = (f"module_ci_tag={tag}", *recipe.arguments)
    return tuple(word for one in given for word in ("--build-arg", one))


def _local(
    recipe: Recipe,
    full: str,
    tag: str,
    context: str,
    *,
    place: tuple[str, str],
    through: Through,
) -> tuple[Command, ...]:
    name, _, variable = (recipe.secret[1] if recipe.secret[0] == "--env-secret" else SECRET).partition("=")
    return (
        Command(argv=("git", "clone", "--quiet", "--depth", "1", "--branch", tag, "--", recipe.url, CHECKOUT)),
        Command(
            argv=(
                *("env", "DOCKER_BUILDKIT=1", "docker", "build", "--platform", "linux/amd64"),
                *("--secret", f"id={name},env={variable}", *_arguments(recipe, tag)),
                *("--tag", full, f"{CHECKOUT}/{context}"),
            ),
            environment=(variable,),
        ),
        Command(
            argv=("docker", "login", "--username", "AWS", "--password-stdin", place[0]),
            feed=through("aws", "ecr", "get-login-password", "--region", valid("region", place[1])),
        ),
        Command(argv=("docker", "push", full)),
    )
