"""Settings: one table of options for the command line, pytest, the environment and pipelines-audit.toml.

Nearer wins: default < ``pipelines-audit.toml`` of the audited repository < the user's own file < ``--config`` <
``PIPELINES_AUDIT_…`` < option. The file in the audited repository is data of that repository: it may set policy only
(``Option.policy``); a key that could run, read or send something is an error there.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias, get_args

from audit.errors import UsageError
from audit.model import AccountEntry, SeverityName
from audit.policy import Limits, Policy

ENVIRONMENT_PREFIX = "PIPELINES_AUDIT_"
FILE_NAME = "pipelines-audit.toml"
DEEPEST = 60

Kind: TypeAlias = Literal["text", "path", "flag", "number", "level", "words"]
Raw: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Root:
    """A plain Terraform root that the configuration names (``[[root]]``): ``path`` is relative to the scope.

    ``account`` is a name of an accounts file or a 12-digit id; ``var_files`` are relative to the root's directory.
    """

    path: str
    account: str | None = None
    region: str | None = None
    var_files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How much HCL is read in one file: ``size`` in bytes, ``depth`` of brackets and templates, ``tokens`` of code.

    A file at all three limits takes a few seconds and some 100 MB; a configuration of 3,000 lines stays below them.
    ``depth`` can be lowered only: the parser itself goes no deeper.
    """

    size: int = 1_000_000
    depth: int = 60
    tokens: int = 30_000

    def __post_init__(self) -> None:
        if not (0 < self.depth <= DEEPEST and self.size > 0 and self.tokens > 0):
            raise ValueError(f"size and tokens are above 0, depth is 1 to {DEEPEST}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything a run can be told; the field names are the keys of the configuration file."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    infra_live: Path | None = None
    at: str | None = None
    var_file: tuple[str, ...] = ()
    root: tuple[Root, ...] = ()
    reading: Reading = field(default_factory=Reading)
    snapshot: Path | None = None
    role_arn: str | None = None
    profile: str | None = None
    external_id: str | None = None
    via: tuple[str, ...] = ()
    accounts: Mapping[str, AccountEntry] = field(default_factory=dict)
    organization: bool = False
    organization_role_arn: str | None = None
    organization_profile: str | None = None
    account: tuple[str, ...] = ()
    exclude_account: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    exclude_region: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    checks_dir: Path | None = None
    severity: SeverityName | None = None
    fail_on: SeverityName = "low"
    release_repo: str = "gruntwork-io/terraform-aws-ci"
    github_url: str = "https://api.github.com"
    releases_file: Path | None = None
    offline: bool = False
    to: str | None = None
    authenticator: str = "aws-vault exec {profile} --"
    auto_approve: bool = False
    wave: tuple[str, ...] = ()
    infra_live_repo: str | None = None
    max_release_age_days: int = 90
    workers: int | None = None
    processes: int | None = None
    scheduler: str | None = None
    shard: str | None = None
    state: Path | None = None
    resume: bool = False
    simulate_roles: bool = False
    simulate_caller: bool = False
    keyword: str = ""
    marks: str = ""
    waivers: Path | None = None
    max_waiver_days: int = 90
    baseline: Path | None = None
    previous: Path | None = None
    history: str | None = field(default=None, repr=False)
    notify: tuple[str, ...] = field(default=(), repr=False)
    policy: Policy = field(default_factory=Policy)
    limits: Limits = field(default_factory=Limits)
    severities: Mapping[str, SeverityName] = field(default_factory=dict)
    disabled: Mapping[str, str] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Whether some of the fleet was left out by selection."""
        return bool(self.place_words() or self.shard)

    def place_words(self) -> str:
        """Give the selected accounts and regions as they would stand on the command line; empty where it is all."""
        names = ("account", "exclude_account", "region", "exclude_region")
        return " ".join(f"{OPTIONS[name].flag} {quoted(value)}" for name in names for value in getattr(self, name))

    def words(self) -> str:
        """Give the whole selection as it would stand on the command line; empty where everything is selected."""
        given = [self.place_words()] if self.place_words() else []
        given += [f"--check {quoted(value)}" for value in self.check]
        pairs = (("--shard", self.shard), ("--severity", self.severity), ("-k", self.keyword), ("-m", self.marks))
        return " ".join([*given, *(f"{name} {quoted(value)}" for name, value in pairs if value)])


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A part of the file that is no option: the Settings field, and whether the audited repository may set it."""

    name: str
    help: str
    policy: bool = False


SECTIONS: Mapping[str, Section] = {
    section.name: section
    for section in (
        Section(name="root", help="[[root]]: account, region and var_files of a plain Terraform root, by its path"),
        Section(name="reading", help="[reading]: size, depth and tokens of HCL that are read in one file at the most"),
        Section(name="accounts", help="[accounts.NAME]: id, regions, profile, role_arn, external_id and via of one"),
        Section(name="policy", policy=True, help="[policy]: which tags may be declared, and how far behind"),
        Section(name="limits", policy=True, help="[limits]: hours, days and numbers from where on checks speak up"),
        Section(name="severities", policy=True, help="[severities]: another severity for a check, by its id"),
        Section(name="disabled", policy=True, help="[disabled]: the reason why a check is left out, by its id"),
    )
}

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
    Option(name="external_id", kind="text", metavar="TEXT", help="external id that the roles ask for"),
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
    Option(name="release_repo", kind="text", metavar="OWNER/NAME", help="where releases are published (a fork, say)"),
    Option(name="github_url", kind="text", metavar="URL", help="GitHub API; for Enterprise https://HOST/api/v3"),
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
        help="results of the run before: new, fixed and persisting findings, and since when",
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
        help="accounts or globs to apply together, with commas or + between them; repeat it for the waves that follow",
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
GROUPS: Mapping[str, tuple[Option, ...]] = {
    "repository": _REPOSITORY,
    "access": _ACCESS,
    "scale": _SCALE,
    "selection": _SELECTION,
    "releases": _RELEASES,
    "upgrade": _UPGRADE,
    "plan": _PLAN,
    "judging": _JUDGING,
    "waivers": _WAIVERS,
    "memory": _MEMORY,
    "history": _HISTORY,
    "notify": _NOTIFY,
}
OPTIONS: Mapping[str, Option] = {option.name: option for group in GROUPS.values() for option in group}


def resolve(given: Raw, environment: Mapping[str, str], *, config: Path | None = None) -> tuple[Settings, str | None]:
    """Merge what options, environment and files say into Settings, with the SHA-256 of the files' text.

    ``given`` holds options by field name, None or empty where not given. Raises UsageError that names the source and
    the key of every value that cannot be used.
    """
    options = {name: value for name, value in given.items() if value not in (None, ())}
    near = {**from_environment(environment), **options}
    trusted = [path for path in (_user_file(environment), config or _variable_file(environment)) if path is not None]
    texts: list[str] = []
    far: dict[str, object] = {}
    for path in trusted:
        text = _text(path, required=path != _user_file(environment))
        texts.append(text)
        far.update(read_file(text, path, policy_only=False))
    repository = near.get("infra_live", far.get("infra_live"))
    if repository is not None:
        found = Path(str(repository)) / FILE_NAME
        if not any(_same(found, path) for path in trusted):
            texts.append(_text(found, required=False))
            far = {**read_file(texts[-1], found, policy_only=True), **far}
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest() if any(texts) else None
    return _validated({**far, **near}, "options"), digest


def from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    """Read the PIPELINES_AUDIT_… variables; lists are split at commas and white space."""
    found: dict[str, object] = {}
    for option in OPTIONS.values():
        text = environment.get(option.variable, "")
        if not text:
            continue
        match option.kind:
            case "words":
                found[option.name] = tuple(part for part in re.split(r"[,\s]+", text) if part)
            case "flag":
                found[option.name] = _flag(option.variable, text)
            case _:
                found[option.name] = text
    return found


def read_file(text: str, path: Path, *, policy_only: bool) -> dict[str, object]:
    """Read a configuration file's text; relative paths in it count from its own folder.

    Raises UsageError that names every key that is unknown, not allowed there, or of the wrong kind.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    known: Mapping[str, Option | Section] = {**OPTIONS, **SECTIONS}
    faults = [_unknown(key) for key in content if key not in known]
    if policy_only:
        faults += [
            f"{key} is not read from the audited repository; give it by --config or in the user's own file"
            for key in content
            if key in known and not known[key].policy
        ]
    if faults:
        raise UsageError(f"{path}: " + "; ".join(faults))
    _validated(content, str(path))
    paths = {key for key in content if key in OPTIONS and OPTIONS[key].kind == "path"}
    outside = [key for key in sorted(paths) if policy_only and _leads_out(str(content[key]))]
    if outside:
        raise UsageError(f"{path}: {', '.join(outside)}: leads out of the audited folder; give it by an option")
    return {key: path.parent / str(value) if key in paths else value for key, value in content.items()}


def _leads_out(path: str) -> bool:
    return Path(path).is_absolute() or ".." in Path(path).parts


def quoted(text: str) -> str:
    """Quote a value for a line that people may copy into a shell."""
    return text if re.fullmatch(r"[\w./:@=+-]+", text) else "'" + text.replace("'", "'\\''") + "'"


def _unknown(key: str) -> str:
    near = difflib.get_close_matches(key, [*OPTIONS, *SECTIONS], n=1)
    return f"unknown key {key!r}" + (f" (did you mean {near[0]!r}?)" if near else "")


def _flag(variable: str, text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    try:
        return words[text.lower()]
    except KeyError:
        raise UsageError(f"{variable}: {text!r} is neither true nor false") from None


def _text(path: Path, *, required: bool) -> str:
    try:
        return path.read_text(encoding="utf-8") if required or path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError(f"{path}: cannot be read: {reason}") from None


def _user_file(environment: Mapping[str, str]) -> Path | None:
    home = environment.get("XDG_CONFIG_HOME") or (environment["HOME"] + "/.config" if environment.get("HOME") else None)
    return Path(home) / "pipelines-audit" / "config.toml" if home else None


def _variable_file(environment: Mapping[str, str]) -> Path | None:
    named = environment.get(ENVIRONMENT_PREFIX + "CONFIG")
    return Path(named) if named else None


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _validated(raw: Raw, source: str) -> Settings:
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 -- start-up: not for --help

    try:
        return TypeAdapter(Settings).validate_python(raw)
    except ValidationError as error:
        faults = [_fault(fault["type"], fault["loc"], fault["msg"]) for fault in error.errors(include_url=False)]
        raise UsageError(f"{source}: " + "; ".join(faults)) from None


def _fault(kind: str, location: tuple[int | str, ...], message: str) -> str:
    if kind == "unexpected_keyword_argument":
        noun = {"accounts": AccountEntry, "root": Root}.get(str(location[0]))
        near = difflib.get_close_matches(str(location[-1]), [one.name for one in fields(noun)] if noun else (), n=1)
        message = "unknown key" + (f" (did you mean {near[0]!r}?)" if near else "")
    return f"{_path(location)}: {_words(message)}"


def _path(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _words(message: str) -> str:
    return message[:1].lower() + message[1:].replace("Input", "input")


assert {field.name for field in fields(Settings)} == {*OPTIONS, *SECTIONS}, "every setting is an option or a section"
