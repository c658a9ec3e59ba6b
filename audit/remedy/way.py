"""The way into an account for whoever carries a plan out: a template of words that every command is put behind.

``aws-vault exec {profile} --`` is the guide's; ``AWS_PROFILE`` sets the variable, ``none`` uses what the environment
holds. aws-vault refuses to be nested, and credentials of one account must not reach the next: so what the environment
holds is taken away from all that is started.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.errors import UsageError
from audit.remedy.grammar import valid
from audit.text import one_line

if TYPE_CHECKING:
    from audit.model import Account

GUIDE = "aws-vault exec {profile} --"
PROFILE = "{profile}"
FIELDS = (PROFILE, "{account}", "{account_id}")

_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULT_PROFILE",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_EXPIRATION",
    "AWS_SESSION_TOKEN",
    "AWS_VAULT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
_STEERING = (
    # With it terragrunt creates a state bucket that is missing, say for want of the right profile, without asking.
    "TERRAGRUNT_NON_INTERACTIVE",
    "TG_NON_INTERACTIVE",
    # These bring in options that no plan has, or other modules and folders than those that were planned.
    "TERRAGRUNT_SOURCE",
    "TERRAGRUNT_WORKING_DIR",
    "TF_CLI_ARGS",
    "TF_CLI_ARGS_apply",
    "TF_CLI_ARGS_init",
    "TF_CLI_ARGS_plan",
    "TF_INPUT",
    "TG_SOURCE",
    "TG_WORKING_DIR",
)
_FIELD = re.compile("|".join(map(re.escape, FIELDS)))
_PROGRAM = re.compile(r"/?[\w.+/-]+", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """The words before each command, with ``{profile}`` or the account in them; none for what the environment has."""

    words: tuple[str, ...]

    @classmethod
    def parse(cls, template: str) -> Way:
        """Read a template; UsageError where it is none."""
        if template == "none":
            return cls(words=())
        if template == "AWS_PROFILE":
            return cls(words=("env", "AWS_PROFILE={profile}"))
        shown = f"--authenticator {one_line(template, 80)!r}"
        try:
            words = tuple(shlex.split(template))
        except ValueError as error:
            raise UsageError(f"{shown}: {error}") from None
        if not words or not template.isprintable() or not _PROGRAM.fullmatch(words[0]) or words[0].startswith("-"):
            raise UsageError(f"{shown}: give words such as {GUIDE!r}, or AWS_PROFILE, or none")
        if "/" in words[0] and not words[0].startswith("/"):
            raise UsageError(f"{shown}: a program by its name or its absolute path, never from the folder in use")
        fields = set(re.findall(r"\{[^}]*\}", template)) - set(FIELDS)
        if fields:
            raise UsageError(f"{shown}: unknown field {min(fields)}; use {', '.join(FIELDS)}")
        return cls(words=words)

    @property
    def needs_profile(self) -> bool:
        """Whether it asks for a profile's name."""
        return any(PROFILE in word for word in self.words)

    @property
    def program(self) -> str | None:
        """Name the program that it starts."""
        return self.words[0] if self.words else None

    def through(self, profile: str | None, account: Account, *argv: str) -> tuple[str, ...]:
        """Put a command behind the words, with their fields filled in."""
        given = {PROFILE: profile or "", "{account}": account.name, "{account_id}": account.id or ""}
        used = [field for field in FIELDS if any(field in word for word in self.words)]
        filled = {field: valid("profile", given[field]) for field in used}
        return (*(_FIELD.sub(lambda found: filled[found[0]], word) for word in self.words), *argv)

    @property
    def scrubbed(self) -> tuple[str, ...]:
        """Name the variables that nothing which is started gets to see.

        Where the environment is the way in, its credentials stay; only that a vault gave them is not passed on.
        """
        return (*(_CREDENTIALS if self.words else ("AWS_VAULT",)), *_STEERING)
