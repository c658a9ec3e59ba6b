"""What has been read so far: rows, units, gaps, shadows and diagnostics, each diagnostic once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from audit.declared.containers import Container, Text, diagnostic, plain
from audit.declared.model import Declared, DeclaredContainer, DeclaredUnit, Diagnostic, Link, Pin, Shadow
from audit.declared.sources import masked, module_ref
from audit.model import Gap, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audit.declared.placement import Placement
    from audit.errors import DeclarationError
    from audit.model import Account


class Collected:
    """Gathers what units declare, in any order, and gives it sorted."""

    def __init__(self, show: Callable[[str], str]) -> None:
        self.show = show
        self.units: list[DeclaredUnit] = []
        self.containers: list[DeclaredContainer] = []
        self.gaps: list[Gap] = []
        self.shadows: list[Shadow] = []
        self._diagnostics: dict[tuple[str, Location | None], Diagnostic] = {}

    def report(self, found: Diagnostic) -> None:
        """Take a diagnostic; one that several units run into belongs to none of them."""
        key = (found.message, found.location)
        before = self._diagnostics.get(key)
        if before is None:
            self._diagnostics[key] = found
        elif before.unit != found.unit:
            self._diagnostics[key] = replace(before, unit=None)

    def for_unit(self, unit: str) -> UnitReport:
        """Give a place to report what is odd in a unit."""
        return UnitReport(self, unit)

    def gap(
        self,
        unit: str,
        what: str,
        message: str,
        place: Placement,
        *,
        error: DeclarationError | None = None,
        call: str | None = None,
    ) -> None:
        """Take something that can't be known of a unit."""
        location = (
            Location(file=error.file, line=error.line, column=error.column or 1) if error and error.line else None
        )
        self.gaps.append(
            Gap(
                what=what,
                message=plain(message),
                account=place.account,
                account_id=place.account_id,
                region=place.region,
                unit=unit,
                call=(error and error.file) or call,
                code=type(error).__name__ if error else None,
                location=location,
            )
        )

    def unplaced(self, unit: str, place: Placement) -> None:
        """Take it as a gap for each part of a unit's place that is not known."""
        reasons = {reason: what for what, reason in reversed(list(place.unknown.items()))}
        for reason, what in sorted(reasons.items(), key=lambda item: item[1]):
            self.gap(unit, what.replace("_", " "), f"{unit}: {what} is not known: {reason}", place)

    def unit(  # noqa: PLR0913 -- the parts of a row, all by name
        self,
        *,
        path: str,
        kind: Literal["terragrunt", "terraform"],
        place: Placement,
        stack: Text,
        source: str | None,
        source_origin: Location | None,
        containers: Sequence[Container],
        ref: str | None = None,
    ) -> None:
        """Take a unit with its containers."""
        shown = None if source is None else masked(source)
        pinned = ref or (module_ref(source) if source else None)
        chains: dict[str, tuple[Link, ...]] = {}
        for container in containers:
            unknown = dict(place.unknown)
            if stack.reason:
                unknown["stack"] = stack.reason
            for name, text in (("image", container.image), ("tag", container.tag)):
                if text.reason:
                    unknown[name] = text.reason
                if text.origin or text.links:
                    chains[f"{container.name}.{name}"] = _chain(container, name, text)
            if container.deployed is None:
                unknown["deployed"] = container.image.reason or "it is not known whether it is deployed"
            self.containers.append(
                DeclaredContainer(
                    unit=path,
                    account=place.account,
                    account_id=place.account_id,
                    region=place.region,
                    stack=stack.value,
                    container=container.name,
                    deployed=container.deployed,
                    image=container.image.value,
                    tag=container.tag.value,
                    image_origin=container.image.origin,
                    tag_origin=container.tag.origin,
                    module_source=shown,
                    module_ref=pinned,
                    unknown=dict(sorted(unknown.items())),
                )
            )
        self._unknown(path, place, containers)
        self.units.append(
            DeclaredUnit(
                path=path,
                kind=kind,
                account=place.account,
                account_id=place.account_id,
                region=place.region,
                stack=stack.value,
                module_source=shown,
                module_ref=pinned,
                source_origin=source_origin,
                chains=chains,
            )
        )

    def _unknown(self, path: str, place: Placement, containers: Sequence[Container]) -> None:
        """Note images and tags that can't be known, one gap for each reason: what is declared there is not covered."""
        missing: dict[str, list[str]] = {}
        for container in containers:
            image, tag = container.image.reason, container.tag.reason
            if image:
                what = "image and tag" if tag == image else "image"
                missing.setdefault(image, []).append(f"{what} of {container.name}")
            if tag and tag != image:
                missing.setdefault(tag, []).append(f"tag of {container.name}")
        for reason, parts in missing.items():
            what = ", ".join(parts)
            self.gap(path, what, f"{path}: {what} not known: {reason}", place)

    def declared(self, accounts: Sequence[Account], pins: tuple[Pin, ...], commit: str | None) -> Declared:
        """Give all of it, sorted."""
        return Declared(
            units=tuple(sorted(self.units, key=lambda unit: (unit.path, unit.stack or ""))),
            containers=tuple(sorted(self.containers, key=lambda row: (row.unit, row.container, row.stack or ""))),
            pins=(*pins, *_module_refs(self.units)),
            gaps=tuple(dict.fromkeys(sorted(self.gaps, key=lambda gap: (gap.unit or "", gap.what, gap.message)))),
            accounts=tuple(accounts),
            shadows=tuple(sorted(self.shadows, key=lambda shadow: (shadow.unit, shadow.name, shadow.dead))),
            diagnostics=tuple(sorted(self._diagnostics.values(), key=_by_place)),
            commit=commit,
        )


def _module_refs(units: Sequence[DeclaredUnit]) -> tuple[Pin, ...]:
    """Give the module refs as pins: each unit's own, for nothing makes them agree."""
    return tuple(
        Pin(kind="module-ref", name="source", value=unit.module_ref, origin=unit.source_origin, unit=unit.path)
        for unit in sorted(units, key=lambda unit: unit.path)
        if unit.module_ref is not None and unit.source_origin is not None
    )


class UnitReport:
    """Reports diagnostics of one unit."""

    def __init__(self, collected: Collected, unit: str) -> None:
        self._collected, self._unit = collected, unit

    def __call__(self, found: Diagnostic) -> None:
        """Take a diagnostic."""
        self._collected.report(replace(found, unit=self._unit))

    def error(self, error: DeclarationError) -> None:
        """Take an error as a diagnostic."""
        self._collected.report(diagnostic(error, self._unit))


def _by_place(found: Diagnostic) -> tuple[str, int, str]:
    return (found.location.file, found.location.line, found.message) if found.location else ("", 0, found.message)


def _chain(container: Container, name: str, text: Text) -> tuple[Link, ...]:
    """Give the links from the literal to the input, both ends among them."""
    place = text.links[-1].place if text.links else text.origin
    end = Link(text=f"inputs.{container.input}.docker_{name}", place=place) if place else None
    start = Link(text=f'"{text.value}"', place=text.origin) if text.origin and text.value is not None else None
    # a call that names its file says more than the evaluator's own link of it, which comes next
    links = [link for link in text.links if not link.text.endswith("(...)")]
    return tuple(link for link in (start, *links, end) if link is not None)
