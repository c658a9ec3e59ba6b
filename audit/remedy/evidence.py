"""What is looked at before and after an apply, as commands that change nothing: tasks, images, pull policy, invoker.

The registry is asked through the account that it is of: the policy of a repository can let in the runner's roles alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from audit.errors import UnreadError
from audit.fleet import repository_of
from audit.model import Unread, need
from audit.remedy.grammar import valid
from audit.remedy.steps import Command
from audit.verdict.ecr_policies import pull
from audit.verdict.registry import Registry

if TYPE_CHECKING:
    from audit.declared.model import DeclaredContainer
    from audit.remedy.units import Site

Through: TypeAlias = Callable[..., tuple[str, ...]]

DEFAULT_STACK = "ecs-deploy-runner"
"""The stack whose invoker infrastructure-deployer asks by itself."""

_DENIED = (
    "the policy of {name} does not let {account} ({account_id}) pull: name the account where the repository is declared"
    " (external_account_ids_with_read_access), apply that, then plan anew"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Looks:
    """What is looked at around the apply of one unit; ``waits`` says why it cannot be begun, ``notes`` what is open."""

    guards: tuple[Command, ...] = ()
    evidence: tuple[Command, ...] = ()
    waits: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Witness:
    """Who can be asked: the registry as it was seen, and by account id the way into each account that is known."""

    registry: Registry
    ways: Mapping[str, Through]

    def of(self, site: Site, through: Through) -> Looks:
        """Name the looks for a unit that is reached by ``through``."""
        there = self.images(site.deployed, otherwise=through)
        places = dict.fromkeys(repository_of(row.image) for row in site.deployed)
        pulls = [self._pull(site, place) for place in places if place]
        return Looks(
            guards=(*idle(site, through), *there),
            evidence=(invoked(site, through), *there, *(one for found in pulls for one in found.evidence)),
            waits=next((found.waits for found in pulls if found.waits), None),
            notes=tuple(note for found in pulls for note in found.notes),
        )

    def images(self, rows: Iterable[DeclaredContainer], otherwise: Through | None = None) -> tuple[Command, ...]:
        """Ask for each declared image that lives in ECR; ``otherwise`` is the way where the registry's is not known."""
        found = []
        for image, tag in dict.fromkeys((row.image, row.tag) for row in rows):
            place = repository_of(image)
            way = self.ways.get(place[0], otherwise) if place else None
            if image and tag and way:
                found.append(in_ecr(image, tag, way))
        return tuple(found)

    def _pull(self, site: Site, place: tuple[str, str, str]) -> Looks:
        """Ask the policy of a repository that is another account's than the unit's."""
        owner, region, name = place
        account_id, doubt = site.view.account_id or "", f"whether the policy of {name} lets others pull"
        if owner == account_id:
            return Looks()
        seen = self.registry.repositories.get(place)
        if seen is None:
            return Looks(notes=(f"{doubt} is not known: it was not looked at",))
        try:
            policy = need(seen.policy)
            answer = pull(policy, account_id, _roles(site))
        except UnreadError as error:
            return Looks(notes=(f"{doubt} is not known: {error.gap.message}",))
        if answer == "denied":
            return Looks(waits=_DENIED.format(name=name, account=site.view.account, account_id=account_id))
        through = self.ways.get(owner)
        if through is None:
            return Looks(notes=(f"{doubt} is not asked again: its account {owner} is not in the fleet",))
        is_named = answer == "allowed" and account_id in (policy or "")
        asked = Command(
            argv=through(
                *("aws", "ecr", "get-repository-policy", "--registry-id", valid("account id", owner)),
                *("--repository-name", valid("image name", name), "--region", valid("region", region)),
                *(
                    "--query",
                    f"contains(policyText, '{valid('account id', account_id)}')" if is_named else "policyText",
                ),
                *("--output", "text"),
            ),
            expect="True" if is_named else None,
            otherwise=f"the policy of {name} no longer lets {account_id} pull",
        )
        hangs = (f"{doubt} hangs on a condition: read it yourself",) if answer == "conditional" else ()
        return Looks(evidence=(asked,), notes=hangs)


def idle(site: Site, through: Through) -> tuple[Command, ...]:
    """Ask for tasks in flight; where there was no cluster, none can be."""
    if site.cluster is None:
        return ()
    cluster, region = valid("stack", site.cluster), valid("region", site.view.region or "")
    return (
        Command(
            argv=through(
                *("aws", "ecs", "list-tasks", "--cluster", cluster, "--region", region),
                *("--query", "taskArns[]", "--output", "text"),
            ),
            empty=True,
            otherwise=f"tasks of {cluster} are in flight: wait until they have ended",
        ),
    )


def invoked(site: Site, through: Through) -> Command:
    """Have the invoker say what it lets through: that starts no task."""
    region = valid("region", site.view.region or "")
    return Command(
        argv=through(*deployer(site.stack.stack, region), "--describe-containers"),
        otherwise=f"the invoker of {site.view.key} does not answer: its runner may not be started any more",
    )


def deployer(stack: str, region: str) -> tuple[str, ...]:
    """Give the first words of infrastructure-deployer; the invoker of a stack of another name has to be named."""
    named = () if stack == DEFAULT_STACK else ("--invoker-function-id", f"{valid('stack', stack)}-invoker")
    return ("infrastructure-deployer", "--aws-region", valid("region", region), *named)


def in_ecr(image: str, tag: str, through: Through) -> Command:
    """Ask ECR for a tag of an image that lives there."""
    owner, region, name = repository_of(image) or ("", "", "")
    return Command(
        argv=through(
            *("aws", "ecr", "batch-get-image", "--registry-id", valid("account id", owner)),
            *("--repository-name", valid("image name", name), "--image-ids", f"imageTag={valid('tag', tag)}"),
            *("--region", valid("region", region), "--query", "images[].imageId.imageTag", "--output", "text"),
        ),
        expect=tag,
        otherwise=f"ECR does not have {image}:{tag}",
    )


def _roles(site: Site) -> tuple[str, ...]:
    """Name the roles by which the stack pulls."""
    if isinstance(site.stack.pairs, Unread):
        return ()
    return tuple(one.execution_role for one in site.stack.definitions if one.execution_role)
