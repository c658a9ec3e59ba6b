"""The message for Slack: blocks of plain text, so that nothing in it is a link, a mention or markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from audit.text import neutral, one_line
from reports.notify.changes import blocks

if TYPE_CHECKING:
    from audit.verdict.results import Results
    from reports.notify.changes import Changes

_LINES: Final = 12
_HEADER: Final = 150  # characters, by Slack's own limit; a section may have 3,000
_SECTION: Final = 2900


def message(results: Results, found: Changes) -> dict[str, Any]:
    """Make the payload of an incoming webhook."""
    verdict = one_line(results.verdict, 600)
    parts = [_section(f"{verdict}\n{found.summary}")]
    parts += [
        _section("\n".join([f"{block.title}:", *(f"• {line}" for line in block.lines)]))
        for block in blocks(results, found, _LINES)
    ]
    return {
        "text": escaped(f"Pipelines audit: {verdict}; {found.summary}"),
        "mrkdwn": False,
        "unfurl_links": False,
        "blocks": [{"type": "header", "text": _plain("Pipelines audit", _HEADER)}, *parts],
    }


def escaped(text: str) -> str:
    """Escape the three characters that steer Slack: without them there is no link and no mention."""
    return neutral(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(text, _SECTION)}


def _plain(text: str, limit: int) -> dict[str, Any]:
    shown = escaped(text)
    if len(shown) > limit:
        shown = shown[: limit - 1].rpartition("\n")[0] + "\n…"
    return {"type": "plain_text", "text": shown, "emoji": False}
