"""The command that judges: the nightly job."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from audit.cli import past, preflights, telemetry
from audit.cli.help import JUDGED, Command
from audit.cli.options import colour, options, report_options, seen, today, width
from audit.cli.preflights import preflight_option
from audit.configuration import config
from audit.text import one_line

if TYPE_CHECKING:
    from pathlib import Path

    from audit.configuration.config import Settings
    from audit.look.grounds import Grounds
    from audit.snapshot import Snapshot
    from audit.verdict.check import Stage
    from audit.verdict.precedents import Precedents
    from audit.verdict.results import Results


@click.command(cls=Command, ends=JUDGED)
@options("repository", "access", "scale", "selection", "releases", "judging", "waivers", "memory", "history", "notify")
@report_options
@preflight_option
def check(
    config_file: Path | None,
    *,
    reports: tuple[str, ...],
    html: Path | None,
    preflight: bool,
    **given: object,
) -> int:
    r"""Look, judge and report: the nightly job.

    \b
    Example:
      pipelines-audit check --infra-live . \\
        --role-arn 'arn:aws:iam::{account_id}:role/pipelines-audit' \\
        --report html=report.html --report json=report.json
    """
    from audit.look import once  # noqa: PLC0415 -- start-up: pytest, boto3 and the parser only where needed
    from audit.look.exclusions import standing  # noqa: PLC0415 -- as above
    from reports import emit, terminal  # noqa: PLC0415 -- as above

    settings, digest = config.resolve(given, os.environ, config=config_file)
    requests = [emit.parse_request(text) for text in reports]
    emit.check_requests(requests)
    targets = past.demanded(settings)
    beside = judged_beside(settings)
    excluded = standing(beside.waivers.exclusions, today())
    if preflight and (code := preflights.preflight(settings, excluded, alone=not (reports or html))) is not None:
        return code
    facts = seen(settings, excluded)
    results = past.kept(judged(settings, digest, facts, beside=beside, html=html), settings)
    say_warnings(results)
    table = terminal.render(results, width=width(), colour=colour())
    click.echo(table, nl=False, err=any(path == "-" for _, path in requests))
    try:
        with telemetry.current().stage("reports"):
            emit.emit(results, requests)
    finally:
        past.told(results, targets)
    once.forget(settings, facts.incomplete)
    return results.exit_code


def judged(
    settings: Settings,
    digest: str | None,
    facts: Snapshot,
    *,
    beside: Precedents,
    html: Path | None,
    grounds: Grounds | None = None,
) -> Results:
    """Judge as part of the run under way: the results get its id, and ``-v`` shows pytest's own output."""
    from audit import door  # noqa: PLC0415 -- start-up: pytest, boto3 and the parser only where needed

    run = telemetry.current()
    with run.stage("judging"):
        return door.judge(
            settings,
            digest,
            facts,
            precedents=beside,
            grounds=grounds,
            html=html,
            verbose=run.verbose and run.format == "text",
            run_id=run.id,
        )


def judged_beside(settings: Settings, stage: Stage = "check") -> Precedents:
    """Read waivers, baseline and previous results, before anything is looked at.

    The checks are listed only where something names one: a mistyped id is told before a look of an hour, not after it.
    """
    from audit import door, selection  # noqa: PLC0415 -- start-up
    from audit.verdict import precedents  # noqa: PLC0415 -- start-up

    names_some = settings.check or settings.severities or settings.disabled or precedents.place(settings)
    records = door.catalogue(settings.checks_dir) if names_some else None
    if records is not None:
        selection.choice(records, settings, stage)
    known = None if records is None else {name: record.id for record in records for name in record.names}
    return precedents.precedents(settings, today(), known)


def say_warnings(results: Results) -> None:
    """Say what somebody should look at in the waivers file, on standard error."""
    for warning in results.warnings:
        place = warning.location
        click.echo(f"warning: {place.file}:{place.line}: {one_line(warning.message)}", err=True)
