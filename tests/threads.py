"""Threads that a test has left running: none, once those on their way out have ended."""

from __future__ import annotations

import threading

_PATIENCE = 30


def left_since(before: set[threading.Thread]) -> list[threading.Thread]:
    """Name the threads that are there and were not; one that is about to end is waited for."""
    ours = set(threading.enumerate()) - before
    for thread in ours:
        thread.join(_PATIENCE)
    return [thread for thread in ours if thread.is_alive()]
