"""Readiness of the workstation: tools, checkout, environment, and the token."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import quoted
from audit.errors import UnreadError
from audit.model import Gap, Version, need
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.mends import mend
from audit.verdict.readiness import LEAST, install, pinned
from audit.verdict.subject import of_fleet

if TYPE_CHECKING:
    from audit.released.token import Token
    from audit.verdict.readiness import Readiness
    from audit.workstation.model import Checkout

pytestmark = pytest.mark.readiness
ready = partial(check, stage="ready")

CONTROLS = ("NIST 800-53 CM-3", "NIST 800-53 CM-5")
ACCESS = ("NIST 800-53 AC-6", "SOC 2 CC6.1")
TOKENS = "https://github.com/settings/tokens"
SET = "read -rs GITHUB_OAUTH_TOKEN && export GITHUB_OAUTH_TOKEN"
SOON = timedelta(days=7)


@ready("tool-missing", severity="high", remedy="install it and have it on PATH", controls=CONTROLS)
def test_tool_missing(readiness: Readiness, findings: Findings) -> None:
    """A tool that this upgrade needs is not on PATH.

    Docker only where images must be built by hand, aws-vault only where accounts are entered by profiles.
    """
    for name in readiness.needed_tools():
        remedy = mend(f"install {name} and have it on PATH", install(readiness, name))
        with findings.about(of_fleet(name, kind=name, remedy=remedy)):
            assert readiness.tool(name).path, f"{name} is not on PATH"


@ready(
    "tool-inside-repository",
    severity="critical",
    remedy=mend("take the folder of the audited repository off PATH", "echo $PATH"),
    controls=("NIST 800-53 SI-7",),
)
def test_tool_inside_repository(readiness: Readiness, findings: Findings) -> None:
    """A program on PATH lies in the audited repository.

    Whoever may write to the repository then runs code with the credentials of whoever upgrades. It was not started.
    """
    for name in readiness.needed_tools():
        with findings.about(of_fleet(name, kind=name)):
            inside = readiness.tool(name).inside
            assert inside is None, f"{inside} lies in the audited repository"


@ready("tool-too-old", severity="high", remedy="install a newer version", controls=CONTROLS)
def test_tool_too_old(readiness: Readiness, findings: Findings) -> None:
    """A tool is older than the upgrade needs, or doesn't say what it is.

    Docker before 18.09 builds without secrets; for terragrunt the version decides how its source-update flag is called.
    """
    for name in readiness.needed_tools():
        remedy = mend(f"install a newer {name}", install(readiness, name))
        tool = readiness.tool(name)
        with findings.about(of_fleet(name, kind=name, remedy=remedy)):
            version = need(tool.version)
            if version is None:
                not_applicable("it is not there: see tool-missing")
            least = LEAST.get(name)
            assert least is None or _version(version) >= _version(least), f"{name} is {version}, {least} is needed"


@ready(
    "tool-differs-from-runner",
    severity="medium",
    needs=("pins",),
    remedy="install the runner's version",
    controls=CONTROLS,
)
def test_tool_differs_from_runner(readiness: Readiness, findings: Findings) -> None:
    """The local terraform or terragrunt is of another version than the repository pins for the runner.

    A newer one may write state that the runner's can't read any more.
    """
    for name in ("terraform", "terragrunt"):
        remedy = mend(f"install the {name} that the runner has", install(readiness, name))
        with findings.about(of_fleet(name, kind=name, remedy=remedy)):
            version, places = readiness.tool(name).version, pinned(readiness, name)
            if not places or version.kind == "unread" or version.value is None:
                not_applicable("the repository pins none, or its version is not known")
            local = _version(version.value).release
            other = [f"{value} at {place}" for place, value in places.items() if _version(value).release != local]
            assert not other, f"{name} is {version.value} here, pinned is {', '.join(other)}"


@ready(
    "worktree-not-clean",
    severity="high",
    remedy=mend("commit these files, or put them aside", "git stash --include-untracked"),
    controls=CONTROLS,
)
def test_worktree_not_clean(readiness: Readiness, findings: Findings) -> None:
    """The working tree has changes that are not committed.

    Terragrunt applies what is on disk: somebody's experiment would go to every account.
    """
    with findings.about(of_fleet("working tree")):
        changed = need(_known(readiness).changed)
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        assert not changed, f"{', '.join(changed[:3])}{more} not committed"


@ready(
    "branch-not-default",
    severity="high",
    remedy=mend("go to the default branch", "git switch main"),
    controls=CONTROLS,
)
def test_branch_not_default(readiness: Readiness, findings: Findings) -> None:
    """The checkout is not on the default branch.

    What is applied from elsewhere was not merged, and the next apply takes it back.
    """
    found = readiness.workstation.checkout
    known = found.value.default if found.kind == "seen" and found.value else None
    default = known.value if known and known.kind == "seen" else "main"
    with findings.about(of_fleet("branch", remedy=mend("go to the default branch", f"git switch {quoted(default)}"))):
        checkout = need(found)
        assert checkout is not None, "the folder is in no git repository"
        wanted = need(checkout.default)
        assert checkout.branch == wanted, f"on {checkout.branch or 'no branch'}, the default is {wanted}"


@ready(
    "branch-behind",
    severity="high",
    remedy=mend("bring the checkout up to date", "git pull --ff-only"),
    controls=CONTROLS,
)
def test_branch_behind(readiness: Readiness, findings: Findings) -> None:
    """The checkout lacks commits of the default branch.

    Judged by what was fetched last: the network is not asked.
    """
    with findings.about(of_fleet("branch", kind="behind")):
        checkout = _known(readiness)
        if checkout.default.kind == "unread":
            not_applicable("the default branch is not known: see branch-not-default")
        behind = need(checkout.behind)
        when = f"fetched {checkout.fetched_at:%Y-%m-%d %H:%M} UTC" if checkout.fetched_at else "as of the clone"
        assert not behind, f"{behind} commits behind the default branch ({when})"


@ready("region-not-set", severity="medium", remedy=mend("set the region", "export AWS_REGION=REGION"), controls=())
def test_region_not_set(readiness: Readiness, findings: Findings) -> None:
    """No AWS region is set in the environment.

    Tools then take the profile's, or none.
    """
    regions = sorted({unit.region for unit in readiness.fleet.units if unit.region})
    remedy = mend("set the region", f"export AWS_REGION={regions[0] if regions else 'REGION'}")
    with findings.about(of_fleet("region", remedy=remedy)):
        assert readiness.workstation.surroundings.region, "neither AWS_REGION nor AWS_DEFAULT_REGION is set"


@ready(
    "inside-the-runner",
    severity="critical",
    remedy="run it from a workstation: a runner that upgrades itself is stopped by its own apply",
    controls=ACCESS,
)
def test_inside_the_runner(readiness: Readiness, findings: Findings) -> None:
    """This machine is a task of ECS, such as the runner itself."""
    with findings.about(of_fleet("machine")):
        assert not readiness.workstation.surroundings.is_ecs_task, "this is a task of ECS"


@ready(
    "github-token-not-set",
    severity="high",
    remedy=mend("set a token that may read the release repository", SET),
    controls=CONTROLS,
)
def test_github_token_not_set(readiness: Readiness, findings: Findings) -> None:
    """GITHUB_OAUTH_TOKEN is not set.

    Builds and module downloads take it from there.
    """
    with findings.about(of_fleet("GITHUB_OAUTH_TOKEN")):
        assert readiness.workstation.surroundings.has_github_token, "GITHUB_OAUTH_TOKEN is not set"


@ready(
    "github-token-refused",
    severity="high",
    remedy=mend(f"make a new GitHub token at {TOKENS} and set it", SET),
    controls=CONTROLS,
)
def test_github_token_refused(readiness: Readiness, findings: Findings) -> None:
    """GitHub does not take the token: it has expired, was revoked, or is mistyped."""
    with findings.about(of_fleet("GITHUB_OAUTH_TOKEN", kind="refused")):
        assert _token(readiness, accepted=False).answer != "refused", "GitHub does not accept the token"


@ready(
    "github-token-lacks-scope",
    severity="high",
    remedy=f"give the GitHub token the scope repo at {TOKENS}",
    controls=CONTROLS,
)
def test_github_token_lacks_scope(readiness: Readiness, findings: Findings) -> None:
    """The token lacks the scope that private repositories ask for."""
    with findings.about(of_fleet("GITHUB_OAUTH_TOKEN", kind="scope")):
        token = _token(readiness)
        scopes = ", ".join(token.scopes or ()) or "none"
        assert not token.lacks_scope, f"its scopes are {scopes}, repo is needed"


@ready(
    "github-token-sees-no-release",
    severity="high",
    remedy="give the GitHub token's account read access to the release repository, and authorise it for single sign-on",
    controls=CONTROLS,
)
def test_github_token_sees_no_release(readiness: Readiness, findings: Findings) -> None:
    """The token can't read the release repository at the target tag."""
    with findings.about(of_fleet("GITHUB_OAUTH_TOKEN", kind="access", released=readiness.to)):
        token = _token(readiness)
        if token.lacks_scope:
            not_applicable("it lacks the scope: see github-token-lacks-scope")
        assert token.answer == "accepted", f"it can't see {readiness.release_repo} at {readiness.to}"


@ready(
    "github-token-ends-soon",
    severity="medium",
    remedy=mend(f"make a new GitHub token at {TOKENS} and set it", SET),
    controls=CONTROLS,
)
def test_github_token_ends_soon(readiness: Readiness, findings: Findings) -> None:
    """The token ends within a week.

    An upgrade that takes days then stops in its middle.
    """
    with findings.about(of_fleet("GITHUB_OAUTH_TOKEN", kind="end")):
        ends = _token(readiness).expires_at
        if ends is not None:
            assert ends - readiness.now > SOON, f"it ends on {ends:%Y-%m-%d}"


def _known(readiness: Readiness) -> Checkout:
    found = readiness.workstation.checkout
    if found.kind == "unread" or found.value is None:
        not_applicable("there is no checkout that can be read: see branch-not-default")
    return found.value


def _token(readiness: Readiness, *, accepted: bool = True) -> Token:
    """Give the token; one that was not tried, or not accepted, is told once: by github-token-refused."""
    if accepted and readiness.token.kind == "unread":
        not_applicable("it was not tried: see github-token-refused")
    found = need(readiness.token)
    if found is None:
        not_applicable("there is none: see github-token-not-set")
    if accepted and found.answer == "refused":
        not_applicable("it is not accepted: see github-token-refused")
    return found


def _version(text: str) -> Version:
    version = Version.parse(text)
    if version is None:
        raise UnreadError(Gap(what="version", message=f"{text} is no version that can be compared"))
    return version
