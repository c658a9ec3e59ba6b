"""What a look at many accounts costs: ``python -m tests.bench.bench_running [--sizes 100 1000 5000] [--plain 50]``.

Runs the command itself against the endpoint of this folder, side by side with a plain script, and with c7n-org where
that is on PATH, and prints the ratios; then with tasks to describe, with latency, and with faults, which must not
change what is seen.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

from audit import snapshot as snapshots
from tests.bench.custodian import command
from tests.bench.fleet import write_fleet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROLE = "arn:aws:iam::{account_id}:role/pipelines-audit"
COMMAND = "import sys; from audit.cli import main; sys.exit(main(sys.argv[1:]))"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What a program took: seconds on the clock, seconds of the cores, megabytes of it and its children, calls."""

    wall: float
    cpu: float
    megabytes: float
    calls: int

    def line(self, name: str, accounts: int) -> str:
        """Say it for each account, and for each call."""
        return (
            f"{name:34} {accounts:5} accounts  {self.wall / accounts * 1000:7.2f} ms wall"
            f"  {self.cpu / accounts * 1000:7.2f} ms CPU  {self.calls / accounts:5.2f} calls an account"
            f"  {self.wall / self.calls * 1000:6.2f} ms wall  {self.cpu / self.calls * 1000:6.2f} ms CPU a call"
            f"  {self.megabytes:4.0f} MB  {self.wall:6.1f} s\n"
        )


@contextmanager
def endpoint(*switches: str) -> Iterator[str]:
    """Run the endpoint in a process of its own; gives its URL."""
    command = [sys.executable, "-m", "tests.bench.endpoint", *switches]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def environment(url: str) -> dict[str, str]:
    """Give an environment that knows the endpoint and nothing else of AWS."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PIPELINES_AUDIT_"))}
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": "us-west-2"}
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "PYTHONPATH": str(ROOT)}
    quiet = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": url}
    return {**clean, **keys, **files, **quiet}


def measured(url: str, argv: Sequence[str]) -> Cost:
    """Run a program against the endpoint to its end, and weigh it with all its children."""
    calls, begun, before = calls_of(url), time.monotonic(), os.times()
    process = subprocess.Popen(
        argv,
        cwd=ROOT,
        env=environment(url) if argv[0] == sys.executable else {**environment(url), "PYTHONPATH": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    peak = [0.0]
    watch = threading.Thread(target=weigh, args=(process, peak))
    watch.start()
    _, said = process.communicate()
    wall, after = time.monotonic() - begun, os.times()
    watch.join()
    assert process.returncode == 0, said.decode()[-500:]
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Cost(wall=wall, cpu=cpu, megabytes=peak[0], calls=calls_of(url) - calls)


def weigh(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    """Add the memory of a process and its children up, as they grow; shared pages count in part (PSS).

    That takes the kernel a walk through all their pages, so it is done only where they hold a twentieth more than
    before, shared pages counted in full: at each look it would take a twentieth of the time that is measured.
    """
    children, before = Path(f"/proc/{process.pid}/task/{process.pid}/children"), 0
    while process.poll() is None:
        try:
            pids = [process.pid, *map(int, children.read_text().split())]
            pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
            if pages > before * 1.05:
                before = pages
                peak[0] = max(peak[0], sum(map(megabytes, pids)))
        except (FileNotFoundError, ProcessLookupError):
            continue
        time.sleep(0.1)


def megabytes(pid: int) -> float:
    """Give the memory of one process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def calls_of(url: str) -> int:
    """Ask the endpoint how many calls it has got so far."""
    with urlopen(f"{url}/counts") as reply:  # noqa: S310 -- loopback
        return sum(json.load(reply).values())


def audit(verb: str, live: Path, *more: str) -> list[str]:
    """Give the command itself."""
    return [sys.executable, "-c", COMMAND, verb, "--infra-live", str(live), "--role-arn", ROLE, *more]


def fleets(folder: Path, sizes: Sequence[int]) -> dict[int, Path]:
    """Write a repository for each number of accounts, in one region."""
    for size in sizes:
        (folder / str(size)).mkdir()
        write_fleet(folder / str(size), size, ("us-west-2",))
    return {size: folder / str(size) for size in sizes}


def main() -> None:
    """Print a line for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument("--plain", type=int, default=50, help="accounts that the others look at")
    parser.add_argument("--processes", default="2")
    given = parser.parse_args()
    say = sys.stdout.write
    how = ("--processes", given.processes)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        live = fleets(folder, sorted({*given.sizes, 1000}))
        with endpoint("--idle") as url:
            costs = {}
            for size in given.sizes:
                costs[size] = measured(url, audit("running", live[size], *how))
                say(costs[size].line("pipelines-audit running", size))
                if size == 1000:
                    compare(url, costs[size], given.plain, folder)
        slope(costs)
        with endpoint() as url:
            say(measured(url, audit("running", live[1000], *how)).line("  with a task to describe in each", 1000))
        with endpoint("--idle", "--latency", "0.04") as url:
            say(measured(url, audit("running", live[1000], *how)).line("  with 40 ms a call", 1000))
        faults(folder, live[1000], how)


def slope(costs: Mapping[int, Cost]) -> None:
    """Say what each further account costs, and what starting costs: the line through the smallest and the largest."""
    small, large = min(costs), max(costs)
    if small == large:
        return
    wall, cpu = (
        (getattr(costs[large], what) - getattr(costs[small], what)) / (large - small) * 1000 for what in ("wall", "cpu")
    )
    start = costs[small].wall - wall * small / 1000
    sys.stdout.write(
        f"{f'  from {small} to {large} accounts':34} {wall:5.2f} ms wall and {cpu:5.2f} ms CPU for each further one, "
        f"{start:.1f} s to start\n"
    )
    for size in sorted(costs.keys() - {small, large}):
        expected = start + wall * size / 1000
        sys.stdout.write(f"{'':34} {size} took {costs[size].wall / expected:.2f} x what that line says\n")


def compare(url: str, ours: Cost, accounts: int, folder: Path) -> None:
    """Measure the plain script beside it, and c7n-org where it is installed."""
    others = {"plain boto3 script": [sys.executable, "-m", "tests.bench.plain", str(accounts)]}
    custodian = command(folder, accounts, ROLE)
    if custodian:
        others["c7n-org, the same resources"] = custodian
    else:
        sys.stdout.write("c7n-org is not on PATH, so it is left out\n")
    for name, argv in others.items():
        theirs = measured(url, argv)
        sys.stdout.write(theirs.line(name, accounts))
        cpu = theirs.cpu / accounts / (ours.cpu / 1000)
        wall = theirs.wall / accounts / (ours.wall / 1000)
        sys.stdout.write(f"{'  ratio':34} {cpu:5.1f} x in CPU, {wall:5.1f} x on the clock\n")


STRIKES = {
    "": (),
    "  5 % throttled, 1 % reset, 1 % 503": ("--throttle", "0.05", "--reset", "0.01", "--broken", "0.01"),
    "  20 % throttled": ("--throttle", "0.2"),
}


def faults(folder: Path, live: Path, how: Sequence[str]) -> None:
    """Hold the snapshots under faults to the one without."""
    quiet, expected = 0, ""
    for number, (name, switches) in enumerate(STRIKES.items()):
        out = folder / f"{number}.json"
        with endpoint("--idle", *switches) as url:
            cost = measured(url, audit("snapshot", live, *how, "--offline", "-o", str(out)))
        seen = snapshots.sha256(snapshots.timeless(snapshots.load(out)))
        if not name:
            quiet, expected = cost.calls, seen
            continue
        same = "the same snapshot" if seen == expected else "ANOTHER SNAPSHOT"
        sys.stdout.write(cost.line(name, 1000))
        sys.stdout.write(f"{'':34} {same}, {cost.calls / quiet:.3f} x the calls\n")


if __name__ == "__main__":
    main()
