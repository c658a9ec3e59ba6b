"""Tools on PATH: found by absolute path outside the audited repository, and asked for their version in safety.

A version manager's shim reads files of the folder that it is started in, so that is the root folder, never the
repository; what it gets to see of the environment are names that it needs to find itself.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from audit.model import Fact, Gap, Seen, Unread, Version
from audit.text import one_line
from audit.workstation.model import Tool

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

TIMEOUT = 20.0
MOST_BYTES = 64 * 1024

PATTERNS: Mapping[str, re.Pattern[str]] = {
    "aws": re.compile(r"^aws-cli/(\d+\.\d+\.\d+)", re.MULTILINE),
    "aws-vault": re.compile(r"^v?(\d+\.\d+\.\d+)\S*\s*$", re.MULTILINE),
    "docker": re.compile(r"^Docker version (\d+\.\d+(?:\.\d+)?)", re.MULTILINE),
    "git": re.compile(r"^git version (\d+\.\d+(?:\.\d+)?)", re.MULTILINE),
    "infrastructure-deployer": re.compile(r"^infrastructure-deployer version v?(\d+\.\d+\.\d+)", re.MULTILINE),
    "terraform": re.compile(r"^(?:Terraform|OpenTofu) v(\d+\.\d+\.\d+)", re.MULTILINE),
    "terragrunt": re.compile(r"^terragrunt version v?(\d+\.\d+\.\d+)", re.MULTILINE),
}
"""What each tool prints for ``--version``, on standard output or, as older aws-vaults do, on standard error."""

_KEPT = ("HOME", "USER", "LOGNAME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")
_KEPT_PREFIXES = ("ASDF_", "MISE_DATA_DIR", "MISE_CONFIG_DIR", "TFENV_", "TGENV_", "TENV_ROOT")
_OWN_FLAG = Version(tag="v0.73.0", release=(0, 73, 0))


def find_tools(
    environment: Mapping[str, str],
    repository: Path | None,
    *,
    names: Collection[str] = PATTERNS,
    timeout: float = TIMEOUT,
) -> tuple[Tool, ...]:
    """Look for every tool of the table, or those named, and ask the ones that are there for their version at once."""
    with ThreadPoolExecutor(max_workers=len(PATTERNS), thread_name_prefix="tool") as pool:
        jobs = [pool.submit(_tool, name, environment, repository, timeout) for name in sorted(names)]
        return tuple(job.result() for job in jobs)


def source_update_flag(terragrunt: str) -> str | None:
    """Name the flag by which this version of terragrunt fetches module sources anew; None where it can't be told.

    ``--terragrunt-source-update`` is the only one before v0.73.0, deprecated since, and gone in v0.85.0.
    """
    version = Version.parse(terragrunt)
    if version is None:
        return None
    return "--source-update" if version >= _OWN_FLAG else "--terragrunt-source-update"


def located(name: str, environment: Mapping[str, str], repository: Path | None) -> tuple[str | None, str | None]:
    """Give the absolute path of a program outside of the repository, and of the one inside that was passed over."""
    inside = None
    for candidate in _candidates(name, environment.get("PATH", "")):
        if not _is_within(candidate, repository):
            return str(candidate), inside
        inside = inside or str(candidate)
    return None, inside


def search_path(environment: Mapping[str, str], repository: Path | None) -> str:
    """Give PATH without the folders of the repository, and without those that depend on the folder in use."""
    entries = environment.get("PATH", "").split(os.pathsep)
    return os.pathsep.join(
        entry for entry in entries if Path(entry).is_absolute() and not _is_within(Path(entry), repository)
    )


def _tool(name: str, environment: Mapping[str, str], repository: Path | None, timeout: float) -> Tool:
    path, inside = located(name, environment, repository)
    if path is None:
        return Tool(name=name, path=None, version=Seen(value=None), inside=inside)
    version = _version(name, path, _environment(environment, repository), timeout)
    return Tool(name=name, path=path, version=version, inside=inside)


def _candidates(name: str, search: str) -> Iterator[Path]:
    """Give the executables of that name in PATH's order; relative entries mean the folder in use, and are left out."""
    for entry in search.split(os.pathsep):
        candidate = Path(entry) / name
        if candidate.is_absolute() and candidate.is_file() and os.access(candidate, os.X_OK):
            yield candidate


def _is_within(path: Path, repository: Path | None) -> bool:
    """Whether a program, or the place where it stands, is of the audited repository, also by a link."""
    if repository is None:
        return False
    root = repository.resolve()
    return path.resolve().is_relative_to(root) or path.parent.resolve().is_relative_to(root)


def _environment(environment: Mapping[str, str], repository: Path | None) -> dict[str, str]:
    kept = {name: value for name, value in environment.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    # terraform and docker would ask their makers whether there is a newer version, or start a plugin
    quiet = {"CHECKPOINT_DISABLE": "1", "LC_ALL": "C", "NO_COLOR": "1", "PATH": search_path(environment, repository)}
    return {**kept, **quiet}


def _version(name: str, path: str, environment: Mapping[str, str], timeout: float) -> Fact[str | None]:
    try:
        code, text = _ask([path, "--version"], environment, timeout)
    except OSError as error:
        return _unread(name, path, f"cannot be started: {error.strerror}")
    if code is None:
        return _unread(name, path, f"gave no version within {timeout:g} s")
    found = PATTERNS[name].search(text)
    if found is None:
        first = one_line(next((line for line in text.splitlines() if line.strip()), "nothing"), 120)
        return _unread(name, path, f"its version can't be told from {first!r} (exit code {code})")
    return Seen(value=found[1])


def _ask(argv: list[str], environment: Mapping[str, str], timeout: float) -> tuple[int | None, str]:
    """Run a program and give its exit code and the beginning of what it wrote; a code of None: out of time."""
    with subprocess.Popen(
        argv,
        cwd="/",
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        late = threading.Event()
        clock = threading.Timer(timeout, _end, (process, late))
        clock.start()
        try:
            output = process.stdout.read(MOST_BYTES) if process.stdout else b""
            if len(output) == MOST_BYTES:
                _end(process, threading.Event())
            code = process.wait()
        finally:
            clock.cancel()
    return (None if late.is_set() else code), output.decode(errors="replace")


def _end(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    """Kill a program with all that it started: a child that holds the pipe would keep us waiting."""
    late.set()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _unread(name: str, path: str, reason: str) -> Unread:
    message = f"{one_line(path)}: {reason}; run {name} --version and mend what it says"
    return Unread(gap=Gap(what=f"version of {name}", call=f"{name} --version", message=message))
