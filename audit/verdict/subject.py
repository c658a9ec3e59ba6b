"""Subjects: what a judgement is about, filled from a view so that every finding names its place and evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.model import ImageRef
from audit.verdict.check import Subject
from audit.verdict.finding import Evidence, fingerprint
from audit.verdict.pairing import UnitView
from audit.verdict.pairs import Missing
from audit.verdict.registry import RepositoryView
from audit.verdict.requests import asked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.declared.model import DeclaredContainer, Diagnostic, Pin
    from audit.model import Gap, Location
    from audit.running.model.ecr import Repository
    from audit.running.model.seen import Observation
    from audit.verdict.pairing import Matched, Orphan, StackView
    from audit.verdict.secrets import SecretView


def of_container(  # noqa: PLR0913 -- keyword-only facts of one container
    unit: UnitView,
    stack: StackView,
    row: DeclaredContainer,
    *,
    declared: str | None = None,
    running: str | None = None,
    released: str | None = None,
    location: Location | None = None,
    calls: tuple[str, ...] = (),
    image: str | None = None,
) -> Subject:
    """Make the subject for a declared container; ``calls`` are the API operations that the judgement rests on.

    Those of ECR were about ``image``, the declared one if it is not given.
    """
    place = location or row.tag_origin
    requests, names = unit.requests, {stack.stack, f"{stack.stack}-{row.container}"}
    asks_ecr = any(call.startswith("ecr:") for call in calls)
    if asks_ecr and (repository := unit.registry.of(image or row.image)) is not None:
        requests, names = (*requests, *repository.requests), names | _of_tag(repository, running or declared)
    return Subject(
        name=f"{stack.stack}-{row.container}",
        kind=_placeless(unit, stack),
        account=unit.account,
        account_id=unit.account_id,
        region=unit.region,
        unit=stack.unit,
        stack=stack.stack,
        container=row.container,
        declared=declared,
        running=running,
        released=released,
        location=place,
        evidence=(*from_file(place), *asked(calls, requests, names)),
    )


def of_stack(  # noqa: PLR0913 -- keyword-only facts of one stack
    unit: UnitView,
    stack: StackView,
    *,
    name: str | None = None,
    kind: str = "",
    declared: str | None = None,
    running: str | None = None,
    location: Location | None = None,
    calls: tuple[str, ...] = (),
    about: Iterable[str] = (),
) -> Subject:
    """Make the subject for a stack as a whole, or for a thing of it called ``name``.

    ``about`` is what else the ``calls`` asked for it than the stack, its invoker and ``name``.
    """
    names = {stack.stack, f"{stack.stack}-invoker", *about, *((name,) if name else _families(stack))}
    return Subject(
        name=name or stack.stack,
        kind=kind or _placeless(unit, stack),
        account=unit.account,
        account_id=unit.account_id,
        region=unit.region,
        unit=stack.unit,
        stack=stack.stack,
        declared=declared,
        running=running,
        location=location,
        evidence=(*from_file(location), *asked(calls, unit.requests, names)),
    )


def of_repository(
    repository: RepositoryView,
    *,
    kind: str | None = None,
    name: str | None = None,
    running: str | None = None,
    calls: tuple[str, ...] = (),
) -> Subject:
    """Make the subject for an ECR repository, or for a thing of it called ``name``."""
    seen = repository.seen
    return Subject(
        name=name or seen.name,
        kind="|".join(part for part in (seen.name, kind) if part),
        account=repository.account,
        account_id=seen.registry_id,
        region=seen.region,
        running=running,
        evidence=asked(calls, seen.requests, _of_tag(seen, running)),
    )


def of_secret(secret: SecretView, *, calls: tuple[str, ...] = ()) -> Subject:
    """Make the subject for a secret."""
    return Subject(
        name=secret.name,
        kind=secret.name,
        account=secret.key.partition("/")[0],
        account_id=secret.owner,
        region=secret.region,
        evidence=asked(calls, secret.seen.requests),
    )


def of_fleet(
    name: str = "fleet",
    *,
    kind: str = "",
    location: Location | None = None,
    calls: tuple[str, ...] = (),
    **values: str | None,
) -> Subject:
    """Make the subject for the fleet, or for a thing of the repository; ``values``: declared, running, released."""
    evidence = (*from_file(location), *asked(calls, ()))
    return Subject(name=name, kind=kind, location=location, evidence=evidence, **values)


def of_account(seen: Observation) -> Subject:
    """Make the subject for an account in a region in which no unit is."""
    return Subject(
        name=f"{seen.account.name}/{seen.region}",
        account=seen.account.name,
        account_id=seen.account.id,
        region=seen.region,
        evidence=asked(("ecs:ListTaskDefinitionFamilies", "lambda:GetFunctionConfiguration"), seen.requests),
    )


def of_pin(pin: Pin, *, declared: str | None = None) -> Subject:
    """Make the subject for a pin: its file, and what stands there."""
    return Subject(
        name=pin.origin.file,
        kind="|".join((pin.origin.file, pin.name, pin.subject or "")),
        declared=declared or pin.value,
        location=pin.origin,
        evidence=from_file(pin.origin),
    )


def of_diagnostic(diagnostic: Diagnostic) -> Subject:
    """Make the subject for something that Terraform or Terragrunt would refuse: its file and the words."""
    place = diagnostic.location
    file = place.file if place else diagnostic.unit or "repository"
    return Subject(name=file, kind=f"{file}|{diagnostic.message}", location=place, evidence=from_file(place))


def of_noun(noun: UnitView | RepositoryView | SecretView | None) -> Subject:
    """Make the subject of an item as a whole; None is the fleet."""
    if noun is None:
        return Subject(name="fleet")
    if not isinstance(noun, UnitView):
        whole = of_repository(noun) if isinstance(noun, RepositoryView) else of_secret(noun)
        return replace(whole, name=noun.key)
    placed = noun.account_id and noun.region
    return Subject(
        name=noun.key,
        kind="" if placed else noun.key,
        account=noun.account,
        account_id=noun.account_id,
        region=noun.region,
        unit=noun.stacks[0].unit,
    )


def running_text(pair: Matched) -> str | None:
    """Show what runs: the tag, else the digest; None where the container can't be told."""
    if pair.running is None:
        return None
    return pair.running.tag or pair.running.digest or "latest"


def running_name(pair: Matched) -> str | None:
    """Name the repository of what runs; None where the container can't be told."""
    return pair.running.name if pair.running else None


def from_file(place: Location | None) -> tuple[Evidence, ...]:
    """Make the evidence of a literal."""
    return (Evidence(source="hcl", file=place.file, line=place.line, column=place.column),) if place else ()


def of_gap(gap: Gap) -> Subject:
    """Make the subject for a gap; its kind tells the gaps of one place apart, without the words of its message."""
    evidence = from_file(gap.location)
    if gap.call and ":" in gap.call and not gap.location:
        evidence = asked((gap.call,), ())
    return Subject(
        name=gap.what,
        kind=fingerprint(gap.what, gap.unit, gap.call, gap.location.file if gap.location else None)[:16],
        account=gap.account,
        account_id=gap.account_id,
        region=gap.region,
        unit=gap.unit,
        location=gap.location,
        evidence=evidence,
    )


def orphan_image(orphan: Orphan) -> str | None:
    """Show the image of an undeclared family, its first container's, without the registry."""
    images = [ImageRef.parse(found.image) for found in orphan.definition.images[:1]]
    return str(replace(images[0], registry=None)) if images else None


def _of_tag(repository: Repository, tag: str | None) -> set[str]:
    """Name what a repository was asked for about a tag: itself, the tag, and what that points to."""
    held = repository.tags.value or () if repository.tags.kind == "seen" else ()
    digests = {one.digest for one in held if one.tag == tag and one.digest}
    return {repository.name, *digests, *((tag,) if tag else ())}


def _families(stack: StackView) -> tuple[str, ...]:
    pairs = stack.pairs.value if stack.pairs.kind == "seen" else ()
    return tuple(pair.definition.family for pair in pairs if not isinstance(pair, Missing))


def _placeless(unit: UnitView, stack: StackView) -> str:
    """Tell units without an account id or region apart by their path: the fingerprint has nothing else."""
    return "" if unit.account_id and unit.region else stack.unit
