"""The table of options: a row each, from which the command line, pytest, the environment and the file are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from audit.model import SeverityName

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENT_PREFIX = "PIPELINES_AUDIT_"
CONFIG_VARIABLE, FORMAT_VARIABLE, TIMINGS_VARIABLE = (
    ENVIRONMENT_PREFIX + name for name in ("CONFIG", "LOG_FORMAT", "TIMINGS")
)
"""Of the command itself: what they set is no setting of a file."""

Kind: TypeAlias = Literal["text", "path", "flag", "number", "level", "words"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One option: the Settings field it sets, how it is read, and whether the audited repository may set it."""

    name: str
    kind: Kind
    help: str
    metavar: str | None = None
    policy: bool = False
    short: str | None = None  # one that pytest itself has too, with this meaning
    secret: bool = False  # its value may hold a password or a token: it is shown nowhere

    @property
    def flag(self) -> str:
        """Name it as on a command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """Name it as in the environment."""
        return ENVIRONMENT_PREFIX + self.name.upper()


LEVELS: tuple[SeverityName, ...] = get_args(SeverityName)

_REPOSITORY = (
    Option(
        name="infra_live", kind="path", metavar="PATH", help="the infrastructure-live repository, or a folder in it"
    ),
    Option(name="at", kind="text", metavar="REV", help="evaluate this git revision instead of the working tree"),
    Option(
        name="var_file",
        kind="words",
        metavar="FILE",
        help="variables of plain Terraform roots, relative to each root; like terraform's own",
    ),
)
_ACCESS = (
    Option(
        name="role_arn",
        kind="text",
        metavar="TEMPLATE",
        help="role to assume in each account, e.g. 'arn:aws:iam::{account_id}:role/NAME'",
    ),
    Option(name="profile", kind="text", metavar="TEMPLATE", help="AWS profile of each account, e.g. 'your-{account}'"),
    Option(name="external_id", kind="text", metavar="TEXT", secret=True, help="external id that the roles ask for"),
    Option(
        name="via",
        kind="words",
        metavar="ARN",
        help="role to assume first, which then assumes the account's role; several make a chain",
    ),
    Option(
        name="organization",
        kind="flag",
        help="compare with the accounts of AWS Organizations: closed, missing and undeclared ones are reported",
    ),
    Option(
        name="organization_role_arn",
        kind="text",
        metavar="ARN",
        help="role that may list the organization's accounts (default: the credentials of the environment)",
    ),
    Option(
        name="organization_profile",
        kind="text",
        metavar="NAME",
        help="AWS profile that may list the organization's accounts",
    ),
    Option(
        name="beyond_units",
        kind="flag",
        help="look also at accounts that no unit is in, of the accounts file, the configuration and --organization: "
        "for runners that nothing declares",
    ),
    Option(
        name="simulate_roles",
        kind="flag",
        help="ask IAM what the task roles may do to themselves (one more permission)",
    ),
)
_SCALE = (
    Option(
        name="workers", kind="number", metavar="N", help="how many accounts are read at once (default 32 a process)"
    ),
    Option(
        name="processes",
        kind="number",
        metavar="N",
        help="how many processes read them (default: one for each core from 200 accounts on)",
    ),
    Option(
        name="scheduler",
        kind="text",
        metavar="URL",
        help="have the workers of this Dask cluster read them: tls://HOST:PORT",
    ),
    Option(name="shard", kind="text", metavar="K/N", help="only part K of N, for a matrix of N jobs; then merge them"),
    Option(name="state", kind="path", metavar="FILE", help="keep what was seen here, until the look is complete"),
    Option(name="resume", kind="flag", help="go on from the state of a look that was stopped"),
)
_SELECTION = (
    Option(name="account", kind="words", metavar="GLOB", policy=True, help="only accounts whose name or id matches"),
    Option(
        name="exclude_account", kind="words", metavar="GLOB", policy=True, help="no account whose name or id matches"
    ),
    Option(name="region", kind="words", metavar="NAME", policy=True, help="only this region; globs work too"),
    Option(name="exclude_region", kind="words", metavar="NAME", policy=True, help="not this region; globs work too"),
)
_RELEASES = (
    Option(
        name="release_repo",
        kind="text",
        metavar="OWNER/NAME",
        help="where releases are published: a fork, say (default gruntwork-io/terraform-aws-ci)",
    ),
    Option(
        name="github_url",
        kind="text",
        metavar="URL",
        help="GitHub API; for Enterprise https://HOST/api/v3 (default https://api.github.com)",
    ),
    Option(name="releases_file", kind="path", metavar="FILE", help="read the releases from this JSON file"),
    Option(name="offline", kind="flag", help="use the bundled list of releases, don't ask GitHub"),
    Option(
        name="max_release_age_days",
        kind="number",
        metavar="DAYS",
        policy=True,
        help="a list of releases older than this cannot prove that a tag is the newest (default 90)",
    ),
)
_JUDGING = (
    Option(name="snapshot", kind="path", metavar="FILE", help="judge this snapshot instead of looking"),
    Option(name="check", kind="words", metavar="ID", policy=True, help="only this check"),
    Option(name="checks_dir", kind="path", metavar="DIR", help="a folder with checks of your own, run beside ours"),
    Option(name="severity", kind="level", metavar="LEVEL", policy=True, help="only checks of this severity or worse"),
    Option(
        name="fail_on",
        kind="level",
        metavar="LEVEL",
        policy=True,
        help="findings below this severity don't fail the run (default low)",
    ),
    Option(
        name="keyword", kind="text", metavar="EXPR", short="-k", help="only items whose names match, as pytest has it"
    ),
    Option(
        name="marks", kind="text", metavar="EXPR", short="-m", help="only checks with these marks: 'security and high'"
    ),
)
_WAIVERS = (
    Option(
        name="waivers",
        kind="path",
        metavar="FILE",
        policy=True,
        help="findings accepted for a time, and what is excluded (default waivers.yaml in the audited folder)",
    ),
    Option(
        name="max_waiver_days",
        kind="number",
        metavar="DAYS",
        policy=True,
        help="how far ahead a waiver may expire (default 90)",
    ),
)
_MEMORY = (
    Option(name="baseline", kind="path", metavar="RESULTS", help="tell what is new since these results; hides nothing"),
    Option(
        name="previous",
        kind="path",
        metavar="RESULTS",
        help="results of the run before: new, fixed and persisting findings, since when, and which tags were moved",
    ),
)
_HISTORY = (
    Option(
        name="history",
        kind="text",
        metavar="URL",
        secret=True,
        help="keep runs and findings over time in sqlite:///FILE or postgresql+psycopg://… (extra history)",
    ),
)
_NOTIFY = (
    Option(
        name="notify",
        kind="words",
        metavar="TARGET",
        secret=True,
        help="tell what changed since the run before: slack=URL, webhook=URL or github-issue=OWNER/REPO",
    ),
)
_UPGRADE = (
    Option(
        name="to",
        kind="text",
        metavar="VERSION",
        help="the release to upgrade to; latest-allowed is the newest that the policy allows",
    ),
    Option(
        name="simulate_caller",
        kind="flag",
        help="ask IAM what the caller may do that an upgrade needs (ready always does)",
    ),
)
_PLAN = (
    Option(
        name="authenticator",
        kind="text",
        metavar="TEMPLATE",
        help="the words before each command that needs credentials: 'aws-vault exec {profile} --' (the default), "
        "AWS_PROFILE to set that variable, none for the environment's own",
    ),
    Option(
        name="wave",
        kind="words",
        metavar="NAMES",
        help="accounts or globs to apply together, with commas or + between them; each further one is the next wave",
    ),
    Option(
        name="auto_approve",
        kind="flag",
        help="apply without a look at what Terraform would do (default: it shows its plan and asks)",
    ),
    Option(
        name="infra_live_repo",
        kind="text",
        metavar="OWNER/NAME",
        help="where the pull request goes (default: as the remote origin says)",
    ),
)
_CARRYING = (
    Option(
        name="max_age",
        kind="text",
        metavar="AGE",
        help="refuse to apply a plan that rests on an older look: 90m, 24h, 2d (default 24h)",
    ),
    Option(
        name="max_parallel",
        kind="number",
        metavar="N",
        help="how many accounts of a wave are applied at once (default 1); above 1 no command gets the terminal",
    ),
)
GROUPS: Mapping[str, tuple[Option, ...]] = {
    "repository": _REPOSITORY,
    "access": _ACCESS,
    "scale": _SCALE,
    "selection": _SELECTION,
    "releases": _RELEASES,
    "upgrade": _UPGRADE,
    "plan": _PLAN,
    "carrying": _CARRYING,
    "judging": _JUDGING,
    "waivers": _WAIVERS,
    "memory": _MEMORY,
    "history": _HISTORY,
    "notify": _NOTIFY,
}
_HEADINGS: Mapping[str, str] = {
    "repository": "The repository",
    "access": "Getting in",
    "upgrade": "Upgrades",
    "plan": "Plans",
    "carrying": "Carrying plans out",
    "memory": "Earlier results",
    "notify": "Notices",
}
OPTIONS: Mapping[str, Option] = {option.name: option for group in GROUPS.values() for option in group}


def heading(group: str) -> str:
    """Give the words under which the options of a group stand, in help and on the page of keys."""
    return _HEADINGS.get(group, group.capitalize())
