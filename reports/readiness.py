"""The checklist before an upgrade as data: its lines in the order in which they are worked off, and what mends them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from audit.text import one_line
from audit.verdict import ruling
from audit.verdict.mends import parts
from reports.causes import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from audit.verdict.finding import Finding
    from audit.verdict.results import Results

SCHEMA_VERSION = 1

_SEE = re.compile(r"\bsee (?P<check>[a-z]+(?:-[a-z]+)+)\b")

State: TypeAlias = Literal["go", "no-go", "warning", "unknown", "waived", "error", "not applicable"]

SECTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "workstation": {
        "inside-the-runner": "not a task of the runner",
        "tool-inside-repository": "no tool from the repository",
        "tool-missing": "tools on PATH",
        "tool-too-old": "tools new enough",
        "tool-differs-from-runner": "tools as the runner's",
        "region-not-set": "region set",
    },
    "checkout": {
        "branch-not-default": "on the default branch",
        "branch-behind": "up to date",
        "worktree-not-clean": "working tree clean",
    },
    "token": {
        "github-token-not-set": "GITHUB_OAUTH_TOKEN set",
        "github-token-refused": "token valid",
        "github-token-lacks-scope": "token has its scope",
        "github-token-sees-no-release": "token reads the target",
        "github-token-ends-soon": "token lasts",
    },
    "identity": {
        "identity-of-a-machine": "a person's identity",
        "identity-cannot-call-iam": "may call IAM",
        "identity-ends-too-soon": "session lasts",
        "identity-may-not-invoke": "may start the invoker",
        "identity-may-not-update": "may change the invoker",
    },
    "target": {
        "target-not-released": "target is released",
        "target-known-bad": "target is not known bad",
        "target-older-than-running": "target is not older",
        "upgrade-barrier": "no barriers on the way",
    },
    "builds": {
        "image-not-buildable": "images there or buildable",
        "kaniko-too-old": "kaniko new enough",
        "module-ref-too-old": "module ref new enough",
        "build-without-env-secret": "builds pass --env-secret",
        "build-args-not-kept": "build arguments kept",
        "invoker-pattern-broken": "invoker's rules can be read",
        "invoker-refuses-env-secret": "invoker takes --env-secret",
        "invoker-refuses-repository": "invoker takes the repository",
        "invoker-refuses-ref": "invoker takes the target",
        "invoker-refuses-option": "invoker takes the options",
    },
    "fleet": {
        "fleet-not-read": "fleet read",
        "task-in-flight": "no task in flight",
        "image-not-pullable": "pull policy covers all",
        "apply-outstanding": "no apply outstanding",
        "pin-moves-along": "pins at the target",
    },
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One thing that is not right with a line: where, what, and how to mend it."""

    state: State
    severity: str
    where: str
    subject: str
    message: str
    mend: str
    command: str | None
    location: str | None

    @property
    def sentence(self) -> str:
        """Where, what and at which place, each once, in one line; of what could not be read without the command."""
        is_told = self.subject in self.message or self.subject.replace("/", " ") == self.where
        where = [one_line(part, 80) for part in (self.where, "" if is_told else self.subject) if part]
        place = f" ({one_line(self.location, 120)})" if self.location else ""
        words = parts(self.message)[0] if self.state == "unknown" else self.message
        return ": ".join([*where, one_line(words)]) + place


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the checklist: ``what`` should be so, ``seen`` what was found where it is."""

    section: str
    check: str
    what: str
    state: State
    seen: str
    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A line as it is told: its items by what mends them, and those that are told under another line, by its words."""

    line: Line
    mends: tuple[tuple[Item, ...], ...]
    again: tuple[tuple[str, tuple[Item, ...]], ...]


def told_once(results: Results) -> Iterator[Told]:
    """Give the lines; what could not be read and stands under one of them is only named under the others."""
    told: dict[tuple[str, str], str] = {}
    for line in lines(results):
        mends: dict[tuple[str, str | None], list[Item]] = {}
        again: dict[str, list[Item]] = {}
        for item in line.items:
            above = told.setdefault((item.where, item.message), line.what) if item.state == "unknown" else line.what
            if above == line.what:
                mends.setdefault((item.mend, item.command), []).append(item)
            else:
                again.setdefault(above, []).append(item)
        yield Told(
            line=line,
            mends=tuple(tuple(items) for items in mends.values()),
            again=tuple((above, tuple(items)) for above, items in again.items()),
        )


def lines(results: Results) -> tuple[Line, ...]:
    """Give a line for each check that ran, in the order in which they are worked off; those of others come last."""
    by_check: dict[str, list[Finding]] = defaultdict(list)
    for finding in results.findings:
        by_check[finding.check].append(finding)
    passed = {one.check for one in results.passes}
    quiet = {one.check for one in results.not_applicable}
    ran = [note.id for note in results.checks]
    note = results.readiness
    seen, reasons = (note.seen, note.reasons) if note else ({}, {})
    known = {check for section in SECTIONS.values() for check in section}
    places = [(name, check, what) for name, section in SECTIONS.items() for check, what in section.items()]
    places += [("others", check, check) for check in ran if check not in known]
    found = []
    for section, check, what in places:
        if check in ran:
            items = tuple(_item(finding) for finding in by_check[check])
            state = _worst(items) if items else "go" if check in passed or check not in quiet else "not applicable"
            text = _labelled({"go": seen, "not applicable": reasons}.get(state, {}).get(check, ""))
            found.append(Line(section=section, check=check, what=what, state=state, seen=text, items=items))
    return tuple(found)


def _labelled(text: str) -> str:
    """Say ``see CHECK`` by the words of its line."""
    labels = {check: what for section in SECTIONS.values() for check, what in section.items()}
    return _SEE.sub(lambda found: f'see "{labels.get(found["check"], found["check"])}"', text)


def document(results: Results) -> dict[str, Any]:
    """Give what ``ready --json`` prints."""
    note = results.readiness
    verdict = {0: "GO", 1: "NO-GO", 10: "NO-GO (unknown)"}.get(results.exit_code, "NO-GO")
    listed = lines(results)
    plain = [asdict(line) for line in listed]
    items = [{"check": line.check, "what": line.what} | asdict(item) for line in listed for item in line.items]
    blocking = {"critical", "high"}
    return {
        "schema_version": SCHEMA_VERSION,
        "to": note.to if note else None,
        "verdict": verdict,
        "exit_code": results.exit_code,
        "words": results.verdict,
        "blockers": [item for item in items if item["state"] in ("no-go", "error")],
        "unread": [item for item in items if item["state"] == "unknown" and item["severity"] in blocking],
        "warnings": [
            item
            for item in items
            if item["state"] == "warning" or (item["state"] == "unknown" and item["severity"] not in blocking)
        ],
        "lines": plain,
        "routes": [asdict(route) for route in note.routes] if note else [],
    }


def fix_list(results: Results) -> Iterator[tuple[tuple[str, ...], tuple[Item, ...]]]:
    """Give what is to be done, in order, each once: the checks that ask for it, and all that one mend is for."""
    grouped: dict[tuple[str, str | None], list[tuple[str, Item]]] = {}
    for line in lines(results):
        for item in line.items:
            if item.state != "waived":
                grouped.setdefault((item.mend, item.command), []).append((line.check, item))
    for pairs in grouped.values():
        yield tuple(dict.fromkeys(check for check, _ in pairs)), tuple(item for _, item in pairs)


def _item(finding: Finding) -> Item:
    if finding.outcome == "unknown":
        # It says itself what to do about it: nobody knows whether the check's own remedy is needed.
        words, command = parts(finding.message)
        mend = words if command else words.rpartition("; ")[2]
    else:
        mend, command = parts(finding.remedy)
    return Item(
        state=_state(finding),
        severity=finding.severity,
        where=place(finding) if finding.account or finding.account_id else "",
        subject=finding.subject,
        message=finding.message,
        mend=mend,
        command=command,
        location=str(finding.location) if finding.location else None,
    )


def _state(finding: Finding) -> State:
    if finding.outcome == "fail":
        return "no-go" if ruling.is_blocker(finding) else "warning"
    return "unknown" if finding.outcome == "unknown" else "waived" if finding.outcome == "waived" else "error"


def _worst(items: tuple[Item, ...]) -> State:
    order: tuple[State, ...] = ("error", "no-go", "unknown", "warning", "waived")
    return next(state for state in order if any(item.state == state for item in items))
