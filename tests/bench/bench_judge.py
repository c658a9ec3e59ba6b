"""Judges a thousand accounts, writes JSON, JUnit and HTML, and says what it cost.

Run by hand: ``python -m tests.bench.bench_judge [--fleet in-sync|drifted|worst] [--drift-only] [ACCOUNTS]``. Targets on
two cores: all checks below 40 s, the ten drift checks alone below 15 s, everything drifted below 60 s; below 400 MB.
The snapshot is made and judged in processes of their own, as the nightly job does.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from audit import snapshot as snapshots
from tests.bench import drifting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FLEETS: Mapping[str, Callable[[int], snapshots.Snapshot]] = MappingProxyType(
    {"in-sync": drifting.in_sync, "drifted": drifting.drifted, "worst": drifting.worst}
)
DRIFT = (
    "image-tag-drift",
    "image-repository-drift",
    "image-digest-drift",
    "declared-tag-not-in-registry",
    "running-tag-not-in-registry",
    "declared-tag-not-released",
    "declared-tag-behind",
    "runner-kaniko-split",
    "family-missing",
    "family-undeclared",
)
REPORTS = (("json", "r.json"), ("junit", "j.xml"), ("html", "r.html"))


@click.command()
@click.argument("accounts", type=int, default=1000)
@click.option("--fleet", type=click.Choice(list(FLEETS)), default="in-sync", show_default=True, help="what is wrong")
@click.option("--drift-only", is_flag=True, help="the ten drift checks alone")
def main(accounts: int, fleet: str, *, drift_only: bool) -> None:
    """Judge ACCOUNTS accounts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snapshots.save(FLEETS[fleet](accounts), folder / "s.json")
        command = [sys.executable, "-m", "audit", "check", "--snapshot", str(folder / "s.json")]
        command += [part for form, file in REPORTS for part in ("--report", f"{form}={folder / file}")]
        command += [f"--check={id_}" for id_ in (DRIFT if drift_only else ())]
        begun = time.monotonic()
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - begun
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu, megabytes = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
        sizes = ", ".join(f"{path.name} {path.stat().st_size / 1e6:.1f} MB" for path in sorted(folder.iterdir()))
    click.echo(ended.stdout.splitlines()[-1][:200] if ended.stdout else ended.stderr)
    what = f"{accounts} accounts, {fleet}{', drift checks only' if drift_only else ''}"
    click.echo(f"{what}: {seconds:.1f} s ({cpu:.1f} s of CPU), {megabytes:.0f} MB ({sizes})")


if __name__ == "__main__":
    main()
