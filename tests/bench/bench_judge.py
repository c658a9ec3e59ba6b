"""Judges a thousand accounts by all checks, writes JSON, JUnit and HTML, and says what it cost.

Run by hand: ``python -m tests.bench.bench_judge [--drifted] [ACCOUNTS]``. Targets on two cores: in sync below 40 s,
drifted below 60 s, below 400 MB. The snapshot is made and judged in processes of their own, as the nightly job does.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click

from audit import snapshot as snapshots
from audit.model import Account, Seen
from tests.nouns import RUNNER, STACK, definition, families, fresh, observation, row, snapshot

CONTAINERS = ("terraform-planner", "terraform-applier")


def made(accounts: int, *, drifted: bool) -> snapshots.Snapshot:
    """Make a fleet of accounts, in sync or with both containers of each on an older tag."""
    fleet = [Account(name=f"account-{number:04}", id=f"{number:012}") for number in range(1, accounts + 1)]
    rows = tuple(row(container, account) for account in fleet for container in CONTAINERS)
    old = tuple(definition(f"{STACK}-{container}", f"{RUNNER}:v1.2.0") for container in CONTAINERS)
    good = families(rows[: len(CONTAINERS)])
    seen = tuple(observation(account, families=Seen(value=old if drifted else good)) for account in fleet)
    facts = fresh(snapshot(rows=rows, observations=seen))
    return replace(facts, order=replace(facts.order, accounts=tuple(fleet)))


@click.command()
@click.argument("accounts", type=int, default=1000)
@click.option("--drifted", is_flag=True, help="every account on an older tag")
def main(accounts: int, *, drifted: bool) -> None:
    """Judge ACCOUNTS accounts, in sync unless --drifted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snapshots.save(made(accounts, drifted=drifted), folder / "s.json")
        reports = [f"json={folder}/r.json", f"junit={folder}/j.xml", f"html={folder}/r.html"]
        command = [sys.executable, "-m", "audit", "check", "--snapshot", str(folder / "s.json")]
        begun = time.monotonic()
        ended = subprocess.run(
            [*command, *(part for report in reports for part in ("--report", report))],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - begun
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu, megabytes = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
        sizes = ", ".join(f"{path.name} {path.stat().st_size / 1e6:.1f} MB" for path in sorted(folder.iterdir()))
    click.echo(ended.stdout.splitlines()[-1] if ended.stdout else ended.stderr)
    what = f"{accounts} accounts{' drifted' if drifted else ''}"
    click.echo(f"{what}: {seconds:.1f} s ({cpu:.1f} s of CPU), {megabytes:.0f} MB ({sizes})")


if __name__ == "__main__":
    main()
