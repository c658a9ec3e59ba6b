"""Plain Terraform roots that call an ECS Deploy Runner's module: what each declares, in which account and region."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from audit.declared.containers import as_text, read_containers, read_stack
from audit.declared.directories import runner_calls
from audit.declared.evaluate import Unknown, Value, evaluate, member
from audit.declared.model import Diagnostic
from audit.declared.placement import Placement
from audit.declared.repository import inside
from audit.declared.shadows import find_variable_shadows
from audit.declared.sources import module_name
from audit.declared.terraform import read_variables
from audit.errors import DeclarationError
from audit.model import Location

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.configuration.config import Root
    from audit.declared.accounts import Accounts
    from audit.declared.allowance import Allowance
    from audit.declared.collected import Collected
    from audit.declared.containers import Containers
    from audit.declared.directories import Directories, Found
    from audit.declared.lazy import Make
    from audit.declared.nodes import Body, Expression
    from audit.declared.terraform import Module

_ROLE = re.compile(r"arn:[\w-]+:iam::(?P<id>\d{12}):role/.+")
_ID = re.compile(r"\d{12}")
_LOCK = ".terraform.lock.hcl"


class Roots:
    """Reads the plain roots of a repository into ``collected``."""

    def __init__(
        self,
        directories: Directories,
        accounts: Accounts,
        collected: Collected,
        entries: Sequence[Root],
        environment: Mapping[str, str],
        var_files: Sequence[str],
    ) -> None:
        self.directories, self.accounts, self.collected = directories, accounts, collected
        self.repository, self.environment, self.var_files = directories.repository, environment, var_files
        self.entries = {_directory(self.repository.scope, entry.path): entry for entry in entries}

    def read(self, allowance: Allowance) -> None:
        """Read every root: what is named as one, what no other directory calls, and what is left over then."""
        called = self.directories.called()
        for directory in sorted(self.directories.candidates | self.entries.keys()):
            if directory in self.entries or (directory not in called and directory not in self.directories.visited):
                with allowance.unit():
                    self._root(directory, listed=directory in self.entries)
        for directory in sorted(self.directories.candidates - self.directories.visited):
            with allowance.unit():
                self._root(directory, listed=False)

    def _root(self, directory: str, *, listed: bool) -> None:
        shown = self.repository.show(directory) or "."
        files = self._variables(directory, shown)
        module = self.directories.module(directory, {**self._environment(), **read_variables(files)})
        if not listed and not self._is_root(directory, module):
            message = "calls ecs-deploy-runner, but nothing here applies it: name it in [[root]] if it is a root"
            self.collected.report(Diagnostic(message=message, location=Location(file=shown, line=1, column=1)))
            self.directories.visited.add(directory)
            return
        faults = self.directories.faults[directory]
        found: list[Found] = []
        try:
            found = runner_calls(self.directories, module)
        except DeclarationError as error:
            faults.append(error)
        self._rows(directory, shown, module, files, found, faults, listed=listed)

    def _rows(  # noqa: PLR0913 -- what is known of a root
        self,
        directory: str,
        shown: str,
        module: Module,
        files: Sequence[Body],
        found: Sequence[Found],
        faults: Sequence[DeclarationError],
        *,
        listed: bool,
    ) -> None:
        for fault in faults:
            message = f"{fault}, mend it to see what this root declares"
            self.collected.gap(shown, "declaration", message, self._place(directory, module, None), error=fault)
        if listed and not found and not faults:
            message = f"{shown}: [[root]] names it, but it calls no ecs-deploy-runner module"
            self.collected.gap(shown, "declaration", message, self._place(directory, module, None))
        for one in found:
            unit = shown if len(found) == 1 else f"{shown}/{one.name}"
            containers = add_calls(self.collected, unit, one, self._place(directory, module, one.provider))
            self.collected.shadows.extend(find_variable_shadows(module, files, unit, containers))

    def _is_root(self, directory: str, module: Module) -> bool:
        """Tell a root from a module that nobody here calls: by a sign of being applied, else by where it lies."""
        names = self.repository.names(directory)
        if module.is_root or any(name == _LOCK or name.endswith(".tfvars") for name in names):
            return True
        return not any("modules" in part or part == "examples" for part in directory.split("/"))

    def _variables(self, directory: str, shown: str) -> list[Body]:
        """Read the files that give values to a root's variables, in the order in which Terraform takes them."""
        files: list[Body] = []
        for name in self._variable_files(directory):
            try:
                path = inside(name, directory)
                files.append(self.repository.body(path, self.repository.read_once(path), {}))
            except DeclarationError as error:
                message = f"{shown}: file of variables cannot be read: {error}"
                self.collected.gap(shown, "variables", message, Placement(), error=error)
        return files

    def _environment(self) -> dict[str, Make]:
        prefix = "TF_VAR_"
        return {
            name.removeprefix(prefix): partial(Value, value)
            for name, value in self.environment.items()
            if name.startswith(prefix)
        }

    def _variable_files(self, directory: str) -> tuple[str, ...]:
        names = [name for name in self.repository.names(directory) if name.endswith((".tfvars", ".tfvars.json"))]
        fixed = [name for name in ("terraform.tfvars", "terraform.tfvars.json") if name in names]
        automatic = [name for name in sorted(names) if name.endswith((".auto.tfvars", ".auto.tfvars.json"))]
        entry = self.entries.get(directory)
        return (*fixed, *automatic, *self.var_files, *(entry.var_files if entry else ()))

    def _place(self, directory: str, module: Module, alias: str | None) -> Placement:
        entry = self.entries.get(directory)
        provider = _Provider(module, alias)
        said = entry.account if entry and entry.account else provider.account_id()
        region = entry.region if entry and entry.region else provider.region()
        place = self._account(directory, said)
        if isinstance(region, Unknown):
            return replace(place, unknown={**place.unknown, "region": region.reason})
        return replace(place, region=region)

    def _account(self, directory: str, said: str | Unknown) -> Placement:
        """Give the account that a name or an id means."""
        if isinstance(said, Unknown):
            return Placement(unknown={"account": said.reason, "account_id": said.reason})
        if not _ID.fullmatch(said):
            account = self.accounts.lookup(directory, said)
            if account and account.id:
                return Placement(account=said, account_id=account.id)
            return Placement(account=said, unknown={"account_id": f"no accounts file says the id of account '{said}'"})
        name = next((account.name for account in self.accounts.accounts if account.id == said), None)
        return Placement(account=name or said, account_id=said)


def _directory(scope: str, path: str) -> str:
    """Give the directory of the repository that a path below the scope means."""
    clean = posixpath.normpath(posixpath.join(scope, path))
    return "" if clean == "." else clean


class _Provider:
    """What the AWS provider of a root says of account and region."""

    def __init__(self, module: Module, alias: str | None) -> None:
        self.module = module
        try:
            self.block = module.provider(alias)
        except DeclarationError:
            self.block = None

    def account_id(self) -> str | Unknown:
        """Give the only allowed account, else that of the role it assumes."""
        allowed = self._value("allowed_account_ids")
        if allowed is not None and isinstance(allowed.raw, tuple) and len(allowed.raw) == 1:
            text = as_text(member(allowed, 0), "allowed_account_ids")
            return text.value if text.value is not None else Unknown(text.reason or "")
        for inner in self.block.body.blocks if self.block else ():
            attribute = inner.body.attributes.get("role_arn") if inner.type == "assume_role" else None
            raw = self._evaluate(attribute.expr).raw if attribute else None
            if isinstance(raw, str) and (found := _ROLE.fullmatch(raw)):
                return found["id"]
        if allowed is not None and isinstance(allowed.raw, Unknown):
            return allowed.raw
        return Unknown("no [[root]] entry names its account, and its provider does not allow exactly one")

    def region(self) -> str | Unknown:
        """Give the region."""
        value = self._value("region")
        if value is None:
            return Unknown("no [[root]] entry names its region, and its provider says none")
        text = as_text(value, "region")
        return text.value if text.value is not None else Unknown(text.reason or "")

    def _value(self, name: str) -> Value | None:
        attribute = self.block.body.attributes.get(name) if self.block else None
        return self._evaluate(attribute.expr) if attribute else None

    def _evaluate(self, expr: Expression) -> Value:
        try:
            return evaluate(expr, self.module)
        except DeclarationError as error:
            return Value(Unknown(str(error)))


def add_calls(
    collected: Collected,
    unit: str,
    found: Found,
    place: Placement,
    *,
    kind: Literal["terragrunt", "terraform"] = "terraform",
) -> Containers:
    """Add the rows of a call; gives its containers."""
    report = collected.for_unit(unit)
    call = found.call
    address = str(call.source.raw)
    configuration = found.configuration.inputs if found.configuration else None
    containers = read_containers(call.inputs, module_name(address), report, configuration=configuration)
    version = call.version.raw if call.version else None
    collected.unit(
        path=unit,
        kind=kind,
        place=place,
        stack=read_stack(call.inputs, report),
        source=address,
        source_origin=call.source.origin,
        containers=containers.found,
        ref=version if isinstance(version, str) else None,
    )
    if containers.fault:
        message = f"{unit}: there may be more containers: {containers.fault}"
        collected.gap(unit, "containers", message, place)
    collected.unplaced(unit, place)
    return containers
