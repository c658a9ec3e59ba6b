"""A pull request by GitHub's API: an open one for the same change is brought up to date, never doubled.

Everything that can be refused is asked before the first thing is changed; what was pushed is taken away again where
the request itself then fails. The token goes to the configured host alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import requests

from audit.errors import RefusedError
from audit.released.address import demand_allowed
from audit.released.github import TIMEOUT, authorise, proxies
from audit.remedy.grammar import valid
from audit.text import one_line

if TYPE_CHECKING:
    from audit.remedy.branch import Remote, Workshop

MARK = "<!-- made by pipelines-audit plan -->"
MOST_BODY = 60_000
_MOST_BYTES = 5_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Hub:
    """The API's address, the repository there, and the token."""

    url: str
    repository: str
    token: str = field(repr=False)

    def default_branch(self) -> str:
        """Name the branch that requests go to; RefusedError where the token may not do what is to be done."""
        found = self.ask("GET", "")
        if found.get("permissions", {}).get("push") is False:
            raise self.refused("the token may read it but not push: it needs the scope repo, or contents: write")
        branch = found.get("default_branch")
        if not isinstance(branch, str):
            raise self.refused("did not say which branch is the default")
        return valid("branch", branch)

    def open_request(self, branch: str) -> dict[str, Any] | None:
        """Find the open request from a branch; RefusedError where it is somebody else's."""
        owner = self.repository.partition("/")[0]
        found = self.ask("GET", f"/pulls?state=open&head={quote(f'{owner}:{branch}')}")
        same = [one for one in found if one.get("head", {}).get("ref") == branch] if isinstance(found, list) else []
        for one in same:
            if MARK not in (one.get("body") or ""):
                raise self.refused(f"pull request {one.get('number')} comes from {branch} and is not of this tool")
        return same[0] if same else None

    def ask(self, method: str, path: str, content: dict[str, str] | None = None) -> Any:  # noqa: ANN401 -- JSON
        """Ask the API; RefusedError with the reason for anything but success."""
        url = f"{self.url.rstrip('/')}/repos/{self.repository}{path}"
        demand_allowed(self.url)
        try:
            with requests.request(
                method,
                url,
                json=content,
                headers={"Accept": "application/vnd.github+json"},
                auth=authorise(self.token),
                proxies=proxies(url),
                allow_redirects=False,
                stream=True,
                timeout=TIMEOUT,
            ) as response:
                body = response.raw.read(_MOST_BYTES, decode_content=True)
                return self._answer(method, response.status_code, body)
        except requests.RequestException as error:
            raise self.refused(f"could not be asked ({type(error).__name__}); try again later") from None

    def _answer(self, method: str, status: int, body: bytes) -> Any:  # noqa: ANN401 -- JSON
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        if status in (200, 201) and found is not None:
            return found
        said = found.get("message", "") if isinstance(found, dict) else ""
        faults = found.get("errors", []) if isinstance(found, dict) else []
        more = [str(one.get("message") or one) if isinstance(one, dict) else str(one) for one in faults or []]
        words = {
            401: "the token is not accepted: it has expired or is mistyped",
            403: "the token lacks the scope or the permission for it",
            404: "no such repository, or the token may not see it",
        }
        reason = words.get(status, f"answered {status} to {method}")
        raise self.refused(": ".join([reason, *(one_line(str(text), 200) for text in (said, *more) if text)]))

    def refused(self, reason: str) -> RefusedError:
        """Give the error that says what GitHub would not do."""
        return RefusedError(f"{urlsplit(self.url).hostname}, {self.repository}: {reason}")


def hub_of(url: str, repository: str | None, remote: Remote, token: str | None) -> Hub:
    """Find the repository to ask; RefusedError without a token, or where the remote is of another host."""
    if token is None:
        raise RefusedError("no token to open a pull request with: set GITHUB_TOKEN")
    if repository is not None:
        return Hub(url=url, repository=repository, token=token)
    host = urlsplit(url).hostname or ""
    if remote.repository is None or remote.host not in (host, host.removeprefix("api.")):
        raise RefusedError(
            f"the remote 'origin' is no repository of {host}: say which by --infra-live-repo OWNER/NAME, "
            "or give the API's address by --github-url"
        )
    return Hub(url=url, repository=remote.repository, token=token)


def hand_in(  # noqa: PLR0913 -- the parts of a request, all by name
    hub: Hub, workshop: Workshop, *, commit: str, base: str, branch: str, target: str, title: str, body: str
) -> str:
    """Push the commit to its branch and open the request, or bring the open one up to date; gives its address."""
    text = body if len(body) <= MOST_BODY else f"{body[:MOST_BODY]}\n\n… (cut: the whole plan is longer)"
    content = {"title": title, "body": f"{text}\n\n{MARK}\n"}
    workshop.demand_merged(base, target)
    before, existing = workshop.pushed(branch), hub.open_request(branch)
    if before is not None and before != commit and existing is None:
        raise RefusedError(f"the remote has a branch {branch} already, without an open pull request: delete it first")
    if before != commit:
        workshop.push(commit, branch, instead_of=before)
    try:
        if existing is not None:
            return _address(hub.ask("PATCH", f"/pulls/{int(existing['number'])}", content))
        return _address(hub.ask("POST", "/pulls", {**content, "head": branch, "base": target}))
    except RefusedError:
        if before is None:
            workshop.push("", branch, instead_of=commit)
        elif before != commit:
            workshop.push(before, branch, instead_of=commit)
        raise


def _address(found: dict[str, Any]) -> str:
    return one_line(str(found.get("html_url") or f"pull request {found.get('number')}"), 300)
