"""How long and how much memory the declared state of a fleet takes: ``python -m tests.bench.bench_declared``."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from audit.declared.tree import WorkTree
from audit.declared.units import read
from tests.bench.fleet import write_fleet

SIZES = (300, 1_000, 3_000)


def main() -> None:
    """Print a line for each size; each in a process of its own would be cleaner, but memory only grows here."""
    for units in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            write_fleet(root, units)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            started = time.process_time()
            declared = read(WorkTree(root), "")
            took = time.process_time() - started
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        sys.stdout.write(
            f"{len(declared.units):6} units  {len(declared.containers):6} rows  {took:6.2f} s"
            f"  {took / len(declared.units) * 1000:5.2f} ms a unit  {grown:6.1f} MB more\n"
        )


if __name__ == "__main__":
    main()
