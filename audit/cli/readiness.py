"""The command before an upgrade: GO or NO-GO."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from audit.cli import telemetry
from audit.cli.help import NOTHING, Command
from audit.cli.judging import judged, judged_beside, say_warnings
from audit.cli.options import as_json_text, colour, options, report_options, seen, today, width
from audit.configuration import config
from audit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from audit.verdict.results import Results

_ENDS = {0: "GO", 1: "NO-GO: a blocker", **NOTHING, 10: "NO-GO (unknown): a blocker could not be read"}


@click.command(cls=Command, ends=_ENDS)
@options(
    "repository", "access", "scale", "selection", "releases", "upgrade", "snapshot", "check", "checks_dir", "waivers"
)
@report_options
@click.option("--json", "as_json", is_flag=True, help="print JSON")
@click.option("--fix-list", "fixes_only", is_flag=True, help="print only what is to be done, in order")
def ready(
    config_file: Path | None,
    reports: tuple[str, ...],
    html: Path | None,
    as_json: bool,  # noqa: FBT001 -- click passes by name
    fixes_only: bool,  # noqa: FBT001 -- click passes by name
    **given: object,
) -> int:
    r"""Tell whether an upgrade can begin: GO or NO-GO, every blocker with its mend.

    Run it as whoever will run the upgrade, on that machine, with those credentials.

    \b
    Example:
      pipelines-audit ready --to latest-allowed --infra-live . \\
        --profile 'your-{account}'
    """
    from audit.look import grounds  # noqa: PLC0415 -- start-up: pytest, boto3 and the parser only where needed
    from audit.look.exclusions import standing  # noqa: PLC0415 -- as above
    from reports import emit  # noqa: PLC0415 -- as above

    if as_json and fixes_only:
        raise UsageError("--json and --fix-list: give one of them")
    settings, digest = config.resolve(given, os.environ, config=config_file)
    if settings.to is None:
        raise UsageError("no target given: name the release to upgrade to by --to VERSION, or --to latest-allowed")
    requests = [emit.parse_request(text) for text in reports]
    emit.check_requests(requests)
    beside = judged_beside(settings, "ready")
    settings = replace(settings, simulate_caller=True)
    facts = seen(settings, standing(beside.waivers.exclusions, today()))
    with telemetry.current().stage("workstation"):
        found = grounds.gather(settings, os.environ, facts.released)
    results = judged(settings, digest, facts, beside=beside, html=html, grounds=found)
    say_warnings(results)
    text = _drawn(results, as_json=as_json, fixes_only=fixes_only)
    click.echo(text, nl=False, err=any(path == "-" for _, path in requests))
    with telemetry.current().stage("reports"):
        emit.emit(results, requests)
    return results.exit_code


def _drawn(results: Results, *, as_json: bool, fixes_only: bool) -> str:
    from reports import checklist  # noqa: PLC0415 -- start-up
    from reports.readiness import document  # noqa: PLC0415 -- start-up

    if as_json:
        return as_json_text(document(results))
    if fixes_only:
        return checklist.render_fixes(results, width=width(40))
    return checklist.render(results, width=width(40), colour=colour())
