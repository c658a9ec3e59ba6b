"""Calls a check as pytest does, with hand-made nouns, and shows what was judged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audit.model import Seen
from audit.verdict import registry, secrets
from audit.verdict.check import Findings, Subject
from audit.verdict.releases import Releases
from tests.nouns import STACK, TODAY, definition, observation, released, row, snapshot, view

if TYPE_CHECKING:
    from audit.configuration.policy import Policy
    from audit.released.model import Released
    from audit.running.model.ecs import TaskDefinition
    from audit.verdict.pairing import UnitView
    from audit.verdict.registry import RepositoryView
    from audit.verdict.secrets import SecretView

PLANNER = f"{STACK}-terraform-planner"
DIGEST = "sha256:" + "a" * 64


def judged(check: object, *nouns: object) -> Findings:
    """Call a check as pytest does, with what is raised outside of a subject judged for the whole."""
    findings = Findings()
    with findings.of_all(Subject(name="whole")):
        check(*nouns, findings)  # type: ignore[operator]  # a check is a function of its nouns
    return findings


def outcomes(findings: Findings) -> list[str]:
    """List what was judged, in order."""
    return [judgement.outcome for judgement in findings.judgements]


def ended(check: object, *nouns: object) -> list[str]:
    """Call a check and list what was judged."""
    return outcomes(judged(check, *nouns))


def said(check: object, *nouns: object) -> str:
    """Call a check that judges one subject, and give its sentence."""
    (judgement,) = judged(check, *nouns).judgements
    return judgement.message


def planner_runs(image: str, **changes: Any) -> UnitView:  # noqa: ANN401 -- fields of a row
    """Give a unit whose only container runs this image."""
    return planner(definition(PLANNER, image), **changes)


def planner(one: TaskDefinition, observed: dict[str, Any] | None = None, **changes: Any) -> UnitView:  # noqa: ANN401 -- as above
    """Give a unit whose only container has this task definition."""
    declared = replace(row("terraform-planner"), **changes)
    return view(rows=(declared,), observations=(observation(families=Seen(value=(one,)), **(observed or {})),))


def rules(list_of: Released | None = None, *, max_age_days: int = 90, policy: Policy | None = None) -> Releases:
    """Give releases to judge by, as of today."""
    given = {"policy": policy} if policy else {}
    return Releases(released=list_of or released(), today=TODAY, max_age_days=max_age_days, **given)


def repositories(**facts: object) -> tuple[RepositoryView, ...]:
    """Give the repositories of a snapshot with these facts."""
    return registry.views(snapshot(**facts))  # type: ignore[arg-type]  # passed on as they are


def secret_views(**facts: object) -> tuple[SecretView, ...]:
    """Give the secrets of a snapshot with these facts."""
    return secrets.views(snapshot(**facts))  # type: ignore[arg-type]  # passed on as they are
