"""The command that writes IAM policies: what the audit needs, and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from audit.cli.help import DONE, NOTHING, UNREAD, Command
from audit.cli.options import as_json_text, options
from audit.configuration import config
from audit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from audit.configuration.config import Settings
    from audit.declared.model import Declared

PARTS = ("read", "trust", "caller", "organization")


@click.command(cls=Command, ends={**DONE, **NOTHING, **UNREAD})
@click.option(
    "--format",
    "as_format",
    type=click.Choice(["json", "terraform"]),
    default="json",
    help="JSON, or a module of Terraform (default json)",
)
@click.option("--only", type=click.Choice(PARTS), help="only this policy, as AWS reads it (JSON)")
@click.option(
    "--trusted",
    multiple=True,
    metavar="ARN",
    help="who may assume the audit's role: a role, a user or an account; repeatable",
)
@click.option("--role-name", metavar="NAME", help="name of the audit's role (default: that of --role-arn)")
@click.option(
    "--stack", "stacks", multiple=True, metavar="NAME", help="only this stack; * stands for anything; repeatable"
)
@click.option(
    "--repository", "repositories", multiple=True, metavar="NAME", help="only this ECR repository; repeatable"
)
@click.option("--partition", default="aws", metavar="NAME", help="aws, aws-us-gov or aws-cn (default aws); for JSON")
@click.option("--ready", is_flag=True, help="what the command ready asks for, too")
@options("repository", "selection", "role_arn", "external_id", "organization", "simulate_roles")
def policy(
    config_file: Path | None,
    as_format: str,
    only: str | None,
    ready: bool,  # noqa: FBT001 -- click passes by name
    **given: Any,  # noqa: ANN401 -- click's values, typed by the table of options
) -> int:
    r"""Write the least-privilege policies: read an account, assume the role, list the organization.

    With --infra-live they are narrowed to the stacks and ECR repositories that it declares.

    \b
    Example:
      pipelines-audit policy --format terraform --infra-live . \\
        --trusted arn:aws:iam::111122223333:role/ci > audit-role/main.tf
    """
    from audit.running import policies, terraform  # noqa: PLC0415 -- start-up

    own = {name: given.pop(name) for name in ("trusted", "role_name", "stacks", "repositories", "partition")}
    settings, _ = config.resolve(given, os.environ, config=config_file)
    stacks, repositories = _narrowed(settings)
    asked = {name for name in ("organization", "simulate_roles") if getattr(settings, name)}
    scope = policies.Scope(
        partition=own["partition"],
        stacks=own["stacks"] or stacks,
        repositories=own["repositories"] or repositories,
        role=own["role_name"] or _role_name(settings),
        trusted=own["trusted"],
        external_id=settings.external_id,
        asked=frozenset(asked | ({"ready"} if ready else set())),
    )
    if as_format == "terraform":
        if only:
            raise UsageError("--only picks one of the JSON policies; leave it out with --format terraform")
        click.echo(terraform.render(scope), nl=False)
        return 0
    documents = policies.documents(scope)
    if only and only not in documents:
        raise UsageError(f"nothing is asked for --only {only}: give --organization too")
    click.echo(as_json_text(documents[only] if only else {"schema_version": 1, **documents}), nl=False)
    if not scope.trusted and only in {None, "trust"}:
        click.echo("pipelines-audit: put who may assume the role into the trust policy, or give --trusted", err=True)
    return 0


def _role_name(settings: Settings) -> str:
    """Take the name from the template of the role's ARN; what differs from account to account stands for anything."""
    if settings.role_arn is None:
        return "pipelines-audit"
    name = settings.role_arn.partition(":role/")[2]
    return name.replace("{account}", "*").replace("{account_id}", "*")


def _narrowed(settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name the stacks and ECR repositories that the repository declares; anything where one of them is not known."""
    if settings.infra_live is None:
        return ("*",), ("*",)
    from audit.look import once  # noqa: PLC0415 -- start-up

    return _names(once.declared(settings))


def _names(wanted: Declared) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from audit.fleet import repository_of  # noqa: PLC0415 -- start-up

    stacks = {unit.stack for unit in wanted.units}
    images = {row.image for row in wanted.containers if row.deployed is not False}
    places = {image: repository_of(image) for image in images}
    named = {place[2] for place in places.values() if place}
    return (
        ("*",) if None in stacks else tuple(sorted(stack for stack in stacks if stack)),
        ("*",) if None in images else tuple(sorted(named)) or ("*",),
    )
