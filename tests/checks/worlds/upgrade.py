"""Worlds of the checks before an upgrade: all is right but for one thing in each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from audit.model import Seen
from audit.verdict import coverage, pairing
from audit.verdict.readiness import REFUSED
from tests.checks.worlds.grounds import (
    CUSTOM,
    ROWS,
    RUNS,
    TO,
    TOOLS,
    USER,
    allowed,
    built,
    called,
    checkout,
    grounds,
    pinned,
    pulling,
    runs,
    scripted,
    surrounded,
    there,
    token,
    tool,
    tools,
    unbuilt,
    unit,
)
from tests.checks.worlds.made import UNREAD_PINS, World
from tests.checks.worlds.running import cluster
from tests.nouns import NOW, SHARED, TODAY, clustered, gap, pin, released, snapshot, task, unread

DARK = there(families=unread())
BUILT = grounds(there(facts={"repositories": built()}))
"""Nothing needs to be built any more."""
UNKNOWN_RIGHTS = unit(grounds(there(caller_rights=unread("rights"))))
DROPPED = "(dropped)"
WHOLE = snapshot()
GAPPED = snapshot(declared_gaps=(gap("file", unit="dev/x"),))
SCRIPT = pin("build-ref", "DOCKERFILE_REPO_REF", TO, subject="deploy-runner")
CI = pin("ci-version", "MODULE_CI_VERSION", TO)
ARGUMENTS = tuple(
    pin("build-arg", name, "1.2.3") for name in ("terraform_version", "terragrunt_version", "kubergrunt_version")
)
TERRAFORM = pin("tool-version", "terraform", "99.0.0")
BY_ARGUMENT = pin("build-secret", "build-arg", "GITHUB_OAUTH_TOKEN")
UNREAD_SCRIPTS = grounds(there(facts={"declared_gaps": (gap("pins"),)}))
NO_PINS = grounds(UNREAD_PINS)
NOBODY = grounds(token=Seen(value=None))
NOT_TRIED = grounds(token=unread("token"))
OLD_LIST = released(as_of=TODAY - timedelta(days=91))

TARGET: dict[str, World] = {
    "target-not-released": World(
        passes=(grounds(),),
        fails=(grounds(to="v1.2.9"),),
        unknown=(grounds(there(facts={"releases": OLD_LIST}), to="v1.9.0"),),
        beside=(grounds(to=CUSTOM),),
    ),
    "target-known-bad": World(passes=(grounds(),), fails=(grounds(to="v0.57.0"),)),
    "target-older-than-running": World(
        passes=unit(grounds()), fails=unit(grounds(to="v1.1.0")), unknown=unit(grounds(DARK))
    ),
    "upgrade-barrier": World(
        passes=(grounds(),),
        fails=(grounds(there(families=runs("v1.0.0"))),),
        unknown=(grounds(there(families=runs("latest"))),),
        beside=(grounds(there(rows=())),),
    ),
    "fleet-not-read": World(
        passes=(coverage.coverage(WHOLE, pairing.views(WHOLE)), grounds()),
        unknown=(coverage.coverage(GAPPED, pairing.views(GAPPED)), grounds()),
    ),
    "task-in-flight": World(
        passes=(cluster(),),
        fails=(cluster(task()),),
        unknown=(there(clusters=(replace(clustered(), tasks=unread("tasks")),)).units[0],),
    ),
    "apply-outstanding": World(
        passes=unit(grounds()),
        fails=unit(grounds(there(families=runs("v1.1.0", "v1.1.0")))),
        unknown=unit(grounds(DARK)),
        beside=unit(grounds(there(rows=tuple(replace(one, tag=TO) for one in ROWS)))),
    ),
    "image-not-pullable": World(
        passes=pulling(),
        fails=pulling(policy=Seen(value='{"Statement": []}')),
        unknown=pulling(policy=unread("policy")),
        beside=pulling(SHARED),
    ),
    "pin-moves-along": World(
        passes=(pinned(SCRIPT, CI),),
        fails=(pinned(SCRIPT, replace(CI, value=RUNS)),),
        unknown=(NO_PINS,),
        beside=(grounds(),),
    ),
}
BUILDS: dict[str, World] = {
    "kaniko-too-old": World(
        passes=(grounds(),),
        fails=(grounds(there(families=runs(kaniko="v0.50.4"))),),
        unknown=(grounds(DARK),),
        beside=(BUILT,),
    ),
    "module-ref-too-old": World(
        passes=(grounds(),),
        fails=(grounds(there(rows=tuple(replace(one, module_ref="v0.90.2") for one in ROWS))),),
        unknown=(grounds(there(rows=tuple(replace(one, module_ref=None) for one in ROWS))),),
        beside=(BUILT,),
    ),
    "build-without-env-secret": World(
        passes=(grounds(),), fails=(pinned(BY_ARGUMENT),), unknown=(UNREAD_SCRIPTS,), beside=(BUILT,)
    ),
    "image-not-buildable": World(
        passes=(grounds(),),
        fails=(grounds(there(rows=ROWS[:1])),),
        unknown=(grounds(there(facts={"repositories": unbuilt(tags=unread("tags"))})),),
    ),
    "invoker-refuses-env-secret": World(
        passes=(scripted(),),
        fails=(scripted(allowed_options=()),),
        unknown=(scripted(patterns=(("--env-secret", DROPPED),)),),
        beside=(BUILT,),
    ),
    "invoker-refuses-repository": World(
        passes=(scripted(),),
        fails=(scripted(patterns=(("--repo", "https://github.com/acme/.*"),)),),
        unknown=(scripted(patterns=(("--repo", DROPPED),)),),
        beside=(BUILT,),
    ),
    "invoker-refuses-ref": World(
        passes=(scripted(),),
        fails=(scripted(patterns=(("--ref", "main"),)),),
        unknown=(scripted(patterns=(("--ref", DROPPED),)),),
        beside=(BUILT,),
    ),
    "invoker-refuses-option": World(
        passes=(scripted(),), fails=(scripted(restricted_options=("--build-arg",)),), beside=(BUILT,)
    ),
    "invoker-pattern-broken": World(
        passes=(scripted(),),
        fails=(scripted(patterns=(("--ref", "("),)),),
        unknown=(scripted(patterns=(("--ref", DROPPED),)),),
        beside=(BUILT,),
    ),
    "build-args-not-kept": World(
        passes=(pinned(SCRIPT, *ARGUMENTS),),
        fails=(pinned(SCRIPT, *ARGUMENTS[1:]),),
        unknown=(NO_PINS,),
        beside=(grounds(),),
    ),
}
IDENTITY: dict[str, World] = {
    "identity-of-a-machine": World(
        passes=unit(grounds()),
        fails=called(f"arn:aws:iam::{SHARED.id}:user/ci-machine-user"),
        unknown=unit(grounds(there(identity=unread("identity")))),
    ),
    "identity-cannot-call-iam": World(
        passes=unit(grounds()),
        fails=called(USER, caller_rights=replace(unread("rights"), gap=gap("rights", code=REFUSED, permission=None))),
        unknown=called(USER, caller_rights=Seen(value=None)),
    ),
    "identity-ends-too-soon": World(
        passes=(grounds(),),
        fails=(surrounded(expires_at=Seen(value=NOW + timedelta(minutes=39, seconds=59))),),
        unknown=(surrounded(expires_at=Seen(value=None)),),
        beside=(surrounded(has_session_token=False),),
    ),
    "identity-may-not-invoke": World(passes=allowed(), fails=allowed("lambda:InvokeFunction"), unknown=UNKNOWN_RIGHTS),
    "identity-may-not-update": World(
        passes=allowed(),
        fails=allowed("lambda:UpdateFunctionCode"),
        unknown=unit(grounds(there(caller_rights=Seen(value=None)))),
        beside=UNKNOWN_RIGHTS,
    ),
}
WORKSTATION: dict[str, World] = {
    "tool-missing": World(passes=(grounds(),), fails=(tools(path=None),), unknown=(grounds(tools=()),)),
    "tool-inside-repository": World(
        passes=(grounds(),), fails=(tools(inside="/live/bin/git"),), unknown=(grounds(tools=()),)
    ),
    "tool-too-old": World(
        passes=(grounds(there(families=runs(kaniko="v0.50.4"))),),
        fails=(
            grounds(
                there(families=runs(kaniko="v0.50.4")),
                tools=tuple(tool(name, version=Seen(value="18.08")) for name in TOOLS),
            ),
        ),
        unknown=(tools(version=unread("version")),),
        beside=(tools(version=Seen(value=None)),),
    ),
    "tool-differs-from-runner": World(
        passes=(pinned(TERRAFORM),),
        fails=(pinned(replace(TERRAFORM, value="99.0.1")),),
        unknown=(pinned(replace(TERRAFORM, value="latest")),),
        beside=(grounds(),),
    ),
    "worktree-not-clean": World(
        passes=(grounds(),),
        fails=(checkout(changed=Seen(value=("common.hcl",))),),
        unknown=(checkout(changed=unread("changed")),),
        beside=(grounds(checkout=Seen(value=None)),),
    ),
    "branch-not-default": World(
        passes=(grounds(),), fails=(checkout(branch="trial"),), unknown=(grounds(checkout=unread("git")),)
    ),
    "branch-behind": World(
        passes=(grounds(),),
        fails=(checkout(behind=Seen(value=1)),),
        unknown=(checkout(behind=unread("behind")),),
        beside=(checkout(default=unread("default")),),
    ),
    "region-not-set": World(passes=(grounds(),), fails=(surrounded(region=None),)),
    "inside-the-runner": World(passes=(grounds(),), fails=(surrounded(is_ecs_task=True),)),
    "github-token-not-set": World(passes=(grounds(),), fails=(surrounded(has_github_token=False),)),
    "github-token-refused": World(
        passes=(grounds(),), fails=(token(answer="refused"),), unknown=(NOT_TRIED,), beside=(NOBODY,)
    ),
    "github-token-lacks-scope": World(passes=(grounds(),), fails=(token(scopes=("gist",)),), beside=(NOT_TRIED,)),
    "github-token-sees-no-release": World(passes=(grounds(),), fails=(token(answer="no access"),), beside=(NOT_TRIED,)),
    "github-token-ends-soon": World(
        passes=(token(expires_at=NOW + timedelta(days=7, seconds=1)),),
        fails=(token(expires_at=NOW + timedelta(days=7)),),
        beside=(NOT_TRIED,),
    ),
}
WORLDS: dict[str, World] = {**TARGET, **BUILDS, **IDENTITY, **WORKSTATION}
