"""A page in the system's Chromium, without network; the tests that need it are skipped, with the reason, without it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog, Page, Request

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on PATH: apt-get install chromium")
_FLAGS = ["--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]


@contextmanager
def launched() -> Iterator[Browser]:
    """Start the browser, and end it."""
    from playwright.sync_api import sync_playwright

    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*_FLAGS, *sandbox])
        yield browser
        browser.close()


@contextmanager
def chromium_page(
    browser: Browser,
    file: Path,
    *,
    width: int = 1280,
    scripts: bool = True,
    scheme: Literal["light", "dark"] = "light",
    bypass_csp: bool = False,
) -> Iterator[Page]:
    """Open a file; a dialog or a request that leaves the file fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        java_script_enabled=scripts,
        color_scheme=scheme,
        bypass_csp=bypass_csp,
    )
    page = context.new_page()
    seen: list[str] = []

    def requested(request: Request) -> None:
        seen.append(request.url.partition("#")[0])

    def asked(dialog: Dialog) -> None:
        seen.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.on("request", requested)
    page.on("dialog", asked)
    page.goto(file.as_uri())
    yield page
    context.close()
    assert set(seen) == {file.as_uri()}
