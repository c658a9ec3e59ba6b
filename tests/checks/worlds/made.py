"""The pieces of worlds: nouns that several checks are judged in, and what no world can show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from audit.model import Account, Seen
from audit.running.model.invoker import StackInvoker
from tests.checks.judging import PLANNER, planner, rules
from tests.nouns import RUNNER, STACK, definition, fleet, gap, observation, row, unread, view

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.running.model.ecs import TaskDefinition
    from audit.running.model.invoker import Invoker
    from audit.verdict.fleet import Fleet
    from audit.verdict.pairing import UnitView

Nouns = tuple[object, ...]

NEVER: Final[Mapping[tuple[str, str], str]] = {
    ("not-covered", "not_applicable"): "that everything was read is always a question",
    ("nothing-declared", "not_applicable"): "that something is there is always a question",
    ("snapshot-stale", "fail"): "what is too old is not wrong but not known",
    ("snapshot-stale", "not_applicable"): "every snapshot has an age",
    ("release-list-stale", "unknown"): "every list says of when it is",
    ("release-list-stale", "not_applicable"): "every list says of when it is",
    ("stack-name-clash", "not_applicable"): "every stack has a name",
    ("module-ref-skew", "unknown"): "a unit whose module is not known is a gap, and no unit",
    ("family-undeclared", "not_applicable"): "any stack can have a family too many",
    ("secret-missing", "not_applicable"): "without a secret the fixture ends the item, before the check is called",
    ("target-known-bad", "unknown"): "the list of bad releases is the policy's own",
    ("target-known-bad", "not_applicable"): "every target is on that list or not",
    ("target-older-than-running", "not_applicable"): "where nothing runs nothing newer does",
    ("fleet-not-read", "fail"): "what was not read is not wrong but not known",
    ("fleet-not-read", "not_applicable"): "that everything was read is always a question",
    ("task-in-flight", "not_applicable"): "without a cluster no task runs",
    ("image-not-buildable", "not_applicable"): "images that are there need no builder",
    ("invoker-refuses-option", "unknown"): "an option has a name and here no value: it is let through or not",
    ("identity-of-a-machine", "not_applicable"): "every caller is somebody",
    ("identity-cannot-call-iam", "not_applicable"): "every caller has credentials of some kind",
    ("identity-may-not-invoke", "not_applicable"): "every caller may or may not",
    ("tool-missing", "not_applicable"): "some tools are always needed",
    ("tool-inside-repository", "not_applicable"): "some tools are always needed",
    ("branch-not-default", "not_applicable"): "a folder without git is a finding of this check",
    ("region-not-set", "unknown"): "the environment is there to be read",
    ("region-not-set", "not_applicable"): "a region is always needed",
    ("inside-the-runner", "unknown"): "the environment is there to be read",
    ("inside-the-runner", "not_applicable"): "every machine is one of the runner's or not",
    ("github-token-not-set", "unknown"): "the environment is there to be read",
    ("github-token-not-set", "not_applicable"): "builds always take one",
    ("github-token-lacks-scope", "unknown"): "what was not tried is told once, by github-token-refused",
    ("github-token-sees-no-release", "unknown"): "what was not tried is told once, by github-token-refused",
    ("github-token-ends-soon", "unknown"): "what was not tried is told once, by github-token-refused",
}
"""Outcomes that a check can't have, each with the reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """The nouns of one check by the outcome that they lead to; None where it has no such outcome."""

    passes: Nouns
    fails: Nouns | None = None
    unknown: Nouns | None = None
    beside: Nouns | None = None

    def nouns(self, outcome: str) -> Nouns | None:
        """Give what leads to an outcome; what is waived fails first."""
        match outcome:
            case "pass":
                return self.passes
            case "unknown":
                return self.unknown
            case "not_applicable":
                return self.beside
            case _:
                return self.fails


def one(fleet_: Fleet) -> tuple[UnitView, Fleet]:
    """Give the first unit of a fleet with the fleet."""
    return fleet_.units[0], fleet_


def task_definition(**changes: Any) -> TaskDefinition:  # noqa: ANN401 -- fields of a definition
    """Make the planner's task definition, in sync but for the changes."""
    return replace(definition(PLANNER, f"{RUNNER}:v1.3.0"), **changes)


def runs(**changes: Any) -> UnitView:  # noqa: ANN401 -- as above
    """Give a unit whose only family is the planner's, with changes."""
    return planner(task_definition(**changes))


def invoked(found: Invoker | None, **changes: Any) -> UnitView:  # noqa: ANN401 -- fields of an observation
    """Give a unit in sync with this invoker."""
    invokers = (StackInvoker(stack=STACK, invoker=Seen(value=found)),)
    seen = {"families": Seen(value=(task_definition(),)), "invokers": invokers, **changes}
    return view(rows=(row(),), observations=(observation(**seen),))


BARE = invoked(None, families=Seen(value=()))
"""A unit of which nothing was seen."""
DARK = view(
    rows=(row(),),
    observations=(
        observation(
            families=unread(),
            invokers=(StackInvoker(stack=STACK, invoker=unread("invoker")),),
            clusters=(),
        ),
    ),
)
"""A unit of which nothing could be read."""
IDLE = view(rows=(row(deployed=False, image=None, tag=None, image_origin=None, tag_origin=None),))
"""A unit that deploys nothing."""
NOT_KNOWN = view(rows=(row(tag=None),))
"""A unit whose tag is not known."""
PLACELESS = fleet(
    rows=(row(account=Account(name="dev", id=None), account_id=None),), listed=(Account(name="x", id=None),)
)
UNREAD_PINS = fleet(declared_gaps=(gap("pins"),))
RULES = rules()
