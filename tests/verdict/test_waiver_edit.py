"""An entry is written behind the others: every other byte stays, and what would not hold is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import AuditError, UsageError
from audit.verdict.waiver_edit import Entry, add, next_id
from audit.verdict.waiver_file import Rules, read
from tests.verdict.test_waiver_file import WHOLE

TODAY = date(2026, 11, 24)
RULES = Rules(today=TODAY, known={"image-tag-drift": "image-tag-drift", "family-missing": "family-missing"})
ENTRY = Entry(
    id="W-2026-008",
    check=("image-tag-drift",),
    reason="r",
    owner="o",
    created="2026-11-24",
    expires="2026-12-24",
)
LINES = """\
  - id: W-2026-008
    check: image-tag-drift
    reason: r
    owner: o
    created: 2026-11-24
    expires: 2026-12-24
"""
WAIVERS = WHOLE[: WHOLE.index("exclusions:")]
BRACKETS = "version: 1\nwaivers: [{id: a, check: family-missing, reason: r, owner: o, expires: 2026-12-01}]\n"
EXCLUSIONS = WHOLE[WHOLE.index("exclusions:") :]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", f"version: 1\nwaivers:\n{LINES}", id="no file yet"),
        pytest.param("# why\n", f"# why\nversion: 1\nwaivers:\n{LINES}", id="comments alone"),
        pytest.param(WAIVERS, WAIVERS + LINES, id="at the end of the file"),
        pytest.param(WAIVERS + "# end\n\n", WAIVERS + "# end\n\n" + LINES, id="behind the last comment"),
        pytest.param(WAIVERS.rstrip("\n"), WAIVERS + LINES, id="no newline at the end"),
        pytest.param(WHOLE, WAIVERS + LINES + EXCLUSIONS, id="before what follows"),
        pytest.param(
            WAIVERS + "\n# closed accounts\n" + EXCLUSIONS,
            WAIVERS + LINES + "\n# closed accounts\n" + EXCLUSIONS,
            id="before the comment of what follows",
        ),
        pytest.param("version: 1\n" + EXCLUSIONS, f"version: 1\n{EXCLUSIONS}waivers:\n{LINES}", id="a list of its own"),
        pytest.param("version: 1\nwaivers: []\n", f"version: 1\nwaivers:\n{LINES}", id="empty list"),
        pytest.param(
            "version: 1\nwaivers: [] # none\n", f"version: 1\nwaivers: # none\n{LINES}", id="its comment stays"
        ),
        pytest.param(
            "waivers: []\nversion: 1\n" + EXCLUSIONS,
            f"waivers:\n{LINES}version: 1\n{EXCLUSIONS}",
            id="empty list first",
        ),
        pytest.param(
            WAIVERS.replace("\n  ", "\n"),
            WAIVERS.replace("\n  ", "\n") + LINES.replace("\n  ", "\n").removeprefix("  "),
            id="not indented",
        ),
        pytest.param(
            WAIVERS.replace("\n", "\r\n"), (WAIVERS + LINES).replace("\n", "\r\n"), id="lines as Windows has them"
        ),
        pytest.param("\ufeff" + WAIVERS, "\ufeff" + WAIVERS + LINES, id="byte order mark"),
    ],
)
def test_every_other_byte_stays(before: str, after: str) -> None:
    """The entry stands behind the last waiver, indented as it, with its line ends."""
    assert add(before, ENTRY, name="w.yaml", rules=RULES) == after


def test_each_key_is_written() -> None:
    """Only what is given, lists in brackets, and quotes where YAML would read something else."""
    whole = replace(
        ENTRY,
        check=("image-tag-drift", "family-missing"),
        accounts=("prod", "012345678901"),
        regions=("us-west-2",),
        containers=("terraform-planner",),
        declared="v1.3.0",
        running="1.10",
        reason="line one\nline 'two': \"three\" # no comment ünï\u202e",
        owner="yes",
        ticket="7",
    )
    text = add("", whole, name="w.yaml", rules=RULES)
    (found,) = read(text, name="w.yaml", rules=RULES).waivers
    assert (found.checks, found.accounts, found.regions) == (whole.check, whole.accounts, whole.regions)
    assert (found.containers, found.declared, found.running) == (whole.containers, whole.declared, whole.running)
    assert (found.reason, found.owner, found.ticket) == (whole.reason, whole.owner, whole.ticket)
    assert (found.created, found.expires) == (TODAY, date(2026, 12, 24))
    assert text.count("\n") == 13


@pytest.mark.parametrize(
    ("before", "entry", "said"),
    [
        pytest.param(WHOLE, replace(ENTRY, id="W-2026-007"), "is taken by the waiver of line 3", id="taken id"),
        pytest.param("", replace(ENTRY, check=("zzz",)), "no check has the id", id="unknown check"),
        pytest.param("", replace(ENTRY, accounts=("*",)), "write each name out", id="star"),
        pytest.param("", replace(ENTRY, expires="2027-03-24"), "more than 90 days ahead", id="too long"),
        pytest.param("", replace(ENTRY, expires="x: y"), "invalid YAML", id="what is no day"),
        pytest.param("", replace(ENTRY, expires="2026-12-24\n    ticket: t\n  - id: W-9"), "missing", id="injection"),
        pytest.param("", replace(ENTRY, reason=" "), "reason: is empty", id="no reason"),
        pytest.param("version: 2\n", ENTRY, "version 1", id="a file with faults"),
        pytest.param(BRACKETS, ENTRY, "written in brackets", id="a list in brackets"),
        pytest.param(WAIVERS + "...\n", ENTRY, "w.yaml:", id="behind the end of the document"),
    ],
)
def test_what_would_not_hold_is_refused(before: str, entry: Entry, said: str) -> None:
    """What lint would refuse is not written."""
    with pytest.raises(UsageError, match=said):
        add(before, entry, name="w.yaml", rules=RULES)


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        pytest.param("", "W-2026-001", id="first"),
        pytest.param("# nothing\n", "W-2026-001", id="comments alone"),
        pytest.param(WHOLE, "W-2026-008", id="next"),
        pytest.param(WHOLE.replace("W-2026-007", "W-2025-020"), "W-2026-001", id="a new year"),
        pytest.param(WHOLE.replace("W-2026-007", "W-2026-x"), "W-2026-001", id="no number"),
    ],
)
def test_the_next_id(text: str, id_: str) -> None:
    """One more than the highest of the year."""
    assert next_id(text, name="w.yaml", rules=RULES) == id_


TEXTS = st.text(min_size=1, max_size=20)


@settings(max_examples=150, deadline=None)
@given(reason=TEXTS, owner=TEXTS, accounts=st.lists(TEXTS, max_size=2), running=st.none() | TEXTS)
def test_what_is_written_is_read_as_it_was_meant(
    reason: str, owner: str, accounts: list[str], running: str | None
) -> None:
    """Any text comes back as it was given, or is refused; the rest of the file stays."""
    entry = replace(ENTRY, reason=reason, owner=owner, accounts=tuple(dict.fromkeys(accounts)), running=running)
    try:
        text = add(WHOLE, entry, name="w.yaml", rules=RULES)
    except AuditError:
        return
    found = read(text, name="w.yaml", rules=RULES).waivers[-1]
    assert (found.reason, found.owner, found.accounts, found.running) == (reason, owner, entry.accounts, running)
    assert text.startswith(WAIVERS)
    assert text.endswith(EXCLUSIONS)
