"""The exit code and its sentence: what beats what, and which words scripts may look for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Settings
from audit.snapshot import Snapshot, sha256
from audit.verdict.check import Check, Judgement, Subject
from audit.verdict.conclusion import Occasion, conclude, exit_of
from audit.verdict.finding import OUTCOMES, Finding, Outcome
from audit.verdict.judging import finding
from audit.verdict.ledger import Ended, Entry
from audit.verdict.left_out import keep
from audit.verdict.releases import Releases
from audit.verdict.results import Coverage, from_json, to_json
from audit.verdict.waivers import Waivers
from tests.nouns import NOW, gap, snapshot

if TYPE_CHECKING:
    from audit.model import SeverityName

WHOLE = Coverage(expected=6, complete=6, partial=0, unread=0, excluded=0, read=6, gaps=())
SHORT = Coverage(expected=6, complete=5, partial=0, unread=1, excluded=0, read=5, gaps=(gap(),))
ENDED = Ended(expected=1, reason=None)


def found(outcome: Outcome = "fail", severity: SeverityName = "high", check: str = "image-tag-drift") -> Finding:
    """Make one finding."""
    record = Check(
        id=check, severity=severity, title="t", why="w", remedy="mend", needs=frozenset(), controls=("NIST CM-2",)
    )
    return finding(record, Judgement(subject=Subject(name="s", account="dev"), outcome=outcome, message="m"))


def summary(**counts: int) -> dict[Outcome, int]:
    """Count outcomes, one pass unless told otherwise."""
    return {**dict.fromkeys(OUTCOMES, 0), "pass": 1, **counts}  # type: ignore[dict-item]  # the names are outcomes


@pytest.mark.parametrize(
    ("counts", "findings", "covered", "ended", "settings", "code", "words"),
    [
        pytest.param({}, (), WHOLE, ENDED, Settings(), 0, "exit 0: in sync, 6 of 6 units read", id="0"),
        pytest.param(
            {"fail": 1}, (found(),), WHOLE, ENDED, Settings(fail_on="high"), 1, "exit 1: 1 finding ≥ high", id="1"
        ),
        pytest.param(
            {"fail": 2, "unknown": 3},
            (found(), found(severity="critical")),
            SHORT,
            ENDED,
            Settings(account=("prod*",)),
            1,
            "exit 1: 2 findings ≥ low, 1 of 6 units unread (selection: --account 'prod*')",
            id="findings beat incomplete",
        ),
        pytest.param(
            {"fail": 1},
            (found(severity="low"),),
            WHOLE,
            ENDED,
            Settings(fail_on="medium"),
            0,
            "exit 0: no findings ≥ medium, 6 of 6 units read",
            id="below the level",
        ),
        pytest.param(
            {"unknown": 3},
            (),
            SHORT,
            ENDED,
            Settings(),
            10,
            "exit 10: no findings ≥ low, 5 of 6 units read, 3 judgements unknown",
            id="10",
        ),
        pytest.param(
            {}, (), SHORT, ENDED, Settings(), 10, "exit 10: no findings ≥ low, 5 of 6 units read", id="a gap alone"
        ),
        pytest.param(
            {"fail": 1, "unknown": 9},
            (found(),),
            replace(SHORT, read=0, complete=0, unread=6),
            ENDED,
            Settings(),
            10,
            "exit 10: nothing could be read, 1 finding ≥ low, 0 of 6 units read, 9 judgements unknown",
            id="no usable credentials for anything",
        ),
        pytest.param(
            {"error": 1, "fail": 1},
            (found(), found("error")),
            WHOLE,
            ENDED,
            Settings(),
            3,
            "exit 3: 1 check ended with an error of its own, 1 finding ≥ low",
            id="a bug beats findings",
        ),
        pytest.param(
            {"fail": 1},
            (found(),),
            WHOLE,
            Ended(expected=9, reason="stopped by a signal"),
            Settings(),
            2,
            "exit 2: interrupted, stopped by a signal, 1 finding ≥ low",
            id="interrupted",
        ),
        pytest.param({"pass": 0}, (), WHOLE, ENDED, Settings(), 5, "exit 5: nothing was judged", id="zero work"),
        pytest.param(
            {"waived": 1},
            (found("waived"),),
            WHOLE,
            ENDED,
            Settings(),
            0,
            "exit 0: no findings ≥ low, 1 waived, 6 of 6 units read",
            id="waived",
        ),
    ],
)
def test_exit(  # noqa: PLR0917 -- one row of the table
    counts: dict[str, int],
    findings: tuple[Finding, ...],
    covered: Coverage,
    ended: Ended,
    settings: Settings,
    code: int,
    words: str,
) -> None:
    """Each state of a run has one code and one sentence."""
    assert exit_of(summary(**counts), findings, covered, ended, settings) == (code, words)


def rules(facts: Snapshot) -> Releases:
    """Judge by the snapshot's own releases, today."""
    return Releases(released=facts.released, today=NOW.date(), max_age_days=90)


def occasion() -> Occasion:
    """Judge a small fleet now."""
    facts = snapshot()
    return Occasion(
        id="r1",
        judged_at=NOW,
        settings=Settings(),
        config_sha256=None,
        snapshot=facts,
        snapshot_sha256=sha256(facts),
        releases=rules(facts),
    )


def test_results_are_sorted_and_round_trip() -> None:
    """Worst first whatever the order of the ledger; JSON gives back the same results."""
    bad, unknown = found(), found("unknown")
    entries = (
        Entry(nodeid="a", check="x", unit="dev/us-west-2", outcome="pass", findings=()),
        Entry(nodeid="b", check="y", unit="dev/us-west-2", outcome="unknown", findings=(unknown,)),
        Entry(nodeid="c", check="z", unit="dev/us-west-2", outcome="fail", findings=(bad,)),
        Entry(nodeid="d", check="w", unit="dev/us-west-2", outcome="not_applicable", findings=()),
    )
    results = conclude(occasion(), keep(snapshot(), Waivers(), NOW.date()), entries, Ended(expected=4, reason=None))
    assert [one.outcome for one in results.findings] == ["fail", "unknown"]
    assert results.summary == {"error": 0, "fail": 1, "unknown": 1, "waived": 0, "pass": 1, "not_applicable": 1}
    assert [(one.check, one.unit) for one in results.passes] == [("x", "dev/us-west-2")]
    assert from_json(to_json(results), name="r") == results
    assert to_json(results) == to_json(from_json(to_json(results), name="r"))


def test_fingerprint_has_no_names() -> None:
    """A renamed account keeps its findings; another container has its own."""
    one = found()
    assert one.id == replace(one, account="renamed").id
    record = Check(id="c", severity="low", title="", why="", remedy="", needs=frozenset(), controls=())
    ids = {
        finding(record, Judgement(subject=Subject(name="s", container=name), outcome="fail", message=message)).id
        for name, message in (("a", "m"), ("a", "other words"), ("b", "m"))
    }
    assert len(ids) == 2
