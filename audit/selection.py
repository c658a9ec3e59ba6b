"""Which checks are judged: the ids that were asked for, severities that the user changed, checks that are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audit.configuration.file import near
from audit.errors import UsageError
from audit.fixtures import CHECK, check_of
from audit.model import Severity, SeverityName

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pytest

    from audit.configuration.config import Settings
    from audit.verdict.check import Check, Stage


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What the settings say of checks, by their present ids: those asked for, severities, reasons to leave one out."""

    wanted: frozenset[str]
    severities: Mapping[str, SeverityName]
    disabled: Mapping[str, str]


def choice(every: Iterable[Check], settings: Settings, stage: Stage = "check") -> Choice:
    """Hold the settings to the checks that there are; those asked for have to be of ``stage``.

    Raises UsageError for an id that no check has, and for a check that is left out without a reason.
    """
    records = tuple(every)
    names = {name: record.id for record in records for name in record.names}
    here = {name: record.id for record in records if record.stage == stage for name in record.names}
    if elsewhere := sorted(set(settings.check) & names.keys() - here.keys()):
        other = "check" if stage == "ready" else "ready"
        raise UsageError(f"--check: {', '.join(elsewhere)}: judged by 'pipelines-audit {other}', not by this command")
    wanted = frozenset(known_ids(here, settings.check, "--check").values())
    severities = known_ids(names, settings.severities, "severities")
    disabled = {id_: settings.disabled[name] for name, id_ in known_ids(names, settings.disabled, "disabled").items()}
    if silent := sorted(id_ for id_, reason in disabled.items() if not reason.strip()):
        raise UsageError(f"disabled: {', '.join(silent)}: give the reason why it is left out")
    changed = {id_: settings.severities[name] for name, id_ in severities.items()}
    return Choice(wanted=wanted, severities=changed, disabled=disabled)


def settle(
    items: Sequence[pytest.Item], settings: Settings, stage: Stage = "check"
) -> tuple[set[pytest.Item], list[tuple[Check, str]]]:
    """Give each item its severity; tell which are left out, and the disabled checks, each with its reason.

    Only those of ``stage`` are judged, whatever else is selected.

    Raises UsageError for an id, in an option or in the configuration, that no check has, and for one that two have.
    """
    _demand_ids_of_their_own(items)
    every = [record for record in map(check_of, items) if record]
    chosen = choice(every, settings, stage)
    records = {record.id: record for record in every if record.stage == stage}
    left_out = set()
    for item in items:
        record = check_of(item)
        if record is None:
            continue
        severity = chosen.severities.get(record.id, record.severity)
        if severity != record.severity:
            record = item.stash[CHECK] = replace(record, severity=severity)
        mild = settings.severity is not None and Severity[severity] < Severity[settings.severity]
        unwanted = bool(chosen.wanted) and record.id not in chosen.wanted
        if record.stage != stage or mild or unwanted or record.id in chosen.disabled:
            left_out.add(item)
    return left_out, [(records[id_], reason) for id_, reason in sorted(chosen.disabled.items()) if id_ in records]


def _demand_ids_of_their_own(items: Iterable[pytest.Item]) -> None:
    """Refuse a second check of the same id: findings, waivers and severities could not tell them apart."""
    owners: dict[str, pytest.Item] = {}
    seen = set()
    for item in items:
        function, record = getattr(item, "function", None), check_of(item)
        if record is None or function in seen:
            continue
        seen.add(function)
        for name in record.names:
            if other := owners.get(name):
                places = f"{other.path.parent.name}/{other.path.name} and {item.path.parent.name}/{item.path.name}"
                raise UsageError(f"two checks have the id {name!r}, in {places}: give one of them another")
            owners[name] = item


def demand_own(items: Iterable[pytest.Item], folder: Path | None) -> None:
    """Raise UsageError for a folder of one's own checks in which there is none: they would seem to have been judged."""
    if folder is not None:
        home = folder.resolve()
        if not any(home in item.path.parents and check_of(item) for item in items):
            raise UsageError(f"--checks-dir: {folder} holds no check: a file test_*.py with a function marked @check")


def known_ids(names: Mapping[str, str], given: Iterable[str], where: str) -> dict[str, str]:
    """Map each given id, which may be an older one, to the present one; UsageError where there is none (``where``)."""
    asked: Sequence[str] = tuple(given)
    unknown = sorted(set(asked) - names.keys())
    if unknown:
        meant = ", ".join(f"{id_!r}{near(id_, names)}" for id_ in unknown)
        raise UsageError(f"{where}: no check has the id {meant}; pipelines-audit checks lists them")
    return {name: names[name] for name in asked}
