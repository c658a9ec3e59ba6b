"""A run kept in a history and told to others, by the command and by pytest; what the command history shows of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audit import snapshot as snapshots
from audit.cli import main
from audit.cli.past import moment
from audit.model import Seen
from tests.nouns import DEV, definition, families, fresh, observation, row, snapshot
from tests.processes import ROOT, run
from tests.reports.notify.server import Answer, serve

if TYPE_CHECKING:
    from pathlib import Path

    from audit.snapshot import Snapshot

SECRET = "/services/very-secret"
ROWS = (row("terraform-planner"), row("terraform-applier"))


def drifting() -> Snapshot:
    """Let dev's planner run an older image."""
    old = definition("ecs-deploy-runner-terraform-planner", f"{ROWS[0].image}:v1.2.0")
    return snapshot(rows=ROWS, observations=(observation(DEV, families=Seen(value=(old, *families(ROWS[1:])))),))


def taken(facts: Snapshot, days_ago: int, folder: Path) -> str:
    """Save a snapshot as if it had been taken some days ago."""
    path = folder / f"{days_ago}.json"
    now = fresh(facts)
    snapshots.save(replace(now, taken_at=now.taken_at - timedelta(days=days_ago)), path)
    return str(path)


def test_nights_of_a_fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Drift, drift, fixed: the history says since when, how long it took; the report draws the trend."""
    url = f"sqlite:///{tmp_path / 'history.db'}"
    results, page = tmp_path / "results.json", tmp_path / "report.html"
    codes = [
        main(["check", "--snapshot", taken(facts, ago, tmp_path), "--history", url, "--report", f"json={results}"])
        for facts, ago in ((drifting(), 3), (drifting(), 2))
    ]
    second = json.loads(results.read_text("utf-8"))
    last = taken(snapshot(rows=ROWS), 0, tmp_path)
    codes.append(main(["check", "--snapshot", last, "--history", url, "--report", f"html={page}"]))
    assert codes == [1, 1, 0]
    drift = [found for found in second["findings"] if found["check"] == "image-tag-drift"]
    assert [found["state"] for found in drift] == ["persisting"]
    assert [point["open"] for point in second["trend"]] == [len(second["findings"])] * 2
    assert "Open findings over 3 runs" in page.read_text("utf-8")
    verdict = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(r"exit 0: .*, \d fixed, 1 of 1 units read", verdict)
    assert main(["history", "--history", url, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(entry["open"] > 0, len(entry["fixed"]) > 0) for entry in told["runs"]] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    (life,) = (life for life in told["findings"] if life["check"] == "image-tag-drift")
    assert (life["state"], life["age_days"]) == ("fixed", 3.0)
    assert told["mean_time_to_remediate"]["hours"] == 72
    assert [point["version"] for point in told["lag"][0]["points"]] == ["v1.2.0", "v1.2.0", "v1.3.0"]
    assert main(["history", "--history", url]) == 0
    shown = capsys.readouterr().out
    assert "mean time to remediate: 3.0 days over" in shown
    assert "v1.3.0, the newest" in shown
    assert main(["history", "--history", url, "--since", "1d", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 1


def test_step_summary_is_told_once_and_knows_the_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On GitHub Actions each run is one summary, with what changed since the one before."""
    summary, url = tmp_path / "summary.md", f"sqlite:///{tmp_path / 'history.db'}"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for ago in (2, 1):
        main(["check", "--snapshot", taken(drifting(), ago, tmp_path), "--history", url])
    text = summary.read_text("utf-8")
    assert text.count("## Pipelines audit\n") == 2
    assert text.count("Since the run of ") == 1


def test_old_runs_are_pruned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The dry run removes nothing; what is removed takes no first day with it, wherever the address is given."""
    url = f"sqlite:///{tmp_path / 'history.db'}"
    for facts, ago in ((drifting(), 40), (drifting(), 2)):
        main(["check", "--snapshot", taken(facts, ago, tmp_path), "--history", url])
    capsys.readouterr()
    command = ["prune", "--keep-days", "30"]
    assert main(["history", *command, "--history", url, "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("would remove 1 run from before ")
    assert main(["history", "--history", url, *command]) == 0
    assert capsys.readouterr().out.startswith("removed 1 run from before ")
    assert main(["history", "--history", url, *command]) == 0
    assert capsys.readouterr().out.startswith("nothing to remove: 1 run in the history")
    assert main(["history", "--history", url, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (life,) = (life for life in told["findings"] if life["check"] == "image-tag-drift")
    assert (len(told["runs"]), round(life["age_days"])) == (1, 38)
    assert main(["history", *command]) == 4


def test_unreachable_history_and_targets_change_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is the verdict's, each failure one line, and no secret is in anything that is written."""
    results = tmp_path / "results.json"
    history = f"postgresql+psycopg://audit:very-secret@/history?host={tmp_path}"
    with serve(lambda _: Answer(status=410)) as server:
        told = ("--notify", f"slack={server.url}{SECRET}", "--history", history)
        facts = taken(drifting(), 0, tmp_path)
        code = main(["check", "--snapshot", facts, *told, "-v", "--report", f"json={results}"])
    assert code == 1
    assert len(server.asked) == 1
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1].startswith("exit 1: ")
    warnings = [line for line in shown.err.splitlines() if "warning: " in line]  # with -v behind the time
    assert [line.partition("warning: ")[2][:17] for line in warnings] == ["history not kept ", "not told: slack a"]
    assert "very-secret" not in shown.out + shown.err + results.read_text("utf-8")


@pytest.mark.parametrize("option", ["--history", "--notify"])
def test_what_cannot_be_one_is_4_before_any_work(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad address is wrong usage at once, and is not quoted."""
    assert main(["check", "--infra-live", "/nowhere", option, "very-secret"]) == 4
    shown = capsys.readouterr().err
    assert option in shown
    assert "very-secret" not in shown


@pytest.mark.parametrize("key", ["history = 'sqlite:///x.db'", "notify = ['slack=https://example.com/secret']"])
def test_audited_repository_sets_neither(key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What sends or writes something is never read from the audited repository."""
    (tmp_path / "pipelines-audit.toml").write_text(key, encoding="utf-8")
    assert main(["check", "--infra-live", str(tmp_path)]) == 4
    assert "is not read from the audited repository" in capsys.readouterr().err
    assert not (tmp_path / "x.db").exists()


def test_pytest_keeps_and_tells_too(tmp_path: Path) -> None:
    """The second door writes the same history and sends the same message."""
    url = f"sqlite:///{tmp_path / 'history.db'}"
    with serve(lambda _: Answer()) as server:
        ended = run(
            "pytest",
            *("-c", ROOT / "pyproject.toml", ROOT / "checks", f"--snapshot={taken(drifting(), 0, tmp_path)}"),
            f"--history={url}",
            PIPELINES_AUDIT_NOTIFY=f"slack={server.url}{SECRET}",
            XDG_CACHE_HOME=str(tmp_path),
        )
    assert ended.returncode == 1, ended.stdout
    assert [asked.path for asked in server.asked] == [SECRET]
    assert "very-secret" not in ended.stdout + ended.stderr
    assert json.loads(run("pipelines-audit", "history", "--history", url, "--json").stdout)["runs"][0]["exit_code"] == 1


def test_pytest_says_what_it_could_not_keep_or_tell(tmp_path: Path) -> None:
    """A line each, and the exit code of the verdict."""
    with serve(lambda _: Answer(status=410)) as server:
        ended = run(
            "pytest",
            *("-c", ROOT / "pyproject.toml", ROOT / "checks", f"--snapshot={taken(drifting(), 0, tmp_path)}"),
            f"--history=sqlite:///{tmp_path}/missing/history.db",
            f"--notify=webhook={server.url}{SECRET}",
        )
    assert ended.returncode == 1, ended.stdout
    assert "warning: history not kept in" in ended.stdout
    assert "warning: not told: webhook at 127.0.0.1: it answers 410" in ended.stdout


def test_pytest_refuses_a_bad_target(tmp_path: Path) -> None:
    """Wrong usage is 4 there too."""
    ended = run(
        "pytest",
        *("-c", ROOT / "pyproject.toml", ROOT / "checks", f"--snapshot={taken(drifting(), 0, tmp_path)}"),
        "--notify=teams=very-secret",
    )
    assert ended.returncode == 4
    assert "--notify: give it as slack=URL" in ended.stdout + ended.stderr


def test_history_needs_an_address(capsys: pytest.CaptureFixture[str]) -> None:
    """Without one there is nothing to show."""
    assert main(["history"]) == 4
    assert "which history: give --history" in capsys.readouterr().err


def test_history_without_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty database has no runs yet."""
    (tmp_path / "empty.db").touch()
    for more, words in (((), "no runs yet\n"), (("--json",), '"as_of": null')):
        assert main(["history", "--history", f"sqlite:///{tmp_path / 'empty.db'}", *more]) == 0
        assert words in capsys.readouterr().out


NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T02:00:00+02:00", datetime(2026, 11, 1, tzinfo=UTC)),
        ("30d", NOW - timedelta(days=30)),
    ],
)
def test_since(text: str, when: datetime) -> None:
    """Days, moments and numbers of days."""
    assert moment(text, NOW) == when


@pytest.mark.parametrize("text", ["yesterday", "d", "-3d", "99999999d", "0001-01-01T00:00:00+14:00"])
def test_since_what(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Anything else is wrong usage."""
    assert main(["history", "--history", "sqlite:///x.db", "--since", text]) == 4
    assert "give a day such as 2026-11-01" in capsys.readouterr().err
