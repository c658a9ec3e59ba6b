"""ECR repositories as nouns for checks: what a tag points to, which tags are in use, and whom the repository serves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from audit.errors import UnreadError
from audit.fleet import repository_of, running_images
from audit.model import Account, Fact, Gap, Seen, Unread, need
from audit.running.model.ecr import Repository, RepositorySettings, TagImage
from audit.text import counted
from audit.verdict.check import not_applicable
from audit.verdict.ecr_policies import fits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.model import ImageRef
    from audit.running.model.seen import Observation
    from audit.snapshot import Snapshot
    from audit.verdict.pairs import Matched

_NAMED = 20


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Registry:
    """All ECR repositories that were looked at, by registry id, region and name."""

    repositories: Mapping[tuple[str, str, str], Repository]

    def has(self, image: str) -> bool:
        """Tell whether the repository of an image was looked at."""
        return repository_of(image) in self.repositories

    def of(self, image: str | None) -> Repository | None:
        """Give the repository of an image, None where it was not looked at."""
        place = repository_of(image)
        return self.repositories.get(place) if place else None

    def running(self, pair: Matched) -> TagImage | None:
        """Look the running tag up; an image without a tag is ``latest``. None where it is not there any more.

        Not applicable to an image that is pinned by its digest alone, or that does not live in a repository that was
        looked at because it is declared; raises UnreadError as ``tag`` does.
        """
        image = pair.image()
        if image.digest and not image.tag:
            not_applicable("pinned by digest alone: no tag can move under it, or go")
        if image.ecr is None:
            not_applicable(f"{image.name} is not in ECR")
        if image.name != pair.declared.image and not self.has(image.name):
            not_applicable(f"{image.name} is not declared: see image-repository-drift")
        return self.tag(image.name, image.tag or "latest")

    def tag(self, image: str, tag: str) -> TagImage | None:
        """Look a tag of an ECR image up; None where the tag, or its whole repository, is not there.

        Raises UnreadError where the repository could not be read or the tag was not asked for.
        """
        found = self.of(image)
        if found is None:
            raise UnreadError(Gap(what="registry", message=f"{image} was not looked at"))
        match found.tags:
            case Unread(gap=gap):
                raise UnreadError(gap)
            case Seen(value=tags):
                if tags is None:
                    return None
                for seen in tags:
                    if seen.tag == tag:
                        return seen if seen.digest else None
        raise UnreadError(Gap(what="registry", message=f"{image}:{tag} was not asked for; look again"))


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class RepositoryView:
    """One ECR repository: what checks get as ``repository``. ``key`` is ``account/region/name``.

    ``users`` are the accounts that a unit declares an image of it for, ``declared`` and ``running`` the tags in use;
    ``pullers`` are the roles with which the task definitions of an account pull, by its id.
    """

    key: str
    account: str
    seen: Repository
    users: tuple[Account, ...]
    declared: frozenset[str]
    running: frozenset[str]
    pullers: Mapping[str | None, frozenset[str]] = field(default_factory=dict)

    @property
    def settings(self) -> RepositorySettings | None:
        """How it is set up, None where there is no such repository; raises UnreadError where that was not read."""
        return need(self.seen.settings)

    @property
    def is_absent(self) -> bool:
        """Whether there is no such repository; one that could not be read is not known to be absent."""
        return self.seen.tags == Seen(value=None)

    @property
    def tags(self) -> tuple[TagImage, ...]:
        """The tags that were asked for and are there; raises UnreadError where they were not read."""
        return tuple(tag for tag in need(self.seen.tags) or () if tag.digest)

    def critical(self, image: TagImage) -> str:
        """Count the critical vulnerabilities of a running image and name them; ids that were not listed are counted."""
        number, fact = image.critical or 0, self.seen.vulnerable
        listed = fact.value if isinstance(fact, Seen) else ()
        ids = next((one.ids for one in listed if one.digest == image.digest), ())[:_NAMED]
        words = counted(number, "critical vulnerability", "critical vulnerabilities")
        more = f" and {number - len(ids):,} more" if ids and number > len(ids) else ""
        return f"{words}: {', '.join(ids)}{more}" if ids else words

    def movable(self, settings: RepositorySettings) -> tuple[str, ...]:
        """Name the tags in use that can be pushed again, where that hangs on their names.

        Raises UnreadError where the patterns or the tags were not read; not applicable where no tag is in use.
        """
        patterns = settings.exclusions
        if patterns is None:
            raise UnreadError(Gap(what="repository settings", message=f"{self.seen.name}: not looked at; look again"))
        if not self.in_use:
            not_applicable("it leaves tags out by pattern, and no tag of it is in use")
        is_immutable = (settings.tag_mutability or "").startswith("IMMUTABLE")
        return tuple(one.tag for one in self.in_use if any(fits(each, one.tag) for each in patterns) == is_immutable)

    @property
    def in_use(self) -> tuple[TagImage, ...]:
        """The tags that are declared or running, and there."""
        return tuple(tag for tag in self.tags if tag.tag in self.declared | self.running)

    def fact(self, name: str) -> Fact[object] | None:
        """Give a fact by the name that a check needs it under, None for one that repositories don't have."""
        facts: Mapping[str, Fact[object]] = {
            "tags": self.seen.tags,
            "settings": self.seen.settings,
            "lifecycle": self.seen.lifecycle,
            "policy": self.seen.policy,
        }
        return facts.get(name)


def views(snapshot: Snapshot) -> tuple[RepositoryView, ...]:
    """Put each repository beside whom it serves, in the order in which they were seen."""
    declared: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    users: dict[tuple[str, str, str], dict[str, Account]] = defaultdict(dict)
    for row in snapshot.declared.containers:
        place = repository_of(row.image)
        if place is None:
            continue
        declared[place].update({row.tag} if row.tag else ())
        if row.account_id:
            users[place][row.account_id] = Account(name=row.account or row.account_id, id=row.account_id)
    running: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for image in running_images(snapshot.running.observations):
        place = repository_of(image.name)
        if place is not None:
            running[place].update(_tags(image))
    names = {account.id: account.name for account in snapshot.order.accounts}
    made = (_view(seen, names, users, declared, running) for seen in snapshot.running.repositories)
    pullers = _pullers(snapshot.running.observations)
    return tuple(replace(one, pullers=pullers) for one in made)


def _pullers(observations: Iterable[Observation]) -> dict[str | None, frozenset[str]]:
    """Name the execution roles of what was seen, by account: ECS pulls with these."""
    found: dict[str | None, set[str]] = defaultdict(set)
    for seen in observations:
        definitions = seen.families.value if seen.families.kind == "seen" else ()
        found[seen.account.id].update(one.execution_role for one in definitions if one.execution_role)
    return {id_: frozenset(roles) for id_, roles in found.items()}


def _tags(image: ImageRef) -> tuple[str, ...]:
    return (image.tag or "latest",) if image.tag or not image.digest else ()


def _view(
    seen: Repository,
    names: Mapping[str | None, str],
    users: Mapping[tuple[str, str, str], dict[str, Account]],
    declared: Mapping[tuple[str, str, str], set[str]],
    running: Mapping[tuple[str, str, str], set[str]],
) -> RepositoryView:
    place = (seen.registry_id, seen.region, seen.name)
    account = names.get(seen.registry_id, seen.registry_id)
    return RepositoryView(
        key=f"{account}/{seen.region}/{seen.name}",
        account=account,
        seen=seen,
        users=tuple(account for _, account in sorted(users.get(place, {}).items())),
        declared=frozenset(declared.get(place, ())),
        running=frozenset(running.get(place, ())),
    )
