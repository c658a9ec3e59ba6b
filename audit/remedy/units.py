"""Units: what differs between what each declares and what runs, and the steps that apply and verify it; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audit.declared.model import DeclaredContainer
from audit.declared.paths import join
from audit.errors import UnreadError
from audit.model import ImageRef, Seen, Unread
from audit.remedy.grammar import valid
from audit.remedy.steps import PLAN_FILE, ApplyUnit, Command, Step, VerifyUnit
from audit.verdict.pairing import Matched, Missing, StackView, UnitView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.remedy.evidence import Through
    from audit.verdict.pairing import Pair


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One difference between what is declared and what runs, with the facts that the finding of ``check`` has."""

    check: str
    account: str
    account_id: str | None
    region: str | None
    container: str | None
    declared: str | None
    running: str | None
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One unit on its way: what it declares now, and what of each container runs (None: no such family).

    ``unread`` says why what runs is not known; ``bare`` that the stack has no invoker, ``absent`` that nothing at
    all of it was seen. ``cluster`` is None where there is none.
    """

    view: UnitView
    stack: StackView
    rows: tuple[DeclaredContainer, ...]
    running: Mapping[str, str | None]
    cluster: str | None
    unread: str | None = None
    bare: bool = False
    absent: bool = False

    @property
    def deployed(self) -> tuple[DeclaredContainer, ...]:
        """The rows that are to run."""
        return tuple(row for row in self.rows if row.deployed)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Say what an apply would mend, each with the check that finds it; none where all is as declared, or unread."""
        if self.unread or not self.deployed:
            return ()
        if self.absent:
            return (self._differs("stack-missing", text=f"nothing of {self.stack.stack} runs"),)
        found = [one for row in self.deployed for one in self._different(row)]
        return (*found, *((self._differs("invoker-missing", text="the stack has no invoker"),) if self.bare else ()))

    def _different(self, row: DeclaredContainer) -> Iterator[Difference]:
        wanted, found = f"{row.image}:{row.tag}", self.running.get(row.container)
        name = row.container
        if found is None:
            text = f"{name} does not run, {row.tag} is declared"
            yield self._differs("family-missing", name, row.tag, None, text=text)
            return
        seen = ImageRef.parse(found)
        tag = seen.tag or seen.digest
        if seen.name != row.image:
            text = f"{name} runs {found}, {wanted} is declared"
            yield self._differs("image-repository-drift", name, row.image, seen.name, text=text)
        if tag != row.tag:
            yield self._differs("image-tag-drift", name, row.tag, tag, text=f"{name} runs {tag}, {row.tag} is declared")

    def _differs(
        self,
        check: str,
        container: str | None = None,
        declared: str | None = None,
        running: str | None = None,
        *,
        text: str,
    ) -> Difference:
        view = self.view
        return Difference(
            check=check,
            account=view.account,
            account_id=view.account_id,
            region=view.region,
            container=container,
            declared=declared,
            running=running,
            text=f"{check}: {text}",
        )

    def applied(self) -> Site:
        """Give the site as it is after an apply."""
        running = {row.container: f"{row.image}:{row.tag}" for row in self.deployed}
        return replace(self, running=running, bare=False, absent=False, cluster=self.cluster or self.stack.stack)


def sites(views: Sequence[UnitView]) -> tuple[Site, ...]:
    """Put every unit's declaration beside what runs."""
    return tuple(_site(view, stack) for view in views for stack in view.stacks)


def _site(view: UnitView, stack: StackView) -> Site:
    running: dict[str, str | None] = {}
    unread = _unknown(view, stack)
    if unread is None:
        match stack.pairs:
            case Unread(gap=gap):
                unread = gap.message
            case Seen(value=pairs):
                running, unread = _running(view, pairs)
    bare = stack.invoker == Seen(value=None)
    return Site(
        view=view,
        stack=stack,
        rows=stack.declared,
        running=running,
        cluster=_cluster(stack),
        unread=unread,
        bare=bare,
        absent=bare and unread is None and stack.absent,
    )


def _cluster(stack: StackView) -> str | None:
    """Name the cluster, as it was seen, else as the module names it; None where there is none."""
    match stack.cluster:
        case Seen(value=found):
            return found.name if found else None
        case Unread():
            return stack.stack


def _unknown(view: UnitView, stack: StackView) -> str | None:
    """Say what of the declaration is not known: then it cannot be told what an apply would do."""
    unit = stack.declaration
    for what, value in (("account", unit.account), ("account id", unit.account_id), ("region", unit.region)):
        if value is None:
            return view.gaps[0].message if view.gaps else f"{stack.unit}: its {what} is not known"
    for row in stack.declared:
        reason = row.unknown.get("tag") or row.unknown.get("image") or row.unknown.get("deployed")
        if reason and row.deployed is not False:
            return f"{stack.unit}: what {row.container} declares is not known: {reason}"
    return None


def _running(view: UnitView, pairs: Sequence[Pair]) -> tuple[dict[str, str | None], str | None]:
    found: dict[str, str | None] = {}
    for pair in pairs:
        try:
            match pair:
                case Matched(declared=row):
                    tag = pair.tag(view.registry)
                    found[row.container] = f"{pair.image().name}{'@' if tag.startswith('sha256:') else ':'}{tag}"
                case Missing(declared=row):
                    found[row.container] = None
        except UnreadError as error:
            return found, error.gap.message
    return found, None


@dataclass(frozen=True, kw_only=True, slots=True)
class Apply:
    """How units are applied: below which folder of the repository, by which flag, asked for or not."""

    scope: str
    source_update: str
    auto_approve: bool


def apply_step(site: Site, way: Apply, through: Through, **more: object) -> Step:
    """Make the step that applies a unit; ``more`` are fields of the step."""
    unit = site.stack.declaration
    cwd = valid("path", join(way.scope, _directory(site)))
    plain = Command(argv=through("terragrunt", "apply", way.source_update), cwd=cwd)
    commands: tuple[Command, ...]
    if unit.kind == "terragrunt":
        commands = (replace(plain, argv=(*plain.argv, "-auto-approve")) if way.auto_approve else plain,)
        needs = ("terragrunt is installed, and takes " + way.source_update,)
    else:
        confirm = None if way.auto_approve else f"apply this plan to {site.view.key}?"
        commands = (
            Command(argv=through("terraform", "init", "-input=false"), cwd=cwd),
            Command(argv=through("terraform", "plan", f"-out={PLAN_FILE}"), cwd=cwd),
            Command(argv=through("terraform", "apply", PLAN_FILE), cwd=cwd, confirm=confirm),
        )
        needs = ("terraform is installed",)
    before = ", ".join(sorted({text for text in site.running.values() if text})) or "nothing"
    step = Step(
        number=0,
        title=f"Apply {site.view.key} ({site.stack.unit})",
        why="; ".join(one.text for one in site.differences) or "what runs there is not known",
        action=ApplyUnit(unit=site.stack.unit, tool=unit.kind, before=_before(site)),
        commands=commands,
        preconditions=(*needs, "no task of the runner is in flight", *_images(site)),
        postcondition="every family of the stack has a revision with the declared image",
        undo=f"declare again what ran before ({before}) and apply once more",
        account=site.view.account,
        account_id=site.view.account_id,
        region=site.view.region,
    )
    return replace(step, **more)  # type: ignore[arg-type]  # the caller names fields of Step


def verify_step(site: Site, through: Through, **more: object) -> Step:
    """Make the step that looks whether a unit runs what it declares; ``more`` are fields of the step."""
    stack, region = valid("stack", site.stack.stack), site.view.region or ""
    images = tuple(
        (f"{stack}-{valid('container', row.container)}", f"{row.image}:{row.tag}") for row in site.deployed if row.tag
    )
    commands = tuple(
        Command(
            argv=through(
                *("aws", "ecs", "describe-task-definition", "--task-definition", family),
                *("--region", valid("region", region)),
                *("--query", "taskDefinition.containerDefinitions[].image", "--output", "text"),
            ),
            expect=image,
        )
        for family, image in images
    )
    step = Step(
        number=0,
        title=f"Verify {site.view.key} ({site.stack.unit})",
        why="an apply that ends well can still leave another image running",
        action=VerifyUnit(unit=site.stack.unit, images=images),
        commands=commands,
        postcondition="the newest revision of each family has the declared image",
        undo="nothing to take back: it only looks",
        account=site.view.account,
        account_id=site.view.account_id,
        region=site.view.region,
    )
    return replace(step, **more)  # type: ignore[arg-type]  # the caller names fields of Step


def _before(site: Site) -> tuple[tuple[str, str | None], ...]:
    if site.unread:
        return ()
    return tuple((f"{site.stack.stack}-{row.container}", site.running.get(row.container)) for row in site.deployed)


def _images(site: Site) -> tuple[str, ...]:
    return tuple(f"ECR has {image}" for image in sorted({f"{row.image}:{row.tag}" for row in site.deployed}))


def _directory(site: Site) -> str:
    """Give the folder that is applied: of a root with several runners each has a name below it."""
    unit = site.stack.declaration
    if unit.kind == "terraform" and unit.source_origin is not None:
        above = posixpath.dirname(unit.source_origin.file)
        if unit.path.startswith(f"{above}/"):
            return above
    return unit.path
