"""Worlds of the checks that look at the repository and at the releases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from audit.configuration.config import Settings
from audit.configuration.policy import Policy
from audit.declared.model import Diagnostic, Shadow
from audit.model import Location
from audit.verdict import coverage, pairing
from audit.verdict.results import Coverage
from tests.checks.judging import rules
from tests.checks.worlds.made import IDLE, NOT_KNOWN, PLACELESS, RULES, UNREAD_PINS, World, one
from tests.nouns import DEV, NOW, SHARED, TAG_AT, TODAY, fleet, fleet_of, gap, null, pin, released, row, snapshot, view

NEAR = Location(file="dev/common.hcl", line=3, column=5)
ACCOUNTS = Diagnostic(message="twice", location=Location(file="accounts.json", line=1, column=1))
ODD = Diagnostic(message="input x is missing", location=TAG_AT)
SHADOW = Shadow(
    unit="dev/us-west-2/mgmt/ecs-deploy-runner",
    name="tag",
    dead=TAG_AT,
    dead_value="v1.3.0",
    live=NEAR,
    live_value="v1.2.0",
)
NOTHING = fleet(rows=(), listed=())
UNREAD_UNIT = (gap("declaration"),)
UNREAD_ACCOUNTS = fleet(rows=(row(),), listed=(), declared_gaps=(gap("accounts file"),))
NARROWED = Settings(account=("dev",))
ELSEWHERE = row(unit="dev/eu-west-1/mgmt/ecs-deploy-runner", region="eu-west-1")
WHOLE = snapshot()
GAPPED = snapshot(declared_gaps=(gap("file", unit="dev/x"),))
OLD = rules(replace(released(as_of=TODAY - timedelta(days=91)), kind="bundled"))
AT_V1_2 = view(rows=(row(tag="v1.2.0"),))
BUILT = pin("build-ref", "DOCKERFILE_REPO_REF", "v1.3.0", subject="deploy-runner")
CI = pin("ci-version", "MODULE_CI_VERSION", "v1.3.0")
AMI = pin("worker-ami", "ami_filters", "ecs-deploy-runner-worker-v0.90.2-*", origin=NEAR)
CATALOG_REF = pin("service-catalog-ref", "SERVICE_CATALOG_REF", "v0.90.2")
TOOL = pin("tool-version", "terragrunt", "0.55.1")
ARGUMENT = pin("build-arg", "terragrunt_version", "v0.55.1")
BY_ARGUMENT = pin("build-secret", "build-arg", "GITHUB_OAUTH_TOKEN")
BY_SECRET = pin("build-secret", "env-secret", "github-token=GITHUB_OAUTH_TOKEN")
CATALOG = "git::https://github.com/gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner"
ALLOWED = rules(policy=Policy(allowed=">=1.3"))
REVIEW = replace(
    released(), releases=tuple(replace(found, backward_incompatible=None) for found in released().releases)
)

WORLDS: dict[str, World] = {
    "accounts-files-disagree": World(
        passes=(fleet(),),
        fails=(fleet(diagnostics=(ACCOUNTS,)),),
        unknown=(UNREAD_ACCOUNTS,),
        beside=(fleet(rows=(row(),), listed=()),),
    ),
    "unit-account-not-listed": World(
        passes=one(fleet(rows=(row(),))),
        fails=one(fleet(rows=(row(),), listed=(SHARED,))),
        unknown=one(UNREAD_ACCOUNTS),
        beside=one(fleet(rows=(row(),), listed=())),
    ),
    "account-without-unit": World(
        passes=(fleet(rows=(row(),)),),
        fails=(fleet(rows=(row(),), listed=(DEV, SHARED)),),
        unknown=(UNREAD_ACCOUNTS,),
        beside=(fleet(NARROWED, rows=(row(),), listed=(SHARED,)),),
    ),
    "stack-name-clash": World(
        passes=one(fleet(rows=(row(),))), fails=one(fleet(rows=(row(), ELSEWHERE))), unknown=one(PLACELESS)
    ),
    "not-covered": World(
        passes=(coverage.coverage(WHOLE, pairing.views(WHOLE)),),
        fails=(Coverage(expected=2, complete=1, partial=0, unread=1, excluded=0, read=1, gaps=()),),
        unknown=(coverage.coverage(GAPPED, pairing.views(GAPPED)),),
    ),
    "nothing-declared": World(
        passes=(fleet(),), fails=(NOTHING,), unknown=(fleet(rows=(), listed=(), declared_gaps=UNREAD_UNIT),)
    ),
    "snapshot-stale": World(passes=(fleet(),), unknown=(fleet_of(snapshot(), judged_at=NOW + timedelta(hours=169)),)),
    "release-list-stale": World(passes=(RULES,), fails=(OLD,)),
    "declaration-shadowed": World(
        passes=(view(rows=(row(),)),),
        fails=(view(rows=(row(),), shadows=(SHADOW,)),),
        unknown=(NOT_KNOWN,),
        beside=(IDLE,),
    ),
    "several-common-files": World(
        passes=(fleet(rows=(row(),)),),
        fails=(fleet(rows=(row(), row(account=SHARED, tag_origin=NEAR))),),
        unknown=(fleet(rows=(null("x"),), declared_gaps=UNREAD_UNIT),),
        beside=(fleet(rows=(null("x"),)),),
    ),
    "build-script-pin-differs": World(
        passes=(fleet(pins=(BUILT,)),),
        fails=(fleet(pins=(replace(BUILT, value="v1.2.0"),)),),
        unknown=(UNREAD_PINS,),
        beside=(fleet(pins=(replace(BUILT, subject=None),)),),
    ),
    "ci-pin-differs": World(
        passes=(fleet(pins=(CI,)),),
        fails=(fleet(pins=(replace(CI, value="v1.2.0"),)),),
        unknown=(UNREAD_PINS,),
        beside=(fleet(rows=(row("docker-image-builder"),), pins=(CI,)),),
    ),
    "build-secret-style-too-old": World(
        passes=(fleet(pins=(BUILT, BY_SECRET)),),
        fails=(fleet(pins=(BUILT, BY_ARGUMENT)),),
        unknown=(UNREAD_PINS,),
        beside=(fleet(pins=(BUILT,)),),
    ),
    "module-ref-skew": World(
        passes=one(fleet()),
        fails=one(fleet(rows=(row(), row(account=SHARED, module_ref="v0.104.2")))),
        beside=one(fleet(rows=(row(module_ref=None),))),
    ),
    "worker-ami-differs": World(
        passes=(fleet(pins=(AMI, CATALOG_REF)),),
        fails=(fleet(pins=(AMI, replace(CATALOG_REF, value="v0.90.3"))),),
        unknown=(UNREAD_PINS,),
        beside=(fleet(pins=(AMI,)),),
    ),
    "tool-version-differs": World(
        passes=(fleet(pins=(TOOL, ARGUMENT)),),
        fails=(fleet(pins=(TOOL, replace(ARGUMENT, value="v0.55.2"))),),
        unknown=(UNREAD_PINS,),
        beside=(fleet(pins=(TOOL,)),),
    ),
    "declaration-invalid": World(
        passes=(fleet(),),
        fails=(fleet(diagnostics=(ODD,)),),
        unknown=(fleet(declared_gaps=UNREAD_UNIT),),
        beside=(NOTHING,),
    ),
    "floating-tag": World(
        passes=(view(),), fails=(view(rows=(row(tag="latest"),)),), unknown=(NOT_KNOWN,), beside=(IDLE,)
    ),
    "runner-kaniko-split": World(
        passes=(view(rows=(row(), row("docker-image-builder"))),),
        fails=(view(rows=(row(), row("docker-image-builder", tag="v1.2.0"))),),
        unknown=(view(rows=(row(), row("docker-image-builder", tag=None))),),
        beside=(view(rows=(row("docker-image-builder"),)),),
    ),
    "fleet-tag-skew": World(
        passes=(fleet(),),
        fails=(fleet(rows=(row(), row(account=SHARED, tag="v1.2.0"))),),
        unknown=(fleet(rows=(row(), row(account=SHARED, tag=None))),),
        beside=(fleet(rows=(null("x"),)),),
    ),
    "declared-tag-not-released": World(
        passes=(view(), RULES),
        fails=(view(rows=(row(tag="v1.2.5"),)), RULES),
        unknown=(NOT_KNOWN, RULES),
        beside=(view(rows=(row(tag="v1.3.0-acme"),)), RULES),
    ),
    "declared-tag-behind": World(
        passes=(view(), RULES),
        fails=(AT_V1_2, RULES),
        unknown=(view(), OLD),
        beside=(view(rows=(row(tag="v1.3.0-acme"),)), RULES),
    ),
    "declared-tag-not-allowed": World(
        passes=(view(), ALLOWED), fails=(AT_V1_2, ALLOWED), unknown=(NOT_KNOWN, ALLOWED), beside=(view(), RULES)
    ),
    "known-bad-release": World(
        passes=(view(), RULES),
        fails=(view(rows=(row(tag="v0.57.0"),)), RULES),
        unknown=(NOT_KNOWN, RULES),
        beside=(IDLE, RULES),
    ),
    "breaking-release-ahead": World(
        passes=(fleet(),),
        fails=(fleet(rows=(row(tag="v1.1.0"),), releases=REVIEW),),
        unknown=(fleet(releases=OLD.released),),
        beside=(fleet(rows=(row(tag="latest"),)),),
    ),
    "service-catalog-ref-too-old": World(
        passes=(view(rows=(row(module_source=CATALOG, module_ref="v0.95.0"),)),),
        fails=(view(rows=(row(module_source=CATALOG, module_ref="v0.94.9"),)),),
        unknown=(view(rows=(row(module_source=CATALOG, tag=None),)),),
        beside=(view(),),
    ),
}
