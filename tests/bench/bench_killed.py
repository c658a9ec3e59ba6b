"""A look that is ended at random times: ``python -m tests.bench.bench_killed [--times 50]``.

By SIGINT or SIGTERM it ends within five seconds, with 2, and what was written is marked. By SIGKILL it leaves its
state: resumed, no finished account is asked again, and the snapshot is that of an undisturbed look.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

from audit import snapshot as snapshots
from tests.bench.bench_running import ROOT, audit, endpoint, environment, fleets

if TYPE_CHECKING:
    from collections.abc import Sequence

ACCOUNTS = 60
MOST_SECONDS = 5
# The registry of the fleet, which is asked in every run.
REGISTRY = f"{1:012}"


def run(url: str, live: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    """Start a look."""
    argv = audit("snapshot", live, "--offline", "-o", str(out), *more)
    return subprocess.Popen(argv, cwd=ROOT, env=environment(url), stderr=subprocess.DEVNULL, start_new_session=True)


def finished(state: Path) -> set[str]:
    """Name the accounts that the state of a look holds as a whole."""
    lines = state.read_bytes().split(b"\n")[:-1] if state.exists() else []
    seen = [json.loads(line)["observation"] for line in lines]
    return {one["account"]["id"] for one in seen if one}


def ask(url: str, what: str) -> dict[str, int]:
    """Ask the endpoint what it has counted."""
    with urlopen(f"{url}/{what}") as reply:  # noqa: S310 -- loopback
        found: dict[str, int] = json.loads(reply.read() or b"{}")
    return found


def ended(url: str, live: Path, out: Path, after: float, how: Sequence[str], whole: str) -> tuple[bool, float]:
    """End a look by a signal; whether it was as it should be, and how long it took."""
    process = run(url, live, out, *how)
    time.sleep(after)
    begun = time.monotonic()
    number = random.choice((signal.SIGINT, signal.SIGTERM))  # noqa: S311 -- no secret
    process.send_signal(number)
    code = process.wait(30)
    took = time.monotonic() - begun
    seen = snapshots.load(out) if out.exists() else None
    # A look whose snapshot was written before the signal came is whole.
    told = seen is None or seen.incomplete is not None or snapshots.sha256(snapshots.timeless(seen)) == whole
    good = code in {0, 2, -signal.SIGINT, -signal.SIGTERM} and told and (code != 0 or seen is not None)
    if not good or took > MOST_SECONDS:
        state = "no snapshot" if seen is None else f"incomplete: {seen.incomplete}"
        sys.stdout.write(f"  {number.name} after {after:.2f} s: {code} after {took:.1f} s, {state}\n")
    return good, took


def killed(url: str, live: Path, out: Path, after: float, how: Sequence[str], whole: str) -> bool:
    """Kill a look and resume it; whether it is whole in the end, and nothing was asked twice."""
    process = run(url, live, out, *how)
    time.sleep(after)
    process.kill()
    process.wait()
    state = out.with_name(f"{out.name}.state")
    time.sleep(0.3)
    seen = finished(state)
    ask(url, "reset")
    again = run(url, live, out, *how, *(("--resume",) if state.exists() and state.stat().st_size else ()))
    assert again.wait(120) == 0
    twice = seen & set(ask(url, "accounts")) - {REGISTRY}
    return not twice and snapshots.sha256(snapshots.timeless(snapshots.load(out))) == whole


def main() -> None:
    """Print how many ended well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--kills", type=int, help="how many are killed (default: as many as get a signal)")
    parser.add_argument("--processes", default="1")
    given = parser.parse_args()
    kills = given.times if given.kills is None else given.kills
    # A shell lets what it runs in the background ignore SIGINT, and so would every look.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    how = ("--processes", given.processes, "--workers", "8")
    chance = random.Random(11)  # noqa: S311 -- the same times in each run
    with tempfile.TemporaryDirectory() as name, endpoint("--latency", "0.02") as url:
        folder = Path(name)
        live = fleets(folder, [ACCOUNTS])[ACCOUNTS]
        begun = time.monotonic()
        assert run(url, live, folder / "whole.json", *how).wait(120) == 0
        longest = time.monotonic() - begun
        whole = snapshots.sha256(snapshots.timeless(snapshots.load(folder / "whole.json")))
        stopped = [
            ended(url, live, folder / f"s{n}.json", chance.uniform(0.5, longest), how, whole)
            for n in range(given.times)
        ]
        resumed = [
            killed(url, live, folder / f"k{n}.json", chance.uniform(0.5, longest), how, whole) for n in range(kills)
        ]
    good, slowest = sum(one for one, _ in stopped), max(took for _, took in stopped)
    sys.stdout.write(f"signals: {good} of {given.times} ended as they should, the slowest after {slowest:.1f} s\n")
    sys.stdout.write(f"kills: {sum(resumed)} of {kills} resumed to the same snapshot without a repeat\n")


if __name__ == "__main__":
    main()
