"""Checks of the registry: what passes, fails, ends unknown, or has nothing to judge."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from audit.configuration.config import Settings
from audit.configuration.policy import Limits
from audit.model import Seen
from audit.running.model.ecr import Repository, Scan, TagImage, Vulnerable
from checks import test_registry
from tests.checks.judging import DIGEST, PLANNER, ended, judged, outcomes, repositories, said
from tests.nouns import (
    DEV,
    NOW,
    RUNNER,
    SHARED,
    STACK,
    definition,
    fleet,
    null,
    observation,
    repository,
    row,
    unread,
    view,
)

if TYPE_CHECKING:
    from audit.declared.model import DeclaredContainer
    from audit.model import Fact
    from audit.verdict.registry import RepositoryView


@pytest.mark.parametrize(
    ("rows", "held", "expected"),
    [
        pytest.param((row(),), (repository(),), ["pass"], id="there"),
        pytest.param((row(),), (repository(tags={"v1.3.0": None}),), ["fail"], id="tag absent"),
        pytest.param((row(),), (replace(repository(), tags=Seen(value=None)),), ["fail"], id="repository absent"),
        pytest.param((row(),), (replace(repository(), tags=unread("registry")),), ["unknown"], id="registry unread"),
        pytest.param((row(),), (), ["unknown"], id="not looked at"),
        pytest.param((row(),), (repository(tags={"v1.0.0": None}),), ["unknown"], id="tag not asked for"),
        pytest.param((row(image="docker.example.com/runner"),), (), ["not_applicable"], id="not in ECR"),
        pytest.param((row(tag=None),), (repository(),), ["unknown"], id="tag unknown"),
        pytest.param((null("ami-builder"),), (), [], id="nothing deployed"),
    ],
)
def test_registry_table(rows: tuple[object, ...], held: tuple[object, ...], expected: list[str]) -> None:
    """A declared tag must be in its repository; a registry that was not read says nothing."""
    unit = view(rows=rows, repositories=held)
    assert outcomes(judged(test_registry.test_declared_tag_not_in_registry, unit)) == expected


ROWS = (row(account=DEV), row(account=SHARED))


def policy(*statements: dict[str, object]) -> Repository:
    """Make a repository with these statements in its policy."""
    return replace(repository(), policy=Seen(value=json.dumps({"Statement": list(statements)})))


def statement(principal: object, *actions: str, effect: str = "Allow", **more: object) -> dict[str, object]:
    """Make a statement of a policy, that lets pull unless actions are named."""
    given = list(actions or ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"))
    return {"Effect": effect, "Principal": principal, "Action": given, **more}


ROOT = {"AWS": f"arn:aws:iam::{DEV.id}:root"}
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(policy(statement("*")), "pass", id="everybody"),
        pytest.param(policy(statement({"AWS": "*"})), "pass", id="every AWS account"),
        pytest.param(policy(statement(ROOT)), "pass", id="by its root"),
        pytest.param(policy(statement({"AWS": [DEV.id, "999999999999"]})), "pass", id="by its id"),
        pytest.param(policy(statement(ROOT, "ecr:*")), "pass", id="every action"),
        pytest.param(policy(statement(ROOT, "ECR:Batch*", "ecr:getdownloadurlforlayer")), "pass", id="any case"),
        pytest.param(policy(statement(ROOT, "ecr:BatchGetImage")), "fail", id="half of it"),
        pytest.param(policy(statement(ROOT, "ecr:GetDownloadUrlForLayer")), "fail", id="the other half"),
        pytest.param(policy(statement({"AWS": "arn:aws:iam::999999999999:root"})), "fail", id="another account"),
        pytest.param(policy(statement({"AWS": f"arn:aws:iam::{DEV.id}:role/x"})), "fail", id="one role only"),
        pytest.param(policy(statement({"Service": "codebuild.amazonaws.com"})), "fail", id="a service"),
        pytest.param(policy(statement("*", Condition=ORGANIZATION)), "not_applicable", id="under a condition"),
        pytest.param(policy(statement("*", Condition=ORGANIZATION), statement(ROOT)), "pass", id="and without one"),
        pytest.param(policy(statement("*"), statement(ROOT, effect="Deny")), "fail", id="denied"),
        pytest.param(
            policy(statement("*"), statement(ROOT, effect="Deny", Condition=ORGANIZATION)),
            "not_applicable",
            id="denied under a condition",
        ),
        pytest.param(policy({"Effect": "Allow", "Principal": "*", "NotAction": "ecr:Put*"}), "pass", id="all but"),
        pytest.param(policy({"Effect": "Allow", "Principal": "*", "NotAction": "ecr:*"}), "fail", id="all but all"),
        pytest.param(replace(repository(), policy=Seen(value=None)), "not_applicable", id="no policy"),
        pytest.param(replace(repository(), policy=Seen(value="[]")), "unknown", id="no object"),
        pytest.param(replace(repository(), policy=Seen(value="{")), "unknown", id="no JSON"),
        pytest.param(replace(repository(), policy=unread("policy")), "unknown", id="unread"),
        pytest.param(
            replace(repository(), tags=Seen(value=None), policy=Seen(value=None)), "not_applicable", id="no repository"
        ),
        pytest.param(replace(policy(), tags=Seen(value=None)), "not_applicable", id="a policy of no repository"),
    ],
)
def test_policy(seen: Repository, expected: str) -> None:
    """Every account that declares an image of the repository may pull it; the owner needs no policy."""
    (one,) = repositories(rows=ROWS, repositories=(seen,))
    owner, other = ended(test_registry.test_registry_policy_lacks_account, one)
    assert (owner, other) == ("not_applicable", expected)


def test_policy_for_the_role_that_pulls() -> None:
    """A grant to the execution role of the account's tasks is one; to a role of that name elsewhere it is none."""
    name = f"role/{STACK}-task-execution-role"
    for account, expected in ((DEV, "pass"), (SHARED, "fail")):
        task = replace(definition(PLANNER, f"{RUNNER}:v1.3.0"), execution_role=f"arn:aws:iam::{DEV.id}:{name}")
        seen = policy(statement({"AWS": f"arn:aws:iam::{account.id}:{name}"}))
        (one,) = repositories(
            rows=(row(account=DEV),), observations=(observation(families=Seen(value=(task,))),), repositories=(seen,)
        )
        assert ended(test_registry.test_registry_policy_lacks_account, one) == [expected]


def test_policy_says_who() -> None:
    """The account is named, with its id, and has a finding of its own."""
    (one,) = repositories(rows=ROWS, repositories=(policy(),))
    _, other = judged(test_registry.test_registry_policy_lacks_account, one).judgements
    assert other.message == f"dev ({DEV.id}) may not pull ecs-deploy-runner"
    assert other.subject.kind == f"ecs-deploy-runner|{DEV.id}"


@pytest.mark.parametrize(
    ("rows", "seen", "expected"),
    [
        pytest.param(ROWS, policy(), "pass", id="some policy"),
        pytest.param(ROWS, replace(repository(), policy=Seen(value=None)), "fail", id="no policy"),
        pytest.param(ROWS, replace(repository(), policy=unread("policy")), "unknown", id="unread"),
        pytest.param(
            ROWS,
            replace(repository(), tags=Seen(value=None), policy=Seen(value=None)),
            "not_applicable",
            id="no repository",
        ),
        pytest.param(
            (row(account=SHARED),),
            replace(repository(), policy=Seen(value=None)),
            "not_applicable",
            id="only the owner",
        ),
    ],
)
def test_without_policy(rows: tuple[DeclaredContainer, ...], seen: Repository, expected: str) -> None:
    """A repository that other accounts use, without any policy, is told once."""
    (one,) = repositories(rows=rows, repositories=(seen,))
    assert ended(test_registry.test_registry_without_policy, one) == [expected]


def rule(priority: int = 1, **selection: Any) -> dict[str, object]:  # noqa: ANN401 -- any JSON
    """Make a rule of a lifecycle policy: after 31 days, unless something else is given."""
    chosen = {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 31, **selection}
    return {"rulePriority": priority, "selection": chosen, "action": {"type": "expire"}}


def archiving(days: int) -> dict[str, object]:
    """Make a rule that archives after so many days without a pull."""
    moved = {"type": "transition", "targetStorageClass": "archive"}
    return {**rule(countType="sinceImagePulled", countNumber=days), "action": moved}


def count(number: int, **selection: Any) -> dict[str, object]:  # noqa: ANN401 -- any JSON
    """Make a rule that keeps a number of images."""
    return rule(countType="imageCountMoreThan", countNumber=number, **selection)


@pytest.mark.parametrize(
    ("rules_", "expected"),
    [
        pytest.param([], "pass", id="no rules"),
        pytest.param([rule()], "pass", id="31 days left"),
        pytest.param([rule(countNumber=30)], "fail", id="30 days left"),
        pytest.param([rule(countNumber=30, tagStatus="untagged")], "pass", id="untagged only"),
        pytest.param([rule(countNumber=1, tagStatus="tagged", tagPrefixList=["v1"])], "fail", id="by prefix"),
        pytest.param([rule(countNumber=1, tagStatus="tagged", tagPrefixList=["dev"])], "pass", id="another prefix"),
        pytest.param([rule(countNumber=1, tagStatus="tagged", tagPrefixList=["v1", "x"])], "pass", id="both prefixes"),
        pytest.param([rule(countNumber=1, tagStatus="tagged", tagPatternList=["v*.0"])], "fail", id="by pattern"),
        pytest.param([rule(countNumber=1, tagStatus="tagged", tagPatternList=["v*.1*.0"])], "pass", id="no such part"),
        pytest.param([rule(countNumber=1, tagStatus="tagged", tagPatternList=["*1*3*"])], "fail", id="parts in order"),
        pytest.param([rule(countNumber=1, tagStatus="tagged", tagPatternList=["*3*1*"])], "pass", id="out of order"),
        pytest.param([rule(countNumber=1, tagStatus="tagged", tagPatternList=["v1.3.0"])], "fail", id="the very tag"),
        pytest.param([rule(countNumber=1, tagStatus="tagged", tagPatternList=["v1.3.0*.0"])], "pass", id="overlap"),
        pytest.param([rule(countNumber=1, tagStatus="tagged")], "pass", id="tagged, and no tag named"),
        pytest.param([rule(2, countNumber=1), rule(1, countNumber=99)], "pass", id="the first rule counts"),
        pytest.param([rule(1, countNumber=1), rule(2, countNumber=99)], "fail", id="whatever comes second"),
        pytest.param([count(2)], "fail", id="two newer, two kept"),
        pytest.param([count(3)], "not_applicable", id="two newer, three kept"),
        pytest.param([count(1, tagStatus="tagged", tagPrefixList=["v1.3.0"])], "not_applicable", id="newer of others"),
        pytest.param([rule(countType="sinceImagePulled", countNumber=30)], "fail", id="30 days after a push"),
        pytest.param([rule(countType="sinceImagePulled")], "pass", id="31 days after a push"),
        pytest.param([archiving(30)], "fail", id="archived in 30 days"),
        pytest.param([archiving(31)], "pass", id="archived in 31 days"),
        pytest.param([rule(countNumber=1, storageClass="archive")], "pass", id="of what is archived already"),
        pytest.param([rule(countType="sinceImageSeen")], "unknown", id="a kind of count that is not known"),
        pytest.param([{**rule(), "action": {"type": "paint"}}], "unknown", id="an action that is not known"),
        pytest.param([{**rule(), "action": "expire"}], "unknown", id="no action"),
        pytest.param([{"selection": {}}], "unknown", id="no priority"),
        pytest.param([rule(countNumber="x")], "unknown", id="no number"),
        pytest.param([{"rulePriority": 1, "selection": []}], "unknown", id="no selection"),
        pytest.param(["nonsense"], "unknown", id="no rule"),
    ],
)
def test_lifecycle(rules_: list[object], expected: str) -> None:
    """An image in use must not be deleted or archived within thirty days; a rule that is not known tells nothing."""
    newer = [TagImage(tag=f"v1.3.{n}", digest=f"sha256:{n:064}", pushed_at=NOW + timedelta(days=n)) for n in (1, 2)]
    tags = (TagImage(tag="v1.3.0", digest=DIGEST, pushed_at=NOW), *newer)
    seen = replace(repository(), tags=Seen(value=tags), lifecycle=Seen(value=json.dumps({"rules": rules_})))
    facts: dict[str, Any] = {"rows": (row(),), "repositories": (seen,)}
    (one,) = repositories(**facts)
    assert ended(test_registry.test_lifecycle_expires_tag_in_use, one, fleet(**facts)) == [expected]


def test_lifecycle_says_when() -> None:
    """Rule and day are named."""
    seen = replace(repository(), lifecycle=Seen(value=json.dumps({"rules": [rule(7, countNumber=2)]})))
    facts: dict[str, Any] = {"rows": (row(),), "repositories": (seen,)}
    (one,) = repositories(**facts)
    day = (NOW + timedelta(days=2)).date()
    assert (
        said(test_registry.test_lifecycle_expires_tag_in_use, one, fleet(**facts)) == f"rule 7 deletes v1.3.0 on {day}"
    )
    seen = replace(repository(), lifecycle=Seen(value=json.dumps({"rules": [count(0)]})))
    (one,) = repositories(rows=(row(),), repositories=(seen,))
    assert said(test_registry.test_lifecycle_expires_tag_in_use, one, fleet(**facts)) == "rule 1 would delete v1.3.0"


@pytest.mark.parametrize(
    ("pulled_at", "expected"),
    [
        pytest.param(NOW - timedelta(days=1), "rule 1 archives v1.3.0 on 2026-12-23", id="pulled yesterday"),
        pytest.param(NOW - timedelta(days=40), "rule 1 archives v1.3.0 on 2026-11-14", id="due already"),
        pytest.param(None, "rule 1 archives v1.3.0 on 2026-12-24", id="never pulled"),
    ],
)
def test_lifecycle_since_the_last_pull(pulled_at: datetime | None, expected: str) -> None:
    """The days count from the last pull, without any from the push."""
    tag = TagImage(tag="v1.3.0", digest=DIGEST, pushed_at=NOW, last_pulled_at=pulled_at)
    text = json.dumps({"rules": [archiving(30)]})
    seen = replace(repository(), tags=Seen(value=(tag,)), lifecycle=Seen(value=text))
    facts: dict[str, Any] = {"rows": (row(),), "repositories": (seen,)}
    (one,) = repositories(**facts)
    assert said(test_registry.test_lifecycle_expires_tag_in_use, one, fleet(**facts)) == expected


def test_lifecycle_of_a_push_that_is_not_known() -> None:
    """When the image was pushed is what the rule counts from: without it nothing is known."""
    tag = TagImage(tag="v1.3.0", digest=DIGEST)
    seen = replace(repository(), tags=Seen(value=(tag,)), lifecycle=Seen(value=json.dumps({"rules": [rule()]})))
    facts: dict[str, Any] = {"rows": (row(),), "repositories": (seen,)}
    (one,) = repositories(**facts)
    (judgement,) = judged(test_registry.test_lifecycle_expires_tag_in_use, one, fleet(**facts)).judgements
    assert judgement.outcome == "unknown"
    assert judgement.message == "rule 1 of the lifecycle policy can't be told for v1.3.0; look at it by hand"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"lifecycle": Seen(value=None)}, ["pass"], id="no policy"),
        pytest.param({"lifecycle": unread("lifecycle")}, ["unknown"], id="unread"),
        pytest.param({"tags": unread("tags")}, ["unknown"], id="tags unread"),
        pytest.param({"tags": Seen(value=None)}, [], id="no repository"),
    ],
)
def test_lifecycle_of_what_is_there(changes: dict[str, object], expected: list[str]) -> None:
    """Without a policy nothing expires; without a look nothing is known."""
    facts: dict[str, Any] = {"rows": (row(),), "repositories": (replace(repository(), **changes),)}  # type: ignore[arg-type]  # facts
    (one,) = repositories(**facts)
    assert ended(test_registry.test_lifecycle_expires_tag_in_use, one, fleet(**facts)) == expected


def test_lifecycle_knows_declared_and_running_tags() -> None:
    """A tag that only runs counts as well as one that is only declared; one that nobody uses does not."""
    rows = (row(tag="v1.3.0"),)
    seen = observation(families=Seen(value=(definition(PLANNER, f"{RUNNER}:v1.2.0"),)))
    facts: dict[str, Any] = {"rows": rows, "observations": (seen,), "repositories": (repository(),)}
    (one,) = repositories(**facts)
    assert [tag.tag for tag in one.in_use] == ["v1.3.0", "v1.2.0"]
    assert ended(test_registry.test_lifecycle_expires_tag_in_use, one, fleet(**facts)) == ["pass", "pass"]


def settings(**changes: object) -> RepositoryView:
    """Make a repository whose settings differ from the right ones."""
    good = repository()
    assert good.settings.kind == "seen"
    assert good.settings.value is not None
    changed = replace(good, settings=Seen(value=replace(good.settings.value, **changes)))  # type: ignore[arg-type]  # as named
    (one,) = repositories(repositories=(changed,))
    return one


@pytest.mark.parametrize(
    ("check", "changes", "expected"),
    [
        pytest.param(test_registry.test_registry_tags_mutable, {}, "pass", id="immutable"),
        pytest.param(
            test_registry.test_registry_tags_mutable,
            {"tag_mutability": "IMMUTABLE_WITH_EXCLUSION", "exclusions": ("dev-*", "v1.3")},
            "pass",
            id="but others",
        ),
        pytest.param(
            test_registry.test_registry_tags_mutable,
            {"tag_mutability": "IMMUTABLE_WITH_EXCLUSION", "exclusions": ("dev-*", "v1.*")},
            "fail",
            id="but just this",
        ),
        pytest.param(
            test_registry.test_registry_tags_mutable,
            {"tag_mutability": "MUTABLE_WITH_EXCLUSION", "exclusions": ("v*",)},
            "pass",
            id="mutable but releases",
        ),
        pytest.param(
            test_registry.test_registry_tags_mutable,
            {"tag_mutability": "MUTABLE_WITH_EXCLUSION", "exclusions": ("dev-*",)},
            "fail",
            id="mutable but others",
        ),
        pytest.param(
            test_registry.test_registry_tags_mutable,
            {"tag_mutability": "IMMUTABLE_WITH_EXCLUSION"},
            "unknown",
            id="nobody looked at what is left out",
        ),
        pytest.param(test_registry.test_registry_tags_mutable, {"tag_mutability": "MUTABLE"}, "fail", id="mutable"),
        pytest.param(test_registry.test_registry_tags_mutable, {"tag_mutability": None}, "fail", id="not said"),
        pytest.param(test_registry.test_registry_no_scan_on_push, {}, "pass", id="scanned"),
        pytest.param(test_registry.test_registry_no_scan_on_push, {"scan_on_push": False}, "fail", id="not scanned"),
        pytest.param(test_registry.test_registry_no_scan_on_push, {"scan_on_push": None}, "fail", id="scan not said"),
        pytest.param(test_registry.test_registry_without_own_key, {}, "pass", id="KMS"),
        pytest.param(test_registry.test_registry_without_own_key, {"encryption": "KMS_DSSE"}, "pass", id="KMS twice"),
        pytest.param(test_registry.test_registry_without_own_key, {"encryption": "AES256"}, "fail", id="AWS's key"),
        pytest.param(test_registry.test_registry_without_own_key, {"encryption": None}, "fail", id="key not said"),
        pytest.param(
            test_registry.test_registry_without_own_key,
            {"kms_key": "arn:aws:kms:us-west-2:234567890123:key/1"},
            "pass",
            id="a key by its ARN",
        ),
        pytest.param(
            test_registry.test_registry_without_own_key,
            {"kms_key": "arn:aws:kms:us-west-2:234567890123:alias/aws/ecr"},
            "fail",
            id="AWS's key by its alias",
        ),
    ],
)
def test_settings(check: object, changes: dict[str, object], expected: str) -> None:
    """Each setting of a repository has its check."""
    assert ended(check, settings(**changes)) == [expected]


def test_the_key_is_named() -> None:
    """The sentence names the key that is used, and the kind of encryption where AWS names none."""
    alias = "arn:aws:kms:us-west-2:234567890123:alias/aws/ecr"
    check = test_registry.test_registry_without_own_key
    assert said(check, settings(kms_key=alias)) == f"ecs-deploy-runner uses {alias}"
    assert said(check, settings(encryption="AES256", kms_key=None)) == "ecs-deploy-runner uses AES256"


def test_movable_tags_are_named() -> None:
    """Where the setting leaves tags out, those in use are held against it; without any there is nothing to judge."""
    one = settings(tag_mutability="IMMUTABLE_WITH_EXCLUSION", exclusions=("v1.*",))
    sentence = "v1.3.0 of ecs-deploy-runner can be pushed again (IMMUTABLE_WITH_EXCLUSION)"
    assert said(test_registry.test_registry_tags_mutable, one) == sentence
    assert ended(test_registry.test_registry_tags_mutable, replace(one, declared=frozenset(), running=frozenset())) == [
        "not_applicable"
    ]


@pytest.mark.parametrize(
    "check",
    [
        test_registry.test_registry_tags_mutable,
        test_registry.test_registry_no_scan_on_push,
        test_registry.test_registry_without_own_key,
    ],
)
def test_settings_of_what_is_there(check: object) -> None:
    """A repository that does not exist has no settings; one that was not read has unknown ones."""
    (absent,) = repositories(repositories=(replace(repository(), settings=Seen(value=None)),))
    assert ended(check, absent) == ["not_applicable"]
    (dark,) = repositories(repositories=(replace(repository(), settings=unread("settings")),))
    assert ended(check, dark) == ["unknown"]


def scanned(critical: int | None, status: str = "COMPLETE") -> Scan:
    """Make the summary of a scan."""
    counts = (("HIGH", 9),) if critical is None else (("CRITICAL", critical), ("HIGH", 9))
    return Scan(status=status, completed_at=NOW, counts=counts)


def named(*ids: str, digest: str = DIGEST) -> Fact[tuple[Vulnerable, ...]]:
    """List the ids of a running image's critical vulnerabilities."""
    return Seen(value=(Vulnerable(digest=digest, ids=ids),))


@pytest.mark.parametrize(
    ("scan", "most", "expected"),
    [
        pytest.param(scanned(0), 0, "pass", id="none"),
        pytest.param(scanned(None), 0, "pass", id="none counted"),
        pytest.param(scanned(1), 0, "fail", id="one"),
        pytest.param(scanned(1, "ACTIVE"), 0, "fail", id="one by enhanced scanning"),
        pytest.param(scanned(2), 2, "pass", id="as many as are borne"),
        pytest.param(scanned(3), 2, "fail", id="one more than is borne"),
        pytest.param(scanned(0, "FAILED"), 0, "not_applicable", id="failed"),
        pytest.param(scanned(0, "UNSUPPORTED_IMAGE"), 0, "not_applicable", id="unsupported"),
        pytest.param(None, 0, "not_applicable", id="never scanned"),
    ],
)
def test_vulnerabilities(scan: Scan | None, most: int, expected: str) -> None:
    """Critical vulnerabilities of what runs are counted; other images don't count."""
    used = TagImage(tag="v1.3.0", digest=DIGEST, pushed_at=NOW, scan=scan)
    unused = TagImage(tag="v1.2.0", digest=DIGEST.replace("a", "b"), pushed_at=NOW, scan=scanned(99))
    seen = replace(repository(), tags=Seen(value=(used, unused)))
    (one,) = repositories(rows=(row(),), repositories=(seen,))
    limits = Settings(limits=Limits(critical_vulnerabilities=most))
    assert ended(test_registry.test_image_vulnerabilities, one, fleet(limits)) == [expected]


def test_vulnerabilities_are_counted() -> None:
    """The sentence names tag, digest and number; a scan counts as scanning, however it was started."""
    used = TagImage(tag="v1.3.0", digest=DIGEST, pushed_at=NOW, scan=scanned(3))
    good = repository()
    assert good.settings.kind == "seen"
    assert good.settings.value is not None
    off = Seen(value=replace(good.settings.value, scan_on_push=False))
    (one,) = repositories(rows=(row(),), repositories=(replace(good, tags=Seen(value=(used,)), settings=off),))
    assert said(test_registry.test_image_vulnerabilities, one, fleet()) == (
        f"v1.3.0 ({DIGEST}) has 3 critical vulnerabilities"
    )
    assert ended(test_registry.test_registry_no_scan_on_push, one) == ["pass"]


@pytest.mark.parametrize(
    ("count", "vulnerable", "words"),
    [
        pytest.param(1, named("CVE-2026-0001"), "1 critical vulnerability: CVE-2026-0001", id="one"),
        pytest.param(2, named("CVE-1", "CVE-2"), "2 critical vulnerabilities: CVE-1, CVE-2", id="all"),
        pytest.param(3, named("CVE-1", "CVE-2"), "3 critical vulnerabilities: CVE-1, CVE-2 and 1 more", id="some"),
        pytest.param(
            21,
            named(*map(str, range(21))),
            f"21 critical vulnerabilities: {', '.join(map(str, range(20)))} and 1 more",
            id="cut",
        ),
        pytest.param(2, named(), "2 critical vulnerabilities", id="not listed"),
        pytest.param(2, named("CVE-1", digest="sha256:other"), "2 critical vulnerabilities", id="of another image"),
        pytest.param(2, unread("vulnerabilities"), "2 critical vulnerabilities", id="ids unread"),
    ],
)
def test_vulnerabilities_are_named(count: int, vulnerable: Fact[tuple[Vulnerable, ...]], words: str) -> None:
    """The ids that could be listed stand in the sentence; that others could not hides nothing."""
    used = TagImage(tag="v1.3.0", digest=DIGEST, pushed_at=NOW, scan=scanned(count))
    seen = replace(repository(), tags=Seen(value=(used,)), vulnerable=vulnerable)
    (one,) = repositories(rows=(row(),), repositories=(seen,))
    assert said(test_registry.test_image_vulnerabilities, one, fleet()) == f"v1.3.0 ({DIGEST}) has {words}"
