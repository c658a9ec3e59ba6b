"""What is seen of accounts and registries, against an emulated AWS over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.model import Account, Gap, Seen, Unread, need
from audit.running.access import Access
from audit.running.model.access import Identity
from audit.running.model.ecr import TagImage
from audit.running.model.invoker import Invoker
from audit.running.model.targets import RegistryTarget, SecretTarget, Target
from audit.running.observe import observe, registries, secrets
from audit.running.session import Session
from tests.aws import DEV, PROD, REGION, ROLE_ARN, SHARED, push_image, seed_runner
from tests.overlay.proxy import BASE_ACCOUNT, overlaid

if TYPE_CHECKING:
    import pytest

    from audit.running.model.seen import Observation

ROLE = Access(role_arn=ROLE_ARN)
STACK = "ecs-deploy-runner"
TARGET = Target(account=Account(name="dev", id=DEV), region=REGION, stacks=(STACK,))


def _gaps(seen: Observation) -> set[Gap]:
    facts = (seen.identity, seen.families, *(one.invoker for one in seen.invokers))
    return {fact.gap for fact in facts if isinstance(fact, Unread)}


def test_runner_is_seen(runner: str) -> None:
    """Identity, families with their images, and the invoker come from the account itself."""
    assert runner
    (seen,) = observe([TARGET], ROLE)
    assert need(seen.identity) == Identity(
        account_id=DEV,
        arn=f"arn:aws:sts::{DEV}:assumed-role/pipelines-audit/pipelines-audit",
        has_session_token=True,
    )
    families = need(seen.families)
    assert [one.family for one in families] == [f"{STACK}-terraform-applier", f"{STACK}-terraform-planner"]
    assert {image.image for one in families for image in one.images} == {
        f"{SHARED}.dkr.ecr.{REGION}.amazonaws.com/ecs-deploy-runner:v0.52.1"
    }
    (of_stack,) = seen.invokers
    invoker = need(of_stack.invoker)
    assert isinstance(invoker, Invoker)
    assert (invoker.runtime, invoker.state) == ("python3.12", "Active")
    assert invoker.last_modified is not None
    assert invoker.last_modified.utcoffset() is not None
    assert seen.calls == 7


def test_newest_revision_counts(runner: str) -> None:
    """Of several revisions of a family the newest is read."""
    seed_runner(runner, DEV, REGION, STACK, {"terraform-planner": "new:v2"}, None)
    (seen,) = observe([TARGET], ROLE)
    planner = next(one for one in need(seen.families) if one.family.endswith("planner"))
    assert (planner.revision, planner.images[0].image) == (2, "new:v2")


def test_family_of_another_stack_is_left_out(runner: str) -> None:
    """A prefix also matches names that only begin alike; those of a longer declared stack are kept."""
    seed_runner(runner, DEV, REGION, f"{STACK}-eu", {"terraform-planner": "eu:v1"}, None)
    seed_runner(runner, DEV, REGION, f"{STACK}2", {"terraform-planner": "other:v1"}, None)
    (seen,) = observe([replace(TARGET, stacks=(STACK, f"{STACK}-eu"))], ROLE)
    assert [one.family for one in need(seen.families)] == [
        f"{STACK}-eu-terraform-planner",
        f"{STACK}-terraform-applier",
        f"{STACK}-terraform-planner",
    ]
    assert {one.stack: one.invoker == Seen(value=None) for one in seen.invokers} == {STACK: False, f"{STACK}-eu": True}


def test_nothing_there_is_seen_as_nothing(aws: str) -> None:
    """An empty account is read, and holds no family and no invoker."""
    assert aws
    (seen,) = observe([TARGET], ROLE)
    assert (seen.families, seen.invokers[0].invoker) == (Seen(value=()), Seen(value=None))


def test_environment_values_are_in_no_object(aws: str) -> None:
    """A secret in the environment of a container or of the invoker isn't taken over."""
    seed_runner(aws, DEV, REGION, STACK, {"terraform-planner": "x:v1"}, environment={"TOKEN": "ghp_planted"})
    assert "ghp_planted" not in repr(observe([TARGET], ROLE))


def test_results_keep_the_order_of_the_targets(aws: str) -> None:
    """Each observation stands in its target's place, and is handed over as it comes."""
    assert aws
    targets = [
        replace(TARGET, account=Account(name=name, id=account_id), region=region)
        for name, account_id in (("prod", PROD), ("dev", DEV), ("shared", SHARED))
        for region in ("us-west-2", "eu-west-1")
    ]
    done: list[Observation] = []
    seen = observe(targets, ROLE, workers=3, on_done=done.append)
    assert [(one.account, one.region) for one in seen] == [(one.account, one.region) for one in targets]
    assert {(one.account.name, one.region) for one in done} == {(one.account.name, one.region) for one in targets}


def test_environment_serves_the_account_it_belongs_to(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without templates the environment's account is read, every other one is a gap that says what to do."""
    assert aws
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "emulator")
    mine, other = observe([replace(TARGET, account=Account(name="me", id="123456789012")), TARGET], Access())
    assert _gaps(mine) == set()
    (gap,) = _gaps(other)
    assert (gap.code, gap.account, other.calls) == ("WrongAccount", "dev", 1)
    assert "no credentials for account dev (345678901234): give --role-arn or --profile" in gap.message


def test_role_in_another_account_stops_the_look(runner: str) -> None:
    """Credentials that lead elsewhere end the look at that account, after the one call that showed it."""
    assert runner
    (seen,) = observe([TARGET], Access(role_arn=f"arn:aws:iam::{PROD}:role/audit"))
    (gap,) = _gaps(seen)
    assert (gap.code, gap.call, seen.calls) == ("WrongAccount", "sts:GetCallerIdentity", 1)
    assert f"leads to account {PROD}" in gap.message


def test_account_without_id_is_a_gap_without_a_call(aws: str) -> None:
    """What nothing could confirm isn't asked."""
    assert aws
    (seen,) = observe([replace(TARGET, account=Account(name="new", id=None))], Access())
    (gap,) = _gaps(seen)
    assert (gap.code, seen.calls) == ("UnknownAccountId", 0)


def test_tags_are_read_beside_absent_ones(aws: str) -> None:
    """One absent tag, or one that can't be a tag, doesn't spoil the answer about its neighbours."""
    digest = push_image(aws, SHARED, REGION, "kaniko", "v0.52.1")
    target = RegistryTarget(
        account=Account(name="shared", id=SHARED),
        region=REGION,
        repository="kaniko",
        tags=("v0.52.1", "v9.9.9", "no tag"),
    )
    (seen,) = registries([target], ROLE)
    absent, there, also_absent = need(seen.tags) or ()
    assert (absent, also_absent) == (TagImage(tag="no tag", digest=None), TagImage(tag="v9.9.9", digest=None))
    assert (there.tag, there.digest, there.size_bytes) == ("v0.52.1", digest, 7023)
    assert there.pushed_at is not None
    assert (seen.registry_id, seen.name, seen.calls) == (SHARED, "kaniko", 5)


def test_absent_repository_is_none(aws: str) -> None:
    """A repository that doesn't exist is a fact."""
    assert aws
    target = RegistryTarget(account=Account(name="shared", id=SHARED), region=REGION, repository="no", tags=("v1",))
    assert [one.tags for one in registries([target], ROLE)] == [Seen(value=None)]


def test_registry_in_an_account_without_credentials_is_a_gap(aws: str) -> None:
    """What can't be reached is Unread, not empty."""
    assert aws
    target = RegistryTarget(account=Account(name="shared", id=SHARED), region=REGION, repository="no", tags=("v1",))
    (seen,) = registries([target], Access())
    assert isinstance(seen.tags, Unread)


def test_who_is_calling_is_asked_once_for_an_account(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account's registry and its secrets are looked at with what its own look has made sure of."""
    push_image(aws, SHARED, REGION, "kaniko", "v1")
    shared = Account(name="shared", id=SHARED)
    with overlaid(aws) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        session = Session(ROLE)
        observe([replace(TARGET, account=shared)], ROLE, session=session)
        kaniko = RegistryTarget(account=shared, region=REGION, repository="kaniko", tags=("v1",))
        (seen,) = registries([kaniko], ROLE, session=session)
        secret = f"arn:aws:secretsmanager:{REGION}:{SHARED}:secret:PAT-AbCdEf"
        secrets([SecretTarget(account=shared, region=REGION, arn=secret)], ROLE, session=session)
        assert overlay.count("sts:*") == 2
        registries([replace(kaniko, account=Account(name="dev", id=DEV))], ROLE, session=session)
    assert seen.calls == 5
    assert overlay.count("sts:GetCallerIdentity", DEV) == 1


def test_a_known_key_does_not_open_another_account(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose the credentials are is known from one account's look; the registry of another is not read with them."""
    push_image(aws, SHARED, REGION, "kaniko", "v1")
    mine, shared = Account(name="me", id=BASE_ACCOUNT), Account(name="shared", id=SHARED)
    kaniko = RegistryTarget(account=shared, region=REGION, repository="kaniko", tags=("v1",))
    with overlaid(aws) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        session = Session(Access())
        (own,) = observe([replace(TARGET, account=mine)], Access(), session=session)
        (seen,) = registries([kaniko], Access(), session=session)
    assert isinstance(own.identity, Seen)
    assert isinstance(seen.tags, Unread)
    assert (seen.tags.gap.code, overlay.count("ecr:*")) == ("WrongAccount", 0)
