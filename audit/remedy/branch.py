"""A commit on a branch of the remote, made beside the repository: neither its working tree nor its index is touched.

Git works in a folder of its own that borrows the repository's objects, so that no configuration, hook, filter or
attribute of the audited repository has a say; who commits and how the remote is reached is the user's own
configuration. The same change gives the same commit.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audit.declared.git import git_argv, run_git
from audit.errors import DeclarationError, RefusedError
from audit.remedy.grammar import fits
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.remedy.edit import Change

TIMEOUT = 120.0
_LOCATING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE", "GIT_COMMON_DIR")
_PLACE = re.compile(r"(?:https://|ssh://git@|git@)(?P<host>[^/:]+)(?::\d+)?[/:](?P<path>.+?)(?:\.git)?")
_LOCAL = re.compile(r"(?:file://)?(?P<path>/.+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Remote:
    """The remote ``origin``: its address, and host and ``owner/name`` where the address says them."""

    url: str
    host: str | None
    repository: str | None


def remote_of(root: Path) -> Remote:
    """Read where ``origin`` is; RefusedError where there is none, or its address is not one to push to."""
    try:
        url = run_git(root, "config", "--get", "remote.origin.url").decode(errors="replace").strip()
    except DeclarationError:
        raise RefusedError("the repository has no remote 'origin' to push to: add one") from None
    if found := _LOCAL.fullmatch(url):
        # The hooks of a repository that is pushed to on this machine run here.
        if Path(found["path"]).resolve().is_relative_to(root):
            raise RefusedError("the remote 'origin' lies in the audited repository itself: not pushed to")
        return Remote(url=url, host=None, repository=None)
    if not fits("repository url", url):
        shown = one_line(re.sub(r"//[^/@]*@", "//***@", url), 120)
        raise RefusedError(f"remote 'origin' {shown!r}: give it an https:// or git@ address without a password")
    place = _PLACE.fullmatch(url)
    parts = place["path"].split("/") if place else []
    return Remote(
        url=url, host=place["host"] if place else None, repository="/".join(parts) if len(parts) == 2 else None
    )


class Workshop:
    """A folder in which a commit is made and pushed; ``folder`` is the user's to make and to take away."""

    def __init__(self, root: Path, folder: Path, remote: Remote, environment: Mapping[str, str]) -> None:
        self.root, self.folder, self.remote = root, folder, remote
        self._program = git_argv(root)[0]
        kept = {name: value for name, value in environment.items() if name not in _LOCATING}
        self._environment = {
            **kept,
            **self._who(kept),
            "GIT_DIR": str(folder),
            "GIT_INDEX_FILE": str(folder / "new-index"),
            "GIT_ALLOW_PROTOCOL": "https:ssh:file",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.git("init", "--quiet", "--bare", "--template=", str(folder))
        self._borrow()

    def _who(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Take over who the repository says its committer is: that much of its configuration is data."""
        found = {}
        for what in ("name", "email"):
            try:
                said = run_git(self.root, "config", "--get", f"user.{what}").decode(errors="replace").strip()
            except DeclarationError:
                continue
            names = (f"GIT_{role}_{what.upper()}" for role in ("AUTHOR", "COMMITTER"))
            found.update({name: said for name in names if name not in environment})
        return found

    def _borrow(self) -> None:
        """Let the folder see the repository's objects, and where a shallow history ends."""
        for name, target in (("objects", "objects/info/alternates"), ("shallow", "shallow")):
            place = self.root / run_git(self.root, "rev-parse", "--git-path", name).decode().strip()
            path = self.folder / target
            path.parent.mkdir(parents=True, exist_ok=True)
            if name == "objects":
                path.write_text(f"{place.resolve()}\n")
            elif place.is_file():
                path.write_bytes(place.read_bytes())

    def commit(self, base: str, changes: Sequence[Change], message: str) -> str:
        """Make a commit of the changes on top of ``base``; gives its id."""
        self.git("read-tree", base)
        for change in changes:
            mode = self.git("ls-tree", base, "--", change.file).partition(" ")[0]
            if mode not in ("100644", "100755"):
                raise RefusedError(f"{one_line(change.file)}: no regular file in {base[:12]}, not edited")
            blob = self.git("hash-object", "-w", "--stdin", data=change.after.encode())
            self.git("update-index", "--cacheinfo", f"{mode},{blob},{change.file}")
        when = self.git("show", "--no-patch", "--format=%cI", base)
        self._environment |= {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        made = self.git("commit-tree", self.git("write-tree"), "-p", base, data=message.encode())
        touched = set(self.git("diff-tree", "--no-commit-id", "--name-only", "-r", "-z", made).split("\0")) - {""}
        if touched != {change.file for change in changes}:
            raise RefusedError(f"the commit would touch {one_line(', '.join(sorted(touched)))}: not pushed")
        return made

    def demand_merged(self, base: str, branch: str) -> None:
        """Demand that all up to ``base`` is on the remote's branch already: it would be in the request otherwise."""
        self.git("fetch", "--quiet", "--no-tags", self.remote.url, f"refs/heads/{branch}:refs/remotes/theirs")
        if self.git("merge-base", base, "refs/remotes/theirs") != base:
            raise RefusedError(
                f"HEAD holds commits that {one_line(branch)} of the remote does not have: push them first"
            )

    def pushed(self, branch: str) -> str | None:
        """Give the commit that the remote has under a branch's name, and have it here, to be put back if need be."""
        found = self.git("ls-remote", self.remote.url, f"refs/heads/{branch}")
        if not found:
            return None
        self.git("fetch", "--quiet", "--no-tags", self.remote.url, f"+refs/heads/{branch}:refs/remotes/before")
        return self.git("rev-parse", "refs/remotes/before")

    def push(self, commit: str, branch: str, *, instead_of: str | None) -> None:
        """Push, only if the branch is still where it was seen; an empty ``commit`` takes the branch away."""
        reference = f"refs/heads/{branch}"
        lease = f"--force-with-lease={reference}:{instead_of or ''}"
        self.git("push", "--quiet", "--porcelain", lease, self.remote.url, f"{commit}:{reference}")

    def git(self, *arguments: str, data: bytes = b"") -> str:
        """Run git to its end and give what it wrote; RefusedError with its reason where it fails."""
        try:
            done = subprocess.run(
                [self._program, *arguments],
                cwd=self.folder,
                env=self._environment,
                input=data,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RefusedError(f"git {arguments[0]} took longer than {TIMEOUT:.0f} s") from None
        if done.returncode:
            raise RefusedError(f"git {arguments[0]} failed: {_reason(done)}")
        return os.fsdecode(done.stdout).strip()


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    text = (done.stderr + done.stdout).decode(errors="replace")
    lines = [line for line in text.splitlines() if re.search(r"fatal|error|reject|denied|declined|remote:", line)]
    return one_line(" ".join(lines) or text or str(done.returncode), 400)
