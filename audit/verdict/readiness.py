"""Readiness as a noun for checks: the target, the fleet, the workstation, and the way between them; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from audit.configuration.config import quoted
from audit.errors import UnreadError
from audit.fleet import repository_of
from audit.model import Fact, Gap, Version, need
from audit.released import hops
from audit.released.token import Token
from audit.verdict.fleet import BUILDER, RUNNER, Fleet, image_of
from audit.verdict.pairing import Matched, StackView, UnitView, known
from audit.workstation.model import Tool, Workstation

if TYPE_CHECKING:
    from audit.configuration.config import Settings
    from audit.declared.model import DeclaredContainer, Pin
    from audit.look.grounds import Grounds
    from audit.released.hops import Builder, Obstacle, Route
    from audit.running.model.access import Right
    from audit.running.model.seen import Observation

REFUSED = "InvalidClientTokenId"
"""What IAM answers to a user's session that was begun without MFA."""

PER_BUILDS, PER_ACCOUNT = timedelta(minutes=30), timedelta(minutes=10)
"""How long credentials must last: two builds, and an apply in each account."""

LEAST = {"docker": "18.09"}
"""The oldest version that does: BuildKit, which builds with secrets, came with Docker 18.09."""

_INSTALL = {
    "aws": "curl -O https://awscli.amazonaws.com/awscli-exe-linux-x86_64.zip",
    "aws-vault": "brew install aws-vault",
    "docker": "curl -fsSL https://get.docker.com",
    "git": "apt-get install git",
    "infrastructure-deployer": "gruntwork-install --binary-name infrastructure-deployer "
    "--repo https://github.com/gruntwork-io/terraform-aws-ci --tag TAG",
    "terraform": "mise use --global terraform@VERSION",
    "terragrunt": "mise use --global terragrunt@VERSION",
}

_STANDARD = (BUILDER, "ami-builder", "terraform-planner", "terraform-applier")
_PRINCIPAL = re.compile(r":(?:user/(?P<user>.+)|assumed-role/(?P<role>[^/]+)(?:/.*)?)$")

UPSTREAM = "https://github.com/{}.git"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Readiness:
    """What checks get as ``readiness``; ``profiles`` and ``role`` say how the user gets into the accounts."""

    to: str
    workstation: Workstation
    token: Fact[Token | None]
    fleet: Fleet
    release_repo: str
    profiles: bool
    role: bool

    @classmethod
    def of(cls, grounds: Grounds, fleet: Fleet, settings: Settings) -> Readiness:
        """Put the grounds beside the fleet."""
        return cls(
            to=grounds.to,
            workstation=grounds.workstation,
            token=grounds.token,
            fleet=fleet,
            release_repo=settings.release_repo,
            profiles=settings.profile is not None,
            role=settings.role_arn is not None,
        )

    @property
    def now(self) -> datetime:
        """When readiness is judged."""
        return self.fleet.judged_at

    @property
    def builders(self) -> tuple[tuple[UnitView, StackView, DeclaredContainer], ...]:
        """Where a container that builds images is declared."""
        return tuple(
            (unit, stack, row)
            for unit in self.fleet.units
            for stack in unit.stacks
            for row in stack.deployed
            if row.container == BUILDER
        )

    def arn(self, unit: UnitView) -> str:
        """Give who the caller is in an account; raises UnreadError where that is not known."""
        return need(_observed(unit).identity).arn

    def bare_session(self, unit: UnitView) -> str | None:
        """Name the session that IAM does not take: a user's without MFA, or a federated one; None where it takes it.

        Raises UnreadError where that is not known.
        """
        who = need(_observed(unit).identity)
        if ":federated-user/" in who.arn:
            return f"a federated session of {who.arn.rpartition('/')[2]}"
        has_token = who.has_session_token
        if has_token is None:
            has_token = self.workstation.surroundings.has_session_token and not self.profiles
        if not has_token or ":user/" not in who.arn:
            return None
        session, rights = f"a session token of {who.arn.rpartition('/')[2]}", _observed(unit).caller_rights
        if rights.kind == "unread" and rights.gap.code == REFUSED:
            return session
        if (rights.kind == "seen" and rights.value is not None) or (rights.kind == "unread" and rights.gap.permission):
            return None  # IAM answered, so the session was begun with MFA
        message = f"whether IAM takes {session} is not known; see that it was begun with MFA, and look again"
        raise UnreadError(Gap(what="session", account=unit.account, region=unit.region, message=message))

    def rights(self, unit: UnitView) -> tuple[Right, ...]:
        """Give what IAM says of the caller's rights; raises UnreadError where it was not asked, or did not answer."""
        rights = need(_observed(unit).caller_rights)
        if rights is None:
            message = f"{unit.key}: IAM was not asked what the caller may do; look again without --snapshot"
            raise UnreadError(Gap(what="rights", account=unit.account, region=unit.region, message=message))
        return rights

    def absent_images(self) -> tuple[str, ...]:
        """Name the images whose target tag is not in ECR yet; raises UnreadError where that was not read."""
        wanted: dict[str, UnitView] = {}
        for unit in self.fleet.units:
            for stack in unit.stacks:
                for row in stack.deployed:
                    if image_of(row.container) and repository_of(known(row, "image")):
                        wanted.setdefault(known(row, "image"), unit)
        return tuple(sorted(image for image, unit in wanted.items() if unit.registry.tag(image, self.to) is None))

    def may_need_builds(self) -> bool:
        """Whether images must be built, or nobody knows whether they must."""
        try:
            return bool(self.absent_images())
        except UnreadError:
            return True

    def builder(self) -> Builder:
        """Say what the runner that builds is able to; what could not be read is None, not there is empty."""
        if not self.builders:
            return hops.Builder(kaniko="", catalog_ref=None, env_secret=self._passes_env_secret())
        _, stack, _ = self.builders[0]
        return hops.Builder(kaniko=self._kaniko(), catalog_ref=catalog_ref(stack), env_secret=self._passes_env_secret())

    def obstacle(self, what: hops.Lack) -> Obstacle | None:
        """Say whether one of the conditions of building from inside is not met, or not known to be."""
        return next((one for one in hops.obstacles(self.builder(), self.to) if one.what == what), None)

    def needs_bootstrap(self) -> bool:
        """Whether images must be built by local Docker: only where something certain keeps the runner from it."""
        certain = any(one.is_certain for one in hops.obstacles(self.builder(), self.to))
        return certain and self.may_need_builds()

    def running(self, unit: UnitView) -> tuple[str, ...]:
        """Name the tags of the deploy-runner image that run in a unit; raises UnreadError where that was not read."""
        pairs = [pair for stack in unit.stacks for pair in stack.matched]
        tags = {pair.tag(unit.registry) for pair in pairs if image_of(pair.declared.container) == RUNNER}
        return tuple(sorted(tags))

    def routes(self, unit: UnitView) -> tuple[Route, ...]:
        """Give the way from each tag that runs in a unit; raises UnreadError where one has no order."""
        builder, releases = self.builder(), self.fleet.releases.released.releases
        found = []
        for tag in self.running(unit):
            route = hops.route(releases, tag, self.to, builder)
            if route is None:
                message = (
                    f"runs {tag}, which is no version: the way to {self.to} cannot be told; run a release there first"
                )
                raise UnreadError(Gap(what="running tag", account=unit.account, region=unit.region, message=message))
            found.append(route)
        return tuple(found)

    def needed_tools(self) -> tuple[str, ...]:
        """Name the tools that this upgrade needs."""
        units = [stack.declaration.kind for unit in self.fleet.units for stack in unit.stacks]
        wanted = {
            "aws": True,
            "aws-vault": self.profiles,
            "docker": self.needs_bootstrap(),
            "git": True,
            "infrastructure-deployer": True,  # after each apply it asks the invoker
            "terraform": True,
            "terragrunt": "terragrunt" in units,
        }
        return tuple(name for name, is_wanted in wanted.items() if is_wanted)

    def tool(self, name: str) -> Tool:
        """Give what was found of a tool; raises UnreadError where nobody looked for it."""
        found = self.workstation.tool(name)
        if found is None:
            raise UnreadError(Gap(what=name, message=f"{name} was not looked for; look again"))
        return found

    def build_scripts(self) -> tuple[Pin, ...]:
        """Give the pins of the releases that build scripts build; raises UnreadError where a file was not read."""
        return self.fleet.pins_of("build-ref")

    def build_repositories(self) -> tuple[str, ...]:
        """Name where the Dockerfiles come from: as the build scripts say, else the repository of the releases."""
        said = sorted({pin.value for pin in self.fleet.pins_of("build-repo")})
        return tuple(said) or (UPSTREAM.format(self.release_repo),)

    def time_needed(self) -> timedelta:
        """Say how long the credentials must last."""
        return PER_ACCOUNT * len(self.fleet.units) + (PER_BUILDS if self.may_need_builds() else timedelta())

    def _kaniko(self) -> str | None:
        unit, stack, row = self.builders[0]
        try:
            pair = next((one for one in stack.matched if one.declared == row), None)
            return pair.tag(unit.registry) if isinstance(pair, Matched) else ""
        except UnreadError:
            return None

    def _passes_env_secret(self) -> bool | None:
        try:
            said = {pin.name for pin in self.fleet.pins_of("build-secret")}
        except UnreadError:
            return None
        # Without a script of the repository's own the build is the one that this tool proposes, which passes it.
        return "build-arg" not in said


def install(readiness: Readiness, name: str) -> str:
    """Give the command that installs a tool: the version that is pinned for the runner, the deployer of the target."""
    versions = sorted(pinned(readiness, name).values())
    version = versions[-1].removeprefix("v") if versions else "latest"
    return _INSTALL[name].replace("VERSION", quoted(version)).replace("TAG", quoted(readiness.to))


def machine_of(arn: str, unit: UnitView) -> str | None:
    """Name the pipeline's own identity that an ARN is of; None for anybody else's."""
    found = principal(arn)
    return found.partition("/")[2] if found in machines(unit) else None


def principal(arn: str) -> str:
    """Give whose an ARN is, as ``user/NAME`` or ``role/NAME``, without path and session; empty for anybody else's."""
    found = _PRINCIPAL.search(arn)
    if found is None:
        return ""
    return f"user/{found['user'].rpartition('/')[2]}" if found["user"] else f"role/{found['role']}"


def machines(unit: UnitView) -> frozenset[str]:
    """Name the users and roles that are the pipeline's own: by their usual names, and by those that are in use."""
    own = {"user/ci-machine-user", "role/allow-auto-deploy-from-other-accounts"}
    for stack in unit.stacks:
        containers = {*_STANDARD, *(row.container for row in stack.declared), "task-execution-role", "invoker"}
        own.update(f"role/{stack.stack}-{container}" for container in containers)
        used = [stack.invoker.value.role] if stack.invoker.kind == "seen" and stack.invoker.value else []
        if stack.pairs.kind == "seen":
            used += [role for one in stack.definitions for role in (one.task_role, one.execution_role)]
        own.update(f"role/{role.rpartition('/')[2]}" for role in used if role)
    return frozenset(own)


def _observed(unit: UnitView) -> Observation:
    if unit.observation is None:
        raise UnreadError(unit.gaps[0])
    return unit.observation


def catalog_ref(stack: StackView) -> str | None:
    """Give the ref as the service catalog numbers it, also for the module of terraform-aws-ci itself."""
    source, ref = stack.declaration.module_source or "", stack.declaration.module_ref
    version = Version.parse(ref or "")
    if "terraform-aws-ci" not in source or version is None:
        return ref
    enough = Version.parse(hops.KANIKO)
    return hops.CATALOG if enough is not None and version >= enough else f"{ref} of terraform-aws-ci"


def pinned(readiness: Readiness, name: str) -> dict[str, str]:
    """Map each place that pins a tool for the runner to the version there."""
    fleet = readiness.fleet
    pins = [pin for pin in fleet.pins if pin.kind == "tool-version" and pin.name == name]
    pins += [pin for pin in fleet.pins if pin.kind == "build-arg" and pin.name == f"{name}_version"]
    return {str(pin.origin): pin.value for pin in pins}
