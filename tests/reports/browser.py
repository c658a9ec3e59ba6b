"""A page in the system's Chromium, without network; the tests that need it are skipped, with the reason, without it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import ColorScheme, Page

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on PATH: apt-get install chromium")
_FLAGS = ["--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]


@contextmanager
def chromium_page(
    file: Path, *, width: int = 1280, scripts: bool = True, scheme: ColorScheme = "light"
) -> Iterator[Page]:
    """Open a file; a dialog or a request that leaves the file fails the test."""
    from playwright.sync_api import sync_playwright

    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*_FLAGS, *sandbox])
        page = browser.new_page(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts, color_scheme=scheme
        )
        strangers: list[str] = []
        page.on("dialog", lambda dialog: (strangers.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: strangers.append(request.url) if request.url != file.as_uri() else None)
        page.goto(file.as_uri())
        yield page
        strangers = [url for url in strangers if url.partition("#")[0] != file.as_uri()]
        browser.close()
    assert strangers == []
