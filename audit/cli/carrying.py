"""The command that carries a plan out: what it prints, what it asks, and what is to be done next however it ends."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from audit.cli.consent import Consent, Screen, say
from audit.cli.help import CARRIED_OUT, DONE, Command
from audit.cli.options import options, seen, text_of
from audit.configuration import config
from audit.configuration.config import Settings
from audit.errors import RefusedError, StepFailedError, UsageError
from audit.remedy.plan import Plan
from audit.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.declared.model import Declared
    from audit.remedy.carrying.aftermath import Aftermath
    from audit.remedy.carrying.doing import Hands
    from audit.remedy.carrying.run import Choice, Outcome
    from audit.remedy.carrying.workbench import Workbench
    from audit.snapshot import Snapshot


@click.command(cls=Command, ends={**DONE, **CARRIED_OUT})
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@options("infra_live", "var_file", "access", "releases", "infra_live_repo", "carrying")
@click.option("--approve", metavar="SHA256", help="carry out the plan with this SHA-256 without asking")
@click.option("--only", multiple=True, type=click.IntRange(min=1), metavar="STEP", help="only this step; repeatable")
@click.option("--until", type=click.IntRange(min=1), metavar="STEP", help="no step after this one")
def apply(
    config_file: Path | None,
    plan_file: Path,
    approve: str | None,
    only: tuple[int, ...],
    until: int | None,
    **given: object,
) -> int:
    r"""Carry a plan out: wave by wave, each with your consent; started again, it goes on where it stopped.

    The plan is printed first. Journal, logs and lock are kept in the git folder, under pipelines-audit/.

    \b
    Examples:
      pipelines-audit apply plan.json
      pipelines-audit apply plan.json --until 4
      pipelines-audit apply plan.json --approve "$(jq -r .sha256 plan.json)"
    """
    from audit.declared.tree import open_tree  # noqa: PLC0415 -- start-up
    from audit.remedy import document, prose  # noqa: PLC0415 -- start-up
    from audit.remedy.carrying import opening, stale  # noqa: PLC0415 -- start-up
    from audit.remedy.carrying.run import Choice  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    settings = replace(settings, infra_live=settings.infra_live or Path())
    plan, oldest = document.from_json(text_of(plan_file), name=str(plan_file)), stale.age(settings.max_age)
    click.echo(prose.text(plan), nl=False)
    document.demand_fresh(plan, datetime.now(UTC), name=str(plan_file))
    _demand_approval(plan, approve)
    choice = Choice(only=frozenset(only), until=until, parallel=settings.max_parallel)
    _demand_steps(plan, choice.only)
    root = open_tree(settings.infra_live or Path())[0].root
    looks = Looks(plan=plan, settings=settings)
    with opening.opened(plan, root, os.environ, parallel=choice.parallel, say=say, show=Screen().show) as bench:
        before = looks.again()
        found = stale.Found(root=root, now=datetime.now(UTC), declared=looks.declared(), seen=before)
        stale.demand_current(plan, found, name=str(plan_file), max_age=oldest)
        outcome = _carried_out(plan, bench, settings, choice, Consent(approved=approve is not None))
        found_again = None if outcome.waiting or outcome.left_out else _looked_again(plan, bench, looks, before)
    return _told(outcome, found_again)


def _demand_approval(plan: Plan, approve: str | None) -> None:
    from audit.remedy.document import sha256  # noqa: PLC0415 -- start-up

    if approve is None:
        if not sys.stdin.isatty():
            raise RefusedError(f"not approved: start this at a terminal, or give --approve {sha256(plan)}")
    elif approve != sha256(plan):
        raise RefusedError(f"--approve {one_line(approve, 70)} is of another plan: this one is {sha256(plan)}")


def _demand_steps(plan: Plan, only: frozenset[int]) -> None:
    unknown = only - {step.number for step in plan.steps}
    if unknown:
        raise UsageError(f"--only {min(unknown)}: the plan has {counted(len(plan.steps), 'step')}")


def _carried_out(plan: Plan, bench: Workbench, settings: Settings, choice: Choice, consent: Consent) -> Outcome:
    """Run, and say what is to be done next where it does not come to its end."""
    from audit.remedy.carrying import run  # noqa: PLC0415 -- start-up
    from audit.remedy.carrying.journal import began  # noqa: PLC0415 -- start-up

    began(bench.journal)
    say(f"journal: {bench.journal.path}, logs: {bench.logs}")
    try:
        return run.run(plan, bench, hands=_hands(plan, bench, settings, consent), approver=consent, choice=choice)
    except StepFailedError as error:
        raise StepFailedError(
            f"{error}\nnext: mend that, then apply this plan again: it goes on there; "
            "or plan the way back: pipelines-audit rollback PLAN"
        ) from None


def _hands(plan: Plan, bench: Workbench, settings: Settings, consent: Consent) -> Hands:
    from audit.remedy.carrying.admission import warnings  # noqa: PLC0415 -- start-up
    from audit.remedy.carrying.doing import Hands  # noqa: PLC0415 -- start-up
    from audit.remedy.carrying.handing import hand_in  # noqa: PLC0415 -- start-up

    handing = partial(
        hand_in,
        root=bench.root,
        environment=bench.programs.environment,
        github_url=settings.github_url,
        repository=settings.infra_live_repo,
    )
    return Hands(agree=consent.agree, hand_in=handing, warn=partial(warnings, machines=plan.machines))


def _looked_again(plan: Plan, bench: Workbench, looks: Looks, before: Snapshot | None) -> Aftermath:
    """Look again: as a whole where a way in was named, else at what the plan applied, by the plan's own commands."""
    from audit.remedy.carrying.aftermath import aftermath  # noqa: PLC0415 -- start-up
    from audit.remedy.carrying.again import looked_again  # noqa: PLC0415 -- start-up

    after = None if before is None else looks.again()
    return looked_again(plan, bench) if after is None else aftermath(plan, before, after)


def _told(outcome: Outcome, found: Aftermath | None) -> int:
    """Say what moved, and how it ended."""
    from audit.remedy.carrying.aftermath import text  # noqa: PLC0415 -- start-up
    from audit.remedy.carrying.run import summary  # noqa: PLC0415 -- start-up

    code, more = 0, ""
    if outcome.waiting:
        code, more = RefusedError.exit_code, "; do what they wait for, then make a new plan"
    elif outcome.left_out:
        more = "; apply this plan again for the steps that were left out"
    elif found is not None:
        click.echo(text(found), nl=False)
        code = found.exit_code
    say(f"exit {code}: {summary(outcome)}{more}")
    return code


# Whatever else narrows a look, or takes its place, in the environment or in a file; and releases are of no interest.
_A_LOOK: Mapping[str, Any] = MappingProxyType(
    dict.fromkeys(("exclude_account", "region", "exclude_region"), ())
    | dict.fromkeys(("at", "shard", "snapshot", "state", "to"))
    | {"offline": True, "organization": False, "resume": False}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Looks:
    """The looks before and after a run, at the accounts of the plan alone; none where no way in is named."""

    plan: Plan
    settings: Settings

    def again(self) -> Snapshot | None:
        """Look at AWS; None where the user named no way in for this process itself."""
        accounts = tuple(sorted({step.account for step in self.plan.steps if step.account}))
        if not accounts or (self.settings.profile is None and self.settings.role_arn is None):
            return None
        return seen(replace(self.settings, account=accounts, **_A_LOOK))

    def declared(self) -> Declared:
        """Say what the whole repository declares now."""
        from audit.declared.tree import open_tree  # noqa: PLC0415 -- start-up
        from audit.look.whole import read_whole  # noqa: PLC0415 -- start-up

        tree, scope = open_tree(self.settings.infra_live or Path())
        return read_whole(self.settings, scope, tree)
