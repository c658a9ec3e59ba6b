"""The nouns as pytest fixtures: what a check can ask for by the name of an argument.

A fact that a check ``needs`` and that nobody could read ends its item as unknown while the fixture is made, so that
pytest itself shows it as an error and not as a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

from audit.errors import UnreadError
from audit.model import Gap, Unread, need
from audit.verdict.check import Check, Findings, not_applicable
from audit.verdict.registry import RepositoryView
from audit.verdict.secrets import SecretView
from audit.verdict.session import Session

if TYPE_CHECKING:
    from audit.verdict.fleet import Fleet
    from audit.verdict.pairing import UnitView
    from audit.verdict.readiness import Readiness
    from audit.verdict.releases import Releases
    from audit.verdict.results import Coverage

SESSION = pytest.StashKey[Session]()
NOTE: pytest.StashKey[str | None] = pytest.StashKey()  # why the run could not be kept in the history
FINDINGS = pytest.StashKey[Findings]()
CHECK = pytest.StashKey["Check | None"]()

V = TypeVar("V", RepositoryView, SecretView)


def check_of(item: pytest.Item) -> Check | None:
    """Give the record of a check, with the severity that the user gave it; None for a test that is no check."""
    if CHECK not in item.stash:
        mark = item.get_closest_marker("check")
        item.stash[CHECK] = mark.args[0] if mark else None
    return item.stash[CHECK]


@pytest.fixture
def unit(request: pytest.FixtureRequest) -> UnitView:
    """One account in one region."""
    view: UnitView | None = request.param
    if view is None:
        not_applicable("no unit declares a runner")
    for name in _needs(request):
        facts = view.facts(name)
        if facts and all(isinstance(fact, Unread) for fact in facts):
            need(facts[0])
    return view


@pytest.fixture
def repository(request: pytest.FixtureRequest) -> RepositoryView:
    """One ECR repository that declared images live in."""
    view: RepositoryView | None = request.param
    return _read(request, view, "no image is declared in ECR")


@pytest.fixture
def secret(request: pytest.FixtureRequest) -> SecretView:
    """One secret that task definitions name."""
    view: SecretView | None = request.param
    return _read(request, view, "no task definition names a secret of Secrets Manager")


@pytest.fixture
def fleet(request: pytest.FixtureRequest) -> Fleet:
    """Everything that is nobody's alone: pins, accounts, what most units say."""
    return request.config.stash[SESSION].fleet


@pytest.fixture
def releases(request: pytest.FixtureRequest) -> Releases:
    """Give the releases, with the policy of what counts as the newest."""
    return request.config.stash[SESSION].releases


@pytest.fixture
def coverage(request: pytest.FixtureRequest) -> Coverage:
    """Give what was expected and what was seen of the whole fleet."""
    return request.config.stash[SESSION].coverage


@pytest.fixture
def readiness(request: pytest.FixtureRequest) -> Readiness:
    """Give the target of the upgrade and the workstation; only ``pipelines-audit ready`` has them."""
    found = request.config.stash[SESSION].readiness
    if found is None:
        raise UnreadError(Gap(what="readiness", message="mark a check that takes readiness with stage='ready'"))
    return found


@pytest.fixture
def findings(request: pytest.FixtureRequest) -> Findings:
    """Collect what a check finds, subject by subject."""
    return request.node.stash.setdefault(FINDINGS, Findings())  # type: ignore[no-any-return]  # nodes are untyped here


def _needs(request: pytest.FixtureRequest) -> frozenset[str]:
    record = check_of(request.node)
    return record.needs if record else frozenset()


def _read(request: pytest.FixtureRequest, view: V | None, absent: str) -> V:
    """Give the noun of an item, with every fact that its check needs; None stands for a fleet that has none."""
    if view is None:
        not_applicable(absent)
    for name in _needs(request):
        fact = view.fact(name)
        if fact is not None:
            need(fact)
    return view
