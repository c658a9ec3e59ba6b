"""The first signal asks for an orderly end, the second interrupts; afterwards all is as before."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from audit.stopping import on_signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_asks_second_interrupts(number: signal.Signals) -> None:
    """Whichever signal it is; the handlers that stood before are put back."""
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    asked: list[str] = []
    with pytest.raises(KeyboardInterrupt), on_signal(lambda: asked.append("stop")):  # noqa: PT012 -- two signals
        os.kill(os.getpid(), number)
        assert asked == ["stop"]
        os.kill(os.getpid(), signal.SIGINT)
    assert asked == ["stop"]
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before


def test_elsewhere_nothing_is_changed() -> None:
    """Only the main thread may set handlers."""
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []

    def inside() -> None:
        with on_signal(lambda: None):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [before]
