"""One issue on GitHub for a fleet: found again by a mark in its text, kept up to date, closed when all is well."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from audit.released.address import same_place
from audit.text import one_line
from reports import markdown
from reports.notify.changes import blocks
from reports.notify.post import Answer, UntoldError, send

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from audit.verdict.results import Results
    from reports.notify.changes import Changes
    from reports.notify.targets import Issue

LABEL: Final = "pipelines-audit"
_PAGES: Final = 10
_LINES: Final = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The issue as it is."""

    number: int
    title: str
    body: str
    is_open: bool


def tell(session: requests.Session, target: Issue, results: Results, found: Changes) -> None:
    """Open, update, or close the issue; a comment says what changed, and so tells those who follow it.

    Raises UntoldError.
    """
    if target.token is None:
        raise UntoldError("set GITHUB_TOKEN to a token that may write issues there")
    well = results.exit_code == 0
    known = find(session, target, mark(results))
    title, body = title_of(results), body_of(results)
    if known is None:
        if not well:
            _send(session, "POST", target, "", {"title": title, "body": body, "labels": [LABEL]})
        return
    wanted = {"title": title, "body": body, "state": "closed" if well else "open"}
    if (known.title, known.body.replace("\r\n", "\n"), known.is_open) != (title, body, not well):
        _send(session, "PATCH", target, f"/{known.number}", wanted)
    if found or known.is_open == well:
        _send(session, "POST", target, f"/{known.number}/comments", {"body": comment_of(results, found)})


def find(session: requests.Session, target: Issue, marked: str) -> Found | None:
    """Find the issue with the mark: among those with our label, else among the open ones; the oldest counts."""
    for query in ({"labels": LABEL, "state": "all"}, {"state": "open"}):
        for item in _listed(session, target, query):
            body = item.get("body")
            if isinstance(body, str) and marked in body and "pull_request" not in item:
                return _found(item, body)
    return None


def mark(results: Results) -> str:
    """Make the mark of a fleet: runs with another scope or selection have an issue of their own."""
    which = f"{results.run.scope}|{results.run.selection.words}"
    return f"<!-- pipelines-audit {hashlib.sha256(which.encode(errors='backslashreplace')).hexdigest()[:16]} -->"


def title_of(results: Results) -> str:
    """Make the title: the verdict in words."""
    return f"Pipelines audit: {one_line(results.verdict.partition(': ')[2] or results.verdict, 200)}"


def body_of(results: Results) -> str:
    """Say how the fleet stands, with the mark first: what is cut for length is cut at the end."""
    return f"{mark(results)}\n{markdown.render(results, limit=markdown.COMMENT_LIMIT - 200)}".rstrip("\n")


def comment_of(results: Results, found: Changes) -> str:
    """Say what changed."""
    lines = [f"**{markdown.escaped(results.verdict, 600)}**", "", markdown.escaped(found.summary)]
    for block in blocks(results, found, _LINES):
        lines += ["", f"**{block.title}**", "", *(f"- {markdown.escaped(line)}" for line in block.lines)]
    return "\n".join(lines)


def _listed(session: requests.Session, target: Issue, query: dict[str, str]) -> Iterator[dict[str, Any]]:
    words = urlencode({**query, "per_page": "100", "sort": "created", "direction": "asc"})
    url: str | None = f"{target.api}/repos/{target.repository}/issues?{words}"
    for _ in range(_PAGES):
        if url is None:
            return
        answer = send(session, "GET", url, token=target.token)
        if not isinstance(answer.body, list):
            raise UntoldError("it answers with something that is no list of issues")
        yield from (item for item in answer.body if isinstance(item, dict))
        url = answer.following
        if url is not None and not same_place(url, target.api):
            raise UntoldError("its next page is on another host, which is not asked")


def _found(item: dict[str, Any], body: str) -> Found:
    number, title = item.get("number"), item.get("title")
    if not isinstance(number, int) or not isinstance(title, str):
        raise UntoldError("it answers with an issue that has no number or no title")
    return Found(number=number, title=title, body=body, is_open=item.get("state") == "open")


def _send(session: requests.Session, method: str, target: Issue, path: str, payload: dict[str, Any]) -> Answer:
    return send(session, method, f"{target.api}/repos/{target.repository}/issues{path}", payload, target.token)
