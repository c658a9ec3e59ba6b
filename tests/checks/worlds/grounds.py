"""What is gathered before an upgrade, by hand: a fleet one release behind, a workstation, a token, all of it right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from audit.model import Fact, Seen
from audit.released.token import Token
from audit.running.model.access import Identity, Right
from audit.running.model.invoker import Script, StackInvoker
from audit.verdict.readiness import Readiness
from audit.workstation.model import Checkout, Surroundings, Tool, Workstation
from tests.checks.worlds.running import BUILD
from tests.nouns import (
    DEV,
    KANIKO,
    NOW,
    RUNNER,
    SHARED,
    STACK,
    definition,
    fleet,
    invoker,
    observation,
    repository,
    row,
)

if TYPE_CHECKING:
    from audit.running.model.ecr import Repository
    from audit.running.model.ecs import TaskDefinition
    from audit.verdict.fleet import Fleet
    from audit.verdict.pairing import UnitView

RUNS, TO = "v1.2.0", "v1.3.0"
HELD = {RUNS: "sha256:" + "b" * 64, TO: None}
ROWS = (
    row(account=SHARED, tag=RUNS),
    row("docker-image-builder", SHARED, tag=RUNS),
)
INVOKER = f"{STACK}-invoker"
RIGHTS = (
    Right(action="lambda:InvokeFunction", resource=INVOKER, is_allowed=True),
    Right(action="lambda:UpdateFunctionCode", resource=INVOKER, is_allowed=True),
)
USER = f"arn:aws:iam::{SHARED.id}:user/anna"
TOOLS = ("aws", "aws-vault", "docker", "git", "infrastructure-deployer", "terraform", "terragrunt")
CHECKOUT = Checkout(
    branch="main",
    default=Seen(value="main"),
    changed=Seen(value=()),
    behind=Seen(value=0),
    ahead=Seen(value=0),
    fetched_at=NOW,
)
AROUND = Surroundings(
    region="us-west-2",
    has_github_token=True,
    has_session_token=True,
    vault=None,
    expires_at=Seen(value=NOW + timedelta(minutes=40)),
    is_ecs_task=False,
)
TOKEN = Token(answer="accepted", scopes=("repo",), expires_at=None)
CUSTOM = "v1.3.0-acme"


def built() -> tuple[Repository, ...]:
    """Hold the images of the target too."""
    return (repository(RUNNER), repository(KANIKO))


def unbuilt(**changes: Any) -> tuple[Repository, ...]:  # noqa: ANN401 -- facts of a repository
    """Hold the images that run, and not those of the target."""
    return tuple(replace(repository(image, HELD), **changes) for image in (RUNNER, KANIKO))


def runs(runner: str = RUNS, kaniko: str = RUNS) -> Fact[tuple[TaskDefinition, ...]]:
    """Run these tags of both images."""
    planner = definition(f"{STACK}-terraform-planner", f"{RUNNER}:{runner}")
    return Seen(value=(planner, definition(f"{STACK}-docker-image-builder", f"{KANIKO}:{kaniko}")))


def there(rows: tuple[Any, ...] = ROWS, facts: dict[str, Any] | None = None, **seen: Any) -> Fleet:  # noqa: ANN401 -- facts of an observation
    """Give the fleet that is one release behind: one account, that builds; ``facts`` are those of the snapshot."""
    configured = StackInvoker(stack=STACK, invoker=Seen(value=replace(invoker(), scripts=(BUILD_ALL,))))
    usual = {"families": runs(), "invokers": (configured,), "caller_rights": Seen(value=RIGHTS)}
    one = observation(SHARED, **{**usual, **seen})
    return fleet(**{"rows": rows, "observations": (one,), "repositories": unbuilt(), **(facts or {})})


BUILD_ALL = replace(BUILD, allowed_options=("*",))
FLEET = there()


def grounds(found: Fleet = FLEET, *, around: Surroundings = AROUND, **changes: Any) -> Readiness:  # noqa: ANN401 -- fields
    """Gather what is needed for an upgrade to the newest release, all of it right but for the changes."""
    station = {"tools": tuple(tool(name) for name in TOOLS), "checkout": Seen(value=CHECKOUT), "surroundings": around}
    station.update({name: changes.pop(name) for name in station.keys() & changes.keys()})
    right = Readiness(
        to=TO,
        workstation=Workstation(**station),  # type: ignore[arg-type]  # its fields, by name
        token=Seen(value=TOKEN),
        fleet=found,
        release_repo="gruntwork-io/terraform-aws-ci",
        profiles=False,
        role=True,
    )
    return replace(right, **changes)


def tool(name: str, **changes: Any) -> Tool:  # noqa: ANN401 -- fields of a tool
    """Give a tool that is there."""
    return replace(Tool(name=name, path=f"/usr/bin/{name}", version=Seen(value="99.0.0")), **changes)


def tools(**changes: Any) -> Readiness:  # noqa: ANN401 -- as above
    """Change every tool."""
    return grounds(tools=tuple(tool(name, **changes) for name in TOOLS))


def checkout(**changes: Any) -> Readiness:  # noqa: ANN401 -- fields of a checkout
    """Change the checkout."""
    return grounds(checkout=Seen(value=replace(CHECKOUT, **changes)))


def surrounded(**changes: Any) -> Readiness:  # noqa: ANN401 -- fields of the surroundings
    """Change what the environment says."""
    return grounds(around=replace(AROUND, **changes))


def token(**changes: Any) -> Readiness:  # noqa: ANN401 -- fields of a token
    """Let GitHub say something else of the token."""
    return grounds(token=Seen(value=replace(TOKEN, **changes)))


def pinned(*pins: Any, **changes: Any) -> Readiness:  # noqa: ANN401 -- pins; fields
    """Let the repository hold pins."""
    return grounds(there(facts={"pins": pins}), **changes)


def scripted(**changes: Any) -> Readiness:  # noqa: ANN401 -- fields of a script
    """Let the invoker's configuration say something else of builds."""
    script: Script = replace(BUILD_ALL, **changes)
    return grounds(
        there(invokers=(StackInvoker(stack=STACK, invoker=Seen(value=replace(invoker(), scripts=(script,)))),))
    )


def unit(ready: Readiness) -> tuple[UnitView, Readiness]:
    """Give its first unit with it."""
    return ready.fleet.units[0], ready


def called(arn: str, **seen: Any) -> tuple[UnitView, Readiness]:  # noqa: ANN401 -- facts
    """Let the credentials be somebody's."""
    who = Identity(account_id=str(SHARED.id), arn=arn, has_session_token=True)
    return unit(grounds(there(identity=Seen(value=who), **seen)))


def allowed(*refused: str) -> tuple[UnitView, Readiness]:
    """Let IAM say that the caller may not do these."""
    rights = tuple(replace(one, is_allowed=one.action not in refused) for one in RIGHTS)
    return unit(grounds(there(caller_rights=Seen(value=rights))))


def pulling(account: Any = DEV, **changes: Any) -> tuple[UnitView]:  # noqa: ANN401 -- an account; facts of a repository
    """Give a unit whose account pulls from shared's registry."""
    return (fleet(rows=(row(account=account),), repositories=(replace(repository(), **changes),)).units[0],)
