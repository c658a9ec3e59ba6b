"""Values that many threads want and one makes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from time import monotonic, sleep

import pytest

from audit.running.once import Once, within


def test_a_value_is_made_once_for_many_threads() -> None:
    """Everybody gets the value of the one who came first."""
    numbers, once = count(), Once[int]()

    def make() -> int:
        sleep(0.02)
        return next(numbers)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: once.get("key", make), range(40))) == {0}
    assert next(numbers) == 1


def _fail() -> int:
    raise LookupError


@pytest.mark.parametrize("keep", [True, False])
def test_failure_is_kept_on_demand(keep: bool) -> None:  # noqa: FBT001 -- parametrized
    """A failure is raised for everybody who asks later, or made good by the next."""
    once = Once[int](keep_failures=keep)
    with pytest.raises(LookupError):
        once.get("key", _fail)
    if keep:
        with pytest.raises(LookupError):
            once.get("key", lambda: 1)
    else:
        assert once.get("key", lambda: 1) == 1


def test_only_the_stale_value_is_forgotten() -> None:
    """Of two who found the same value stale, the second doesn't throw away the first one's new one."""
    once = Once[object]()
    old, new = object(), object()
    once.get("key", lambda: old)
    once.forget("key", old)
    assert once.get("key", lambda: new) is new
    once.forget("key", old)
    once.forget("other", old)
    assert once.get("key", lambda: old) is new


def test_what_is_made_in_time_is_given() -> None:
    """A value, or what its making raised, comes as if there were no clock."""
    assert within(5, lambda: 1, threading.Event()) == 1
    with pytest.raises(LookupError):
        within(5, _fail, threading.Event())


@pytest.mark.parametrize("stops", [True, False])
def test_what_takes_too_long_is_left_behind(stops: bool) -> None:  # noqa: FBT001 -- parametrized
    """The wait ends with the time, or when the run is stopped."""
    never, stopped = threading.Event(), threading.Event()
    timer = threading.Timer(0.1, stopped.set)
    if stops:
        timer.start()
    begun = monotonic()
    with pytest.raises(TimeoutError):
        within(30 if stops else 0.1, lambda: never.wait(30), stopped)
    never.set()
    timer.cancel()
    assert monotonic() - begun < 25
