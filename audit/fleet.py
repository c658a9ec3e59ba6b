"""The fleet: which accounts and regions to look at, in which order, and which of them cannot be placed.

Pure: from what is declared and what the user selected to the targets of ``audit.running``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from audit.errors import NothingSelectedError
from audit.model import Account, Gap, ImageRef
from audit.running.access import Access
from audit.running.model.targets import RegistryTarget, SecretTarget, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from audit.configuration.config import Settings
    from audit.declared.model import Declared, DeclaredContainer, DeclaredUnit
    from audit.running.model.seen import Observation

_SECRET = re.compile(r"arn:aws[\w-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[^:]+", re.ASCII)
GUIDE_ORDER = ("logs", "shared", "security", "dev", "stage", "prod")


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Accounts in the order in which changes reach them, and where that order came from."""

    accounts: tuple[Account, ...]
    source: str


def select(declared: Declared, settings: Settings) -> Declared:
    """Keep the units whose account (name or id) and region match; gaps that name another account go too.

    Raises NothingSelectedError where there is no unit at all, or none is left.
    """
    if not declared.units and not declared.gaps:
        raise NothingSelectedError(
            f"no ECS Deploy Runner unit found {_where(settings)}: a unit is a terragrunt.hcl whose "
            "terraform.source names a module ecs-deploy-runner; give the repository that holds them by --infra-live"
        )
    units = tuple(unit for unit in declared.units if _matches(unit, settings))
    gaps = tuple(gap for gap in declared.gaps if _matches(gap, settings))
    if not units and not gaps:
        known = ", ".join(sorted({f"{unit.account or '?'}/{unit.region or '?'}" for unit in declared.units}))
        raise NothingSelectedError(f"nothing matches {settings.words()}; the repository declares {known}")
    paths = {unit.path for unit in units}
    containers = tuple(row for row in declared.containers if row.unit in paths)
    return replace(declared, units=units, containers=containers, gaps=gaps)


def _where(settings: Settings) -> str:
    return f"in {settings.snapshot}" if settings.infra_live is None else f"below {settings.infra_live}"


def access(settings: Settings) -> Access:
    """Say how to get into the accounts; UsageError for what can never be a role, a profile or an external id."""
    return Access(
        role_arn=settings.role_arn,
        profile=settings.profile,
        external_id=settings.external_id,
        via=settings.via,
        accounts=settings.accounts,
        simulate_roles=settings.simulate_roles,
        simulate_caller=settings.simulate_caller,
    )


def access_to_organization(settings: Settings) -> Access:
    """Say how to get at the list of the organization's accounts."""
    return Access(role_arn=settings.organization_role_arn, profile=settings.organization_profile)


def deploy_order(accounts: Iterable[Account]) -> Order:
    """Sort accounts by ``deploy_order`` (missing first, ties in file order), else as the upgrade guide has it.

    Without any ``deploy_order``: logs, shared, security, dev, stage, prod; others by name before prod-like ones.
    """
    given = tuple(accounts)
    if any(account.deploy_order is not None for account in given):
        ranked = sorted(given, key=lambda account: -1 if account.deploy_order is None else account.deploy_order)
        return Order(accounts=tuple(ranked), source="deploy_order of the accounts file")
    return Order(accounts=tuple(sorted(given, key=_guide_rank)), source="the upgrade guide's order, by name")


def targets(declared: Declared, order: Order) -> tuple[tuple[Target, ...], tuple[Gap, ...]]:
    """Group the declared units by account and region, in deploy order; a unit that lacks one of them is a gap."""
    stacks: dict[tuple[str, str], set[str]] = defaultdict(set)
    accounts: dict[str, Account] = {}
    known = {gap.unit: gap for gap in declared.gaps}
    gaps = []
    for unit in declared.units:
        if unit.account_id is None or unit.region is None or unit.stack is None:
            gaps.append(known.get(unit.path) or _unplaced(unit))
            continue
        accounts.setdefault(unit.account_id, _account(unit, unit.account_id, order))
        stacks[unit.account_id, unit.region].add(unit.stack)
    rank = {account.id: index for index, account in enumerate(order.accounts)}
    places = sorted(stacks, key=lambda place: (rank.get(place[0], -1), accounts[place[0]].name, place[1]))
    found = (
        Target(account=accounts[id_], region=region, stacks=tuple(sorted(stacks[id_, region])))
        for id_, region in places
    )
    return tuple(found), tuple(gaps)


def registry_targets(
    containers: Iterable[DeclaredContainer],
    observations: Iterable[Observation],
    order: Order,
    also: Iterable[str | None] = (),
) -> tuple[RegistryTarget, ...]:
    """List the ECR repositories of declared images, with the tags that matter: declared, running, ``also``."""
    more = tuple(also)
    tags: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    run: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in containers:
        place = repository_of(row.image)
        if place is not None:
            tags[place].update(tag for tag in (row.tag, *more) if tag)
    for image in running_images(observations):
        place = repository_of(image.name)
        if place in tags and image.tag:
            tags[place].add(image.tag)
            run[place].add(image.tag)
    names = {account.id: account for account in order.accounts}
    beside: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (id_, region, name), wanted in sorted(tags.items()):
        if wanted:
            beside[id_, region].append(name)
    return tuple(
        RegistryTarget(
            account=names.get(id_, Account(name=id_, id=id_)),
            region=region,
            repository=name,
            tags=tuple(sorted(wanted)),
            running=tuple(sorted(run[id_, region, name])),
            beside=tuple(beside[id_, region]),
        )
        for (id_, region, name), wanted in sorted(tags.items())
        if wanted
    )


def secret_targets(observations: Iterable[Observation], order: Order) -> tuple[SecretTarget, ...]:
    """List the secrets in Secrets Manager that task definitions name by their ARN, each once."""
    names = {account.id: account for account in order.accounts}
    found = sorted({arn for observation in observations for _, arn in secret_references(observation)})
    parts = {arn: arn.split(":") for arn in found}
    return tuple(
        SecretTarget(account=names.get(part[4], Account(name=part[4], id=part[4])), region=part[3], arn=arn)
        for arn, part in parts.items()
    )


def secret_references(observation: Observation) -> Iterable[tuple[str, str]]:
    """Walk through the families of an account and the secrets that they name, without key, stage and version."""
    if observation.families.kind == "seen":
        for definition in observation.families.value:
            for found in definition.images:
                for reference in found.secrets:
                    if match := _SECRET.match(reference.value_from):
                        yield definition.family, match[0]


def repository_of(image: str | None) -> tuple[str, str, str] | None:
    """Split an ECR image name into registry id, region and repository; None for what does not live in ECR."""
    if image is None:
        return None
    reference = ImageRef.parse(image)
    return (*reference.ecr, reference.repository) if reference.ecr else None


def running_images(observations: Iterable[Observation]) -> Iterable[ImageRef]:
    """Walk through the image references of all task definitions that were seen."""
    for observation in observations:
        if observation.families.kind == "seen":
            for definition in observation.families.value:
                yield from (ImageRef.parse(found.image) for found in definition.images)


def is_selected(account: Account, settings: Settings, region: str | None = None) -> bool:
    """Tell whether the user's selection takes an account in, by its name or id, and a region where one is given."""
    names = [name for name in (account.name, account.id) if name]
    regions = [region] if region else []
    return _account_matches(names, settings) and _is_among(regions, settings.region, settings.exclude_region)


def _matches(thing: DeclaredUnit | Gap, settings: Settings) -> bool:
    names = [name for name in (thing.account, thing.account_id) if name]
    regions = [thing.region] if thing.region else []
    return _account_matches(names, settings) and _is_among(regions, settings.region, settings.exclude_region)


def _account_matches(names: list[str], settings: Settings) -> bool:
    return _is_among(names, settings.account, settings.exclude_account)


def _is_among(names: list[str], wanted: Iterable[str], unwanted: Iterable[str]) -> bool:
    # What names no account belongs to everybody: leaving it out would hide what could not be read.
    if not names:
        return True
    taken = not wanted or any(fnmatchcase(name, glob) for name in names for glob in wanted)
    return taken and not any(fnmatchcase(name, glob) for name in names for glob in unwanted)


def _guide_rank(account: Account) -> tuple[int, str]:
    if account.name in GUIDE_ORDER[:-1]:
        return GUIDE_ORDER.index(account.name), ""
    return len(GUIDE_ORDER) + (account.name.startswith("prod") or account.name.endswith("prod")), account.name


def _account(unit: DeclaredUnit, id_: str, order: Order) -> Account:
    known: Mapping[str | None, Account] = {account.id: account for account in order.accounts}
    return known.get(id_) or Account(name=unit.account or id_, id=id_)


def _unplaced(unit: DeclaredUnit) -> Gap:
    parts = (("account id", unit.account_id), ("region", unit.region), ("stack name", unit.stack))
    missing = " and ".join(word for word, value in parts if value is None)
    return Gap(
        what="unit",
        account=unit.account,
        account_id=unit.account_id,
        region=unit.region,
        unit=unit.path,
        message=f"{unit.path}: {missing} unknown, so it was not looked at; write it where it can be read",
    )
