"""What is looked at around an apply: in flight, in ECR, the pull policy and the invoker; and what is waited for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.model import Seen, Unread
from audit.remedy.evidence import Looks, Witness
from audit.remedy.roads import Roads
from audit.remedy.units import sites
from audit.remedy.way import GUIDE, Way
from audit.running.access import Access
from audit.verdict.pairing import views
from tests.nouns import DEV, RUNNER, SHARED, clustered, observation, repository, row, snapshot, unread
from tests.remedy.fleet import pull_by

if TYPE_CHECKING:
    from audit.model import Account
    from audit.running.model.ecr import Repository

ROADS = Roads(way=Way.parse(GUIDE), access=Access(profile="your-{account}"))


def looks(
    *repositories: Repository, account: Account = DEV, known: tuple[Account, ...] = (SHARED, DEV), **facts: object
) -> Looks:
    """Name the looks for the only unit of an account."""
    stack = str(facts.pop("stack", "ecs-deploy-runner"))
    rows = (row("terraform-planner", account, stack=stack),)
    seen = observation(account, clusters=(clustered(stack=stack),))
    facts_ = snapshot(rows=rows, observations=(replace(seen, **facts),), repositories=repositories)  # type: ignore[arg-type]  # fields of an observation
    (view,) = views(facts_)
    (site,) = sites((view,))
    ways = {one.id or "": ROADS.through(one) for one in known}
    return Witness(registry=view.registry, ways=ways).of(site, ROADS.through(account))


def lines(found: Looks) -> tuple[list[str], list[str]]:
    """Give the commands as text: guards, and evidence."""
    return [" ".join(one.argv) for one in found.guards], [" ".join(one.argv) for one in found.evidence]


IDLE = (
    "aws-vault exec your-dev -- aws ecs list-tasks --cluster ecs-deploy-runner --region us-west-2 "
    "--query taskArns[] --output text"
)
IN_ECR = (
    "aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name "
    "ecs-deploy-runner --image-ids imageTag=v1.3.0 --region us-west-2 --query images[].imageId.imageTag --output text"
)
POLICY = (
    "aws-vault exec your-shared -- aws ecr get-repository-policy --registry-id 234567890123 --repository-name "
    "ecs-deploy-runner --region us-west-2 --query {} --output text"
)
ASKED = "aws-vault exec your-dev -- infrastructure-deployer --aws-region us-west-2 {}--describe-containers"


def test_all_that_is_looked_at() -> None:
    """Before: nothing in flight, the image there; after: the invoker answers, the image is there and may be pulled."""
    found = looks(replace(repository(RUNNER), policy=Seen(value=pull_by((DEV.id or "",)))))
    guards, evidence = lines(found)
    assert guards == [
        IDLE,
        IN_ECR,
    ]
    assert evidence == [ASKED.format(""), IN_ECR, POLICY.format(f"contains(policyText, '{DEV.id}')")]
    assert [one.empty for one in found.guards] == [True, False]
    assert [one.expect for one in found.evidence] == [None, "v1.3.0", "True"]
    assert all(one.otherwise for one in (*found.guards, *found.evidence))
    assert (found.waits, found.notes) == (None, ())


CONDITIONAL = json.dumps(
    {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "ecr:*", "Condition": {"StringEquals": {"a": "b"}}}}
)
DOUBT = "whether the policy of ecs-deploy-runner lets others pull"


@pytest.mark.parametrize(
    ("policy", "query", "note"),
    [
        (Seen(value=repository().policy.value), "policyText", None),  # type: ignore[union-attr]  # seen, in the nouns
        (Seen(value=CONDITIONAL), "policyText", f"{DOUBT} hangs on a condition"),
        (Seen(value="{"), None, f"{DOUBT} is not known: the repository policy is not what AWS documents"),
        (unread("repository policy"), None, f"{DOUBT} is not known: dev: "),
    ],
    ids=["everybody", "condition", "damaged", "unread"],
)
def test_policies_that_do_not_name_the_account(
    policy: Seen[str | None] | Unread, query: str | None, note: str | None
) -> None:
    """What a policy says by other means is shown, not judged; what is not known is said."""
    found = looks(replace(repository(RUNNER), policy=policy))
    asked = [line for line in lines(found)[1] if "get-repository-policy" in line]
    assert asked == ([POLICY.format(query)] if query else [])
    assert found.waits is None
    assert [text.startswith(note or "") for text in found.notes] == ([True] if note else [])


@pytest.mark.parametrize("policy", [None, pull_by(("111122223333",))], ids=["none", "others"])
def test_account_that_may_not_pull_waits(policy: str | None) -> None:
    """Before its runner is pointed at an image that it cannot pull, an account has to be let in."""
    found = looks(replace(repository(RUNNER), policy=Seen(value=policy)))
    assert (found.waits or "").startswith("the policy of ecs-deploy-runner does not let dev (345678901234) pull")


def test_registry_of_its_own() -> None:
    """An account that pulls from itself needs no policy."""
    found = looks(replace(repository(RUNNER), policy=Seen(value=None)), account=SHARED)
    assert not any("get-repository-policy" in line for line in lines(found)[1])
    assert (found.waits, found.notes) == (None, ())


def test_registry_of_an_account_that_is_not_known() -> None:
    """Where nobody knows the way into the registry's account, the unit's own asks for the image."""
    found = looks(repository(RUNNER), known=(DEV,))
    assert lines(found)[0][1] == IN_ECR.replace("your-shared", "your-dev")
    assert found.notes == (f"{DOUBT} is not asked again: its account 234567890123 is not in the fleet",)


def test_repository_that_nobody_looked_at() -> None:
    """A policy that was not looked at is said to be unknown."""
    assert looks().notes == (f"{DOUBT} is not known: it was not looked at",)


def test_stack_of_another_name() -> None:
    """infrastructure-deployer asks the invoker of that stack, and its cluster is asked for tasks."""
    found = looks(repository(RUNNER), stack="ecs-deploy-runner-eu")
    guards, evidence = lines(found)
    assert "--cluster ecs-deploy-runner-eu " in guards[0]
    assert evidence[0] == ASKED.format("--invoker-function-id ecs-deploy-runner-eu-invoker ")


def test_cluster_that_is_not_there() -> None:
    """Without a cluster nothing can be in flight; one that was not read is taken to have the stack's name."""
    none = replace(clustered(), cluster=Seen(value=None))
    assert lines(looks(repository(RUNNER), clusters=(none,)))[0] == [IN_ECR]
    assert "--cluster ecs-deploy-runner " in lines(looks(repository(RUNNER), clusters=()))[0][0]
