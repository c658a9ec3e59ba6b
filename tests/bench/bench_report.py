"""Draws the compliance report of a thousand accounts, opens and prints it in Chromium, and says what each took.

Run by hand: ``python -m tests.bench.bench_report [--containers N] [--findings N] [ACCOUNTS]``. Targets on two quiet
cores: below 2 MB, open in 3 s, on paper in 15 s.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import click

from reports.html import render
from tests.reports import sample
from tests.reports.browser import chromium_page, launched


@click.command()
@click.argument("accounts", type=int, default=1000)
@click.option("--containers", default=4, show_default=True, help="of each account")
@click.option("--findings", default=300, show_default=True, help="accounts that drift")
def main(accounts: int, containers: int, findings: int) -> None:
    """Draw, open and print the report of ACCOUNTS accounts."""
    begun = time.monotonic()
    text = render(sample.large(accounts, containers, findings))
    drawn = time.monotonic() - begun
    with tempfile.TemporaryDirectory() as name, launched() as browser:
        file = Path(name) / "report.html"
        file.write_text(text, encoding="utf-8")
        with chromium_page(browser, file) as page:
            opened = page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart")
            begun = time.monotonic()
            page.pdf(format="A4")
            printed = time.monotonic() - begun
    size = len(text.encode()) / 1e6
    sys.stdout.write(
        f"{accounts:,} accounts × {containers} containers, {findings:,} findings: {size:.2f} MB, "
        f"drawn in {drawn:.1f} s, opened in {opened / 1000:.1f} s, printed in {printed:.1f} s\n"
    )


if __name__ == "__main__":
    main()
