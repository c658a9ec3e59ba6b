"""The command that plans the way back from a plan that was carried out, or begun."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli.help import DONE, REFUSED, UNREAD, Command
from audit.cli.options import options, text_of
from audit.cli.remedy import in_form, show, texts, to_file
from audit.configuration import config

if TYPE_CHECKING:
    from audit.cli.remedy import Form
    from audit.remedy.plan import Plan


@click.command(cls=Command, ends={**DONE, **UNREAD, **REFUSED})
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@options("infra_live", "var_file")
@to_file
@in_form
def rollback(config_file: Path | None, plan_file: Path, output: Path | None, form: Form | None, **given: object) -> int:
    r"""Plan the way back: every unit that PLAN has applied is to run again what it ran before.

    It changes nothing itself: what comes out is a plan for "apply", with edits, a review, applies in reverse order.

    \b
    Examples:
      pipelines-audit rollback plan.json -o back.json
      pipelines-audit apply back.json
    """
    from audit.look.once import declared  # noqa: PLC0415 -- start-up
    from audit.remedy.document import from_json  # noqa: PLC0415 -- start-up
    from audit.remedy.rollback import reverse  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    settings = replace(settings, infra_live=settings.infra_live or Path())
    plan = from_json(text_of(plan_file), name=str(plan_file))
    begun = _begun(plan, settings.infra_live or Path())
    wanted, now = declared(settings), datetime.now(UTC).replace(microsecond=0)
    made = reverse(plan, wanted, texts(settings, wanted), now=now, begun=begun)
    show(made, output, form or (None if output else "text"))
    return 0


def _begun(plan: Plan, path: Path) -> frozenset[int] | None:
    """Name the steps that the journal knows to be begun; None where there is no journal: a runbook keeps none."""
    from audit.declared.tree import open_tree  # noqa: PLC0415 -- start-up
    from audit.remedy.carrying.journal import Journal, home  # noqa: PLC0415 -- start-up
    from audit.remedy.carrying.lock import Holder, locked  # noqa: PLC0415 -- start-up
    from audit.remedy.document import sha256  # noqa: PLC0415 -- start-up

    digest, folder = sha256(plan), home(open_tree(path)[0].root)
    kept = folder / f"{digest}.jsonl"
    if not kept.is_file():
        return None
    # While the plan is still being carried out, nobody knows what there will be to take back.
    with locked(folder / "lock", Holder.this(digest, datetime.now(UTC))), Journal(kept) as journal:
        return frozenset(
            step.number for step in plan.steps if any(one.kind == "started" for one in journal.of(step.number))
        )
