"""How long and how much memory the declared state of a fleet takes.

``python -m tests.bench.bench_declared`` prints a line for 300, 1,000 and 3,000 units, each measured in a process of its
own; with a number, one line for a fleet of that size.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from audit.declared.syntax import parse
from audit.declared.tree import WorkTree
from audit.declared.units import read
from tests.bench.fleet import write_fleet

SIZES = (300, 1_000, 3_000)


def main(sizes: list[str]) -> None:
    """Measure one size here, or each in its own process."""
    if sizes:
        measure(int(sizes[0]))
        return
    for size in SIZES:
        subprocess.run([sys.executable, "-m", __spec__.name, str(size)], check=True)


def measure(units: int) -> None:
    """Write a fleet, read it, print seconds of the processor and megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_fleet(root, units)
        parsing = _parsing(root)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.process_time()
        declared = read(WorkTree(root), "")
        took = time.process_time() - started
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    rest = took - parsing
    sys.stdout.write(
        f"{len(declared.units):6,} units  {len(declared.containers):7,} rows  {took:5.2f} s, of which {parsing:5.2f} s"
        f" parse distinct texts: {rest / len(declared.units) * 1000:5.2f} ms a unit  {grown:6.1f} MB more\n"
    )


def _parsing(root: Path) -> float:
    """Measure how long the parser alone takes for each distinct text."""
    texts = {path.read_text(encoding="utf-8") for path in root.rglob("*.hcl")}
    parse("warm = 1\n", "warm.hcl")
    started = time.process_time()
    for text in texts:
        parse(text, "file.hcl")
    return time.process_time() - started


if __name__ == "__main__":
    main(sys.argv[1:])
