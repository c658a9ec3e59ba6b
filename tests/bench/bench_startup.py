"""Starts the command without work and says what that costs, in seconds and as a multiple of an empty interpreter.

Run by hand: ``python -m tests.bench.bench_startup [TIMES]``. Target: ``--help`` and ``--version`` below 0.25 s. The
shortest of all tries counts: what else the machine does can only make one longer. The ratio is what can be compared
between machines.
"""

from __future__ import annotations

import subprocess
import sys
import time

import click

START = "import sys; from audit.cli import main; sys.exit(main(sys.argv[1:]))"
CALLS = (("--version",), ("--help",), ("check", "--help"), ("ready", "--help"), ("declared", "--help"))
TARGET = 0.25


def shortest(arguments: tuple[str, ...], times: int) -> float:
    """Start an interpreter so many times; gives the seconds of the fastest start."""
    return min(_seconds(arguments) for _ in range(times))


def _seconds(arguments: tuple[str, ...]) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


@click.command()
@click.argument("times", type=click.IntRange(min=1), default=15)
def main(times: int) -> None:
    """Start everything TIMES times."""
    empty = shortest(("-c", "pass"), times)
    click.echo(f"{'python -c pass':<24} {empty:.3f} s")
    for call in CALLS:
        seconds = shortest(("-c", START, *call), times)
        late = f"  above {TARGET} s" if seconds > TARGET else ""
        click.echo(f"{' '.join(call):<24} {seconds:.3f} s  {seconds / empty:4.1f} times{late}")


if __name__ == "__main__":
    main()
