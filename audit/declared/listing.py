"""What a repository holds, listed before any of it is evaluated: its accounts, and the configurations of its units."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.declared.accounts import NAMES as ACCOUNTS_FILES
from audit.declared.accounts import Accounts, read_accounts
from audit.declared.repository import Repository, parents
from audit.declared.terragrunt import DEFAULT_NAMES
from audit.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.declared.scanner import Limits
    from audit.declared.tree import SourceTree

ENVCOMMON = "_envcommon"
"""The directory of what units include: nothing in it is a unit itself, whatever it is called."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """A repository, its accounts, and the paths of the configurations that may be units."""

    repository: Repository
    accounts: Accounts
    configurations: tuple[str, ...]


def listed(tree: SourceTree, scope: str, limits: Limits | None = None) -> Listing:
    """List the part of a repository below ``scope``."""
    repository = Repository(tree, scope, limits=limits)
    return Listing(
        repository=repository,
        accounts=read_accounts(tree, _accounts_files(repository), scope),
        configurations=_configurations(repository.paths),
    )


def _accounts_files(repository: Repository) -> list[str]:
    """Give the accounts files in the scope and in the directories above it."""
    above = [
        path
        for directory in (repository.scope, *parents(repository.scope))
        for path in (f"{directory}/{name}".lstrip("/") for name in ACCOUNTS_FILES)
        if directory != repository.scope and _is_file(repository, path)
    ]
    return above + [path for path in repository.paths if posixpath.basename(path) in ACCOUNTS_FILES]


def _is_file(repository: Repository, path: str) -> bool:
    try:
        return repository.is_file(path)
    except DeclarationError:
        return False


def _configurations(paths: Sequence[str]) -> tuple[str, ...]:
    """Give the configuration of each directory that has one: of two, the one that Terragrunt takes."""
    found: dict[str, str] = {}
    for path in paths:
        directory, name = posixpath.split(path)
        if ENVCOMMON in directory.split("/"):
            continue
        if name in DEFAULT_NAMES and (directory not in found or name == DEFAULT_NAMES[0]):
            found[directory] = path
    return tuple(found.values())
