"""The accounts files of a repository: which account has which id, and where two files say different things.

``accounts.json`` holds ``{"logs": {"id": "…", "deploy_order": 1}}`` or flat ``{"logs": "…"}``, ``accounts.yml`` (its
successor's form) the same as YAML. Ids are 12-digit strings: one that was written as a number may have lost its zeros.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from audit.declared.model import Diagnostic
from audit.declared.places import show
from audit.declared.yaml_values import Bare, read_yaml
from audit.errors import DeclarationError, HclSyntaxError, LimitError
from audit.model import Account, Gap, Location

if TYPE_CHECKING:
    from audit.declared.tree import SourceTree

NAMES = ("accounts.json", "accounts.yml", "accounts.yaml")
"""The names of accounts files; where several stand in a directory, the first one's word counts."""

_ID_KEYS = ("id", "account_id", "aws_account_id")
_ID = re.compile(r"\d{12}")
_WRAPPER = "accounts"


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountsFile:
    """One accounts file: where it stands, what it names, what is odd about it; ``fault`` where it can't be read."""

    path: str
    accounts: Mapping[str, Account] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    fault: DeclarationError | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Accounts:
    """All accounts files of a repository, by the directory they stand in."""

    by_directory: Mapping[str, tuple[AccountsFile, ...]]

    def near(self, directory: str) -> tuple[AccountsFile, ...]:
        """Give the accounts files that count for a directory: those beside it, else those of the nearest parent."""
        while True:
            found = self.by_directory.get(directory)
            if found:
                return found
            if not directory:
                return ()
            directory = posixpath.dirname(directory)

    def lookup(self, directory: str, name: str) -> Account | None:
        """Find an account by its name in the files that count for a directory."""
        return next((file.accounts[name] for file in self.near(directory) if name in file.accounts), None)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Every account that any file names, in the files' order, each once."""
        found: dict[str, Account] = {}
        for file in self._files():
            for account in file.accounts.values():
                found.setdefault(account.name, account)
        return tuple(found.values())

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is odd in single files, and where files beside each other differ."""
        differing = [
            diagnostic
            for files in self.by_directory.values()
            for other in files[1:]
            if files[0].fault is None and other.fault is None
            for diagnostic in _differences(files[0], other)
        ]
        return tuple([diagnostic for file in self._files() for diagnostic in file.diagnostics] + differing)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """One gap for each file that can't be read."""
        return tuple(_gap(file.fault) for file in self._files() if file.fault is not None)

    def _files(self) -> Iterable[AccountsFile]:
        return (file for files in self.by_directory.values() for file in files)


def read_accounts(tree: SourceTree, paths: Sequence[str], scope: str) -> Accounts:
    """Read the accounts files among ``paths`` (relative to the root); places are given relative to ``scope``."""
    found: dict[str, list[AccountsFile]] = {}
    for path in sorted(paths, key=lambda path: (posixpath.dirname(path), NAMES.index(posixpath.basename(path)))):
        found.setdefault(posixpath.dirname(path), []).append(_read(tree, path, show(path, scope)))
    return Accounts(by_directory={directory: tuple(files) for directory, files in found.items()})


def _read(tree: SourceTree, path: str, shown: str) -> AccountsFile:
    try:
        text = tree.read(path)
        raw, place, odd = (_json if path.endswith(".json") else _yaml)(text, shown)
        return _collect(raw, shown, place, odd)
    except DeclarationError as error:
        return AccountsFile(path=shown, fault=_moved(error, shown))


def _moved(error: DeclarationError, shown: str) -> DeclarationError:
    """Give the same error with the file's name as the user knows it."""
    return type(error)(error.message, file=shown, line=error.line, column=error.column)


_Place: TypeAlias = Callable[[str], Location]


def _json(text: str, file: str) -> tuple[object, _Place, list[Diagnostic]]:
    twice: list[str] = []

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        counted = Counter(key for key, _ in items)
        twice.extend(key for key, times in counted.items() if times > 1)
        return dict(items)

    try:
        raw = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=pairs, parse_int=Bare)
    except json.JSONDecodeError as error:
        raise HclSyntaxError(
            f"invalid JSON: {error.msg.lower()}, mend the file", file=file, line=error.lineno, column=error.colno
        ) from None
    except RecursionError:
        raise LimitError("nested too deep for an accounts file", file=file, line=1, column=1) from None

    def place(key: str) -> Location:
        found = re.search(re.escape(json.dumps(key, ensure_ascii=False)) + r"\s*:", text)
        offset = found.start() if found else 0
        return Location(file=file, line=text.count("\n", 0, offset) + 1, column=offset - text.rfind("\n", 0, offset))

    odd = [Diagnostic(message=f"key '{key}' stands twice, the last one counts", location=place(key)) for key in twice]
    return raw, place, odd


def _yaml(text: str, file: str) -> tuple[object, _Place, list[Diagnostic]]:
    document = read_yaml(text, file)
    start = Location(file=file, line=1, column=1)
    odd = [
        Diagnostic(message=f"key '{key}' stands twice, the last one counts", location=place)
        for key, place in document.twice
    ]
    return document.value, lambda key: document.places.get(key, start), odd


def _collect(raw: object, file: str, place: _Place, odd: list[Diagnostic]) -> AccountsFile:
    if isinstance(raw, Mapping) and isinstance(raw.get(_WRAPPER), Mapping) and not _names_id(raw[_WRAPPER]):
        raw = raw[_WRAPPER]
    if not isinstance(raw, Mapping):
        message = 'not a map of accounts: expected {"name": {"id": "123456789012"}}'
        raise DeclarationError(message, file=file, line=1, column=1)
    accounts: dict[str, Account] = {}
    for name, entry in raw.items():
        identity, complaint = _identity(entry)
        if complaint:
            odd.append(Diagnostic(message=f"account '{name}': {complaint}", location=place(name)))
        accounts[name] = Account(name=name, id=identity, deploy_order=_order(entry))
    return AccountsFile(path=file, accounts=accounts, diagnostics=tuple(odd))


def _names_id(entry: object) -> bool:
    return isinstance(entry, Mapping) and any(key in entry for key in _ID_KEYS)


def _identity(entry: object) -> tuple[str | None, str | None]:
    """Give the id that an entry says, and what is wrong with it."""
    value = next((entry[key] for key in _ID_KEYS if key in entry), None) if isinstance(entry, Mapping) else entry
    if isinstance(value, Bare) and value.text.isdigit() and len(value.text) <= 12:
        lossy = value.text.startswith("0") or len(value.text) < 12
        complaint = f"id {value.text} is a number, which loses leading zeros: quote its 12 digits" if lossy else None
        return value.text.zfill(12), complaint
    if isinstance(value, str) and _ID.fullmatch(value):
        return value, None
    if value is None:
        return None, 'has no id, add "id": "123456789012"'
    return None, "id is not 12 digits in quotes"


def _order(entry: object) -> int | None:
    value = entry.get("deploy_order") if isinstance(entry, Mapping) else None
    text = value.text if isinstance(value, Bare) else value
    return int(text) if isinstance(text, str) and re.fullmatch(r"\d{1,6}", text) else None


def _differences(first: AccountsFile, other: AccountsFile) -> Iterable[Diagnostic]:
    location = Location(file=other.path, line=1, column=1)
    for name in sorted(first.accounts.keys() | other.accounts.keys()):
        mine, theirs = first.accounts.get(name), other.accounts.get(name)
        if mine is None or theirs is None:
            here, there = (other.path, first.path) if mine is None else (first.path, other.path)
            yield Diagnostic(message=f"account '{name}' stands in {here} but not in {there}", location=location)
        elif mine.id != theirs.id:
            says = f"{mine.id or 'no id'} in {first.path}, {theirs.id or 'no id'} in {other.path}"
            yield Diagnostic(message=f"account '{name}' is {says}: the first counts", location=location)


def _gap(fault: DeclarationError) -> Gap:
    where = Location(file=fault.file, line=fault.line, column=fault.column) if fault.line else None
    return Gap(what="accounts file", message=str(fault), call=fault.file, code=type(fault).__name__, location=where)
