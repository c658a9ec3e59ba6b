"""The demo: the main job on the sample repository against the emulated AWS, held to what was seeded."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import click

from audit.demo import folder
from audit.demo.emulator import emulator, environment, settings
from audit.demo.sample import export
from audit.demo.scenario import DRIFTED, Expected, Scenario, seed
from audit.verdict.results import Results, from_json

ROLE_ARN = "arn:aws:iam::{account_id}:role/pipelines-audit"
DRIFT, FAULT = 1, 3

Judge: TypeAlias = Callable[[Sequence[str]], int]
Say: TypeAlias = Callable[[str], None]


def say_on_stderr(line: str) -> None:
    """Show progress where it doesn't mix with the audit's own output."""
    click.echo(line, err=True)


def run(out: Path = folder.OUT, *, judge: Judge, say: Say = say_on_stderr) -> int:
    """Export, seed, judge, compare; leave the sample and the reports in ``out``, and nothing running.

    ``judge`` is the command line's ``main``. Gives 0 where the findings are those that were seeded, else 3.
    """
    # Neither the user's AWS settings nor the user's configuration of this tool has a say in the demo. The emulator
    # comes first: where its extra is missing, nothing of an earlier demo is touched.
    with emulator() as endpoint, environment({**settings(endpoint), "XDG_CONFIG_HOME": os.devnull}):
        folder.prepare(out)
        repository = export(folder.repository(out))
        say(f"1. a sample infrastructure-live repository of six accounts: {repository}")
        say("2. an emulated AWS in this process, and what runs there:")
        seed(endpoint, DRIFTED)
        for state in DRIFTED.accounts:
            say(f"     {state.name:<10}{state.story}")
        arguments = main_job(out)
        say(f"3. the audit: {program()} {shlex.join(arguments)}")
        code = judge(arguments)
    return conclude(code, folder.reports(out)["json"], say=say) or _point_on(out, say=say)


def main_job(out: Path) -> tuple[str, ...]:
    """Give the arguments of the main job, as a user would type them."""
    wanted = (part for form, path in folder.reports(out).items() for part in ("--report", f"{form}={path}"))
    return ("check", *where(out), "--offline", *wanted)


def where(out: Path) -> tuple[str, ...]:
    """Give the options that say where to look: the sample, and the accounts behind it."""
    return ("--infra-live", str(folder.repository(out)), "--role-arn", ROLE_ARN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What was found other than what was seeded; empty on both sides where the demo is right."""

    absent: frozenset[Expected]
    surplus: frozenset[Expected]

    def lines(self) -> tuple[str, ...]:
        """Say it, one line a finding."""
        marked = [("not found", one) for one in self.absent] + [("not expected", one) for one in self.surplus]
        texts = (f"{word}: {check} in {account} {container or ''}" for word, (check, account, container) in marked)
        return tuple(sorted(text.rstrip() for text in texts))


def compare(results: Results, scenario: Scenario) -> Difference:
    """Hold the findings against the table; what is no plain failure counts as not expected, under its outcome."""
    found = frozenset(
        (
            finding.check if finding.outcome == "fail" else f"{finding.check} ({finding.outcome})",
            finding.account or "no account",
            finding.container,
        )
        for finding in results.findings
    )
    return Difference(absent=scenario.expected - found, surplus=found - scenario.expected)


def conclude(code: int, path: Path, *, say: Say) -> int:
    """Say whether exit code and results (at ``path``) are those that were seeded: 0, else 3 with the difference."""
    if not path.is_file():
        say(f"4. not as seeded: the audit ended with exit code {code} and wrote no results")
        return FAULT
    results = from_json(path.read_text(encoding="utf-8"), name=str(path))
    wrong = compare(results, DRIFTED).lines()
    if wrong or code != DRIFT:
        say(f"4. not as seeded: the audit ended with exit code {code}, and should with {DRIFT}")
        for line in wrong:
            say(f"     {line}")
        return FAULT
    say(f"4. as seeded: {len(results.findings)} findings, each of them expected")
    say(f"   check would have ended with exit code {code}: there is drift; the demo itself ends with 0")
    return 0


def _point_on(out: Path, *, say: Say) -> int:
    say("5. nothing is left running; what was written:")
    for path in (*folder.reports(out).values(), folder.repository(out)):
        say(f"     {path}")
    say("   what to try next:")
    say(f"     {program()} declared --infra-live {shlex.quote(str(folder.repository(out)))}")
    place = () if out == folder.OUT else ("-o", str(out))
    again = shlex.join(("demo", "--keep-running", *place))
    say(f"     {program()} {again}   (the same AWS until Ctrl-C, for commands of your own)")
    return 0


def program() -> str:
    """Give the command as the user can type it: its name where that is on PATH, else the way it was called."""
    called = Path(sys.argv[0])
    if called.name != "pipelines-audit" or shutil.which(called.name):
        return "pipelines-audit"
    return shlex.quote(sys.argv[0])
