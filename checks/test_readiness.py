"""Readiness: what has to be right with target and fleet before somebody touches the pipeline that all else depends on.

Only ``pipelines-audit ready`` runs these. What is critical or high is a blocker, the rest a warning.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import quoted
from audit.errors import UnreadError
from audit.fleet import repository_of
from audit.model import Gap, Version, need
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.ecr_policies import pull
from audit.verdict.fleet import same_release
from audit.verdict.mends import mend
from audit.verdict.pairing import known
from audit.verdict.requests import asked
from audit.verdict.subject import of_container, of_fleet, of_gap, of_noun, of_pin, of_stack, running_text

if TYPE_CHECKING:
    from audit.verdict.pairing import UnitView
    from audit.verdict.readiness import Readiness
    from audit.verdict.results import Coverage

pytestmark = pytest.mark.readiness
ready = partial(check, stage="ready")

LET_PULL = "add the account to the repository's policy, by the unit that declares it"
WAIT = "wait until the task has ended, and start no other"
ALONG = "set the pin to the target in the same pull request"
FAMILIES = ("ecs:ListTaskDefinitionFamilies", "ecs:DescribeTaskDefinition")


@ready(
    "target-not-released",
    severity="critical",
    needs=("releases",),
    remedy=mend("name a release that is published", "pipelines-audit released"),
    controls=("NIST 800-53 CM-3",),
)
def test_target_not_released(readiness: Readiness, findings: Findings) -> None:
    """The target of the upgrade is not a published release.

    Nothing can be built from a tag that does not exist; an old list of releases can't tell.
    """
    with findings.about(of_fleet("target", declared=readiness.to, released=readiness.fleet.releases.newest)):
        is_published = readiness.fleet.releases.published(readiness.to)
        assert is_published, f"{readiness.to} is not a release of {readiness.release_repo}"


@ready(
    "target-known-bad",
    severity="high",
    remedy=mend("go to a release that is not on the list of bad ones", "pipelines-audit ready --to latest-allowed"),
    controls=("NIST 800-53 SI-2",),
)
def test_target_known_bad(readiness: Readiness, findings: Findings) -> None:
    """The target of the upgrade is known to be bad.

    v0.57.0 broke the deploy runner (v0.57.1 mends it), v0.0.0 is not for use; a policy can name more.
    """
    with findings.about(of_fleet("target", declared=readiness.to)):
        bad = readiness.fleet.policy.known_bad
        assert readiness.to not in bad, f"{readiness.to} is known to be bad; not for use are {', '.join(bad)}"


@ready(
    "target-older-than-running",
    severity="high",
    needs=("families",),
    remedy=mend("choose a target that no account is beyond", "pipelines-audit ready --to latest-allowed"),
    controls=("NIST 800-53 CM-3",),
)
def test_target_older_than_running(unit: UnitView, readiness: Readiness, findings: Findings) -> None:
    """What runs is newer than the target.

    That is a way back, not an upgrade: state and policies may not survive it.
    """
    with findings.about(replace(of_noun(unit), declared=readiness.to, evidence=asked(FAMILIES, unit.requests))):
        newer = [tag for tag in readiness.running(unit) if _version(tag, unit) > _version(readiness.to, unit)]
        assert not newer, f"runs {', '.join(newer)}, newer than {readiness.to}"


@ready(
    "upgrade-barrier",
    severity="medium",
    needs=("families", "releases"),
    remedy=mend(
        "read the release notes, and review the plan before it is applied",
        "pipelines-audit released",
    ),
    controls=("NIST 800-53 CM-4", "ISO 27001:2022 A.8.32"),
)
def test_upgrade_barrier(readiness: Readiness, findings: Findings) -> None:
    """A release on the way asks for more than a build and an apply.

    Breaking releases that touch the runner, and steps of providers, platform and tools that its notes hide.
    """
    units = readiness.fleet.units
    met: dict[tuple[str, str, str], list[str]] = {}
    for unit in units:
        with findings.about(replace(of_noun(unit), kind="route", declared=readiness.to)):
            for route in readiness.routes(unit):
                for one in route.barriers:
                    if one.kind != "bootstrap":
                        met.setdefault((one.release, one.kind, one.reason), []).append(unit.key)
    for (release, kind, reason), where in met.items():
        with findings.about(of_fleet(release, kind=f"{release}|{kind}", released=release)):
            whom = "all accounts" if len(where) == len(units) else ", ".join(where)
            pytest.fail(f"{release}: {reason} ({whom})")


@ready(
    "fleet-not-read",
    severity="high",
    remedy=mend(
        "give the missing permission or credentials, or mend the file, and look again", "pipelines-audit running"
    ),
    controls=("NIST 800-53 CM-8",),
)
def test_fleet_not_read(coverage: Coverage, readiness: Readiness, findings: Findings) -> None:
    """Something of the fleet could not be read.

    Nobody should upgrade what nobody has seen.
    """
    for gap in coverage.gaps:
        with findings.about(of_gap(gap)):
            raise UnreadError(gap)
    if not coverage.gaps:
        findings.clear(of_fleet(f"{coverage.read} of {coverage.expected} units", declared=readiness.to))


@ready(
    "task-in-flight",
    severity="high",
    needs=("clusters", "tasks"),
    remedy=f"{WAIT}: an apply would change the runner under it",
    controls=("NIST 800-53 CM-5",),
)
def test_task_in_flight(unit: UnitView, findings: Findings) -> None:
    """A run of the pipeline is in flight.

    An apply that changes the runner while it plans or applies something else leaves locks and half of a change.
    """
    for stack in unit.stacks:
        subject = of_stack(unit, stack, kind="tasks", calls=("ecs:DescribeClusters", "ecs:ListTasks"))
        command = f"aws ecs list-tasks --region {quoted(unit.region or '')} --cluster {quoted(stack.stack)}"
        with findings.about(replace(subject, remedy=mend(WAIT, command))):
            cluster = need(stack.cluster)
            active = [task for task in need(stack.tasks) if task.status not in ("STOPPED", "MISSING")]
            count = max(len(active), cluster.running_tasks + cluster.pending_tasks if cluster else 0)
            assert not count, f"{count} of its tasks run or wait to"


@ready(
    "apply-outstanding",
    severity="medium",
    needs=("families",),
    remedy=mend(
        "the upgrade applies this too: review the plan for both, or apply the declared state first",
        "pipelines-audit plan --infra-live .",
    ),
    controls=("NIST 800-53 CM-2",),
)
def test_apply_outstanding(unit: UnitView, readiness: Readiness, findings: Findings) -> None:
    """An earlier bump is declared and was never applied.

    The plan of the upgrade then holds two changes, of which only one is expected.
    """
    for stack in unit.stacks:
        for pair in stack.matched:
            row = pair.declared
            subject = of_container(unit, stack, row, declared=row.tag, running=running_text(pair), calls=FAMILIES)
            with findings.about(subject):
                declared, running = known(row, "tag"), pair.tag(unit.registry)
                if same_release(declared, readiness.to):
                    not_applicable("the bump to the target is declared already: this upgrade applies it")
                assert running == declared, f"{row.container} runs {running}, declared is {declared}"


@ready(
    "image-not-pullable",
    severity="high",
    needs=("policy",),
    remedy=f"{LET_PULL}: its runner could not pull the image",
    controls=("NIST 800-53 AC-3",),
)
def test_image_not_pullable(unit: UnitView, findings: Findings) -> None:
    """The policy of an image's repository leaves this account out.

    Typical for accounts that came later: everything applies, and the first run fails at the pull.
    """
    roles = [d.execution_role for stack in unit.stacks if stack.pairs.kind == "seen" for d in stack.definitions]
    places = {repository_of(row.image) for stack in unit.stacks for row in stack.deployed}
    for place in sorted(place for place in places if place):
        seen = unit.registry.repositories.get(place)
        owner, region, name = map(quoted, place)
        command = f"aws ecr get-repository-policy --registry-id {owner} --region {region} --repository-name {name}"
        subject = replace(of_noun(unit), kind="|".join(place), remedy=mend(LET_PULL, command))
        requests = seen.requests if seen else ()
        with findings.about(replace(subject, evidence=asked(("ecr:GetRepositoryPolicy",), requests))):
            if unit.account_id is None or place[0] == unit.account_id:
                not_applicable("the image lives in this account")
            if seen is None:
                raise UnreadError(Gap(what="repository policy", message=f"{place[2]} was not looked at; look again"))
            answer = pull(need(seen.policy), unit.account_id, [role for role in roles if role])
            if answer == "conditional":
                words = (
                    f"whether the policy of {seen.name} lets {unit.account} pull hangs on a condition; read it yourself"
                )
                raise UnreadError(Gap(what="repository policy", message=words))
            assert answer == "allowed", (
                f"the policy of {seen.name} does not let {unit.account} ({unit.account_id}) pull"
            )


@ready(
    "pin-moves-along",
    severity="low",
    needs=("pins",),
    remedy=f"{ALONG}: the next CI run would build or install the old release",
    controls=("NIST 800-53 CM-2",),
)
def test_pin_moves_along(readiness: Readiness, findings: Findings) -> None:
    """Another place pins a release that is not the target.

    Build scripts and CI install what is written there, whatever common.hcl says.
    """
    pins = readiness.fleet.pins_of("build-ref", "ci-version")
    remedy = mend(ALONG, f"pipelines-audit plan --infra-live . --to {quoted(readiness.to)} --edit")
    for pin in pins:
        with findings.about(replace(of_pin(pin), remedy=remedy)):
            assert same_release(pin.value, readiness.to), f"{pin.name} is {pin.value}, the target is {readiness.to}"
    if not pins:
        not_applicable("the repository pins no release elsewhere")


def _version(tag: str, unit: UnitView) -> Version:
    version = Version.parse(tag)
    if version is None:
        message = (
            f"runs {tag}, which is no version: whether the target is newer cannot be told; run a release there first"
        )
        raise UnreadError(Gap(what="running tag", account=unit.account, region=unit.region, message=message))
    return version
