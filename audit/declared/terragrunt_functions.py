"""Terragrunt's own functions; what would run or ask something is unknown, with that reason."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, TypeAlias

from audit.declared import file_functions
from audit.declared.evaluate import Unknown, Value
from audit.declared.file_functions import texts
from audit.declared.model import Link
from audit.declared.repository import inside, parents, virtual
from audit.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from audit.declared.repository import Repository
    from audit.declared.terragrunt import Config, Include
    from audit.model import Location

_Function: TypeAlias = "Callable[[Config, Sequence[Value], Location], Value]"

_UNKNOWN: Mapping[str, str] = {
    "run_cmd": "run_cmd would run a command, which is never done",
    "sops_decrypt_file": "sops_decrypt_file needs a key, secrets are not decrypted",
    "get_aws_account_id": "get_aws_account_id depends on the caller's credentials",
    "get_aws_account_alias": "get_aws_account_alias depends on the caller's credentials",
    "get_aws_caller_identity_arn": "get_aws_caller_identity_arn depends on the caller's credentials",
    "get_aws_caller_identity_user_id": "get_aws_caller_identity_user_id depends on the caller's credentials",
    "get_terraform_command": "get_terraform_command depends on the command that is run",
    "get_terraform_cli_args": "get_terraform_cli_args depends on the command that is run",
    "get_terragrunt_source_cli_flag": "get_terragrunt_source_cli_flag depends on the command that is run",
    "get_working_dir": "get_working_dir depends on the machine",
    "get_default_retryable_errors": "get_default_retryable_errors is not evaluated",
    "read_tfvars_file": "read_tfvars_file is not evaluated",
    "constraint_check": "constraint_check is not evaluated",
    "timecmp": "timecmp is not evaluated",
}
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "get_terraform_commands_that_need_vars": ("apply", "console", "destroy", "import", "plan", "push", "refresh"),
    "get_terraform_commands_that_need_locking": (
        "apply",
        "destroy",
        "import",
        "plan",
        "refresh",
        "taint",
        "untaint",
    ),
    "get_terraform_commands_that_need_input": ("apply", "import", "init", "plan", "refresh"),
    "get_terraform_commands_that_need_parallelism": ("apply", "plan", "destroy"),
}


def call(config: Config, name: str, args: Sequence[Value], location: Location) -> Value | None:
    """Call a function of Terragrunt in a configuration; None where ``name`` is none of them.

    Raises EvaluationError as Terragrunt would.
    """
    if name in _UNKNOWN:
        return Value(Unknown(_UNKNOWN[name]), location)
    if name in _COMMANDS:
        return Value(tuple(Value(command) for command in _COMMANDS[name]), location)
    if name not in _FUNCTIONS:
        return file_functions.call(config.reader.repository, config.directory, name, args, location)
    function, least, most = _FUNCTIONS[name]
    if not least <= len(args) <= most:
        raise EvaluationError(f"{name} takes {least} to {most} arguments, not {len(args)}")
    return function(config, args, location)


def _of_strings(function: Callable[[Config, list[str], Location], Value]) -> _Function:
    """Make a function of texts one of values: unknown where an argument is."""

    def wrapped(config: Config, args: Sequence[Value], location: Location) -> Value:
        found = texts(args)
        return Value(found, location) if isinstance(found, Unknown) else function(config, found, location)

    return wrapped


def _text(text: str, location: Location) -> Value:
    return Value(text, location)


def _current_dir(config: Config) -> str:
    return posixpath.dirname(config.current)


def _find_in_parent_folders(config: Config, args: list[str], location: Location) -> Value:
    """Look from the parent of the current configuration's directory upwards, to the repository's root."""
    name, repository = args[0] if args else "", config.reader.repository
    start = _current_dir(config)
    found = _find(repository, start, name) if name else _find_default(repository, start)
    if found is not None:
        return _text(virtual(found), location)
    if len(args) > 1:
        return _text(args[1], location)
    wanted = name or "terragrunt.hcl"
    raise EvaluationError(f"find_in_parent_folders finds no '{wanted}' above {repository.show(start)}")


def _find(repository: Repository, start: str, name: str) -> str | None:
    if not start:
        return None
    if not set(name.split("/")) & {"", ".", ".."} and "." in name:
        return repository.find(start.rpartition("/")[0], name)
    # a name without extension may be a directory's; asking the disk for each costs too much for all others
    candidates = (inside(name, directory) for directory in parents(start))
    return next((path for path in candidates if repository.is_file(path) or repository.is_dir(path)), None)


def _find_default(repository: Repository, start: str) -> str | None:
    """Find the nearest default configuration; of two in a directory the first name counts."""
    found = [path for name in ("terragrunt.hcl.json", "terragrunt.hcl") if (path := _find(repository, start, name))]
    return max(found, key=lambda path: path.count("/"), default=None)


def _read_terragrunt_config(config: Config, args: Sequence[Value], location: Location) -> Value:
    written = texts(args[:1])
    if isinstance(written, Unknown):
        return Value(written, location)
    repository = config.reader.repository
    path = inside(written[0], _current_dir(config))
    if not repository.is_file(path) and repository.is_dir(path):
        defaults = [f"{path}/{name}".lstrip("/") for name in ("terragrunt.hcl.json", "terragrunt.hcl")]
        path = next((default for default in defaults if repository.is_file(default)), defaults[-1])
    if not repository.is_file(path):
        if len(args) > 1:
            return args[1]
        raise EvaluationError(f"read_terragrunt_config: no file {repository.show(path)}")
    found = config.reader.config(path, config)
    return found.value.linked(Link(text=f"read_terragrunt_config({repository.show(path)})", place=location))


def _get_original_terragrunt_dir(config: Config, _: list[str], location: Location) -> Value:
    config.reader.bind(config.path)
    return _text(virtual(posixpath.dirname(config.reader.unit)), location)


def _selected(config: Config, args: list[str]) -> str | None:
    """Give the path of the include that a function means: its own in an included file, the only one, or by label."""
    if config.unit is not None:
        return config.path
    if config.including:
        return None
    includes = [include for include in config.includes if include.path is not None]
    if not config.includes:
        return None
    found: list[Include] = (
        [include for include in includes if include.label == args[0]]
        if args
        else includes
        if len(config.includes) == 1
        else [include for include in includes if not include.label]
    )
    if not found:
        raise EvaluationError(f"there is no include '{args[0]}'" if args else "with several includes, name the label")
    return found[0].path


def _relative(path: str, start: str) -> str:
    return posixpath.relpath(virtual(path), virtual(start))


def _path_relative_to_include(config: Config, args: list[str], location: Location) -> Value:
    selected = _selected(config, args)
    if selected is None:
        return _text(".", location)
    return _text(_relative(_current_dir(config), posixpath.dirname(selected)), location)


def _path_relative_from_include(config: Config, args: list[str], location: Location) -> Value:
    selected = _selected(config, args)
    if selected is None:
        return _text(".", location)
    return _text(_relative(posixpath.dirname(selected), _current_dir(config)), location)


def _get_parent_terragrunt_dir(config: Config, args: list[str], location: Location) -> Value:
    selected = _selected(config, args)
    return _text(virtual(_current_dir(config) if selected is None else posixpath.dirname(selected)), location)


def _get_env(config: Config, args: Sequence[Value], location: Location) -> Value:
    """Give what is known of the environment, else the default as it was written."""
    name = texts(args[:1])
    if isinstance(name, Unknown):
        return Value(name, location)
    found = config.reader.environment.get(name[0])
    if found is not None:
        return _text(found, location)
    if len(args) > 1:
        return args[1]
    return Value(Unknown(f"environment variable {name[0]} is known only where the command runs"), location)


def _simple(text: Callable[[Config], str]) -> _Function:
    return _of_strings(lambda config, _, location: _text(text(config), location))


_FUNCTIONS: Mapping[str, tuple[_Function, int, int]] = {
    "find_in_parent_folders": (_of_strings(_find_in_parent_folders), 0, 2),
    "read_terragrunt_config": (_read_terragrunt_config, 1, 2),
    "get_terragrunt_dir": (_simple(lambda config: virtual(_current_dir(config))), 0, 0),
    "get_original_terragrunt_dir": (_of_strings(_get_original_terragrunt_dir), 0, 0),
    "get_parent_terragrunt_dir": (_of_strings(_get_parent_terragrunt_dir), 0, 1),
    "path_relative_to_include": (_of_strings(_path_relative_to_include), 0, 1),
    "path_relative_from_include": (_of_strings(_path_relative_from_include), 0, 1),
    "get_repo_root": (_simple(lambda _: virtual("")), 0, 0),
    "get_path_from_repo_root": (_simple(lambda config: _relative(_current_dir(config), "")), 0, 0),
    "get_path_to_repo_root": (_simple(lambda config: _relative("", _current_dir(config))), 0, 0),
    "get_env": (_get_env, 1, 2),
    "get_platform": (_simple(lambda _: "linux"), 0, 0),
    "mark_as_read": (_of_strings(lambda _, args, location: _text(args[0], location)), 1, 1),
}
