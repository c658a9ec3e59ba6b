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
from typing import Any, ClassVar, TypeAlias

from audit.errors import UsageError
from audit.model import AccountEntry, SeverityName
from audit.options import ENVIRONMENT_PREFIX, OPTIONS, SECTIONS, Option, Section
from audit.policy import Limits, Policy

FILE_NAME = "pipelines-audit.toml"
DEEPEST = 60

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
