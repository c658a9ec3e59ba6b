"""The option that checks every account's credentials before anything else is asked of any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from audit.cli.options import with_gaps

if TYPE_CHECKING:
    from audit.configuration.config import Settings
    from audit.look.exclusions import Exclusion

preflight_option = click.option(
    "--preflight",
    is_flag=True,
    help="check every account's credentials and stop; where a report or JSON is asked for, go on if all are good",
)


def preflight(settings: Settings, exclusions: tuple[Exclusion, ...] = (), *, alone: bool) -> int | None:
    """Show whose the credentials of each account are; gives the exit code, or None where the look can begin."""
    from audit.cli.progress import progress  # noqa: PLC0415 -- start-up
    from audit.look import once, preflight  # noqa: PLC0415 -- start-up
    from audit.look.beyond import Beyond  # noqa: PLC0415 -- start-up
    from audit.look.exclusions import without  # noqa: PLC0415 -- start-up
    from reports.credentials import credentials  # noqa: PLC0415 -- start-up

    with progress() as shown:
        wanted, whole = once.evaluated(settings)
        others = Beyond(whole=whole, exclusions=exclusions)
        found, unplaced = preflight.preflight(settings, without(wanted, exclusions), others, shown)
    click.echo(credentials(found, unplaced), nl=False, err=not alone)
    gaps = [one.identity.gap for one in found if one.identity.kind == "unread"]
    stopped = next((gap.message for gap in gaps if gap.code == "Stopped"), None)
    code = with_gaps([*unplaced, *gaps], stopped)
    return code if alone or code else None
