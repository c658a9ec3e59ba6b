"""The demo runs the main job and is as strict about the outcome as its table."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from audit.cli import main
from audit.demo import folder
from audit.demo.run import compare, conclude, main_job, program, run
from audit.demo.scenario import DRIFTED, EXPECTED
from audit.verdict.results import to_json
from tests.demo.made import finding, results
from tests.threads import left_since

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from audit.demo.run import Judge
    from audit.verdict.finding import Finding


def _noting(judge: Judge, seen: list[str]) -> Judge:
    """Note what the judge is given and told by the environment, and let it judge."""

    def noting(argv: Sequence[str]) -> int:
        seen.extend([*argv, os.environ["AWS_ENDPOINT_URL"]])
        return judge(argv)

    return noting


RIGHT = [finding(one) for one in sorted(EXPECTED, key=str)]


def test_finds_what_was_seeded_and_leaves_nothing_running(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The main job itself: 0, sample and reports stay; the port is closed, threads and settings are as before."""
    monkeypatch.setenv("PIPELINES_AUDIT_ACCOUNT", "nobody")
    monkeypatch.setenv("AWS_PROFILE", "your-prod")
    said: list[str] = []
    seen: list[str] = []
    threads, settings = set(threading.enumerate()), dict(os.environ)
    assert run(tmp_path, judge=_noting(main, seen), say=said.append) == 0, "\n".join(said)
    *argv, endpoint = seen
    assert tuple(argv) == main_job(tmp_path)
    assert left_since(threads) == []
    assert dict(os.environ) == settings
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", urlsplit(endpoint).port or 0)) != 0
    assert (tmp_path / "infrastructure-live" / ".git").is_dir()
    assert all(path.stat().st_size for path in folder.reports(tmp_path).values())
    text = "\n".join(said)
    # Four tags with incompatible releases ahead, and dev's second runner, whose containers have the same names.
    assert f"as seeded: {len(EXPECTED) + 3 + 2} findings" in text
    assert "exit code 1" in text
    assert f"declared --infra-live {tmp_path}/infrastructure-live" in text
    assert f"demo --keep-running -o {tmp_path}" in text
    assert "image-tag-drift" in capsys.readouterr().out


def test_without_the_extra_nothing_is_touched(tmp_path: Path) -> None:
    """Where moto is not installed, the demo ends with 4 and one line, and what stood there still stands."""
    folder.prepare(tmp_path)
    (tmp_path / "report.html").write_text("of an earlier demo")
    code = "import sys; sys.modules['moto'] = None; from audit.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "demo", "-o", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1
    assert "the demo needs the extra 'demo'" in done.stderr
    assert (tmp_path / "report.html").read_text() == "of an earlier demo"


@pytest.mark.parametrize(
    ("code", "found", "line"),
    [
        pytest.param(10, RIGHT, "exit code 10, and should with 1", id="other exit code"),
        pytest.param(1, RIGHT[1:], "not found: ", id="one short"),
        pytest.param(
            1,
            [*RIGHT, finding(("ci-pin-differs", "prod", None))],
            "not expected: ci-pin-differs in prod",
            id="one more",
        ),
        pytest.param(4, None, "exit code 4 and wrote no results", id="no results"),
    ],
)
def test_anything_else_than_seeded_is_a_fault(
    tmp_path: Path, code: int, found: list[Finding] | None, line: str
) -> None:
    """The demo is a test of the tool: other findings or another code end with 3 and say the difference."""
    path = tmp_path / "report.json"
    if found is not None:
        path.write_text(to_json(results(found)), encoding="utf-8")
    said: list[str] = []
    assert conclude(code, path, say=said.append) == 3
    assert line in "\n".join(said)


def test_main_job_is_what_a_user_would_type() -> None:
    """The arguments are the documented ones, in both senses of the word."""
    assert main_job(folder.OUT) == (
        "check",
        "--infra-live",
        "pipelines-audit-demo/infrastructure-live",
        "--role-arn",
        "arn:aws:iam::{account_id}:role/pipelines-audit",
        "--offline",
        "--report",
        "html=pipelines-audit-demo/report.html",
        "--report",
        "json=pipelines-audit-demo/report.json",
        "--report",
        "junit=pipelines-audit-demo/junit.xml",
    )


def test_compare_takes_no_unknown_for_a_failure() -> None:
    """An expected check that could not be judged is absent, and surplus under its outcome."""
    first, *rest = sorted(EXPECTED, key=str)
    difference = compare(results([finding(first, "unknown"), *(finding(one) for one in rest)]), DRIFTED)
    assert difference.absent == {first}
    assert difference.surplus == {(f"{first[0]} (unknown)", *first[1:])}


def test_compare_has_a_word_for_findings_without_an_account() -> None:
    """A finding about the whole fleet is shown too."""
    fleet = replace(finding(("not-covered", "", None)), account=None)
    (line,) = compare(results([*RIGHT, fleet]), DRIFTED).lines()
    assert line == "not expected: not-covered in no account"


@pytest.mark.parametrize(
    ("argv0", "path", "expected"),
    [
        pytest.param("/venv/bin/pipelines-audit", "", "/venv/bin/pipelines-audit", id="not on PATH"),
        pytest.param("/a b/bin/pipelines-audit", "", "'/a b/bin/pipelines-audit'", id="quoted"),
        pytest.param("/usr/lib/pytest/__main__.py", "", "pipelines-audit", id="called another way"),
    ],
)
def test_program_is_named_as_it_can_be_typed(
    monkeypatch: pytest.MonkeyPatch, argv0: str, path: str, expected: str
) -> None:
    """What the demo proposes to try works in the terminal that it ran in."""
    monkeypatch.setattr(sys, "argv", [argv0])
    monkeypatch.setenv("PATH", path)
    assert program() == expected
