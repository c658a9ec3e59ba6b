"""Git as a reader of blobs and history, such that nothing of a hostile repository is executed.

Git obeys the configuration in the repository's own ``.git/config``. What there could start a program (file system
monitor, hooks, ssh command, text conversion, filters, signature programs, a fetch of missing objects from a promisor)
is off by environment and ``-c``; only commands that neither refresh the index nor touch the working tree are used; the
user's and the system's configuration are not read. Arguments go in as lists, paths after ``--``.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from audit.declared.paths import MAX_BYTES, SKIPPED, decode, is_utf8, report, resolve, shown
from audit.errors import DeclarationError, LimitError, UsageError
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 60.0

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

_OFF = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.sshCommand=false",
    "core.alternateRefsCommand=false",
    "core.pager=cat",
    "log.showSignature=false",
    "gpg.program=false",
    "credential.helper=",
)

_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "",  # no transport at all: a partial clone must not fetch
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def git_argv(root: Path, *arguments: str) -> list[str]:
    """Give the command line for git on the repository at ``root``.

    Raises DeclarationError where there is no git, or only one that lies in the repository itself.
    """
    executable = shutil.which("git")
    if executable is None:
        raise DeclarationError("git is not installed, so there is no history")
    if Path(executable).resolve().is_relative_to(root):
        raise DeclarationError(f"the git on PATH lies in the audited repository, not used: {shown(executable)}")
    settings = [word for setting in _OFF for word in ("-c", setting)]
    # a repository named outright is not looked for, so neither its owner nor its core.worktree matters
    return [
        str(Path(executable).absolute()),
        "--no-replace-objects",
        f"--git-dir={root / '.git'}",
        f"--work-tree={root}",
        *settings,
        *arguments,
    ]


def git_environment() -> dict[str, str]:
    """Give this process's environment without any GIT_ variable, and with those that keep git a reader."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _ENVIRONMENT


def run_git(root: Path, *arguments: str) -> bytes:
    """Run git to its end and give what it wrote; DeclarationError with its first line where it fails."""
    argv = git_argv(root, *arguments)
    try:
        done = subprocess.run(
            argv,
            cwd=root,
            env=git_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DeclarationError(f"git {arguments[0]} took longer than {TIMEOUT:.0f} s") from None
    except OSError as error:
        raise DeclarationError(f"{shown(argv[0])} cannot be started: {error.strerror or error}") from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").partition("\n")[0].removeprefix("fatal: ")
        raise DeclarationError(f"git {arguments[0]} failed: {shown(reason) or done.returncode}")
    return done.stdout


def commit_of(root: Path, rev: str) -> str | None:
    """Give the full id of the commit that ``rev`` names, None where it names none; DeclarationError without git."""
    git_argv(root)
    if rev.startswith("-") or "\0" in rev:
        return None
    try:
        answer = run_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
    except DeclarationError:
        return None
    commit = answer.decode(errors="replace").strip()
    if _COMMIT.fullmatch(commit) is None:
        raise DeclarationError(
            f"the git on PATH says {one_line(commit, 60)!r} for a commit; put git itself first on PATH"
        )
    return commit


def head_commit(root: Path) -> str | None:
    """Give the commit that HEAD names; None outside git, without git, and before the first commit."""
    if not (root / ".git").exists():
        return None
    try:
        return commit_of(root, "HEAD")
    except DeclarationError:
        return None


class _Entry(NamedTuple):
    mode: str
    oid: str

    @property
    def is_dir(self) -> bool:
        return self.mode == "040000"

    @property
    def is_link(self) -> bool:
        return self.mode == "120000"

    @property
    def is_submodule(self) -> bool:
        return self.mode == "160000"


class GitTree:
    """The files of one revision, straight from git's objects, without a checkout; safe for use by several threads."""

    def __init__(self, root: Path, rev: str, *, max_bytes: int = MAX_BYTES) -> None:
        try:
            commit = commit_of(root, rev)
        except DeclarationError as error:
            raise UsageError(f"revision {shown(rev)} cannot be read: {error.message}") from None
        if commit is None:
            raise UsageError(
                f"{shown(rev)}: no such revision in {shown(str(root))}, name a commit, branch or tag of it"
            )
        self.root, self.max_bytes = root, max_bytes
        self._commit = commit
        self._entries = dict(_list(root, commit))
        self._entries[""] = _Entry("040000", commit)
        self.blobs = Blobs(root)

    def read(self, path: str) -> str:
        """Give a file's text; see SourceTree."""
        entry = self._entry(path)
        if entry is None:
            raise DeclarationError("no such file", file=shown(path))
        if entry.is_dir:
            raise DeclarationError("a directory, not a file", file=shown(path))
        if entry.is_submodule:
            raise DeclarationError("a submodule, its content is not in this repository", file=shown(path))
        return decode(self.blobs.read(entry.oid, path, self.max_bytes), path)

    def is_file(self, path: str) -> bool:
        """Tell whether a regular file is there; see SourceTree."""
        entry = self._entry(path)
        return entry is not None and not entry.is_dir and not entry.is_submodule

    def is_dir(self, path: str) -> bool:
        """Tell whether a directory is there; see SourceTree."""
        entry = self._entry(path)
        return entry is not None and entry.is_dir

    def files(self, under: str = "", *, faults: list[DeclarationError] | None = None) -> Iterator[str]:
        """Give every entry below that is no directory; see SourceTree."""
        real = self.real(under)
        start = f"{real}/" if real else ""
        for path, entry in sorted(self._entries.items(), key=lambda item: item[0].split("/")):
            below = path[len(start) :] if path.startswith(start) else ""
            if not below or entry.is_dir or not SKIPPED.isdisjoint(below.split("/")[:-1]):
                continue
            if entry.is_submodule:
                report(
                    [DeclarationError("a submodule, its content is not in this repository", file=shown(path))], faults
                )
            elif not is_utf8(path):
                report([DeclarationError("name is not UTF-8, rename it", file=shown(path))], faults)
            elif not (entry.is_link and self._leads_to_dir(path)):
                yield under + path[len(real) :] if under else path

    def real(self, path: str) -> str:
        """Give a path without its links; see SourceTree."""
        return resolve(path, self._link)

    def commit(self) -> str:
        """Give the commit that this tree is of; see SourceTree."""
        return self._commit

    def _leads_to_dir(self, path: str) -> bool:
        try:
            return self.is_dir(path)
        except DeclarationError:
            return False

    def _entry(self, path: str) -> _Entry | None:
        return self._entries.get(self.real(path))

    def _link(self, place: str) -> str | None:
        entry = self._entries.get(place)
        if entry is None or not entry.is_link:
            return None
        return os.fsdecode(self.blobs.read(entry.oid, place, self.max_bytes))


def _list(root: Path, commit: str) -> Iterator[tuple[str, _Entry]]:
    listing = run_git(root, "ls-tree", "-r", "-t", "-z", "--full-tree", commit)
    for line in listing.split(b"\0")[:-1]:
        head, _, name = line.partition(b"\t")
        mode, _, oid = head.decode().split()
        yield os.fsdecode(name), _Entry(mode, oid)


class Blobs:
    """One ``git cat-file --batch`` for all blobs of a tree, started with the first, ended with its owner."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def read(self, oid: str, path: str, max_bytes: int) -> bytes:
        """Give a blob's bytes; LimitError above the limit, DeclarationError where git doesn't have it."""
        with self._lock:
            process = self.process = self.process or self._start()
            if process.stdin is None or process.stdout is None:
                raise AssertionError  # both are pipes
            try:
                process.stdin.write(f"{oid}\n".encode())
                process.stdin.flush()
            except BrokenPipeError:
                raise DeclarationError("git stopped answering", file=shown(path)) from None
            _, kind, size = [*process.stdout.readline().split(), b"", b"", b""][:3]
            if kind != b"blob":
                raise DeclarationError("not in git's store here (a partial clone?)", file=shown(path))
            content = process.stdout.read(min(int(size), max_bytes))
            rest = int(size) + 1 - len(content)
            while rest > 0:
                rest -= len(process.stdout.read(min(rest, max_bytes))) or rest
        if int(size) > max_bytes:
            raise LimitError(f"larger than the limit of {max_bytes:,} bytes", file=shown(path))
        return content

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            git_argv(self._root, "cat-file", "--batch"),
            cwd=self._root,
            env=git_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        weakref.finalize(self, _stop, process)
        return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End git by its own end of input, and take its exit."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    process.wait()
